// SPDX-License-Identifier: MIT
/*
 * sys/siphash.c - SipHash-2-4 of one word
 *
 *	key --> v0 v1 v2 v3 --word, 2 rounds--> --length, 2--> --4 rounds--> xor
 *
 * Who knows any number of words and their hashes can neither find the key nor
 * foretell another hash.
 *
 * Source	Aumasson and Bernstein, SipHash: a fast short-input PRF (2012);
 *		the names are those of Linux lib/siphash.c
 */
#include "sys/siphash.h"

static u64 sip_rotate(u64 x, unsigned int bits)
{
	return x << bits | x >> (64 - bits);
}

static void sip_rounds(u64 v[4], unsigned int rounds)
{
	while (rounds--) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = sip_rotate(v[1], 13) ^ v[0];
		v[3] = sip_rotate(v[3], 16) ^ v[2];
		v[0] = sip_rotate(v[0], 32) + v[3];
		v[2] += v[1];
		v[1] = sip_rotate(v[1], 17) ^ v[2];
		v[3] = sip_rotate(v[3], 21) ^ v[0];
		v[2] = sip_rotate(v[2], 32);
	}
}

static void sip_word(u64 v[4], u64 word)
{
	v[3] ^= word;
	sip_rounds(v, 2);
	v[0] ^= word;
}

u64 siphash_1u64(u64 first, const siphash_key_t *key)
{
	/* the paper's constants, "somepseudorandomlygeneratedbytes" */
	u64 v[4] = {
		key->key[0] ^ 0x736f6d6570736575,
		key->key[1] ^ 0x646f72616e646f6d,
		key->key[0] ^ 0x6c7967656e657261,
		key->key[1] ^ 0x7465646279746573,
	};

	sip_word(v, first);
	sip_word(v, (u64)sizeof(first) << 56);
	v[2] ^= 0xff;
	sip_rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
