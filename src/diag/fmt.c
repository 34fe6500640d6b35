// SPDX-License-Identifier: MIT
/*
 * diag/fmt.c - a printf without stdio, locale, floating point or malloc
 */
#include <string.h>

#include "diag/fmt.h"
#include "diag/unwind/symbol.h"
#include "sys/os.h"

struct out {
	char *buf;
	size_t size, len; /* len may pass size: the full length is returned */
};

#define NO_PRECISION (-1)

struct spec {
	unsigned int width;
	int precision;
	bool left, zero, plus, blank, alternate, upper;
	bool is_long;
};

static void put_char(struct out *out, char c)
{
	if (out->len + 1 < out->size)
		out->buf[out->len] = c;
	out->len++;
}

static void put_times(struct out *out, char c, size_t times)
{
	while (times--)
		put_char(out, c);
}

static void put_padded(struct out *out, const struct spec *spec,
		       const char *text, size_t len)
{
	size_t pad = spec->width > len ? spec->width - len : 0;

	put_times(out, ' ', spec->left ? 0 : pad);
	while (len--)
		put_char(out, *text++);
	put_times(out, ' ', spec->left ? pad : 0);
}

/* Returns the number of zeros between the prefix and the digits. */
static size_t leading_zeros(const struct spec *spec, size_t prefix, size_t len)
{
	size_t wanted = 0;

	if (spec->precision != NO_PRECISION)
		wanted = (size_t)spec->precision;
	else if (spec->zero && !spec->left && spec->width > prefix)
		wanted = spec->width - prefix;
	return wanted > len ? wanted - len : 0;
}

