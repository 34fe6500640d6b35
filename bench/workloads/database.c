// SPDX-License-Identifier: MIT
/*
 * database.c - workload (k): tables, indexes and sorts, all of them in memory
 *
 * Rows are inserted, found by their key, updated with another length and
 * deleted; every few thousand statements a query copies the rows that match,
 * sorts them in chunks and throws all of it away. A cache of pages of 4 KiB and
 * a header takes and gives pages in the background, as a pager does.
 *
 *	rows		30-400 bytes each, a node of 48 for the index, a key of
 *			12-40
 *	pages		4,368 bytes, 3,000 of them
 *	sorts		20,000 pointers and copies of 64-200 bytes, chunks that
 *			double from 4 KiB to 256 KiB by realloc()
 *	live set	60,000 rows, about 30 MiB with the pages
 *
 * Usage	database [scale]
 */
#include "work.h"

#define ROWS 60000
#define BUCKETS 65536
#define PAGES 3000
#define PAGE_BYTES 4368
#define STATEMENTS 2400000
#define QUERY_EACH 40000
#define MATCHES 20000

struct node {
	struct node *next;
	struct ref key, row;
	uint64_t id;
};

struct table {
	struct node *buckets[BUCKETS];
	struct ref pages[PAGES];
	struct rng rng;
	uint64_t ids, sum; /* rows have the last ROWS ids, some without one */
};

static struct table table;

static size_t row_size(struct rng *rng)
{
	return rng_below(rng, 10) ? rng_range(rng, 30, 150) :
				    rng_range(rng, 150, 400);
}

static struct node **find(struct table *t, uint64_t id)
{
	struct node **link = &t->buckets[id * 0x9e3779b97f4a7c15UL >> 48];

	while (*link && (*link)->id != id)
		link = &(*link)->next;
	return link;
}

static void insert(struct table *t)
{
	struct node *node = must(malloc(sizeof(*node)), sizeof(*node));
	uint64_t id = t->ids++;
	struct node **link = find(t, id);

	node->id = id;
	node->key = ref_alloc(rng_range(&t->rng, 12, 40), (uint32_t)id);
	node->row = ref_alloc(row_size(&t->rng), (uint32_t)id);
	node->next = *link;
	*link = node;
}

static void delete (struct table *t, uint64_t id)
{
	struct node **link = find(t, id), *node = *link;

	if (!node)
		return;
	*link = node->next;
	t->sum += ref_free(&node->key) + ref_free(&node->row);
	free(node);
}

static void update(struct table *t, uint64_t id)
{
	struct node *node = *find(t, id);

	if (!node)
		return;
	t->sum += ref_free(&node->row);
	node->row = ref_alloc(row_size(&t->rng), (uint32_t)id);
}

static void turn_page(struct table *t)
{
	struct ref *page = &t->pages[rng_below(&t->rng, PAGES)];

	if (page->p)
		t->sum += ref_free(page);
	*page = ref_alloc(PAGE_BYTES, (uint32_t)t->ids);
}

static int by_tag(const void *a, const void *b)
{
	const struct ref *x = a, *y = b;

	return x->tag < y->tag ? -1 : x->tag > y->tag;
}

/* A sorter whose array grows as it is filled. */
static void query(struct table *t)
{
	struct ref *found = NULL;
	size_t room = 0, n;

	for (n = 0; n < MATCHES; n++) {
		if (n == room) {
			room = room ? 2 * room : KIB(4) / sizeof(*found);
			found = must(realloc(found, room * sizeof(*found)),
				     room * sizeof(*found));
		}
		found[n] = ref_alloc(rng_range(&t->rng, 64, 200),
				     (uint32_t)rng_next(&t->rng));
	}
	qsort(found, n, sizeof(*found), by_tag);
	while (n--)
		t->sum += ref_free(&found[n]);
	free(found);
}

int main(int argc, char **argv)
{
	size_t statements = scaled(argc, argv, STATEMENTS);
	struct table *t = &table;

	t->rng.state = 13;
	for (size_t i = 0; i < ROWS; i++)
		insert(t);
	for (size_t i = 1; i <= statements; i++) {
		uint64_t id = t->ids - 1 - rng_below(&t->rng, ROWS);

		switch (rng_below(&t->rng, 4)) {
		case 0:
			insert(t);
			delete (t, t->ids - 1 - ROWS);
			break;
		case 1:
			delete (t, id);
			break;
		case 2:
			turn_page(t);
			break;
		default:
			update(t, id);
			break;
		}
		if (i % QUERY_EACH == 0)
			query(t);
	}
	for (uint64_t nr = 0; nr <= ROWS && nr < t->ids; nr++)
		delete (t, t->ids - 1 - nr);
	for (size_t i = 0; i < PAGES; i++)
		if (t->pages[i].p)
			t->sum += ref_free(&t->pages[i]);
	printf("database %016lx\n", t->sum);
	return 0;
}
