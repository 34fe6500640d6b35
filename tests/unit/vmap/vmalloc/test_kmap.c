// SPDX-License-Identifier: MIT
/*
 * test_kmap.c - 512 places for single frames of HighMem
 */
#include <pthread.h>
#include <unistd.h>

#include "support/vmtest.h"

#define HIGH (GFP_KERNEL | __GFP_HIGHMEM)
#define SLOTS 512

static struct page *pages[SLOTS + 1];

/* One page mapped twice, by both names. Expect one place, which page_address()
 * knows while it is in use, found again without a call of the OS afterwards. */
static void child_once(void *arg)
{
	unsigned long calls;
	struct page *page;
	char *p, *home;

	vm_start("", arg);
	page = alloc_page(HIGH);
	REQUIRE(!page_address(page));
	p = kmap(page);
	REQUIRE(p && kmap_local_page(page) == p && page_address(page) == p);
	strcpy(p, "kmap");
	REQUIRE(kmap_to_page(p + 100) == page);
	kunmap_local(p + 5);
	REQUIRE(page_address(page) == p);
	kunmap(page);
	REQUIRE(!page_address(page));
	calls = os_mem_calls;
	REQUIRE(kmap(page) == p && os_mem_calls == calls);
	REQUIRE(!strcmp(p, "kmap"));
	kunmap(page);
	__free_page(page);
	page = alloc_page(GFP_KERNEL);
	home = page_to_virt(page);
	REQUIRE(kmap(page) == home && kmap_to_page(home + 1) == page);
	kunmap(page);
	kunmap_local(home);
	__free_page(page);
	vm_books();
}

/* As many pages as there are places, and one more when one is given up. Expect
 * each page its own bytes, and the place used again. */
static void child_all(void *arg)
{
	char *p;

	vm_start("", arg);
	alloc_pages_into(pages, SLOTS + 1, HIGH);
	for (int i = 0; i < SLOTS; i++)
		*(int *)kmap(pages[i]) = i;
	for (int i = 0; i < SLOTS; i++)
		REQUIRE(*(int *)page_address(pages[i]) == i);
	p = page_address(pages[200]);
	kunmap(pages[200]);
	REQUIRE(kmap(pages[SLOTS]) == p);
	*(int *)p = SLOTS;
	kunmap(pages[17]);
	p = kmap(pages[200]);
	REQUIRE(*(int *)p == 200);
	REQUIRE(!page_address(pages[17]));
	vm_check();
	for (int i = 0; i <= SLOTS; i++)
		if (i != 17)
			kunmap(pages[i]);
	free_pages_of_array(pages, SLOTS + 1);
	REQUIRE(frames_charged() <= SLOTS);
}

static void *waiter(void *arg)
{
	*(int *)kmap(pages[SLOTS]) = 4711;
	__atomic_store_n((int *)arg, 1, __ATOMIC_RELEASE);
	kunmap(pages[SLOTS]);
	return NULL;
}

/* All places are in use when a thread wants one. Expect it to wait until one is
 * given up. */
static void child_waits(void *arg)
{
	pthread_t thread;
	int done = 0;

	vm_start("", arg);
	alloc_pages_into(pages, SLOTS + 1, HIGH);
	for (int i = 0; i < SLOTS; i++)
		kmap(pages[i]);
	REQUIRE(!pthread_create(&thread, NULL, waiter, &done));
	usleep(20000);
	REQUIRE(!__atomic_load_n(&done, __ATOMIC_ACQUIRE));
	kunmap(pages[3]);
	REQUIRE(!pthread_join(thread, NULL));
	REQUIRE(done);
	REQUIRE(*(int *)kmap(pages[SLOTS]) == 4711);
}

/* Bytes to, from and between pages of both kinds. Expect them there, and a
 * warning for what does not fit. */
static void child_bytes(void *arg)
{
	struct page *a, *b;
	char text[16];

	vm_start("", arg);
	a = alloc_page(HIGH);
	b = alloc_page(GFP_KERNEL);
	clear_highpage(a);
	memcpy_to_page(a, 4088, "1234567", 8);
	copy_highpage(b, a);
	REQUIRE(all_bytes(page_address(b), 0, 4088));
	memcpy_from_page(text, b, 4088, 8);
	REQUIRE(!strcmp(text, "1234567"));
	memcpy_to_page(a, 4089, "12345678", 8);
	memcpy_from_page(text, a, 4088, 8);
	REQUIRE(!strcmp(text, "1234567"));
	__free_page(a);
	__free_page(b);
}

static void unmap_never(void *arg)
{
	kunmap(arg);
}

/* A page that is not mapped. Expect a warning. */
static void child_wrong(void *arg)
{
	char text[4096];

	vm_start("", arg);
	pages[0] = alloc_page(HIGH);
	capture_stderr(unmap_never, pages[0], text, sizeof(text));
	REQUIRE(strstr(text, "WARNING"));
	kmap(pages[0]);
	kunmap(pages[0]);
	kunmap(pages[0]); /* said once */
	vm_books();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		vm_tests(child_once),  vm_tests(child_all),
		vm_tests(child_waits), vm_tests(child_bytes),
		vm_tests(child_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
