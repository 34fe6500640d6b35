// SPDX-License-Identifier: MIT
/*
 * sys/compiler.h - what every file may assume about the compiler
 *
 * Attributes under their kernel names, the types u8..u64, and single-copy
 * access. The lowest header of the tree: it includes only the C library's
 * freestanding headers.
 */
#ifndef KM_SYS_COMPILER_H
#define KM_SYS_COMPILER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int32_t s32;
typedef int64_t s64;

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define noinline __attribute__((__noinline__))
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#define __cold __attribute__((__cold__, __noinline__))
#define __printf(f, a) __attribute__((format(printf, f, a)))
#define __aligned(n) __attribute__((aligned(n)))
/* Reads what other threads write, on purpose; a comment says why it is safe. */
#define __racy __attribute__((no_sanitize("thread")))
#define __maybe_unused __attribute__((unused))
/* Copies the attributes of another function, if the compiler can. */
#if __has_attribute(copy)
#define __copy(function) __attribute__((copy(function)))
#else
#define __copy(function)
#endif
/*
 * Adds n to words[i], a word of this thread's own, by one instruction where
 * there is one. A compiler would compute the address apart.
 */
static __always_inline void word_add(uintptr_t *words, unsigned long i, long n)
{
#ifdef __x86_64__
	__asm__ volatile("addq %2, (%0,%1,8)"
			 :
			 : "r"(words), "r"(i), "er"(n)
			 : "memory", "cc");
#else
	words[i] += (uintptr_t)n;
#endif
}

/* A mask, and a factor: see pair_rejects(). */
struct mask_pair {
	u32 mask, mul;
};

/*
 * Returns true if (x & mask) * mul, modulo 2^32, is not below mul, for the pair
 * i of the 256 that end at `end`. They are constant.
 */
static __always_inline bool pair_rejects(const void *end, unsigned long i,
					 u32 x)
{
#ifdef __x86_64__
	bool rejects;

	__asm__("andl -2048(%2,%3,8), %0\n\t"
		"imull -2044(%2,%3,8), %0\n\t"
		"cmpl -2044(%2,%3,8), %0"
		: "+r"(x), "=@ccae"(rejects)
		: "r"(end), "r"(i));
	return rejects;
#else
	const struct mask_pair *p = (const struct mask_pair *)end - 256 + i;

	return (x & p->mask) * p->mul >= p->mul;
#endif
}

/* The fast path: hot functions of every file end up side by side. */
#define __hot_text __attribute__((section(".text.km_hot")))

/* On a declaration: ours alone, so no load from the GOT is needed. */
#define __hidden __attribute__((visibility("hidden")))

/* The function's return address: its caller. */
#define _RET_IP_ ((uintptr_t)__builtin_return_address(0))

#define CACHELINE 64
#define __cacheline_aligned __aligned(CACHELINE)

#define READ_ONCE(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v) __atomic_store_n(&(x), (v), __ATOMIC_RELAXED)
#define smp_load_acquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define smp_store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(ptr, type, member) \
	((type *)((char *)(ptr)-offsetof(type, member)))

#define min(a, b)                                  \
	({                                         \
		__typeof__(a) _min_a = (a);        \
		__typeof__(b) _min_b = (b);        \
		_min_a < _min_b ? _min_a : _min_b; \
	})
#define max(a, b)                                  \
	({                                         \
		__typeof__(a) _max_a = (a);        \
		__typeof__(b) _max_b = (b);        \
		_max_a > _max_b ? _max_a : _max_b; \
	})
#define clamp(v, lo, hi) min(max(v, lo), hi)

#define ALIGN(x, a) (((x) + ((a)-1)) & ~((__typeof__(x))(a)-1))
#define ALIGN_DOWN(x, a) ((x) & ~((__typeof__(x))(a)-1))
#define IS_ALIGNED(x, a) (((x) & ((__typeof__(x))(a)-1)) == 0)
#define DIV_ROUND_UP(n, d) (((n) + (d)-1) / (d))

/* A frame of the arena, on every machine; the machine's page: sys/os.h. */
#define PAGE_SHIFT 12
#define PAGE_SIZE (1UL << PAGE_SHIFT)
#define PAGE_ALIGN(x) ALIGN((x), PAGE_SIZE)
#define PAGES_KB(pages) ((pages) << (PAGE_SHIFT - 10))

#define MIB (1UL << 20)
#define GIB (1UL << 30)

static inline void cpu_relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield" ::: "memory");
#else
	__asm__ volatile("" ::: "memory");
#endif
}

#endif
