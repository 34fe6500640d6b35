// SPDX-License-Identifier: MIT
/*
 * diag/report.c - see report.h
 */
#include "diag/fmt.h"
#include "diag/report.h"
#include "sys/os.h"

static void report_line(int fd, const char *fmt, va_list args)
{
	char line[512];
	size_t len = (size_t)km_vsnprintf(line, sizeof(line), fmt, args);

	os_write(fd, line, min(len, sizeof(line) - 1));
}

static int report_fd = 2;

void km_report(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	report_line(report_fd, fmt, args);
	va_end(args);
}

void km_report_to(int fd, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	report_line(fd, fmt, args);
	va_end(args);
}

static int kept_fd = -1;
static u64 kept_file; /* what it was, if the program reuses the number */

void km_report_keep(void)
{
	if (kept_fd >= 0)
		return;
	kept_fd = os_dup_high(2);
	kept_file = os_file_id(kept_fd);
}

int km_report_fd(void)
{
	return kept_file && os_file_id(kept_fd) == kept_file ? kept_fd : 2;
}

void km_report_last(void)
{
	report_fd = km_report_fd();
}

void km_panic(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	report_line(2, fmt, args);
	va_end(args);
	os_abort();
}
