// SPDX-License-Identifier: MIT
/*
 * core.c - a target that is a core file
 *
 *	core	| headers | notes | segment | segment | ...
 *	                    |        `- memory at an address; what is cut off
 *	                    |           at the end was the file's as it was
 *	                    `- NT_FILE: which file lay where
 *
 * What a core has not, is read from the file that NT_FILE names, if that is
 * still there.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "target.h"

struct core {
	struct target target;
	const unsigned char *bytes; /* the file, mapped */
	size_t size;
	const Elf64_Phdr *segments;
	unsigned int nr;
	const unsigned char *files; /* the contents of NT_FILE, or NULL */
	size_t files_size;
};

/* Returns a part of the file, or NULL if it is cut off there. */
static const void *part(const struct core *c, uint64_t offset, uint64_t size)
{
	if (offset > c->size || size > c->size - offset)
		return NULL;
	return c->bytes + offset;
}

/* ---- NT_FILE ------------------------------------------------------------- */

/*
 * Reads a file at the place that was mapped at an address. Its name comes from
 * the core file, and may be that of a FIFO.
 */
static int read_file(const char *path, uint64_t offset, void *to, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t n = -1;

	if (fd >= 0) {
		n = pread(fd, to, size, (off_t)offset);
		close(fd);
	}
	return n == (ssize_t)size ? 0 : -1;
}

/* count, page size; start, end, offset in pages of each; then their names. */
static int read_mapped(const struct core *c, uint64_t at, void *to, size_t size)
{
	const char *name, *end = (const char *)c->files + c->files_size;
	uint64_t head[2] = { 0 }, row[3];

	if (c->files)
		memcpy(head, c->files, sizeof(head));
	if (head[0] > (c->files_size - sizeof(head)) / sizeof(row))
		return -1;
	name = (const char *)c->files + sizeof(head) + head[0] * sizeof(row);
	for (uint64_t i = 0; i < head[0]; i++) {
		memcpy(row, c->files + sizeof(head) + i * sizeof(row),
		       sizeof(row));
		if (name >= end || !memchr(name, '\0', (size_t)(end - name)))
			return -1;
		if (at >= row[0] && at < row[1] && size <= row[1] - at)
			return read_file(name, row[2] * head[1] + at - row[0],
					 to, size);
		name += strlen(name) + 1;
	}
	return -1;
}

static void find_files(struct core *c, const Elf64_Phdr *notes)
{
	const unsigned char *at = part(c, notes->p_offset, notes->p_filesz);
	size_t left = at ? notes->p_filesz : 0;

	while (left >= sizeof(Elf64_Nhdr)) {
		const Elf64_Nhdr *head = (const Elf64_Nhdr *)(const void *)at;
		size_t name = (head->n_namesz + 3UL) & ~3UL;
		size_t all = sizeof(*head) + name +
			     ((head->n_descsz + 3UL) & ~3UL);

		if (all > left)
			return;
		if (head->n_type == NT_FILE && head->n_descsz >= 16) {
			c->files = at + sizeof(*head) + name;
			c->files_size = head->n_descsz;
		}
		if (head->n_type == NT_PRPSINFO && head->n_descsz >= 28 &&
		    !c->target.pid)
			memcpy(&c->target.pid, at + sizeof(*head) + name + 24,
			       sizeof(c->target.pid));
		at += all;
		left -= all;
	}
}

/* ---- memory -------------------------------------------------------------- */

static const Elf64_Phdr *segment_of(const struct core *c, uint64_t at)
{
	for (unsigned int i = 0; i < c->nr; i++) {
		const Elf64_Phdr *s = &c->segments[i];

		if (s->p_type == PT_LOAD && at >= s->p_vaddr &&
		    at - s->p_vaddr < s->p_memsz)
			return s;
	}
	return NULL;
}

