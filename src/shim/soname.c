// SPDX-License-Identifier: MIT
/*
 * shim/soname.c - reads the soname of a file
 *
 *	ELF header -> program headers -> PT_DYNAMIC -> DT_SONAME, an offset in
 *	DT_STRTAB, an address -> by PT_LOAD a place in the file
 *
 * The file is read by pread(): nothing is mapped or allocated. A malformed file
 * counts as one without a soname.
 *
 * Source	System V ABI, object files and dynamic linking
 */
#include <elf.h>
#include <errno.h>
#include <string.h>

#include "shim/dlopen.h"
#include "sys/os.h"

#define MAX_HEADERS 32
#define MAX_DYNAMIC 256

struct file {
	int fd;
	unsigned int nr;
	Elf64_Phdr headers[MAX_HEADERS];
};

static int read_all(int fd, void *buf, size_t size, u64 offset)
{
	return os_pread(fd, buf, size, offset) == (long)size ? 0 : -ENOEXEC;
}

static int read_headers(struct file *file)
{
	Elf64_Ehdr head;

	if (read_all(file->fd, &head, sizeof(head), 0) ||
	    memcmp(head.e_ident, ELFMAG, SELFMAG) ||
	    head.e_ident[EI_CLASS] != ELFCLASS64 ||
	    head.e_phentsize != sizeof(Elf64_Phdr) ||
	    head.e_phnum > MAX_HEADERS)
		return -ENOEXEC;
	file->nr = head.e_phnum;
	return read_all(file->fd, file->headers, file->nr * sizeof(Elf64_Phdr),
			head.e_phoff);
}

/* Finds the address of the soname, by DT_SONAME and DT_STRTAB. */
static int find_soname(const struct file *file, u64 *address)
{
	u64 name = 0, strings = 0;
	u64 at = 0, end = 0;
	Elf64_Dyn dyn;

	for (unsigned int i = 0; i < file->nr; i++)
		if (file->headers[i].p_type == PT_DYNAMIC) {
			at = file->headers[i].p_offset;
			end = at + min(file->headers[i].p_filesz,
				       MAX_DYNAMIC * sizeof(dyn));
		}
	for (; at < end; at += sizeof(dyn)) {
		if (read_all(file->fd, &dyn, sizeof(dyn), at) ||
		    dyn.d_tag == DT_NULL)
			break;
		if (dyn.d_tag == DT_SONAME)
			name = dyn.d_un.d_val;
		if (dyn.d_tag == DT_STRTAB)
			strings = dyn.d_un.d_ptr;
	}
	*address = strings + name;
	return name && strings ? 0 : -ENOENT;
}

static int read_string(const struct file *file, u64 address,
		       char out[SONAME_MAX])
{
	for (unsigned int i = 0; i < file->nr; i++) {
		const Elf64_Phdr *ph = &file->headers[i];
		u64 offset = address - ph->p_vaddr;
		long n;

		if (ph->p_type != PT_LOAD || address < ph->p_vaddr ||
		    offset >= ph->p_filesz)
			continue;
		n = os_pread(file->fd, out, SONAME_MAX, ph->p_offset + offset);
		return n > 0 && memchr(out, 0, (size_t)n) ? 0 : -ENOEXEC;
	}
	return -ENOEXEC;
}

int soname_of_file(const char *path, char soname[SONAME_MAX])
{
	struct file file = { .fd = (int)os_open_read(path) };
	u64 address;
	int ret;

	if (file.fd < 0)
		return file.fd;
	ret = read_headers(&file);
	if (!ret)
		ret = find_soname(&file, &address);
	if (!ret)
		ret = read_string(&file, address, soname);
	os_close(file.fd);
	return ret;
}
