// SPDX-License-Identifier: MIT
/*
 * kmem/section.h - critical sections on the table of the CPU we run on
 *
 * With percpu=rseq a table belongs to a CPU. A thread may change it by these
 * restartable sequences alone. Each is a few loads and one store, the commit:
 *
 *	0: rseq_cs = descriptor		of this section, for the kernel
 *	1: cpu = cpu_id			the section begins
 *	   table = owners[cpu]		kmem_cpus.owner, or s->by_cpu
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
 * Every number that cpu_id can have has a place in the array: the table, or one
 * whose cursors all miss. The same sections serve caches with a far slot, whose
 * array leads to chunks of far slots (cpu_far.c).
 *
 * Calls that hit try a shorter form first, which has one try. For malloc() and
 * free() its descriptor lies in kmem_cpus, so that descriptor and table are
 * found by one address. A program has each of these two once:
 * section_fast_start().
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

/* A word in the table of each CPU, or in its chunk of far slots. */
struct section_word {
	const void *owners; /* an array of these, by CPU */
	size_t offset; /* of the word, bytes */
};

/* The cursor of a slot of the table. */
static __always_inline struct section_word section_slot(unsigned long slot)
{
	return (struct section_word){ kmem_cpus.owner,
				      slot * sizeof(uintptr_t) };
}

static __always_inline size_t section_far(const struct kmem_cache *s)
{
	return (s->far - 1) % FAR_PER_CHUNK * sizeof(struct kmem_far_slot);
}

/*
 * The cursor of a cache. Without a slot, or while no CPU has its far one, that
 * is the cursor of slot 0, which misses.
 */
static __always_inline struct section_word
section_cursor(const struct kmem_cache *s)
{
	void *const *by_cpu = NULL;

	if (unlikely(s->far))
		by_cpu = smp_load_acquire(&s->by_cpu);
	if (likely(!by_cpu))
		return section_slot(s->slot);
	return (struct section_word){
		by_cpu, section_far(s) + offsetof(struct kmem_far_slot, cursor)
	};
}

/* The spare of a cache, which has a slot, or of which by_cpu is set. */
static __always_inline struct section_word
section_spare(const struct kmem_cache *s)
{
	if (unlikely(s->far))
		return (struct section_word){
			READ_ONCE(s->by_cpu),
			section_far(s) +
				offsetof(struct kmem_far_slot, rest.spare)
		};
	return (struct section_word){
		kmem_cpus.owner,
		kmem_nr_cursors * sizeof(uintptr_t) +
			s->slot * sizeof(struct kmem_owner_slot) +
			offsetof(struct kmem_owner_slot, spare)
	};
}

#ifdef __x86_64__
/* The descriptor, the store of its address, and the table of this CPU in `at`.
 */
#define SECTION_BEGIN                                            \
	".pushsection .data.rel.ro.km_rseq,\"aw\",@progbits\n\t" \
	".balign 32\n"                                           \
	"3:\t.long 0, 0\n\t"                                     \
	".quad 1f, 2f - 1f, 4f\n\t"                              \
	".popsection\n"                                          \
	"0:\tleaq 3b(%%rip), %[at]\n\t"                          \
	"movq %[at], %%fs:8(%[rseq])\n"                          \
	"1:\tmovslq %%fs:4(%[rseq]), %[at]\n\t"                  \
	"movq (%[owners],%[at],8), %[at]\n\t"

/* Misses if the CPU has no table: it has what is in front of the array then. */
#define SECTION_SKIP_NONE               \
	"cmpq -8(%[owners]), %[at]\n\t" \
	"je 5f\n\t"

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
 * Those that are tried once. The two of malloc() and free(): `cs` is the name
 * of the descriptor of which kmem_cpus has a copy, at %[cpus].
 */
#define SECTION_FAST(cs)                                         \
	".pushsection .data.rel.ro.km_rseq,\"aw\",@progbits\n\t" \
	".balign 32\n" cs ":\t.long 0, 0\n\t"                    \
	".quad 1f, 2f - 1f, 4f\n\t"                              \
	".popsection\n\t"                                        \
	"movq %[cpus], %%fs:8(%[rseq])\n"

#define SECTION_FAST_POP SECTION_FAST("section_fast_pop_cs")
#define SECTION_FAST_PUSH SECTION_FAST("section_fast_push_cs")

/* Any other one. */
#define SECTION_ONCE                                             \
	".pushsection .data.rel.ro.km_rseq,\"aw\",@progbits\n\t" \
	".balign 32\n"                                           \
	"3:\t.long 0, 0\n\t"                                     \
	".quad 1f, 2f - 1f, 4f\n\t"                              \
	".popsection\n\t"                                        \
	"leaq 3b(%%rip), %[at]\n\t"                              \
	"movq %[at], %%fs:8(%[rseq])\n"

