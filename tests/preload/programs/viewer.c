// SPDX-License-Identifier: MIT
/*
 * viewer.c - looks at a process many times, by the reader of the tools
 *
 *	viewer PID COUNT		each look must succeed
 *	viewer PID COUNT torn		words are damaged on the way: each look
 *					must end, and some must succeed
 *	viewer PID COUNT torn map	the same of maps, which are thrown away
 *
 * Prints how many looks succeeded.
 */
#include <stdlib.h>
#include <string.h>

#include "heap.h"
#include "view/look.h"

static int (*read_whole)(struct target *t, uint64_t at, void *to, size_t size);
static uint64_t random_state = 88172645463325252UL;
static int damaging;

static uint64_t next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* One read in 500 shows a word that never was, or nothing. */
static int read_torn(struct target *t, uint64_t at, void *to, size_t size)
{
	uint64_t r = next_random(), wrong = next_random();
	int ret = read_whole(t, at, to, size);

	if (!damaging || r % 500 || size < 8)
		return ret;
	if (r >> 20 & 1)
		return -1;
	if (r >> 21 & 1)
		wrong &= 0xff;
	memcpy((char *)to + (r >> 32) % (size - 7), &wrong, sizeof(wrong));
	return ret;
}

/* Nothing is missing, whatever moved meanwhile. */
static int is_sound(const struct heap *h)
{
	uint64_t pages = 0;

	for (size_t i = 0; i < h->nr_zones; i++)
		pages += h->zones[i].managed;
	for (size_t i = 0; i < h->nr_caches; i++)
		if (!h->caches[i].name[0] || !h->caches[i].size)
			return 0;
	return h->nr_caches && pages;
}

static long count_heaps(struct library *lib, long count)
{
	struct heap heap;
	struct why why;
	long good = 0;

	for (long i = 0; i < count; i++) {
		if (heap_read(lib, &heap, &why)) {
			if (!damaging)
				fprintf(stderr, "viewer: %s\n", why.text);
			continue;
		}
		good += damaging || is_sound(&heap);
		heap_free(&heap);
	}
	return good;
}

static long count_maps(struct library *lib, long count)
{
	struct looks looks = { .limit = 1 << 24,
			       .maps_limit = 1 << 23,
			       .planned = (unsigned int)count };
	const struct moment now = { .seconds = 0 };
	struct why why;
	long good = 0;

	looks.m = map_new(lib, &why);
	looks.out = fopen("/dev/null", "we");
	if (!looks.m || !looks.out)
		return 0;
	for (long i = 0; i < count; i++)
		good += !map_look(looks.m, &why) && !looks_add(&looks, &now);
	looks_end(&looks);
	fclose(looks.out);
	map_free(looks.m);
	return good;
}

int main(int argc, char **argv)
{
	long count = argc > 2 ? strtol(argv[2], NULL, 10) : 1, good;
	struct library lib;
	struct target *t;
	struct why why;

	t = argc > 1 ? process_open(atoi(argv[1]), &why) : NULL;
	if (!t || library_open(&lib, t, 0, &why)) {
		fprintf(stderr, "viewer: %s\n", why.text);
		return 2;
	}
	read_whole = t->read;
	t->read = read_torn;
	damaging = argc > 3;
	good = argc > 4 ? count_maps(&lib, count) : count_heaps(&lib, count);
	printf("%ld\n", good);
	return 0;
}
