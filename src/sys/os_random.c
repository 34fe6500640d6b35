// SPDX-License-Identifier: MIT
/*
 * sys/os_random.c - bits that no program can foretell
 *
 *	getrandom(), 16 bytes --.
 *	                        +--> key --+--> SipHash --> os_random()
 *	AT_RANDOM, 16 bytes ----'    turn -'
 *	  if it is refused
 *
 * All seeds of the library are from here, at the price of one system call. The
 * stack protector's canary and glibc's guard of pointers are the bytes of
 * AT_RANDOM themselves. So addresses and free pointers must tell nothing of
 * them, and what passes through the hash does not.
 *
 * Locking	none. Threads that make the key at the same time may mix their
 *		keys.
 * Invariants	RANDOM1  no two values of a process are of the same turn
 *					(unit.sys.os_random checks it)
 */
#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>

#include "sys/os.h"
#include "sys/raw.h"
#include "sys/siphash.h"

static siphash_key_t random_key; /* atomic */
static u64 random_turn; /* atomic */
static u8 has_key; /* 1: random_key is set; release/acquire */

static void set_key(const siphash_key_t *key)
{
	WRITE_ONCE(random_key.key[0], key->key[0]);
	WRITE_ONCE(random_key.key[1], key->key[1]);
	smp_store_release(&has_key, (u8)1);
}

void os_random_seed(u64 seed)
{
	siphash_key_t key = { { seed, 0 } };

	set_key(&key);
	WRITE_ONCE(random_turn, (u64)0);
}

/* getrandom() never waits here; early in the boot of a machine it refuses. */
static void make_key(void)
{
	const void *bytes = (const void *)getauxval(AT_RANDOM);
	siphash_key_t key = { { 0, 0 } };

	if (sys3(SYS_getrandom, &key, sizeof(key), GRND_NONBLOCK) !=
		    (long)sizeof(key) &&
	    bytes)
		memcpy(&key, bytes, sizeof(key));
	set_key(&key);
}

u64 os_random(void)
{
	siphash_key_t key;

	if (!smp_load_acquire(&has_key))
		make_key();
	key.key[0] = READ_ONCE(random_key.key[0]);
	key.key[1] = READ_ONCE(random_key.key[1]);
	return siphash_1u64(
		__atomic_add_fetch(&random_turn, 1, __ATOMIC_RELAXED), &key);
}