/* The table of this CPU; `owners` is the distance to the owners. */
#define SECTION_ONCE_TABLE                      \
	"1:\tmovslq %%fs:4(%[rseq]), %[at]\n\t" \
	"movq %c[owners](%[cpus],%[at],8), %[at]\n\t"

/* `aborted` is done before an aborted section misses. */
#define SECTION_ONCE_END(aborted)                                  \
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
#define SECTION_POP_ONCE(begin, rseq_offset, slot_nr)                    \
	__asm__ volatile goto(                                           \
		begin SECTION_ONCE_TABLE                                 \
		"movq (%[at],%[slot],8), %[out]\n\t"                     \
		"movq -8(%[out]), %[out]\n\t"                            \
		"testq %[out], %[out]\n\t"                               \
		"jz %l[miss]\n\t"                                        \
		"addq $-8, (%[at],%[slot],8)\n" SECTION_ONCE_END(        \
			"xorl %k[out], %k[out]\n\t")                     \
		: [at] "=&r"(at), [out] "=&r"(out)                       \
		: [rseq] "r"(rseq_offset), [cpus] "r"(&kmem_cpus.pop),   \
		  [owners] "i"(SECTION_OWNERS(pop)), [slot] "r"(slot_nr) \
		: "memory", "cc"                                         \
		: miss)

/* section_push(), tried once. */
#define SECTION_PUSH_ONCE(begin, rseq_offset, slot_nr)                     \
	__asm__ volatile goto(                                             \
		begin SECTION_ONCE_TABLE                                   \
		"movq (%[at],%[slot],8), %[cursor]\n\t"                    \
		"testl %[full], %k[cursor]\n\t"                            \
		"jz %l[miss]\n\t"                                          \
		"cmpq %[obj], -8(%[cursor])\n\t"                           \
		"je %l[miss]\n\t"                                          \
		"cmpq %[obj], -16(%[cursor])\n\t"                          \
		"je %l[miss]\n\t"                                          \
		"movq %[obj], (%[cursor])\n\t"                             \
		"addq $8, (%[at],%[slot],8)\n" SECTION_ONCE_END("")        \
		: [at] "=&r"(at), [cursor] "=&r"(cursor)                   \
		: [rseq] "r"(rseq_offset), [cpus] "r"(&kmem_cpus.push),    \
		  [owners] "i"(SECTION_OWNERS(push)), [slot] "r"(slot_nr), \
		  [obj] "r"(obj), [full] "i"((int)SHEAF_FULL_MASK)         \
		: "memory", "cc"                                           \
		: miss)

/* For malloc() alone. */
static __always_inline void *section_fast_pop(unsigned long slot)
{
	unsigned long at;
	void *out;

	section_release();
	SECTION_POP_ONCE(SECTION_FAST_POP, kmem_rseq, slot);
	section_acquire();
	if (!out) /* tells the compiler */
		__builtin_unreachable();
	return out;
miss:
	return NULL;
}

/* For free() alone. */
static __always_inline bool section_fast_push(unsigned long slot, void *obj)
{
	unsigned long at, cursor;

	section_release();
	SECTION_PUSH_ONCE(SECTION_FAST_PUSH, kmem_rseq, slot);
	section_acquire();
	return true;
miss:
	return false;
}

/* section_pop() for a slot of the table, tried once. */
static __always_inline void *section_try_pop(long rseq, unsigned long slot)
{
	unsigned long at;
	void *out;

	section_release();
	SECTION_POP_ONCE(SECTION_ONCE, rseq, slot);
	section_acquire();
	if (!out)
		__builtin_unreachable();
	return out;
miss:
	return NULL;
}

/* section_push() for a slot of the table, tried once. */
static __always_inline bool section_try_push(long rseq, unsigned long slot,
					     void *obj)
{
	unsigned long at, cursor;

	section_release();
	SECTION_PUSH_ONCE(SECTION_ONCE, rseq, slot);
	section_acquire();
	return true;
miss:
	return false;
}

/* Pops an object off main, by its cursor. Returns NULL if there is none. */
static __always_inline void *section_pop(long rseq, struct section_word cursor)
{
	unsigned int tries = SECTION_TRIES;
	unsigned long at;
	void *out;

	section_release();
	__asm__ volatile(SECTION_BEGIN
			 "movq (%[at],%[offset]), %[out]\n\t"
			 "movq -8(%[out]), %[out]\n\t"
			 "testq %[out], %[out]\n\t"
			 "jz 6f\n\t"
			 "addq $-8, (%[at],%[offset])\n" SECTION_END
			 : [at] "=&r"(at), [out] "=&r"(out), [tries] "+r"(tries)
			 : [rseq] "r"(rseq), [owners] "r"(cursor.owners),
			   [offset] "r"(cursor.offset)
			 : "memory", "cc");
	section_acquire();
	return out;
}

