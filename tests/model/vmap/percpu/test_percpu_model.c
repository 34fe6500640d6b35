// SPDX-License-Identifier: MIT
/*
 * test_percpu_model.c - percpu memory against lists of what is in use
 *
 * The oracle has a list of live areas, in order, for every chunk that it has
 * seen. By the gaps between them it knows the slot of a chunk and the lowest
 * place for a request in it, so where the next area has to be; and it fills
 * each copy of an area with bytes of its own, which must be there when it is
 * freed.
 */
#include "support/percpu.h"

#define MAX_LIVE 500
#define MAX_CHUNKS 600
/* One thread, so nothing for ThreadSanitizer: a few steps will do there. */
#define FEW (IS_ENABLED(KM_CHECK) || IS_ENABLED(KM_SANITIZE_THREAD))
#define STEPS (FEW ? 20000U : 300000U)
#define PROOF_EVERY (IS_ENABLED(KM_CHECK) ? 16 : 512)
#define PHASE 3000

struct area {
	unsigned int start, end; /* bits of a unit */
	unsigned char *ptr; /* the cookie */
	size_t size; /* as it was asked for */
	unsigned char mark;
};

struct model {
	char *base;
	unsigned int nr; /* areas, in order */
	struct area areas[MAX_LIVE];
};

static struct model models[MAX_CHUNKS];
static unsigned int nr_models;
static unsigned int nr_live, max_live;
static u64 seed;
static unsigned char pattern[PCPU_MIN_UNIT_SIZE];

/* ---- what the oracle knows ----------------------------------------------- */

/* The gap in front of area i; of i == nr the last one. */
static struct area gap(const struct model *m, unsigned int i)
{
	return (struct area){
		.start = i ? m->areas[i - 1].end : 0,
		.end = i < m->nr ? m->areas[i].start : PCPU_UNIT_BITS,
	};
}

static unsigned int model_slot(const struct model *m)
{
	unsigned int largest = 0;

	for (unsigned int i = 0; i <= m->nr; i++)
		largest = max(largest, gap(m, i).end - gap(m, i).start);
	return largest ? pcpu_size_to_slot(largest * 4UL) : 0;
}

static bool pages_there(const struct pcpu_chunk *chunk, unsigned int start,
			unsigned int end)
{
	for (; start < end; start++)
		if (!test_bit(start / PCPU_BLOCK_BITS, chunk->populated))
			return false;
	return true;
}

/* The lowest place of a request in a chunk, or -1. */
static int model_fit(const struct model *m, const struct pcpu_request *req)
{
	const struct pcpu_chunk *chunk = NULL;

	if (req->flags & PCPU_POP_ONLY)
		chunk = chunk_of(m->base + KM_PERCPU_COOKIE);
	for (unsigned int i = 0; i <= m->nr; i++) {
		unsigned int at = ALIGN(gap(m, i).start, req->align);

		for (; at + req->bits <= gap(m, i).end; at += req->align)
			if (!chunk || pages_there(chunk, at, at + req->bits))
				return (int)at;
	}
	return -1;
}

static struct model *model_of(const char *base)
{
	for (unsigned int i = 0; i < nr_models; i++)
		if (models[i].base == base)
			return &models[i];
	REQUIRE(nr_models < MAX_CHUNKS);
	models[nr_models] = (struct model){ .base = (char *)(uintptr_t)base };
	return &models[nr_models++];
}

/* Chunks without areas may be gone, and another one be in their place. */
static void forget_empty(void)
{
	for (unsigned int i = 0; i < nr_models; i++)
		if (!models[i].nr)
			models[i--] = models[--nr_models];
}

/* ---- steps --------------------------------------------------------------- */

static void require_bytes(const struct area *a, int value)
{
	unsigned int cpu;

	memset(pattern, value, a->size);
	for_each_possible_cpu(cpu)
		REQUIRE(!memcmp(per_cpu_ptr(a->ptr, cpu), pattern, a->size));
}

static void insert(struct model *m, const struct area *new)
{
	unsigned int i = m->nr++;

	for (; i && m->areas[i - 1].start > new->start; i--)
		m->areas[i] = m->areas[i - 1];
	m->areas[i] = *new;
	REQUIRE(!i || m->areas[i - 1].end <= new->start);
	REQUIRE(i == m->nr - 1 || new->end <= m->areas[i + 1].start);
	nr_live++;
}

/* No chunk that is fuller, by slot, has a place for it. */
static void require_fullest(unsigned int slot, const struct pcpu_request *req)
{
	unsigned int lowest = pcpu_size_to_slot(req->bits * 4UL);

	for (unsigned int i = 0; i < nr_models; i++) {
		unsigned int other = model_slot(&models[i]);

		if (other >= lowest && other < slot)
			REQUIRE(model_fit(&models[i], req) < 0);
	}
}

