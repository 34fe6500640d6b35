// SPDX-License-Identifier: MIT
/*
 * core/fmt.c - a printf without stdio, locale, floating point or malloc
 */
#include <string.h>

#include "core/fmt.h"
#include "sys/os.h"

struct out {
	char *buf;
	size_t size, len; /* len may pass size: the full length is returned */
};

struct spec {
	unsigned int width;
	bool left, zero, is_long;
};

static void put(struct out *out, char c)
{
	if (out->len + 1 < out->size)
		out->buf[out->len] = c;
	out->len++;
}

static void put_padded(struct out *out, const struct spec *spec,
		       const char *text, size_t len)
{
	size_t pad = spec->width > len ? spec->width - len : 0;

	if (spec->zero && !spec->left && len && *text == '-') {
		put(out, *text++);
		len--;
	}
	for (; pad && !spec->left; pad--)
		put(out, spec->zero ? '0' : ' ');
	while (len--)
		put(out, *text++);
	for (; pad; pad--)
		put(out, ' ');
}

static void put_number(struct out *out, const struct spec *spec,
		       unsigned long value, unsigned int base, bool negative)
{
	char digits[24];
	size_t at = sizeof(digits);

	do {
		digits[--at] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	if (negative)
		digits[--at] = '-';
	put_padded(out, spec, digits + at, sizeof(digits) - at);
}

static void put_bytes(struct out *out, const struct spec *spec,
		      unsigned long bytes)
{
	static const char *const unit[] = { "B",   "KiB", "MiB",
					    "GiB", "TiB", "PiB" };
	unsigned long tenths = 0;
	unsigned int u = 0;
	char text[32];

	for (; bytes >= 1024 && u + 1 < ARRAY_SIZE(unit); u++) {
		tenths = (bytes % 1024) * 10 / 1024;
		bytes /= 1024;
	}
	if (u)
		km_snprintf(text, sizeof(text), "%lu.%lu %s", bytes, tenths,
			    unit[u]);
	else
		km_snprintf(text, sizeof(text), "%lu B", bytes);
	put_padded(out, spec, text, strlen(text));
}

static const char *parse_spec(const char *fmt, struct spec *spec)
{
	memset(spec, 0, sizeof(*spec));
	for (;; fmt++) {
		if (*fmt == '-')
			spec->left = true;
		else if (*fmt == '0')
			spec->zero = true;
		else
			break;
	}
	for (; *fmt >= '0' && *fmt <= '9'; fmt++)
		spec->width = spec->width * 10 + (unsigned int)(*fmt - '0');
	for (; *fmt == 'l' || *fmt == 'z'; fmt++)
		spec->is_long = true;
	return fmt;
}

static void put_text(struct out *out, const struct spec *spec, const char *text)
{
	if (!text)
		text = "(null)";
	put_padded(out, spec, text, strlen(text));
}

static unsigned long get_unsigned(const struct spec *spec, va_list *args)
{
	return spec->is_long ? va_arg(*args, unsigned long) :
			       va_arg(*args, unsigned int);
}

static void put_signed(struct out *out, const struct spec *spec, va_list *args)
{
	long value = spec->is_long ? va_arg(*args, long) : va_arg(*args, int);
	unsigned long magnitude = (unsigned long)value;

	put_number(out, spec, value < 0 ? -magnitude : magnitude, 10,
		   value < 0);
}

static void put_address(struct out *out, const struct spec *spec,
			unsigned long address)
{
	char text[24];
	int len = km_snprintf(text, sizeof(text), "0x%lx", address);

	put_padded(out, spec, text, (size_t)len);
}

static void put_conversion(struct out *out, const struct spec *spec, char c,
			   va_list *args)
{
	char letter;

	switch (c) {
	case 's':
		put_text(out, spec, va_arg(*args, const char *));
		break;
	case 'c':
		letter = (char)va_arg(*args, int);
		put_padded(out, spec, &letter, 1);
		break;
	case 'd':
		put_signed(out, spec, args);
		break;
	case 'u':
		put_number(out, spec, get_unsigned(spec, args), 10, false);
		break;
	case 'x':
		put_number(out, spec, get_unsigned(spec, args), 16, false);
		break;
	case 'p':
		put_address(out, spec, (unsigned long)va_arg(*args, void *));
		break;
	case 'H':
		put_bytes(out, spec, va_arg(*args, unsigned long));
		break;
	default:
		put(out, c);
	}
}

int km_vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	struct out out = { buf, size, 0 };
	struct spec spec;
	va_list copy;

	va_copy(copy, args);
	for (; *fmt; fmt++) {
		if (*fmt != '%') {
			put(&out, *fmt);
			continue;
		}
		fmt = parse_spec(fmt + 1, &spec);
		if (!*fmt)
			break;
		put_conversion(&out, &spec, *fmt, &copy);
	}
	va_end(copy);
	if (size)
		buf[min(out.len, size - 1)] = '\0';
	return (int)out.len;
}

int km_snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = km_vsnprintf(buf, size, fmt, args);
	va_end(args);
	return len;
}

static void report_line(int fd, const char *fmt, va_list args)
{
	char line[512];
	size_t len = (size_t)km_vsnprintf(line, sizeof(line), fmt, args);

	os_write(fd, line, min(len, sizeof(line) - 1));
}

void km_report(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	report_line(2, fmt, args);
	va_end(args);
}

void km_report_to(int fd, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	report_line(fd, fmt, args);
	va_end(args);
}

void km_panic(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	report_line(2, fmt, args);
	va_end(args);
	os_abort();
}
