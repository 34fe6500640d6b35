// SPDX-License-Identifier: MIT
/*
 * mappings.c - see mappings.h
 *
 *	7f10a000-7f10c000 r-xp 00001000 fe:01 812   /usr/lib/libfoo.so
 *	start    end      mode offset   device inode, path in its file system
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "mappings.h"

struct mapping {
	unsigned long start, end, inode;
	unsigned int major, minor;
	char mode[8];
	const char *name; /* a path, "[stack]" or the like, or "" */
};

/* Calls fn for each mapping, until it returns false. */
static void each_mapping(pid_t pid, bool (*fn)(const struct mapping *m, void *),
			 void *data)
{
	char path[64], *line = NULL;
	size_t room = 0;
	FILE *maps;
	int at;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	maps = fopen(path, "re");
	while (maps && getline(&line, &room, maps) > 0) {
		struct mapping m;

		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "%lx-%lx %7s %*x %x:%x %lu %n", &m.start,
			   &m.end, m.mode, &m.major, &m.minor, &m.inode,
			   &at) != 6)
			continue;
		m.name = line + at;
		if (!fn(&m, data))
			break;
	}
	free(line);
	if (maps)
		fclose(maps);
}

/* ---- addresses ----------------------------------------------------------- */

/* The kernel makes these for each process, and no text reads them. */
static bool is_own(const struct mapping *m)
{
	return !strcmp(m->name, "[stack]") || !strncmp(m->name, "[v", 2);
}

#define MOST_OURS 1024

struct overlap {
	struct {
		unsigned long start, end;
	} ours[MOST_OURS];
	int nr;
	bool found;
};

static bool note_ours(const struct mapping *m, void *data)
{
	struct overlap *o = data;

	if (is_own(m))
		return true;
	o->ours[o->nr].start = m->start;
	o->ours[o->nr].end = m->end;
	return ++o->nr < MOST_OURS;
}

static bool look_at_theirs(const struct mapping *m, void *data)
{
	struct overlap *o = data;

	for (int i = 0; i < o->nr && !is_own(m); i++)
		o->found |= o->ours[i].start < m->end &&
			    m->start < o->ours[i].end;
	return !o->found;
}

bool mappings_overlap(pid_t pid)
{
	static struct overlap o;

	o.nr = 0;
	o.found = false;
	each_mapping(getpid(), note_ours, &o);
	each_mapping(pid, look_at_theirs, &o);
	return o.found;
}

static bool look_for_clocks(const struct mapping *m, void *data)
{
	uint64_t *span = data;

	if (strncmp(m->name, "[vvar", 5) != 0)
		return true;
	if (!span[0])
		span[0] = m->start;
	span[1] = m->end;
	return true;
}

void mappings_clocks(pid_t pid, uint64_t *start, uint64_t *end)
{
	uint64_t span[2] = { 0, 0 };

	each_mapping(pid, look_for_clocks, span);
	*start = span[0];
	*end = span[1];
}

/* ---- files --------------------------------------------------------------- */

struct opening {
	pid_t pid;
	struct mapped_file *files;
	int nr;
};

/* The process may have put another file there, to have it read. */
static bool is_the_same(int fd, const struct mapping *m)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISREG(st.st_mode) &&
	       st.st_ino == m->inode && major(st.st_dev) == m->major &&
	       minor(st.st_dev) == m->minor;
}

static bool open_mapping(const struct mapping *m, void *data)
{
	struct opening *o = data;
	struct mapped_file *file = &o->files[o->nr];
	char path[320];
	int fd;

	if (m->mode[2] != 'x' || m->name[0] != '/' ||
	    strlen(m->name) >= sizeof(file->path))
		return true;
	snprintf(path, sizeof(path), "/proc/%d/root%s", (int)o->pid, m->name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return true;
	if (!is_the_same(fd, m)) {
		close(fd);
		return true;
	}
	strcpy(file->path, m->name);
	file->fd = fd;
	return ++o->nr < MAPPED_FILES;
}

int mappings_open(pid_t pid, struct mapped_file files[MAPPED_FILES])
{
	struct opening o = { pid, files, 0 };
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	files[0].fd = open(path, O_RDONLY | O_CLOEXEC);
	strcpy(files[0].path, "/proc/self/exe");
	o.nr = files[0].fd >= 0;
	each_mapping(pid, open_mapping, &o);
	return o.nr;
}
