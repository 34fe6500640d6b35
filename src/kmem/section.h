// SPDX-License-Identifier: MIT
/*
 * kmem/section.h - critical sections on the table of the CPU we run on
 *
 * With percpu=rseq a table belongs to a CPU. A thread may change it by these
 * restartable sequences alone. Each is a few loads and one store, the commit:
 *
 *	0: rseq_cs = descriptor		of this section, for the kernel
 *	1: cpu = cpu_id			the section begins
 *	   table = kmem_cpus.owner[cpu]
 *	   ... loads, and stores above the cursor, where any word may lie
 *	   commit			the last instruction
 *	2:				the section has ended
 *	4: again, at 0; or, after SECTION_TRIES, as a miss
 *
 * If the thread is preempted, migrated or gets a signal between 1 and 2, the
 * kernel continues it at 4. So no other thread on this CPU has changed the
 * table since 1 when the commit is done. A remote thread hides the table and
 * fences first (cpu_owner.c). The number of tries is bounded: a debugger that
 * steps stops at each instruction, which restarts the section for ever.
 *
 * malloc() and free() try a shorter form first: one try, and no comparison of
 * the CPU, since every number that cpu_id can have has a place in kmem_cpus.
 * The descriptor lies there too, so both are found by one address. A program
 * has each of the two once: section_fast_start().
 *
 * ThreadSanitizer does not see these instructions. For it each section is an
 * acquire and a release of one object, kmem_rseq, which is no atomic: it then
 * reports no false races, but also none on a cursor.
 *
 * Only on x86-64; elsewhere each of these misses, and kmem_rseq is 0.
 *
 * Locking	none
 * Source	the kernel's public interface rseq(2); glibc registers the area
 */
#ifndef KM_KMEM_SECTION_H
#define KM_KMEM_SECTION_H

#include "kmem/kmem.h"

#define SECTION_TRIES 16

#if defined(__SANITIZE_THREAD__)
#define SECTION_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SECTION_TSAN 1
#endif
#endif

#ifdef SECTION_TSAN
void __tsan_acquire(void *addr);
void __tsan_release(void *addr);
#define section_acquire() __tsan_acquire(&kmem_rseq)
#define section_release() __tsan_release(&kmem_rseq)
#else
#define section_acquire() ((void)0)
#define section_release() ((void)0)
#endif

#ifdef __x86_64__
/*
 * The descriptor, the store of its address, and the table of this CPU in `at`.
 * A CPU beyond KMEM_CPUS, or -1 of a thread without an area, misses.
 */
#define SECTION_BEGIN                                            \
	".pushsection .data.rel.ro.km_rseq,\"aw\",@progbits\n\t" \
	".balign 32\n"                                           \
	"3:\t.long 0, 0\n\t"                                     \
	".quad 1f, 2f - 1f, 4f\n\t"                              \
	".popsection\n"                                          \
	"0:\tleaq 3b(%%rip), %[at]\n\t"                          \
	"movq %[at], %%fs:8(%[rseq])\n"                          \
	"1:\tmovl %%fs:4(%[rseq]), %k[at]\n\t"                   \
	"cmpl %[cpus], %k[at]\n\t"                               \
	"jae 5f\n\t"                                             \
	"movq (%[owners],%[at],8), %[at]\n\t"

/*
 * What the kernel jumps to, behind the signature that it asks for. At 5 the
 * result is a miss.
 */
#define SECTION_END                                                \
	"2:\n\t"                                                   \
	".pushsection .text.unlikely.km_rseq,\"ax\",@progbits\n\t" \
	".byte 0x0f, 0xb9, 0x3d\n\t"                               \
	".long 0x53053053\n"                                       \
	"4:\tdecl %[tries]\n\t"                                    \
	"jnz 0b\n"                                                 \
	"5:\txorl %k[out], %k[out]\n\t"                            \
	"jmp 6f\n\t"                                               \
	".popsection\n"                                            \
	"6:\n"

/*
 * The two of malloc() and free(): `cs` is the name of the descriptor of which
 * kmem_cpus has a copy, at %[cpus]; `owners` is the distance to the owners.
 */
#define SECTION_FAST(cs)                                         \
	".pushsection .data.rel.ro.km_rseq,\"aw\",@progbits\n\t" \
	".balign 32\n" cs ":\t.long 0, 0\n\t"                    \
	".quad 1f, 2f - 1f, 4f\n\t"                              \
	".popsection\n\t"                                        \
	"movq %[cpus], %%fs:8(%[rseq])\n"                        \
	"1:\tmovslq %%fs:4(%[rseq]), %[at]\n\t"                  \
	"movq %c[owners](%[cpus],%[at],8), %[at]\n\t"

