#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""test_hooks.py - self-test of hooks.py on small made-up trees"""

import unittest

import hooks
import rooms
import tree

HEADER = """struct tick {
\tint n;
\tvoid (*fn)(unsigned int flags);
};
void tick_register(struct tick *tick);
"""
LOWER = "void tick_register(struct tick *tick)\n{\n}\n"
UPPER = "static struct tick tick = {\n\t.fn = run,\n};\n"
ROW = ("| `struct tick` | [src/core/tick.h](../src/core/tick.h) | kmem | "
       "`tick_register()` | often | none |\n")
SECTION = HEADER + '#define __tick __attribute__((section("km_ticks")))\n'


class HooksTest(tree.TreeTest):
    def setUp(self):
        super().setUp()
        self.put(rooms.LIST, "core\nkmem\nshim\n")
        self.put("src/core/tick.h", HEADER)
        self.put("src/core/tick.c", LOWER)
        self.put("src/kmem/a.c", UPPER)

    def faults(self, row=ROW, other="", tolerated=()):
        text = (f"{hooks.HOOKS}\n|---|---|---|---|---|---|\n{row}\n"
                f"{hooks.OTHERS}\n|---|---|---|\n{other}\n")
        return hooks.judge(hooks.Source(self.root), text, tolerated)

    def assert_one(self, faults, *words):
        self.assertEqual(len(faults), 1, faults)
        for word in words:
            self.assertIn(word, faults[0])

    def test_listed(self):
        """A hook as its row says. Expect no fault."""
        self.assertEqual(self.faults(), [])

    def test_not_listed(self):
        """A struct in no table, then in both. Expect a fault each time."""
        self.assert_one(self.faults(row=""), "src/core/tick.h", "no row")
        row = "| `struct tick` | [src/core/tick.h](../src/core/tick.h) | x |"
        self.assertEqual(self.faults(row="", other=row), [])
        self.assert_one(self.faults(other=row), "both")

    def test_no_struct(self):
        """A row of a struct that is not there. Expect it named."""
        row = ROW.replace("tick`", "tock`").replace("kmem", "the program")
        self.assert_one(self.faults(ROW + row), "struct tock", "no header")

    def test_header(self):
        """The row names another header. Expect the right one named."""
        row = ROW.replace("core/tick.h", "core/a.h")
        self.assert_one(self.faults(row), "declared in src/core/tick.h")

    def test_rooms(self):
        """Rooms too many and too few, any, the program. Expect two faults."""
        self.assert_one(self.faults(ROW.replace("kmem", "kmem, shim")), "kmem")
        self.put("src/shim/a.c", UPPER)
        self.assert_one(self.faults(), "kmem, shim")
        self.assertEqual(self.faults(ROW.replace("kmem", "any")), [])
        row = ROW.replace("kmem", "shim, kmem, the program")
        self.assertEqual(self.faults(row), [])

    def test_handed_over(self):
        """By no function, by one that is not there. Expect a fault each."""
        row = ROW.replace("`tick_register()`", "hand")
        self.assert_one(self.faults(row), "nothing hands")
        row = ROW.replace("tick_register()", "tock_register()")
        self.assert_one(self.faults(row), "tock_register() is no function")

    def test_linker(self):
        """A section without a row, a row without a section. Expect two."""
        row = ROW.replace("`tick_register()`", "the linker")
        self.assert_one(self.faults(row), "in no section")
        self.put("src/core/tick.h", SECTION)
        self.assertEqual(self.faults(row), [])
        self.assert_one(self.faults(), "section km_ticks has no row")

    def test_empty_cell(self):
        """A row without its locks, one with a cell less. Expect both."""
        self.assert_one(self.faults(ROW.replace("none", "")), "empty cell")
        faults = self.faults(ROW.replace("| none |", "|"))
        self.assertIn("not a row", faults[0])

    def test_pointer(self):
        """A pointer to a function. Expect a fault unless it is tolerated."""
        self.put("src/core/a.h", "extern int (*hook)(int a);\n")
        self.assert_one(self.faults(), "hook is a pointer to a function")
        self.assertEqual(self.faults(tolerated=("hook",)), [])
        self.put("src/core/a.h", "typedef int (*hook)(int a);\n")
        self.assert_one(self.faults(tolerated=("hook",)), "is no pointer")
        self.put("src/core/a.c", "static hook other;\nhook f(int a);\n")
        self.assert_one(self.faults(), "other is a pointer to a function")
        self.put("src/core/a.c", "")
        self.put("src/shim/a.c", "static hook other = NULL;\n")
        self.assertEqual(self.faults(), [])

    def test_weak(self):
        """Weak functions: with a body, declared, in shim. Expect the first."""
        body = "__attribute__((weak)) void f(void)\n{\n}\n"
        self.put("src/shim/b.c", body)
        self.put("src/kmem/b.c", "void f(void) __attribute__((weak));\n")
        self.assertEqual(self.faults(), [])
        for attributes in ("weak", "weak, noinline", "noinline, weak"):
            self.put("src/core/b.c", body.replace("weak", attributes))
            self.assert_one(self.faults(), "src/core/b.c: a weak function")


if __name__ == "__main__":
    unittest.main()