static int read_core(struct target *t, uint64_t at, void *to, size_t size)
{
	const struct core *c = (const struct core *)t;
	char *next = to;

	while (size) {
		const Elf64_Phdr *s = segment_of(c, at);
		uint64_t into = s ? at - s->p_vaddr : 0, here;
		const void *bytes;

		if (!s || into >= s->p_filesz)
			return read_mapped(c, at, next, size);
		here = s->p_filesz - into < size ? s->p_filesz - into : size;
		bytes = part(c, s->p_offset + into, here);
		if (!bytes)
			return -1;
		memcpy(next, bytes, here);
		next += here;
		at += here;
		size -= here;
	}
	return 0;
}

static uint64_t *core_images(struct target *t, struct why *why)
{
	const struct core *c = (const struct core *)t;
	uint64_t *list = calloc(c->nr + 1UL, sizeof(*list));
	size_t nr = 0;

	if (!list)
		because(why, "there is no memory");
	for (unsigned int i = 0; list && i < c->nr; i++) {
		const Elf64_Phdr *s = &c->segments[i];
		char magic[SELFMAG];

		if (s->p_type == PT_LOAD &&
		    !read_core(t, s->p_vaddr, magic, SELFMAG) &&
		    !memcmp(magic, ELFMAG, SELFMAG))
			list[nr++] = s->p_vaddr;
	}
	return list;
}

static void close_core(struct target *t)
{
	struct core *c = (struct core *)t;

	if (c->bytes)
		munmap((void *)(uintptr_t)c->bytes, c->size);
	free(c);
}

/* Returns NULL if the file is a core file of this machine, or what it is. */
static const char *core_headers(struct core *c)
{
	const Elf64_Ehdr *head = part(c, 0, sizeof(*head));
	const Elf64_Shdr *first;

	if (!head || memcmp(head->e_ident, ELFMAG, SELFMAG))
		return "no ELF file";
	if (head->e_type != ET_CORE)
		return "no core file";
	if (head->e_ident[EI_CLASS] != ELFCLASS64 ||
	    head->e_ident[EI_DATA] != ELFDATA2LSB)
		return "of another kind of machine";
	c->nr = head->e_phnum;
	if (c->nr == PN_XNUM) { /* the number is in the first section header */
		first = part(c, head->e_shoff, sizeof(*first));
		if (!first)
			return "cut off";
		c->nr = first->sh_info;
	}
	c->segments = part(c, head->e_phoff, c->nr * sizeof(*c->segments));
	return c->segments ? NULL : "cut off";
}

static int map_core(struct core *c, const char *file, struct why *why)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	const char *wrong;
	struct stat st;
	void *bytes;

	if (fd < 0 || fstat(fd, &st)) {
		because(why, "%s: %s", file, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	if (!S_ISREG(st.st_mode)) {
		close(fd);
		return because(why, "%s: it is no file", file);
	}
	c->size = (size_t)st.st_size;
	if (!c->size) {
		close(fd);
		return because(why, "%s: it is empty", file);
	}
	bytes = mmap(NULL, c->size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (bytes == MAP_FAILED)
		return because(why, "%s: it cannot be mapped", file);
	c->bytes = bytes;
	wrong = core_headers(c);
	return wrong ? because(why, "%s: it is %s", file, wrong) : 0;
}

struct target *core_open(const char *file, struct why *why)
{
	struct core *c = calloc(1, sizeof(*c));

	if (!c) {
		because(why, "there is no memory");
		return NULL;
	}
	c->target = (struct target){ .read = read_core,
				     .images = core_images,
				     .close = close_core };
	if (map_core(c, file, why)) {
		close_core(&c->target);
		return NULL;
	}
	for (unsigned int i = 0; i < c->nr; i++) {
		const Elf64_Phdr *s = &c->segments[i];

		if (s->p_type == PT_NOTE)
			find_files(c, s);
		if (s->p_type == PT_LOAD && !part(c, s->p_offset, s->p_filesz))
			c->target.cut = true;
	}
	return &c->target;
}
