#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""test_tested.py - self-test of tested.py on small made-up trees"""

import unittest

import tested
import tree


def source(*lines):
    return "/*\n * a.c - something\n *\n" + "".join(
        f" *{'' if line[0].isspace() else ' '}{line}\n"
        for line in lines) + " */\nint a;\n"


class TestedTest(tree.TreeTest):
    def setUp(self):
        super().setUp()
        self.put("tests/unit/slub/test_b.c", "")
        self.put("tests/misuse/CMakeLists.txt", "km_misuse(double_free)\n")

    def one_fault(self, word):
        faults = tested.judge(self.root)
        self.assertEqual(len(faults), 1, faults)
        self.assertIn(word, faults[0])

    def test_beside(self):
        """Tests beside, of a room, a nested one and src/. Expect no fault."""
        for path in ("slub/a", "vmap/large/a", "a"):
            self.put(f"src/{path}.c", source())
        for path in ("slub/test_a", "vmap/large/test_a", "init/test_a"):
            self.put(f"tests/unit/{path}.c", "")
        self.assertEqual(tested.judge(self.root), [])

    def test_missing(self):
        """A file without a test, others with one elsewhere. Expect a fault."""
        self.put("src/slub/a.c", source("Source\tours"))
        self.put("tests/unit/slab/test_a.c", "")
        self.put("src/slub/b.c", source())
        self.one_fault("src/slub/a.c: no tests/unit/slub/test_a.c")

    def test_said(self):
        """Lines that name tests, in one line and in two. Expect no fault."""
        self.put("src/slub/a.c", source("Tests\tunit.slub.b, as b.c is"))
        self.put("src/slub/c.c", source(
            "Tests\tthe second line says it: it is", "\t\tmisuse.double_free",
            "Source\tunit.slub.none"))
        self.assertEqual(tested.judge(self.root), [])

    def test_both(self):
        """A test beside a file that names another. Expect a fault."""
        self.put("src/slub/b.c", source("Tests\tunit.slub.b"))
        self.one_fault("has tests/unit/slub/test_b.c")

    def test_no_such_test(self):
        """A name that no test has, of either kind. Expect a fault each."""
        self.put("src/slub/a.c", source("Tests\tunit.slub.b, unit.slub.c"))
        self.one_fault("unit.slub.c is the name of no test")
        self.put("src/slub/a.c", source("Tests\tmisuse.double_malloc"))
        self.one_fault("misuse.double_malloc")

    def test_names_none(self):
        """A line without a test's name. Expect a fault."""
        self.put("src/slub/a.c", source("Tests\tnot needed, see b.c, fork.c"))
        self.one_fault("names no test")

    def test_not_the_header(self):
        """Such a line in another comment of the file. Expect a fault."""
        self.put("src/slub/a.c",
                 source() + "/*\n * Tests\tunit.slub.b\n */\n")
        self.one_fault("no tests/unit/slub/test_a.c")


if __name__ == "__main__":
    unittest.main()
