// SPDX-License-Identifier: MIT
/*
 * compress.c - workload (j): a compressor, which has few and large blocks
 *
 * Each file gets a window, a table of hashes and one of chains, an input and an
 * output buffer; all are freed at its end, as a library for compression does
 * for each stream. The tables are looked at all over, and the time goes into
 * faults of pages and the TLB rather than into malloc. Small files touch little
 * of tables that are as large as ever: memory that is backed by huge pages
 * costs more there than it is worth.
 *
 *	window		1 to 16 MiB; hashes 4 MiB, zeroed by calloc(); chains
 *			four bytes for each byte of the window
 *	files		one of 12 MiB, eight of 1 MiB, 32 of 64 KiB, in turn
 *	found matches	counted; nothing is written out
 *
 * Usage	compress [scale]
 */
#include "work.h"

#define HASHES (1U << 20)
#define MIN_MATCH 4
#define MAX_MATCH 250
#define DEPTH 8 /* of the chain, looked at */
#define FILES 41

struct stream {
	unsigned char *window;
	uint32_t *heads, *chain; /* positions + 1; 0: none */
	size_t size;
};

/* Text of words that come again, some of them changed. */
static void write_text(struct rng *rng, unsigned char *p, size_t n)
{
	size_t done = 64;

	for (size_t i = 0; i < done; i++)
		p[i] = (unsigned char)rng_next(rng);
	while (done < n) {
		size_t len = rng_range(rng, 3, 40);
		size_t back = 1 + rng_below(rng, (uint32_t)done);

		for (size_t i = 0; i < len && done < n; i++, done++)
			p[done] = p[done - back];
		if (done < n && rng_below(rng, 4) == 0)
			p[done - 1] = (unsigned char)rng_next(rng);
	}
}

static uint32_t hash_at(const unsigned char *p)
{
	uint32_t word;

	memcpy(&word, p, sizeof(word));
	return (word * 2654435761U) >> 12;
}

static size_t match_length(const unsigned char *a, const unsigned char *b,
			   size_t most)
{
	size_t n = 0;

	while (n < most && a[n] == b[n])
		n++;
	return n;
}

/* Returns the length of the longest match before `at`, and adds `at`. */
static size_t find_match(struct stream *s, size_t at)
{
	uint32_t *head = &s->heads[hash_at(s->window + at)];
	size_t best = 0, most = s->size - at;
	uint32_t other = *head;

	if (most > MAX_MATCH)
		most = MAX_MATCH;
	s->chain[at] = other;
	*head = (uint32_t)at + 1;
	for (int i = 0; i < DEPTH && other; i++) {
		size_t n = match_length(s->window + other - 1, s->window + at,
					most);

		best = n > best ? n : best;
		other = s->chain[other - 1];
	}
	return best;
}

static uint64_t compress_file(struct rng *rng, size_t size, size_t window)
{
	struct stream s = { .size = size };
	unsigned char *input = must(malloc(size), size), *output;
	uint64_t sum = 0;
	size_t put = 0;

	s.window = must(malloc(window), window);
	s.heads = must(calloc(HASHES, sizeof(*s.heads)), MIB(4));
	s.chain = must(malloc(window * sizeof(*s.chain)), window);
	output = must(malloc(KIB(64)), KIB(64));
	write_text(rng, input, size);
	memcpy(s.window, input, size);
	for (size_t at = 0; at + MIN_MATCH < size;) {
		size_t n = find_match(&s, at);

		output[put++ % KIB(64)] = (unsigned char)n;
		sum += n;
		at += n < MIN_MATCH ? 1 : n;
	}
	free(output);
	free(s.chain);
	free(s.heads);
	free(s.window);
	free(input);
	return sum * 31 + put;
}

int main(int argc, char **argv)
{
	size_t files = scaled(argc, argv, FILES);
	struct rng rng = { 11 };
	uint64_t sum = 0;

	for (size_t i = 0; i < files; i++) {
		if (i % 41 == 0)
			sum += compress_file(&rng, MIB(12), MIB(16));
		else if (i % 5 == 0)
			sum += compress_file(&rng, MIB(1), MIB(1));
		else
			sum += compress_file(&rng, KIB(64), MIB(1));
	}
	printf("compress %016lx\n", sum);
	return 0;
}