#define SECTION_FAST_POP SECTION_FAST("section_fast_pop_cs")
#define SECTION_FAST_PUSH SECTION_FAST("section_fast_push_cs")

/* `aborted` is done before an aborted section misses. */
#define SECTION_FAST_END(aborted)                                  \
	"2:\n\t"                                                   \
	".pushsection .text.unlikely.km_rseq,\"ax\",@progbits\n\t" \
	".byte 0x0f, 0xb9, 0x3d\n\t"                               \
	".long 0x53053053\n"                                       \
	"4:\t" aborted "jmp %l[miss]\n\t"                          \
	".popsection\n"

#define SECTION_OWNERS(section)              \
	(offsetof(struct kmem_cpus, owner) - \
	 offsetof(struct kmem_cpus, section))

/* Lets the two of this source file run; kmem_rseq is set. Once. */
static inline void section_fast_start(void)
{
	const struct section_cs *pop, *push;

	__asm__("leaq section_fast_pop_cs(%%rip), %0" : "=r"(pop));
	__asm__("leaq section_fast_push_cs(%%rip), %0" : "=r"(push));
	kmem_cpus.pop = *pop;
	kmem_cpus.push = *push;
}

/*
 * section_pop(), tried once. `out` is 0 on each way to the miss: gcc 12 returns
 * it there in place of the NULL, under UBSan.
 */
static __always_inline void *section_fast_pop(unsigned long slot)
{
	unsigned long at;
	void *out;

	section_release();
	__asm__ volatile goto(
		SECTION_FAST_POP
		"movq (%[at],%[slot],8), %[out]\n\t"
		"movq -8(%[out]), %[out]\n\t"
		"testq %[out], %[out]\n\t"
		"jz %l[miss]\n\t"
		"addq $-8, (%[at],%[slot],8)\n" SECTION_FAST_END(
			"xorl %k[out], %k[out]\n\t")
		: [at] "=&r"(at), [out] "=&r"(out)
		: [rseq] "r"(kmem_rseq), [cpus] "r"(&kmem_cpus.pop),
		  [owners] "i"(SECTION_OWNERS(pop)), [slot] "r"(slot)
		: "memory", "cc"
		: miss);
	section_acquire();
	if (!out) /* tells the compiler */
		__builtin_unreachable();
	return out;
miss:
	return NULL;
}

/* section_push(), tried once. */
static __always_inline bool section_fast_push(unsigned long slot, void *obj)
{
	unsigned long at, cursor;

	section_release();
	__asm__ volatile goto(
		SECTION_FAST_PUSH
		"movq (%[at],%[slot],8), %[cursor]\n\t"
		"testl %[full], %k[cursor]\n\t"
		"jz %l[miss]\n\t"
		"cmpq %[obj], -8(%[cursor])\n\t"
		"je %l[miss]\n\t"
		"cmpq %[obj], -16(%[cursor])\n\t"
		"je %l[miss]\n\t"
		"movq %[obj], (%[cursor])\n\t"
		"addq $8, (%[at],%[slot],8)\n" SECTION_FAST_END("")
		: [at] "=&r"(at), [cursor] "=&r"(cursor)
		: [rseq] "r"(kmem_rseq), [cpus] "r"(&kmem_cpus.push),
		  [owners] "i"(SECTION_OWNERS(push)), [slot] "r"(slot),
		  [obj] "r"(obj), [full] "i"((int)SHEAF_FULL_MASK)
		: "memory", "cc"
		: miss);
	section_acquire();
	return true;
miss:
	return false;
}

/* Pops an object off main. Returns NULL if there is none. */
static __always_inline void *section_pop(long rseq, unsigned long slot)
{
	unsigned int tries = SECTION_TRIES;
	unsigned long at;
	void *out;

	section_release();
	__asm__ volatile(SECTION_BEGIN
			 "movq (%[at],%[slot],8), %[out]\n\t"
			 "movq -8(%[out]), %[out]\n\t"
			 "testq %[out], %[out]\n\t"
			 "jz 6f\n\t"
			 "addq $-8, (%[at],%[slot],8)\n" SECTION_END
			 : [at] "=&r"(at), [out] "=&r"(out), [tries] "+r"(tries)
			 : [rseq] "r"(rseq), [owners] "r"(kmem_cpus.owner),
			   [cpus] "i"(KMEM_CPUS), [slot] "r"(slot)
			 : "memory", "cc");
	section_acquire();
	return out;
}

