#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""test_pages.py - self-test of pages.py on small made-up trees"""

import unittest

import pages
import tree


class PagesTest(tree.TreeTest):
    def faults(self, *lines, path="src/kmem/a.c"):
        self.put(path, "".join(line + "\n" for line in lines))
        return pages.judge(self.root)

    def test_literals(self):
        """Pages as literals. Expect a fault for each line."""
        faults = self.faults(
            "a = 4096;", "a = ALIGN(n, 4096UL);", "a &= ~0xfff;",
            "a = x & 4095;", "a = x >> 12;", "a = nr <<12;")
        self.assertEqual(len(faults), 6, faults)
        self.assertIn("src/kmem/a.c:3: 0xfff", faults[2])

    def test_other_literals(self):
        """Numbers that look alike, text, comments. Expect no fault."""
        self.assertEqual(self.faults(
            "a = 40960;", "a = 0xfff0;", "a = 0x1000u;", "a = x >> 120;",
            'say("4096");', "/* 4096", " * 4095 */", "a = 14096;",
            "a = x << 123;", "// 4096", "f(12, 1.4096);"), [])

    def test_meant(self):
        """A comment says that it is no page. Expect no fault."""
        self.assertEqual(self.faults("a = n / 4096; /* a share, no page */"),
                         [])

    def test_rooms(self):
        """The same in the rooms that may. Expect no fault."""
        self.assertEqual(self.faults("a = 4096;", path="src/sys/a.c"), [])
        self.assertEqual(self.faults(
            "os_map(PAGE_ALIGN(n));", path="src/arena/a.c"), [])

    def test_public(self):
        """A public header. Expect a fault but for the one definition."""
        self.assertEqual(len(self.faults(
            "#define KM_PAGE_SIZE 4096ul", "#define X (4096ul << 3)",
            path="include/kmalloc/a.h")), 1)

    def test_calls(self):
        """Calls of the OS by frames, in one line and in several. Expect a fault
        for each; none for the machine's pages, nor for other calls."""
        faults = self.faults(
            "p = os_map(PAGE_ALIGN(n));",
            "os_discard(pfn_to_virt(pfn),",
            "\t   nr << PAGE_SHIFT);",
            "os_deny((void *)(at(1)), PAGE_SIZE);",
            "p = os_map(OS_PAGE_ALIGN(n));", "f(os_map(n), PAGE_SIZE);",
            "arena_map(p, PAGE_SIZE);")
        self.assertEqual(len(faults), 3, faults)
        self.assertIn("src/kmem/a.c:2: os_discard() by PAGE_SHIFT", faults[1])

    def test_libc(self):
        """The page as libc says it. Expect a fault for each."""
        self.assertEqual(len(self.faults(
            "a = sysconf(_SC_PAGESIZE);", "a = getpagesize();")), 2)


if __name__ == "__main__":
    unittest.main()
