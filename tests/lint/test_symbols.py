#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""test_symbols.py - self-test of symbols.py on made-up output of nm"""

import unittest

import rooms
import symbols

PLAN = rooms.Rooms("sys\ncore\ndiag/unwind\nslab | slub\ninit\nshim | api\n")
TABLE = f"text\n{symbols.HEAD}\n|---|---|---|\n"


def nm(*lines):
    """Lines `room/file kind name`, as nm would print them for objects."""
    text = ""
    for line in lines:
        file, kind, name = line.split()
        room = file.rpartition("/")[0].replace("/", "_") or "init"
        text += f"/b/src/CMakeFiles/km_{room}.dir/./{file}.c.o: {name} {kind}\n"
    return text


class SymbolsTest(unittest.TestCase):
    def faults(self, lines, table="", exact=True):
        return symbols.judge(PLAN, symbols.parse(nm(*lines)), TABLE + table,
                             exact)

    def assert_one(self, faults, *words):
        self.assertEqual(len(faults), 1, faults)
        for word in words:
            self.assertIn(word, faults[0])

    def test_parse(self):
        """Objects of all kinds of folders, with values. Expect both."""
        objects = symbols.parse(
            "/b/src/CMakeFiles/km_a.dir/core/a.c.o: f T 0 1\n"
            "/b/src/CMakeFiles/km_a.dir/core/a.c.o: g U         \n"
            "/src/my b/src/shim/CMakeFiles/km_shim.dir/b.c.o: w v         \n"
            "/b/src/CMakeFiles/km_init.dir/init.c.o: i i 10 4\n")
        self.assertEqual(sorted(objects),
                         ["src/core/a.c", "src/init.c", "src/shim/b.c"])
        self.assertEqual(objects["src/core/a.c"].strong, {"f"})
        self.assertEqual(objects["src/core/a.c"].refers, {"g"})
        self.assertEqual(objects["src/shim/b.c"].refers, {"w"})
        self.assertEqual(objects["src/init.c"].strong, {"i"})

    def test_downward(self):
        """Calls of lower rooms, of libc, of oneself. Expect no fault."""
        self.assertEqual(self.faults([
            "sys/a T f", "core/b T g", "core/b U f", "slab/c U g",
            "slab/c U memcpy", "init U g", "init T h", "shim/d U h",
            "shim/d U f", "shim/d U i", "shim/d T i"]), [])

    def test_shared_by_probes(self):
        """A weak symbol that all objects with a probe have. Expect none."""
        self.assertEqual(self.faults([
            "core/b V _.stapsdt.base", "core/b U f", "core/c T f",
            "core/c V _.stapsdt.base", "sys/a V _.stapsdt.base"]), [])

    def test_upward(self):
        """A call, a pointer, a weak reference. Expect a fault for each."""
        for kind in "UwV":
            there = "D" if kind == "V" else "T"
            weak = ["core/b V g"] if kind == "V" else [f"core/b {kind} g"]
            self.assert_one(self.faults(weak + [f"slab/c {there} g"]),
                            "src/core/b.c refers upward to src/slab/c.c: g")

    def test_sideways(self):
        """slab refers to slub, shim to api. Expect two faults."""
        faults = self.faults(["slab/a U f", "slub/b T f",
                              "shim/a U g", "api/b B g"])
        self.assertEqual(len(faults), 2, faults)
        for fault in faults:
            self.assertIn("sideways", fault)

    def test_replaced(self):
        """init replaces a weak symbol that slab calls. Expect two faults."""
        faults = self.faults(["core/a W f", "slab/b U f", "init T f"])
        self.assertEqual(len(faults), 2, faults)
        self.assertIn("src/core/a.c refers upward", faults[0])
        self.assertIn("src/slab/b.c refers upward", faults[1])

    def test_same_name(self):
        """Siblings with a name in common use their own. Expect no fault."""
        self.assertEqual(self.faults(["slab/a T f", "slab/b U f",
                                      "slub/a T f", "slub/b U f"]), [])

    def test_circle(self):
        """Three files in a circle, a fourth behind. Expect the three."""
        lines = ["slab/a T a", "slab/b T b", "slab/c T c", "slab/d T d",
                 "slab/a U b", "slab/b U c", "slab/c U a", "slab/c U d"]
        row = "| `slab` | `a`, `b`, `c` |"
        self.assert_one(self.faults(lines), "has not", row)
        self.assertEqual(self.faults(lines, f"{row} why |\n"), [])

    def test_two_circles(self):
        """Two circles, one calls the other. Expect two faults."""
        lines = ["slab/a T a", "slab/b T b", "slab/c T c", "slab/d T d",
                 "slab/a U b", "slab/b U a", "slab/c U d", "slab/d U c",
                 "slab/a U c"]
        faults = self.faults(lines)
        self.assertEqual(len(faults), 2, faults)
        self.assertIn("| `a`, `b` |", faults[0])
        self.assertIn("| `c`, `d` |", faults[1])

    def test_circle_grew_or_shrank(self):
        """The table has one file more, or less. Expect both sides named."""
        lines = ["slab/a T a", "slab/b T b", "slab/a U b", "slab/b U a"]
        for files in ("`a`, `b`, `c`", "`a`, `d`"):
            faults = self.faults(lines, f"| `slab` | {files} | why |\n")
            self.assertEqual(len(faults), 2, faults)
            self.assertIn("has not: | `slab` | `a`, `b` |", faults[0])
            self.assertIn("is none: | `slab` | " + files, faults[1])

    def test_less_exact(self):
        """Part of a circle of the table, then more. Expect a fault of more."""
        lines = ["slab/a T a", "slab/b T b", "slab/a U b", "slab/b U a"]
        row = "| `slab` | `a`, `b`, `c` | why |\n"
        self.assertEqual(self.faults(lines, row, exact=False), [])
        self.assertEqual(self.faults([], row, exact=False), [])
        row = "| `slab` | `a`, `c` | why |\n"
        self.assert_one(self.faults(lines, row, exact=False), "has not")

    def test_nested(self):
        """diag/unwind calls core, then also back. Expect the way back."""
        lines = ["core/a T a", "diag/unwind/b T b", "diag/unwind/b U a"]
        self.assertEqual(self.faults(lines), [])
        self.assert_one(self.faults(lines + ["core/a U b"]),
                        "src/core/a.c refers upward to src/diag/unwind/b.c")

    def test_without_a_reason(self):
        """A row that says no reason. Expect it named, and the circle."""
        lines = ["slab/a T a", "slab/b T b", "slab/a U b", "slab/b U a"]
        faults = self.faults(lines, "| `slab` | `a`, `b` | |\n")
        self.assertEqual(len(faults), 2, faults)
        self.assertIn("not a row", faults[0])


if __name__ == "__main__":
    unittest.main()