/*
 * Puts an object on main. Returns false if main is full, or obj may be one of
 * the two newest objects already: cursor_holds() tells.
 */
static __always_inline bool section_push(long rseq, struct section_word cursor,
					 void *obj)
{
	unsigned int tries = SECTION_TRIES;
	unsigned long at, out;

	section_release();
	__asm__ volatile(SECTION_BEGIN
			 "movq (%[at],%[offset]), %[out]\n\t"
			 "testl %[full], %k[out]\n\t"
			 "jz 5f\n\t"
			 "cmpq %[obj], -8(%[out])\n\t"
			 "je 5f\n\t"
			 "cmpq %[obj], -16(%[out])\n\t"
			 "je 5f\n\t"
			 "movq %[obj], (%[out])\n\t"
			 "addq $8, (%[at],%[offset])\n" SECTION_END
			 : [at] "=&r"(at), [out] "=&r"(out), [tries] "+r"(tries)
			 : [rseq] "r"(rseq), [owners] "r"(cursor.owners),
			   [offset] "r"(cursor.offset), [obj] "r"(obj),
			   [full] "i"((int)SHEAF_FULL_MASK)
			 : "memory", "cc");
	section_acquire();
	return out;
}

/*
 * Exchanges a word for `empty`. Returns what it was; 0 also if this CPU has no
 * table now.
 */
static __always_inline uintptr_t section_take(long rseq,
					      struct section_word word,
					      uintptr_t empty)
{
	unsigned int tries = SECTION_TRIES;
	unsigned long at, out;

	section_release();
	__asm__ volatile(SECTION_BEGIN SECTION_SKIP_NONE
			 "movq (%[at],%[offset]), %[out]\n\t"
			 "movq %[empty], (%[at],%[offset])\n" SECTION_END
			 : [at] "=&r"(at), [out] "=&r"(out), [tries] "+r"(tries)
			 : [rseq] "r"(rseq), [owners] "r"(word.owners),
			   [offset] "r"(word.offset), [empty] "r"(empty)
			 : "memory", "cc");
	section_acquire();
	return out;
}

/*
 * Sets a word, if it is `empty`, to another value. Returns false if it is not,
 * or this CPU has no table now.
 */
static __always_inline bool section_put(long rseq, struct section_word word,
					uintptr_t empty, uintptr_t value)
{
	unsigned int tries = SECTION_TRIES;
	unsigned long at, out;

	section_release();
	__asm__ volatile(SECTION_BEGIN SECTION_SKIP_NONE
			 "cmpq %[empty], (%[at],%[offset])\n\t"
			 "jne 5f\n\t"
			 "movq %[value], %[out]\n\t"
			 "movq %[value], (%[at],%[offset])\n" SECTION_END
			 : [at] "=&r"(at), [out] "=&r"(out), [tries] "+r"(tries)
			 : [rseq] "r"(rseq), [owners] "r"(word.owners),
			   [offset] "r"(word.offset), [empty] "r"(empty),
			   [value] "r"(value)
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

static inline void *section_try_pop(long rseq, unsigned long slot)
{
	(void)rseq;
	(void)slot;
	return NULL;
}

static inline bool section_try_push(long rseq, unsigned long slot, void *obj)
{
	(void)rseq;
	(void)slot;
	(void)obj;
	return false;
}

static inline void *section_pop(long rseq, struct section_word cursor)
{
	(void)rseq;
	(void)cursor;
	return NULL;
}

static inline bool section_push(long rseq, struct section_word cursor,
				void *obj)
{
	(void)rseq;
	(void)cursor;
	(void)obj;
	return false;
}

static inline uintptr_t section_take(long rseq, struct section_word word,
				     uintptr_t empty)
{
	(void)rseq;
	(void)word;
	(void)empty;
	return 0;
}

static inline bool section_put(long rseq, struct section_word word,
			       uintptr_t empty, uintptr_t value)
{
	(void)rseq;
	(void)word;
	(void)empty;
	(void)value;
	return false;
}
#endif

/* ---- this thread's table, or that of its CPU ----------------------------- */

/* Pops an object. Returns NULL: take the slow path. */
static __always_inline void *section_pop_here(unsigned long slot)
{
	struct kmem_owner *owner = kmem_this_owner;
	void *obj = kmem_pop(owner, slot);

	if (unlikely(!obj) && owner->rseq)
		obj = section_try_pop(owner->rseq, slot);
	return obj;
}

/* Puts an object there. Returns 0, or else the caller takes the slow path. */
static __always_inline int section_push_here(unsigned int slot, void *obj)
{
	struct kmem_owner *owner = kmem_this_owner;
	int ret = kmem_push(owner, slot, obj);

	if (unlikely(ret) && owner->rseq)
		ret = !section_try_push(owner->rseq, slot, obj);
	return ret;
}

#endif
