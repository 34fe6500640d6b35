// SPDX-License-Identifier: MIT
/*
 * random.c RUNS LIBRARY PARAMETERS HOW - what addresses of blocks tell
 *
 * Starts itself so many times with the library. HOW is `plain`, `refused` (no
 * getrandom()) or `limited` (RLIMIT_AS of 256 MiB). Each start tells the
 * address of its first block, a word that the library left in a freed one, and
 * the 16 bytes that the kernel gave it in AT_RANDOM, the stack protector's
 * canary among them. Prints how many bits of the address vary, and names each
 * bit of the address or the word that agrees with another, or with a bit of
 * those bytes, more or less often than by chance.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Standard deviations: by chance once in 10^10 pairs of bits. */
#define TOO_MUCH 6.5
/*
 * Of these bits none tells another. Those below depend on the sizes of what was
 * allocated before; those above are of places between two bounds.
 */
#define LOW_BIT 16
#define HIGH_BIT 40

struct sample {
	uint64_t address, word, kernel[2];
};

static struct sample *samples;
static int runs;

/* ---- one start ----------------------------------------------------------- */

#define BLOCKS 1000
/* SLAB keeps numbers of blocks in a free one of these, of smaller ones not. */
#define BLOCK_WORDS 64

/*
 * Returns a word that is not 0 of blocks that were freed, or 0. They were never
 * written to, so the library left it there.
 */
static uint64_t left_word(void)
{
	static uint64_t *volatile blocks[BLOCKS];

	for (int i = 0; i < BLOCKS; i++)
		blocks[i] = malloc(BLOCK_WORDS * sizeof(uint64_t));
	for (int i = 0; i < BLOCKS; i++)
		free(blocks[i]);
	for (int i = 0; i < BLOCKS; i++)
		for (int k = 0; k < BLOCK_WORDS; k++)
			if (blocks[i][k])
				return blocks[i][k];
	return 0;
}

static int tell(void)
{
	struct sample own = { .address = (uintptr_t)malloc(8) };

	own.word = left_word();
	memcpy(own.kernel, (const void *)getauxval(AT_RANDOM),
	       sizeof(own.kernel));
	return write(1, &own, sizeof(own)) != sizeof(own);
}

static void refuse_getrandom(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getrandom, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { 4, code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		_exit(2);
}

static void start_one(const char *how, int out)
{
	struct rlimit limit = { 256UL << 20, 256UL << 20 };
	char self[] = "/proc/self/exe", *args[] = { self, NULL };

	if (!strcmp(how, "refused"))
		refuse_getrandom();
	if (!strcmp(how, "limited") && setrlimit(RLIMIT_AS, &limit))
		_exit(2);
	dup2(out, 1);
	execv(self, args);
	_exit(2);
}

static void take_sample(const char *how, struct sample *sample)
{
	int ends[2], status;
	ssize_t n;

	if (pipe(ends))
		exit(2);
	if (!fork())
		start_one(how, ends[1]);
	close(ends[1]);
	n = read(ends[0], sample, sizeof(*sample));
	close(ends[0]);
	wait(&status);
	if (n != sizeof(*sample) || status) {
		fprintf(stderr, "a start failed: status %#x\n", status);
		exit(2);
	}
}

/* ---- bits ---------------------------------------------------------------- */

static uint64_t *value_of(struct sample *s, unsigned int which)
{
	return which == 0 ? &s->address :
	       which == 1 ? &s->word :
			    &s->kernel[which - 2];
}

/* Returns how far from chance two bits agree, in standard deviations. */
static double agreement(unsigned int a, unsigned int bit_a, unsigned int b,
			unsigned int bit_b)
{
	int same = 0;

	for (int i = 0; i < runs; i++)
		same += !((*value_of(&samples[i], a) >> bit_a ^
			   *value_of(&samples[i], b) >> bit_b) &
			  1);
	return (2.0 * same - runs) / sqrt(runs);
}

/* Is the bit 1 about as often as 0? Others agree with any by their nature. */
static int is_even(unsigned int which, unsigned int bit)
{
	int ones = 0;

	for (int i = 0; i < runs; i++)
		ones += *value_of(&samples[i], which) >> bit & 1;
	return fabs(2.0 * ones - runs) / sqrt(runs) < 4;
}

static unsigned int varying_bits(void)
{
	unsigned int nr = 0;

	for (unsigned int bit = 0; bit < 48; bit++) {
		int ones = 0;

		for (int i = 0; i < runs; i++)
			ones += samples[i].address >> bit & 1;
		nr += ones > runs / 20 && ones < runs - runs / 20;
	}
	return nr;
}

static int compare(unsigned int a, unsigned int bit_a, unsigned int b,
		   unsigned int bit_b)
{
	static const char *const names[] = { "address", "word", "AT_RANDOM",
					     "AT_RANDOM+8" };
	double by = agreement(a, bit_a, b, bit_b);

	if (fabs(by) < TOO_MUCH)
		return 0;
	printf("bit %u of %s is bit %u of %s: %.1f\n", bit_a, names[a], bit_b,
	       names[b], by);
	return 1;
}

/* Returns the number of pairs that agree too much. */
static int compare_all(void)
{
	int found = 0;

	for (unsigned int a = 0; a < 2; a++)
		for (unsigned int i = 0; i < 64; i++) {
			if (!is_even(a, i))
				continue;
			for (unsigned int k = 0; k < 128; k++)
				found += compare(a, i, 2 + k / 64, k % 64);
			for (unsigned int k = LOW_BIT; !a && k < i; k++)
				if (i < HIGH_BIT && is_even(0, k))
					found += compare(0, i, 0, k);
		}
	return found;
}

int main(int argc, char **argv)
{
	int words = 0, found;

	if (argc < 2)
		return tell();
	runs = atoi(argv[1]);
	samples = calloc((size_t)runs, sizeof(*samples));
	if (argc != 5 || runs < 100 || !samples)
		return 2;
	setenv("LD_PRELOAD", argv[2], 1);
	setenv("KMALLOC_CMDLINE", argv[3], 1);
	for (int i = 0; i < runs; i++) {
		take_sample(argv[4], &samples[i]);
		words += samples[i].word != 0;
	}
	found = compare_all();
	printf("%u bits vary, %d words, %d in common\n", varying_bits(), words,
	       found);
	return found != 0;
}
