// SPDX-License-Identifier: MIT
/*
 * test_space.c - places for vmalloc(), and ranges on their way between trees
 */
#include <errno.h>
#include <sys/mman.h>

#include "kmem/shrink.h"
#include "support/backend.h"
#include "sys/os.h"

#define KIB (1UL << 10)
#define MIB (1UL << 20)
#define STEP (4 * MIB) /* so much is mapped at once */

static bool is_mapped(uintptr_t addr)
{
	unsigned char in;

	return !mincore((void *)addr, PAGE_SIZE, &in);
}

/* Anywhere in vmalloc space. */
static struct space_want anywhere(size_t size)
{
	return (struct space_want){ .size = size,
				    .align = PAGE_SIZE,
				    .start = arena.vmalloc_start,
				    .end = arena.vmalloc_end };
}

/* Places that are out, since check_space() counts ranges of trees alone. */
static struct vmap_area *hold(const struct space_want *want)
{
	struct vmap_area *va = va_struct_alloc();

	REQUIRE(va);
	if (space_hold(va, want))
		return va;
	va_struct_free(va);
	return NULL;
}

static void unhold(struct vmap_area *va)
{
	va->next = NULL;
	space_unhold(va);
}

/* Places one after the other. Expect one call of the system for 4 MiB of them,
 * mapped, none over another; and all of it back in one range, then unmapped. */
static void child_step(void *arg)
{
	struct space_want want;
	struct vmap_area *va[STEP / (64 * KIB)];
	unsigned long calls;

	(void)arg;
	REQUIRE(!start_vmap(""));
	want = anywhere(64 * KIB);
	calls = os_mem_calls;
	for (unsigned int i = 0; i < ARRAY_SIZE(va); i++) {
		va[i] = hold(&want);
		REQUIRE(va[i] && va_size(va[i]) == 64 * KIB);
		REQUIRE(is_mapped(va[i]->va_start));
		REQUIRE(!i || va[i]->va_start == va[i - 1]->va_end);
	}
	REQUIRE(os_mem_calls == calls + 1);
	REQUIRE(!vm_space.held.node);
	for (unsigned int i = 0; i < ARRAY_SIZE(va); i++)
		unhold(va[i]);
	check_space();
	REQUIRE(sum_of(&vm_space.held) == STEP);
	REQUIRE(space_has((void *)arena.vmalloc_start));
	space_let_go();
	check_space();
	REQUIRE(!vm_space.held.node && !is_mapped(arena.vmalloc_start));
	REQUIRE(!space_has((void *)arena.vmalloc_start));
}

/* More than a step, at an alignment, and in a window of addresses. Expect the
 * place to be as asked for, and the rest of the space to stay whole. */
static void child_wants(void *arg)
{
	struct space_want want;
	struct vmap_area *va;

	(void)arg;
	REQUIRE(!start_vmap(""));
	want = anywhere(9 * MIB);
	va = hold(&want);
	REQUIRE(va && va_size(va) == 9 * MIB);
	unhold(va);
	check_space();
	want = anywhere(PAGE_SIZE);
	want.align = 2 * MIB;
	want.start = arena.vmalloc_start + PAGE_SIZE;
	va = hold(&want);
	REQUIRE(va && va->va_start % (2 * MIB) == 0);
	REQUIRE(va->va_start >= want.start);
	unhold(va);
	check_space();
	want = anywhere(3 * PAGE_SIZE);
	want.start = arena.vmalloc_start + 20 * MIB;
	want.end = want.start + 3 * PAGE_SIZE;
	va = hold(&want);
	REQUIRE(va && va->va_start == want.start && va->va_end == want.end);
	REQUIRE(!hold(&want)); /* it is taken */
	unhold(va);
	want.end -= PAGE_SIZE; /* too short by a page */
	REQUIRE(!hold(&want));
	check_space();
}

/* Two mappings of the program lie in the space, a step apart. Expect neither
 * to be touched, a place behind them, and theirs when they are gone and looked
 * at again. */
