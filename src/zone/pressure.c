// SPDX-License-Identifier: MIT
/*
 * zone/pressure.c - how near the limit of its cgroup the heap is
 *
 *	/proc/self/cgroup
 *	  0::/a/b		   v2: root/a/b/memory.{high,max}
 *	  4:memory:/a/b		   v1: root/memory/a/b/memory.limit_in_bytes
 *				   and the same of /a and of /; the least counts
 *
 *	0         in use             7/8 limit    limit
 *	|/////////////////////|~ dirty ~|           |
 *			       `- at most so much may stay
 *
 * A group whose folder is not there is one that a container does not show: its
 * own is then the root. The limit is read once. What the process or others in
 * its group have beside the heap is not known, which the last eighth is for.
 *
 * With psi=on each tick reads a file of the kernel's pressure stall information
 * (PSI). While tasks wait for memory in STALLED of the time or more, no free
 * memory stays.
 *
 * Locking	tick_lock
 * Source	none; the files are those of Linux cgroup-v2.rst, psi.rst
 */
#include <errno.h>
#include <string.h>

#include "diag/fmt.h"
#include "diag/param.h"
#include "sys/os.h"
#include "zone/pressure.h"

#define LOOK_FROM (16UL << 20 >> PAGE_SHIFT)
#define STALLED 1000 /* 1/100 percent */
#define PATH_SIZE 512 /* of a path; longer ones are passed over */

#define SELF "/proc/self/cgroup"
#define ROOT "/sys/fs/cgroup"

/* Relaxed; pages. 0: not known yet; ULONG_MAX: none */
static unsigned long limit_pages;
static bool stalled; /* tick_lock; read without */
static bool psi; /* constant after init */

static int set_heap_limit(const char *value)
{
	unsigned long bytes;
	int ret = param_number(value, 0, 1UL << 46, &bytes);

	if (!ret)
		limit_pages = bytes ? DIV_ROUND_UP(bytes, PAGE_SIZE) : ~0UL;
	return ret;
}
boot_param("page_reporting.limit", set_heap_limit,
	   "bytes, such as 512M; 0: none");

static int set_psi(const char *value)
{
	if (strcmp(value, "on") && strcmp(value, "off"))
		return -EINVAL;
	psi = value[1] == 'n';
	return 0;
}
boot_param("psi", set_psi, "off, on");

/* ---- files --------------------------------------------------------------- */

/* Returns the number in a file of the group, or SIZE_MAX. */
static size_t limit_in(const char *base, const char *group, int len,
		       const char *file)
{
	char path[PATH_SIZE], text[32];
	const char *end;

	if (km_snprintf(path, sizeof(path), "%s%.*s/%s", base, len, group,
			file) >= (int)sizeof(path) ||
	    os_read_text(path, text, sizeof(text)) || *text < '0' ||
	    *text > '9')
		return SIZE_MAX; /* also for "max" */
	return memparse(text, &end);
}

/* Returns the least of a group, its parents and the root. */
static size_t least_limit(const char *base, const char *group,
			  const char *const files[2])
{
	int len = (int)strlen(group);
	size_t least = SIZE_MAX;

	for (;;) {
		while (len && group[len - 1] == '/')
			len--;
		for (int i = 0; i < 2 && files[i]; i++)
			least = min(least,
				    limit_in(base, group, len, files[i]));
		if (!len)
			return least;
		while (len && group[len - 1] != '/')
			len--;
	}
}

/*
 * Finds the line of a hierarchy in the text of /proc/self/cgroup: "memory", or
 * "" for v2. Returns its group, which ends with the line, or NULL.
 */
static char *find_group(char *text, const char *controller)
{
	size_t len = strlen(controller);

	for (char *line = text; line && *line;) {
		char *next = strchr(line, '\n'), *at = strchr(line, ':');
		char *group = at ? strchr(at + 1, ':') : NULL;

		if (next)
			*next++ = '\0';
		while (group && at < group) {
			char *end = ++at;

			while (*end != ',' && *end != ':')
				end++;
			if ((size_t)(end - at) == len &&
			    !memcmp(at, controller, len))
				return group + 1;
			at = end;
		}
		if (next)
			next[-1] = '\n';
		line = next;
	}
	return NULL;
}

/* Reads /proc/self/cgroup and finds a group. Returns it, or NULL. */
static char *read_group(const char *self, const char *controller, char *text,
			size_t size)
{
	return os_read_text(self, text, size) ? NULL :
						find_group(text, controller);
}

size_t cgroup_limit(const char *self, const char *root)
{
	static const char *const v2[2] = { "memory.high", "memory.max" };
	static const char *const v1[2] = { "memory.limit_in_bytes" };
	size_t least = SIZE_MAX;
	char text[2048], base[PATH_SIZE];
	char *group = read_group(self, "", text, sizeof(text));

	if (group)
		least = least_limit(root, group, v2);
	group = read_group(self, "memory", text, sizeof(text));
	km_snprintf(base, sizeof(base), "%s/memory", root);
	if (group)
		least = min(least, least_limit(base, group, v1));
	return least;
}

/* Returns X.YZ of "some avg10=X.YZ" as XYZ. */
static unsigned long parse_stall(const char *text)
{
	const char *at = strstr(text, "avg10=");
	unsigned long whole, part;

	if (!at)
		return 0;
	whole = memparse(at + 6, &at);
	part = *at == '.' ? memparse(at + 1, &at) : 0;
	return whole * 100 + part;
}

unsigned long cgroup_stall(const char *self, const char *root,
			   const char *machine)
{
	char text[2048], path[PATH_SIZE];
	char *group = read_group(self, "", text, sizeof(text));

	km_snprintf(path, sizeof(path), "%s%s/memory.pressure", root,
		    group ? group : "");
	if (os_read_text(path, text, sizeof(text)) &&
	    os_read_text(machine, text, sizeof(text)))
		return 0;
	return parse_stall(text);
}

/* ---- what follows from them ---------------------------------------------- */

/* Returns the limit, which all threads read alike; 0: the heap is small. */
static unsigned long limit_for(unsigned long pages)
{
	unsigned long limit = READ_ONCE(limit_pages);

	if (!limit && pages > LOOK_FROM) {
		limit = max(cgroup_limit(SELF, ROOT) >> PAGE_SHIFT, 1UL);
		WRITE_ONCE(limit_pages, limit);
	}
	return limit;
}

unsigned long pressure_room(unsigned long used, unsigned long dirty)
{
	unsigned long limit = limit_for(used + dirty), most;

	if (stalled)
		return 0;
	if (!limit)
		return ~0UL;
	most = limit - limit / 8;
	return most - min(used, most);
}

bool pressure_near(unsigned long pages)
{
	unsigned long limit = limit_for(pages);

	return READ_ONCE(stalled) || (limit && pages > limit / 4 * 3);
}

void pressure_look(const char *self, const char *root, const char *machine)
{
	WRITE_ONCE(stalled, cgroup_stall(self, root, machine) >= STALLED);
}

void pressure_tick(void)
{
	if (psi)
		pressure_look(SELF, ROOT, "/proc/pressure/memory");
}

bool pressure_limited(void)
{
	return READ_ONCE(limit_pages);
}
