// SPDX-License-Identifier: MIT
/*
 * test_os_random.c - bits for places and seeds, with getrandom() and without
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "support/child.h"
#include "sys/os.h"
#include "sys/siphash.h"

#define VALUES 1000

/* From now on getrandom() fails in this process. */
static void refuse_getrandom(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getrandom, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { ARRAY_SIZE(code), code };

	REQUIRE(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	REQUIRE(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
	REQUIRE(syscall(SYS_getrandom, code, 1, 0) == -1 && errno == ENOSYS);
}

/* The kernel's bytes for this program, the canary among them. */
static siphash_key_t kernel_bytes(void)
{
	siphash_key_t key;

	memcpy(&key, (const void *)getauxval(AT_RANDOM), sizeof(key));
	return key;
}

static void require_distinct(const u64 *values, unsigned int nr)
{
	siphash_key_t key = kernel_bytes();

	for (unsigned int i = 0; i < nr; i++) {
		REQUIRE(values[i] != key.key[0] && values[i] != key.key[1]);
		for (unsigned int k = 0; k < i; k++)
			REQUIRE(values[i] != values[k]);
	}
}

/* Many values, with errno set. Expect no two alike, none of the kernel's bytes
 * for the program, and errno as it was. */
static void child_values(void *arg)
{
	static u64 values[VALUES];

	(void)arg;
	errno = 4711;
	for (int i = 0; i < VALUES; i++)
		values[i] = os_random();
	REQUIRE(errno == 4711);
	require_distinct(values, VALUES);
}

/* getrandom() granted. Expect no hash by the kernel's bytes for the program. */
static void child_not_those(void *arg)
{
	siphash_key_t key = kernel_bytes();
	u64 value = os_random();

	(void)arg;
	for (u64 turn = 0; turn < 100; turn++)
		REQUIRE(value != siphash_1u64(turn, &key));
}

/* getrandom() refused. Expect the hash of the turn by those bytes. */
static void child_refused(void *arg)
{
	siphash_key_t key = kernel_bytes();
	u64 values[4];

	(void)arg;
	refuse_getrandom();
	for (u64 i = 0; i < ARRAY_SIZE(values); i++) {
		values[i] = os_random();
		REQUIRE(values[i] == siphash_1u64(i + 1, &key));
	}
	require_distinct(values, ARRAY_SIZE(values));
}

/* A seed twice, and another. Expect the same bits, then others. */
static void child_seed(void *arg)
{
	u64 first, second;

	(void)arg;
	os_random_seed(7);
	first = os_random();
	second = os_random();
	os_random_seed(7);
	REQUIRE(os_random() == first && os_random() == second);
	os_random_seed(8);
	REQUIRE(os_random() != first);
}

static u64 of_threads[4][VALUES / 4];

static void *take_values(void *values)
{
	for (int i = 0; i < VALUES / 4; i++)
		((u64 *)values)[i] = os_random();
	return NULL;
}

/* Four threads at the same time, the first time in this process. Expect no
 * value twice (RANDOM1). */
static void child_threads(void *arg)
{
	pthread_t threads[4];

	(void)arg;
	for (int i = 0; i < 4; i++)
		REQUIRE(!pthread_create(&threads[i], NULL, take_values,
					of_threads[i]));
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	require_distinct(of_threads[0], VALUES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_values),  child_test(child_not_those),
		child_test(child_refused), child_test(child_seed),
		child_test(child_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