static void child_hole(void *arg)
{
	struct space_want want;
	struct vmap_area *va;
	char *other[2];

	(void)arg;
	REQUIRE(!start_vmap(""));
	want = anywhere(64 * KIB);
	for (int i = 0; i < 2; i++) {
		void *at = (void *)(arena.vmalloc_start + (size_t)i * STEP);

		other[i] = mmap(at, PAGE_SIZE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS |
					MAP_FIXED_NOREPLACE,
				-1, 0);
		REQUIRE(other[i] == at);
		*other[i] = 7;
	}
	va = hold(&want);
	REQUIRE(va && va->va_start > arena.vmalloc_start + STEP);
	REQUIRE(*other[0] == 7 && *other[1] == 7 && vm_space.holes.node);
	unhold(va);
	check_space();
	for (int i = 0; i < 2; i++)
		REQUIRE(!munmap(other[i], PAGE_SIZE));
	REQUIRE(space_look_again());
	REQUIRE(!vm_space.holes.node && !space_look_again());
	space_let_go();
	check_space();
	va = hold(&want);
	REQUIRE(va && va->va_start == arena.vmalloc_start);
	unhold(va);
}

/* The system refuses to map, and to unmap. Expect no place and the space whole;
 * and held ranges to stay held, to be let go later. */
static void child_refused(void *arg)
{
	struct space_want want;
	struct vmap_area *va;

	(void)arg;
	REQUIRE(!start_vmap(""));
	want = anywhere(64 * KIB);
	os_fail_calls(1, 1000);
	REQUIRE(!hold(&want));
	os_fail_calls(0, 0);
	REQUIRE(!vm_space.held.node && !vm_space.holes.node);
	check_space();
	va = hold(&want);
	REQUIRE(va);
	unhold(va);
	os_fail_calls(1, 1000);
	space_let_go();
	os_fail_calls(0, 0);
	check_space();
	REQUIRE(sum_of(&vm_space.held) == STEP);
	space_let_go();
	check_space();
	REQUIRE(!vm_space.held.node);
}

/* A step is refused, less is not: the first call fails. Expect the place all
 * the same, and nothing beside it held. */
static void child_small_step(void *arg)
{
	struct space_want want;
	struct vmap_area *va;

	(void)arg;
	REQUIRE(!start_vmap(""));
	want = anywhere(64 * KIB);
	os_fail_calls(1, 1);
	va = hold(&want);
	os_fail_calls(0, 0);
	REQUIRE(va && va_size(va) == 64 * KIB);
	REQUIRE(!vm_space.held.node);
	unhold(va);
	check_space();
	REQUIRE(sum_of(&vm_space.held) == 64 * KIB);
}

/* No memory for the structs of ranges. Expect no place, and the space whole. */
static void child_no_struct(void *arg)
{
	struct space_want want;
	struct vmap_area *spare, va = { .flags = 0 };

	(void)arg;
	REQUIRE(!start_vmap(""));
	want = anywhere(64 * KIB);
	spare = va_struct_alloc();
	kmem_reclaim(SHRINK_ALL);
	backend_left = 0;
	REQUIRE(!space_hold(&va, &want));
	REQUIRE(!space_take(&vm_space.free, &va, PAGE_SIZE, PAGE_SIZE));
	backend_left = -1;
	check_space();
	REQUIRE(space_hold(&va, &want));
	spare->va_start = va.va_start;
	spare->va_end = va.va_end;
	unhold(spare);
	check_space();
}

/* Ranges are cut out of the free tree and given back in another order. Expect
 * the lowest place that fits, at its alignment, and one range in the end. */
static void child_take(void *arg)
{
	struct vmap_area *va[3];

	(void)arg;
	REQUIRE(!start_vmap(""));
	for (unsigned int i = 0; i < 3; i++) {
		va[i] = va_struct_alloc();
		REQUIRE(space_take(&vm_space.free, va[i], MIB,
				   i == 2 ? 4 * MIB : PAGE_SIZE));
	}
	REQUIRE(va[0]->va_start == arena.vmalloc_start);
	REQUIRE(va[1]->va_start == va[0]->va_end);
	REQUIRE(va[2]->va_start % (4 * MIB) == 0);
	REQUIRE(va_size(va[2]) == MIB);
	space_give(&vm_space.free, va[1]);
	space_give(&vm_space.free, va[2]);
	space_give_back(&vm_space.free, va[0]->va_start, MIB);
	va[0]->next = NULL;
	va_struct_free(va[0]);
	check_space();
	REQUIRE(!rb_next(rb_first(&vm_space.free)));
	va[0] = va_struct_alloc();
	REQUIRE(!space_take(&vm_space.free, va[0], 1UL << 46, PAGE_SIZE));
	check_space();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_step),	      child_test(child_wants),
		child_test(child_hole),	      child_test(child_refused),
		child_test(child_small_step), child_test(child_no_struct),
		child_test(child_take),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
