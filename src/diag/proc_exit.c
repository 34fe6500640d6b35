// SPDX-License-Identifier: MIT
/*
 * diag/proc_exit.c - proc_at_exit=: texts on stderr when the program ends
 *
 * The parameter is for one program, not for those that it starts. So the first
 * process that reads "proc_at_exit=" writes its own number into the environment
 * that its children inherit:
 *
 *	KMALLOC_CMDLINE=proc_at_exit=slabinfo,buddyinfo
 *	KMALLOC_CMDLINE=proc=0012345:slabinfo,buddyinfo
 *	                ^ as long, so it is written over the other
 *
 * A program that this process executes has the same number. A child has another
 * one and stays silent.
 *
 * Invariants	EXIT1  exit_names is not empty only in the process that it names
 *		    and in its children, which have another number
 *					(unit.diag.proc_exit checks it)
 */
#include <errno.h>
#include <string.h>

#include "diag/fmt.h"
#include "diag/param.h"
#include "diag/proc.h"
#include "core/start.h"
#include "diag/report.h"
#include "sys/os.h"

#define NAMES_MAX 200
#define PID_MAX (1UL << 22)

static char exit_names[NAMES_MAX]; /* separated by commas; set at start */
static int exit_pid;

/* Copies the next name. Returns the text behind it, or NULL at the end. */
static const char *next_name(const char *names, char name[NAMES_MAX])
{
	size_t len = strcspn(names, ",");

	memcpy(name, names, len);
	name[len] = '\0';
	return names[len] ? names + len + 1 : NULL;
}

static void name_unknown(const char *names)
{
	char name[NAMES_MAX];
	const char *path;

	while (names) {
		names = next_name(names, name);
		if (!proc_find(name, &path))
			km_report("kmalloc: proc_at_exit: there is no text "
				  "'%pE', ignored\n",
				  name);
	}
}

static int take_names(const char *names)
{
	if (!*names || strlen(names) >= NAMES_MAX)
		return -EINVAL;
	strcpy(exit_names, names);
	exit_pid = os_pid();
	km_report_keep();
	name_unknown(names);
	return 0;
}

/* Returns true if "proc_at_exit=" begins here; '-' and '_' are the same. */
static bool is_unowned(const char *at, const char *start)
{
	const char *name = "proc_at_exit=";

	if (at > start && !strchr(" \t\n\"", at[-1]))
		return false;
	while (*name && (*at == *name || (*name == '_' && *at == '-'))) {
		name++;
		at++;
	}
	return !*name;
}

static void own_environment(void)
{
	char *start = os_getenv_initial("KMALLOC_CMDLINE"), *at;
	char owned[] = "proc=0000000:";

	km_snprintf(owned, sizeof(owned), "proc=%07d:", exit_pid);
	for (at = start; at && *at; at++)
		if (is_unowned(at, start))
			memcpy(at, owned, strlen(owned));
}

static int set_proc_at_exit(const char *value)
{
	int ret = take_names(value);

	if (!ret)
		own_environment();
	return ret;
}
boot_param("proc_at_exit", set_proc_at_exit,
	   "names of texts, with commas between");

/* proc=PID:NAMES */
static int set_proc(const char *value)
{
	const char *end;
	unsigned long pid = memparse(value, &end);

	if (!pid || pid > PID_MAX || *end != ':' || !end[1])
		return -EINVAL;
	return pid == (unsigned long)os_pid() ? take_names(end + 1) : 0;
}
boot_param("proc", set_proc, "a process number, a colon, names of texts");

/* Prints a text by way of memory of its present length. Returns 0 or -errno. */
static long print_text(const char *name)
{
	long len = proc_read(name, NULL, 0);
	size_t size;
	char *buf;

	if (len < 0)
		return len;
	/* it may grow meanwhile */
	size = OS_PAGE_ALIGN((size_t)len + OS_PAGE_SIZE);
	buf = os_map(size);
	if (!buf)
		return -ENOMEM;
	len = proc_read(name, buf, size);
	if (len > 0)
		os_write(km_report_fd(), buf, min((size_t)len, size - 1));
	os_release(buf, size);
	return min(len, 0L);
}

void proc_print_at_exit(void)
{
	char name[NAMES_MAX];
	const char *names = exit_names, *path;
	long ret;

	if (!*names || exit_pid != os_pid() || !smp_load_acquire(&engine_up))
		return;
	while (names) {
		names = next_name(names, name);
		ret = proc_find(name, &path) ? print_text(name) : 0;
		if (ret)
			km_report_to(km_report_fd(),
				     "kmalloc: proc_at_exit: %pE: error %ld\n",
				     name, -ret);
	}
}