/*
 * Puts an object on main. Returns false if main is full, or obj may be one of
 * the two newest objects already: cursor_holds() tells.
 */
static __always_inline bool section_push(long rseq, unsigned long slot,
					 void *obj)
{
	unsigned int tries = SECTION_TRIES;
	unsigned long at, out;

	section_release();
	__asm__ volatile(SECTION_BEGIN
			 "movq (%[at],%[slot],8), %[out]\n\t"
			 "testl %[full], %k[out]\n\t"
			 "jz 5f\n\t"
			 "cmpq %[obj], -8(%[out])\n\t"
			 "je 5f\n\t"
			 "cmpq %[obj], -16(%[out])\n\t"
			 "je 5f\n\t"
			 "movq %[obj], (%[out])\n\t"
			 "addq $8, (%[at],%[slot],8)\n" SECTION_END
			 : [at] "=&r"(at), [out] "=&r"(out), [tries] "+r"(tries)
			 : [rseq] "r"(rseq), [owners] "r"(kmem_cpus.owner),
			   [cpus] "i"(KMEM_CPUS), [slot] "r"(slot),
			   [obj] "r"(obj), [full] "i"((int)SHEAF_FULL_MASK)
			 : "memory", "cc");
	section_acquire();
	return out;
}

/*
 * Exchanges the word at an offset of the table for `empty`. Returns what it
 * was; 0 also if this CPU has no table now.
 */
static __always_inline uintptr_t section_take(long rseq, size_t offset,
					      uintptr_t empty)
{
	unsigned int tries = SECTION_TRIES;
	unsigned long at, out;

	section_release();
	__asm__ volatile(SECTION_BEGIN
			 "cmpq %[none], %[at]\n\t"
			 "je 5f\n\t"
			 "movq (%[at],%[offset]), %[out]\n\t"
			 "movq %[empty], (%[at],%[offset])\n" SECTION_END
			 : [at] "=&r"(at), [out] "=&r"(out), [tries] "+r"(tries)
			 : [rseq] "r"(rseq), [owners] "r"(kmem_cpus.owner),
			   [cpus] "i"(KMEM_CPUS), [none] "r"(kmem_no_owner),
			   [offset] "r"(offset), [empty] "r"(empty)
			 : "memory", "cc");
	section_acquire();
	return out;
}

/*
 * Sets the word at an offset of the table, if it is `empty`, to another.
 * Returns false if it is not, or this CPU has no table now.
 */
static __always_inline bool section_put(long rseq, size_t offset,
					uintptr_t empty, uintptr_t word)
{
	unsigned int tries = SECTION_TRIES;
	unsigned long at, out;

	section_release();
	__asm__ volatile(
		SECTION_BEGIN "cmpq %[none], %[at]\n\t"
			      "je 5f\n\t"
			      "cmpq %[empty], (%[at],%[offset])\n\t"
			      "jne 5f\n\t"
			      "movq %[word], %[out]\n\t"
			      "movq %[word], (%[at],%[offset])\n" SECTION_END
		: [at] "=&r"(at), [out] "=&r"(out), [tries] "+r"(tries)
		: [rseq] "r"(rseq), [owners] "r"(kmem_cpus.owner),
		  [cpus] "i"(KMEM_CPUS), [none] "r"(kmem_no_owner),
		  [offset] "r"(offset), [empty] "r"(empty), [word] "r"(word)
		: "memory", "cc");
	section_acquire();
	return out;
}
#else
static inline void section_fast_start(void)
{
}

static inline void *section_fast_pop(unsigned long slot)
{
	(void)slot;
	return NULL;
}

static inline bool section_fast_push(unsigned long slot, void *obj)
{
	(void)slot;
	(void)obj;
	return false;
}

static inline void *section_pop(long rseq, unsigned long slot)
{
	(void)rseq;
	(void)slot;
	return NULL;
}

static inline bool section_push(long rseq, unsigned long slot, void *obj)
{
	(void)rseq;
	(void)slot;
	(void)obj;
	return false;
}

static inline uintptr_t section_take(long rseq, size_t offset, uintptr_t empty)
{
	(void)rseq;
	(void)offset;
	(void)empty;
	return 0;
}

static inline bool section_put(long rseq, size_t offset, uintptr_t empty,
			       uintptr_t word)
{
	(void)rseq;
	(void)offset;
	(void)empty;
	(void)word;
	return false;
}
#endif

#endif
