#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""test_labels.py - self-test of labels.py on small made-up trees"""

import unittest

import labels
import tree


def header(*lines):
    return "/*\n * Invariants\t" + "\n *\t\t".join(lines) + "\n */\n"


class LabelsTest(tree.TreeTest):
    def setUp(self):
        super().setUp()
        self.put("src/kmem/check.c", "void a_check(void)\n{\n}\n")
        self.put("tests/unit/kmem/test_b.c", "/* AB1 */\n")

    def faults(self):
        return labels.judge(self.root)

    def one_fault(self, word):
        faults = self.faults()
        self.assertEqual(len(faults), 1, faults)
        self.assertIn(word, faults[0])

    def test_good(self):
        """Labels that a function and a test check. Expect no fault."""
        for check in ("(a_check() checks both)", "(unit.kmem.b checks AB1-AB2)",
                      "(a_check()\n *\t\tchecks AB1, unit.kmem.b AB2)"):
            self.put("src/kmem/a.h", header("AB1  one", "AB2  two", check))
            self.assertEqual(self.faults(), [])

    def test_twice(self):
        """A label in two files, one of a folder not judged. Expect a fault."""
        one = header("AB1  one", "(a_check() checks it)")
        self.put("src/kmem/a.h", one)
        self.put("src/other.h", one)
        self.one_fault("src/kmem/a.h and src/other.h")

    def test_not_defined(self):
        """A source and a test that name a label too many. Expect both."""
        self.put("src/kmem/a.h", header("AB1  one", "(a_check() checks it)"))
        self.put("src/buddy/a.c", "/* AB1-AB2 */\n")
        self.put("tests/unit/kmem/test_a.c", "/* AB3, CD1 */\n")
        self.assertEqual(len(self.faults()), 2, self.faults())

    def test_not_checked(self):
        """No check, none of one label, none by name. Expect the faults."""
        self.put("src/kmem/a.h", header("AB1  one"))
        self.one_fault("checks AB1")
        self.put("src/kmem/a.h", header("AB1  one", "AB2  two",
                                        "(a_check() checks AB1)"))
        self.one_fault("checks AB2")
        self.put("src/kmem/a.h", header("AB1  one", "(a check of it)"))
        self.one_fault("names no check")

    def test_no_such_check(self):
        """A function and a test that are not there. Expect a fault each."""
        self.put("src/kmem/a.h", header("AB1  one", "(b_check() checks it)"))
        self.one_fault("b_check()")
        self.put("src/kmem/a.h", header("AB1  one", "(unit.kmem.c checks it)"))
        self.one_fault("unit.kmem.c")

    def test_other_folders(self):
        """A file of src itself is not judged, labels of one letter. Expect
        none."""
        self.put("src/other.h", header("CD1  one"))
        self.put("src/kmem/a.h", header("A1  one"))
        self.put("tests/unit/kmem/test_b.c", "")
        self.assertEqual(self.faults(), [])


if __name__ == "__main__":
    unittest.main()
