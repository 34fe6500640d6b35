// SPDX-License-Identifier: MIT
/*
 * shim/stats.c - a summary when the program ends
 *
 *	stats=PID	on stderr, if this process has that number: children
 *			of the program stay silent. shim/count.c reads it,
 *			and counts each call
 *	stats_file=PATH	one line for every process, appended; no symbolic link
 *
 * The texts that proc_at_exit= asks for (diag/proc_exit.c) come before these.
 *
 * A process that ends by _exit() or a signal prints nothing.
 */
#include <errno.h>
#include <string.h>

#include "diag/fmt.h"
#include "diag/param.h"
#include "diag/proc.h"
#include "diag/report.h"
#include "kmem/debug.h"
#include "kmem/guard.h"
#include "kmem/owner.h"
#include "shim/by_name.h"
#include "shim/count.h"
#include "shim/info.h"
#include "shim/resident.h"
#include "sys/os.h"

static char stats_path[256];

static int set_stats_file(const char *value)
{
	if (!*value || strlen(value) >= sizeof(stats_path))
		return -EINVAL;
	strcpy(stats_path, value);
	return 0;
}
boot_param("stats_file", set_stats_file, "a path of up to 244 bytes");

/* Returns the bytes behind a label such as "VmHWM:" in /proc/self/status. */
static size_t status_bytes(const char *label)
{
	char buf[4096]; /* for a text, no page */
	long fd = os_open_read("/proc/self/status"), n;
	const char *at;
	size_t kb = 0;

	if (fd < 0)
		return 0;
	n = os_read((int)fd, buf, sizeof(buf) - 1);
	os_close((int)fd);
	buf[n > 0 ? n : 0] = '\0';
	at = strstr(buf, label);
	if (!at)
		return 0;
	for (at += strlen(label); *at == ' ' || *at == '\t'; at++)
		;
	for (; *at >= '0' && *at <= '9'; at++)
		kb = kb * 10 + (size_t)(*at - '0');
	return kb * 1024;
}

static const char *file_name(const void *code)
{
	const char *name = resident_file(code);

	return *name ? name : "the program itself";
}

/* Prints which library serves the process, and other mallocs that it has. */
static void print_head(int fd)
{
	const struct kmem_cache *s = km_ready() ? shim_cache(1) : NULL;

	km_report_to(fd, "kmalloc: stats of process %d, served by %pE (%s)\n",
		     os_pid(), file_name((const void *)print_head),
		     s ? s->ops->name : "not started");
	if (by_name()->other)
		km_report_to(
			fd,
			"  warning       the malloc of %pE stands in front "
			"and serves the program\n",
			file_name((const void *)by_name()->malloc));
}

static void print_memory(int fd, const struct shim_info *info)
{
	struct resident own;

	resident_own(&own);
	km_report_to(
		fd,
		"  memory        peak %H resident, now %H; %H in use\n"
		"  the library's %H of what is resident: %H tables, %H code "
		"and data, %H caches\n",
		status_bytes("VmHWM:"), status_bytes("VmRSS:"), info->used,
		own.tables + own.image + own.caches, own.tables, own.image,
		own.caches);
}

static void print_calls(int fd, const struct shim_info *info)
{
	const unsigned long *nr = count_calls;

	if (count_on)
		km_report_to(fd,
			     "  calls         %lu allocations, %lu "
			     "reallocations, %lu frees\n",
			     nr[CALL_ALLOC], nr[CALL_REALLOC], nr[CALL_FREE]);
	km_report_to(fd,
		     "  traffic       %lu refills, %lu flushes, %lu locks of "
		     "caches and nodes\n",
		     info->refills, info->flushes, info->locks);
}

static void print_summary(const struct shim_info *info)
{
	int fd = km_report_fd();

	print_head(fd);
	print_memory(fd, info);
	print_calls(fd, info);
	km_report_to(fd, "  small objects %lu live (%H), %H cached in %u %s\n",
		     info->small_objects, info->small_used, info->small_cached,
		     kmem_owners_number(),
		     !kmem_rseq	       ? "threads" :
		     kmem_threads_most ? "threads and CPUs" :
					 "CPUs");
	km_report_to(
		fd,
		"  slabs         %lu now (%H), %lu ever\n"
		"  large         %lu runs (%H), %lu areas (%H); %lu ever\n",
		info->slabs, info->slab_bytes, info->slabs_ever, info->runs,
		info->run_bytes, info->areas.areas, info->areas.busy,
		info->runs_ever + info->areas.areas_ever);
}

/*
 * Of symbolic links only /dev/stdout and its like are followed. In a folder
 * such as /tmp any user may put one, which would choose the file.
 */
static long open_stats(void)
{
	static const char dev[] = "/dev/std";

	return strncmp(stats_path, dev, sizeof(dev) - 1) ?
		       os_open_append(stats_path) :
		       os_open_append_follow(stats_path);
}

static void append_line(const struct shim_info *info)
{
	char line[256], comm[32] = "?";
	long fd = os_open_read("/proc/self/comm");
	int len;

	if (fd >= 0) {
		long n = os_read((int)fd, comm, sizeof(comm) - 1);

		os_close((int)fd);
		comm[n > 0 ? n - 1 : 0] = '\0';
	}
	len = km_snprintf(line, sizeof(line),
			  "pid=%d comm=%#pE refills=%lu flushes=%lu slabs=%lu "
			  "large=%lu peak=%lu locks=%lu\n",
			  os_pid(), comm, info->refills, info->flushes,
			  info->slabs_ever,
			  info->runs_ever + info->areas.areas_ever,
			  status_bytes("VmHWM:"), info->locks);
	fd = open_stats();
	if (fd < 0) {
		km_report_to(km_report_fd(),
			     "kmalloc: stats_file: %pE cannot be written\n",
			     stats_path);
		return;
	}
	os_write((int)fd, line, min((size_t)len, sizeof(line) - 1));
	os_close((int)fd);
}

__attribute__((destructor)) static void stats_at_exit(void)
{
	struct shim_info info;

	validate_slab_at_exit();
	proc_print_at_exit();
	if (!stats_path[0] && !count_wanted())
		return;
	shim_info(&info);
	if (count_wanted())
		print_summary(&info);
	if (stats_path[0])
		append_line(&info);
}