static size_t random_size(void)
{
	return 1 + test_below(&seed, 1UL << (2 + test_below(&seed, 14)));
}

/* An area where the oracle wants it, or none where it knows of none. */
static void step_alloc(gfp_t gfp)
{
	size_t size = random_size();
	size_t align = 1UL << test_below(&seed, test_below(&seed, 13) + 1);
	struct pcpu_request req = {
		.bits = (unsigned int)DIV_ROUND_UP(size, 4),
		.align = (unsigned int)max(align / 4, 1UL),
		.flags = gfp & __GFP_DIRECT_RECLAIM ? 0 : PCPU_POP_ONLY,
	};
	struct area a = { .size = size };
	struct model *m;

	a.ptr = __alloc_percpu_gfp(size, align, gfp);
	if (!a.ptr) {
		REQUIRE(req.flags & PCPU_POP_ONLY);
		require_fullest(PCPU_FREE_SLOT + 1, &req);
		return;
	}
	REQUIRE((uintptr_t)per_cpu_ptr(a.ptr, 0) % align == 0);
	REQUIRE(pcpu_alloc_size(a.ptr) == req.bits * 4UL);
	a.start = (unsigned int)(offset_of(a.ptr) / 4);
	a.end = a.start + req.bits;
	m = model_of(chunk_of(a.ptr)->base_addr);
	REQUIRE(model_fit(m, &req) == (int)a.start);
	require_fullest(model_slot(m), &req);
	require_bytes(&a, 0);
	a.mark = (unsigned char)(1 + test_below(&seed, 255));
	fill_copies(a.ptr, size, a.mark);
	insert(m, &a);
}

static void step_free(void)
{
	struct model *m = &models[test_below(&seed, nr_models)];
	unsigned int i = (unsigned int)test_below(&seed, m->nr);
	struct area a = m->areas[i];

	require_bytes(&a, a.mark);
	free_percpu(a.ptr);
	m->nr--;
	for (; i < m->nr; i++)
		m->areas[i] = m->areas[i + 1];
	nr_live--;
	forget_empty();
}

static void step_tick(void)
{
	tick_run(tick_last_ms + 1);
	REQUIRE(!pcpu.nr_chunks ||
		pcpu.nr_empty_pop_pages >= PCPU_EMPTY_POP_PAGES_LOW);
	REQUIRE(pcpu.nr_empty_pop_pages <= PCPU_EMPTY_POP_PAGES_HIGH);
	REQUIRE(pcpu.nr_chunks <= nr_models + 1);
}

static void prove(void)
{
	check_percpu();
	for (unsigned int i = 0; i < nr_models; i++) {
		const struct pcpu_chunk *chunk = chunk_of(models[i].base +
							  KM_PERCPU_COOKIE);

		REQUIRE(chunk->slot == model_slot(&models[i]));
	}
}

static void step(unsigned int p_alloc)
{
	unsigned int what = (unsigned int)test_below(&seed, 1000);

	if (what < 5)
		step_tick();
	else if (nr_live && what % 100 >= p_alloc)
		step_free();
	else if (nr_live < max_live)
		step_alloc(what % 10 < 2 ? GFP_ATOMIC : GFP_KERNEL);
}

/* Hundreds of thousands of steps, in phases of growth and decline. Expect each
 * area where the oracle wants it, zeroed, whole when it is freed, and nothing
 * but a chunk with four pages in the end. */
static void child_model(void *arg)
{
	unsigned int p_alloc = 50;

	start_percpu("");
	seed = *(const u64 *)arg;
	for (unsigned int i = 0; i < STEPS; i++) {
		if (i % PHASE == 0) {
			p_alloc = 30 + (unsigned int)test_below(&seed, 45);
			max_live = 1 +
				   (unsigned int)test_below(&seed, MAX_LIVE);
		}
		step(p_alloc);
		if (i % PROOF_EVERY == 0)
			prove();
	}
	while (nr_live)
		step_free();
	step_tick();
	prove();
	REQUIRE(pcpu.nr_chunks == 1 && vm_space.areas == 1);
}

static void run(u64 first_seed)
{
	struct child_end end;

	child_run(child_model, &first_seed, &end);
	if (end.status)
		fail_msg("seed %lx: status %#x: %s", first_seed, end.status,
			 end.err);
}

static void test_seed_1(void **state)
{
	(void)state;
	run(0x9e3779b97f4a7c15);
}

static void test_seed_2(void **state)
{
	(void)state;
	run(0xbf58476d1ce4e5b9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seed_1),
		cmocka_unit_test(test_seed_2),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
