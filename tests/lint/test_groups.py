#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""test_groups.py - self-test of groups.py on small made-up trees"""

import unittest

import groups
import tree

TEST = "add_test({0} true)\nset_tests_properties({0} PROPERTIES {1})\n"


class GroupsTest(tree.TreeTest):
    def setUp(self):
        super().setUp()
        self.put("scripts/lib.sh", 'x=1\nkm_labels="unit static\nslab"\n')
        self.put("tests/unit/CMakeLists.txt", "km_test(a.b LABELS slab)\n")
        self.put("tests/static/CMakeLists.txt", "\n")

    def faults(self, *declared):
        self.put("build/CTestTestfile.cmake",
                 "".join(TEST.format(*test) for test in declared))
        return groups.judge(self.root, f"{self.root}/build/CTestTestfile.cmake")

    def test_good(self):
        """Tests with the labels of their groups. Expect no fault."""
        self.assertEqual(self.faults(
            ("unit.a.b", "LABELS unit"), ("static.a", "LABELS static"),
            ("static-pie.a.slab", 'LABELS "slab;static"')), [])

    def test_no_label(self):
        """No label, and only that of another group. Expect two faults."""
        faults = self.faults(("unit.a", "COST 1"), ("static.a", "LABELS unit"))
        self.assertEqual(len(faults), 2, faults)
        self.assertIn("'unit'", faults[0])
        self.assertIn("'static'", faults[1])

    def test_unknown_label(self):
        """A label that is not listed. Expect a fault that names it."""
        faults = self.faults(("unit.a", 'LABELS "unit;quick"'))
        self.assertEqual(len(faults), 1, faults)
        self.assertIn("'quick'", faults[0])

    def test_unused_label(self):
        """A listed label that no test has. Expect one fault."""
        self.put("scripts/lib.sh", 'km_labels="unit static slab slow"\n')
        self.put("tests/unit/CMakeLists.txt", "km_test(a LABELS slab) # slow\n")
        faults = groups.judge(self.root)
        self.assertEqual(len(faults), 1, faults)
        self.assertIn("'slow'", faults[0])

    def test_other_way(self):
        """A test that is declared without the function. Expect one fault."""
        self.put("tests/static/CMakeLists.txt", "add_test(NAME static.a)\n")
        self.put(groups.DECLARES, "\tadd_test(NAME ${name})\n")
        faults = groups.judge(self.root)
        self.assertEqual(len(faults), 1, faults)
        self.assertIn("tests/static/CMakeLists.txt:1", faults[0])


if __name__ == "__main__":
    unittest.main()