/* The prefix is a sign or "0x", and part of the width. */
static void put_number(struct out *out, const struct spec *spec,
		       unsigned long value, unsigned int base,
		       const char *prefix)
{
	const char *digit = spec->upper ? "0123456789ABCDEF" :
					  "0123456789abcdef";
	size_t at, len, zeros, full, before = strlen(prefix);
	char digits[24];

	for (len = 0; value || (!len && spec->precision); len++) {
		digits[sizeof(digits) - 1 - len] = digit[value % base];
		value /= base;
	}
	at = sizeof(digits) - len;
	zeros = leading_zeros(spec, before, len);
	full = before + zeros + len;
	put_times(out, ' ',
		  !spec->left && spec->width > full ? spec->width - full : 0);
	while (*prefix)
		put_char(out, *prefix++);
	put_times(out, '0', zeros);
	while (at < sizeof(digits))
		put_char(out, digits[at++]);
	put_times(out, ' ',
		  spec->left && spec->width > full ? spec->width - full : 0);
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

static bool parse_flag(char c, struct spec *spec)
{
	switch (c) {
	case '-':
		spec->left = true;
		return true;
	case '0':
		spec->zero = true;
		return true;
	case '+':
		spec->plus = true;
		return true;
	case ' ':
		spec->blank = true;
		return true;
	case '#':
		spec->alternate = true;
		return true;
	default:
		return false;
	}
}

/* A number or a '*', which takes it from the arguments. */
static const char *parse_count(const char *fmt, int *count, va_list *args)
{
	*count = 0;
	if (*fmt == '*') {
		*count = va_arg(*args, int);
		return fmt + 1;
	}
	for (; *fmt >= '0' && *fmt <= '9'; fmt++)
		*count = *count * 10 + (*fmt - '0');
	return fmt;
}

static const char *parse_spec(const char *fmt, struct spec *spec, va_list *args)
{
	int count;

	memset(spec, 0, sizeof(*spec));
	spec->precision = NO_PRECISION;
	while (parse_flag(*fmt, spec))
		fmt++;
	fmt = parse_count(fmt, &count, args);
	spec->left |= count < 0;
	spec->width = (unsigned int)(count < 0 ? -count : count);
	if (*fmt == '.') {
		fmt = parse_count(fmt + 1, &count, args);
		spec->precision = count < 0 ? NO_PRECISION : count;
	}
	for (; *fmt == 'l' || *fmt == 'z' || *fmt == 't'; fmt++)
		spec->is_long = true;
	return fmt;
}

static void put_text(struct out *out, const struct spec *spec, const char *text)
{
	size_t most = SIZE_MAX;

	if (!text)
		text = "(null)";
	if (spec->precision != NO_PRECISION)
		most = (size_t)spec->precision;
	put_padded(out, spec, text, strnlen(text, most));
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
	const char *sign = spec->plus ? "+" : spec->blank ? " " : "";

	if (value < 0) {
		magnitude = -magnitude;
		sign = "-";
	}
	put_number(out, spec, magnitude, 10, sign);
}

static void put_hex(struct out *out, const struct spec *spec, va_list *args)
{
	unsigned long value = get_unsigned(spec, args);
	const char *prefix = spec->upper ? "0X" : "0x";

	put_number(out, spec, value, 16,
		   spec->alternate && value ? prefix : "");
}

static void put_address(struct out *out, const struct spec *spec,
			unsigned long address)
{
	char text[24];
	int len = km_snprintf(text, sizeof(text), "0x%lx", address);

	put_padded(out, spec, text, (size_t)len);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Prints addr, named by the function that holds the code at `inside`. */
static int print_symbol(char *buf, uintptr_t addr, uintptr_t inside)
{
	struct symbol symbol;
	uintptr_t at;

	if (symbol_find(inside, &symbol))
		return km_snprintf(buf, KSYM_SYMBOL_LEN, "%p", (void *)addr);
	at = addr - symbol.bias;
	if (!symbol.name[0])
		return km_snprintf(
			buf, KSYM_SYMBOL_LEN, "%p [%.64pE+0x%lx]", (void *)addr,
			symbol.object[0] ? base_name(symbol.object) : "program",
			at);
	return km_snprintf(buf, KSYM_SYMBOL_LEN,
			   symbol.object[0] ? "%pE+0x%lx/0x%lx [%.64pE]" :
					      "%pE+0x%lx/0x%lx",
			   symbol.name, at - symbol.start, symbol.size,
			   base_name(symbol.object));
}

int sprint_symbol(char *buf, uintptr_t addr)
{
	return print_symbol(buf, addr, addr - 1);
}

int sprint_function(char *buf, uintptr_t addr)
{
	return print_symbol(buf, addr, addr);
}

static void put_symbol(struct out *out, const struct spec *spec,
		       unsigned long address)
{
	char text[KSYM_SYMBOL_LEN];

	sprint_symbol(text, address);
	put_text(out, spec, text);
}

/*
 * A name that a program chose, which may hold anything. Octal stands for each
 * byte that is not printable ASCII, for '\', and with '#' for blanks.
 */
static size_t escape_byte(char *out, char c, bool blanks)
{
	unsigned int byte = (unsigned char)c;

	if (byte > (blanks ? ' ' : ' ' - 1) && byte < 0x7f && c != '\\') {
		*out = c;
		return 1;
	}
	*out++ = '\\';
	*out++ = (char)('0' + (byte >> 6));
	*out++ = (char)('0' + (byte >> 3 & 7));
	*out = (char)('0' + (byte & 7));
	return 4;
}

static void put_escaped(struct out *out, const struct spec *spec,
			const char *name)
{
	size_t most = SIZE_MAX, len = 0, pad;
	char text[4];

	if (!name)
		name = "(null)";
	if (spec->precision != NO_PRECISION)
		most = (size_t)spec->precision;
	most = strnlen(name, most);
	for (size_t i = 0; i < most; i++)
		len += escape_byte(text, name[i], spec->alternate);
	pad = spec->width > len ? spec->width - len : 0;
	put_times(out, ' ', spec->left ? 0 : pad);
	for (size_t i = 0; i < most; i++) {
		len = escape_byte(text, name[i], spec->alternate);
		for (size_t k = 0; k < len; k++)
			put_char(out, text[k]);
	}
	put_times(out, ' ', spec->left ? pad : 0);
}

static void put_conversion(struct out *out, struct spec *spec, char c,
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
	case 'i':
		put_signed(out, spec, args);
		break;
	case 'u':
		put_number(out, spec, get_unsigned(spec, args), 10, "");
		break;
	case 'X':
		spec->upper = true;
		/* fall through */
	case 'x':
		put_hex(out, spec, args);
		break;
	case 'E': /* "%pE" */
		put_escaped(out, spec, va_arg(*args, const char *));
		break;
	case 'S': /* "%pS" */
		put_symbol(out, spec, (unsigned long)va_arg(*args, void *));
		break;
	case 'p':
		put_address(out, spec, (unsigned long)va_arg(*args, void *));
		break;
	case 'H':
		put_bytes(out, spec, va_arg(*args, unsigned long));
		break;
	default:
		put_char(out, c);
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
			put_char(&out, *fmt);
			continue;
		}
		fmt = parse_spec(fmt + 1, &spec, &copy);
		if (!*fmt)
			break;
		if (fmt[0] == 'p' && (fmt[1] == 'S' || fmt[1] == 'E'))
			fmt++;
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
