// SPDX-License-Identifier: MIT
/*
 * recording.c - a file of alloc_trace=, read and checked
 *
 *	| head | records ... | not written | records | zeroes ...
 *	 magic,  op, sizes in	 skipped		`- the end
 *	 version bounds
 *
 * The file may be of a process that was killed, still be written, or be no
 * recording at all. It is read into memory once, so a file that is cut
 * meanwhile does no harm.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recording.h"

#define MOST_RECORDS 0xfffffff0UL /* numbers of steps have 32 bits */
#define MOST_SIZE (1ULL << 47)
#define MOST_ALIGN 46U

void *own_memory(size_t bytes)
{
	void *p = mmap(NULL, bytes ? bytes : 1, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED) {
		fprintf(stderr, "kmalloc-replay: no memory for %zu bytes\n",
			bytes);
		exit(1);
	}
	return p;
}

static int refuse(const struct recording *r, const char *why)
{
	fprintf(stderr, "kmalloc-replay: %s: %s\n", r->path, why);
	return -1;
}

static int refuse_record(const struct recording *r, size_t nr, const char *why)
{
	fprintf(stderr, "kmalloc-replay: %s: record %zu %s\n", r->path,
		nr + TRACE_FIRST, why);
	return -1;
}

/* Reads up to `size` bytes. Returns how many, or -1. */
static ssize_t read_all(int fd, char *to, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(fd, to + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (!n)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

static int check_head(const struct recording *r)
{
	const struct trace_head *head = &r->head;

	if (memcmp(head->magic, TRACE_MAGIC, sizeof(head->magic)))
		return refuse(r, "this is no recording of alloc_trace=");
	if (!head->version)
		return refuse(r, "the process ended before it recorded");
	if (head->version != TRACE_VERSION) {
		fprintf(stderr,
			"kmalloc-replay: %s: version %u of the file, "
			"this program reads version %u\n",
			r->path, head->version, TRACE_VERSION);
		return -1;
	}
	if (head->record != sizeof(struct trace_record))
		return refuse(r, "records of another size");
	return 0;
}

static int check_record(const struct recording *r, size_t nr)
{
	const struct trace_record *record = &r->records[nr];
	unsigned int op = TRACE_HIGH(record->old_op);
	unsigned int align = TRACE_HIGH(record->size_align);

	if (op >= NR_TRACE_OPS)
		return refuse_record(r, nr, "is of no known kind");
	if (align > MOST_ALIGN ||
	    (align && op != TRACE_MALLOC && op != TRACE_CALLOC))
		return refuse_record(r, nr, "has an alignment that none has");
	if (record->addr && TRACE_LOW(record->size_align) > MOST_SIZE)
		return refuse_record(r, nr, "is of a block that none can have");
	return 0;
}

static int check_records(struct recording *r)
{
	while (r->nr && !TRACE_HIGH(r->records[r->nr - 1].old_op))
		r->nr--;
	for (size_t nr = 0; nr < r->nr; nr++) {
		if (!TRACE_HIGH(r->records[nr].old_op))
			r->missing++;
		else if (check_record(r, nr))
			return -1;
	}
	return 0;
}

static int read_open(int fd, struct recording *r)
{
	struct stat st;
	ssize_t size;
	char *file;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return refuse(r, "this is no file");
	if ((size_t)st.st_size < sizeof(r->head))
		return refuse(r, "the file is shorter than its head");
	if ((size_t)st.st_size / sizeof(struct trace_record) > MOST_RECORDS)
		return refuse(r, "more than 2^32 records");
	file = own_memory((size_t)st.st_size);
	size = read_all(fd, file, (size_t)st.st_size);
	if (size < (ssize_t)sizeof(r->head))
		return refuse(r, "the file cannot be read");
	memcpy(&r->head, file, sizeof(r->head));
	if (check_head(r))
		return -1;
	r->records = (struct trace_record *)(void *)file + TRACE_FIRST;
	r->nr = (size_t)size / sizeof(struct trace_record) - TRACE_FIRST;
	r->cut = (size_t)size % sizeof(struct trace_record);
	return check_records(r);
}

int recording_read(const char *path, struct recording *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), ret;

	*out = (struct recording){ .path = path };
	if (fd < 0)
		return refuse(out, strerror(errno));
	ret = read_open(fd, out);
	close(fd);
	return ret;
}
