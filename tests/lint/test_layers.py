#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""test_layers.py - self-test of layers.py on small made-up trees"""

import unittest

import layers
import rooms
import tree

ROOMS = """\
# a room in a comment is none
sys
core
diag/unwind
buddy
slab | slub
vmap/large
init
shim | api
"""


class LayersTest(tree.TreeTest):
    def faults(self):
        return layers.judge(self.root)

    def assert_one_fault(self, *words):
        faults = self.faults()
        self.assertEqual(len(faults), 1, faults)
        for word in words:
            self.assertIn(word, faults[0])

    def setUp(self):
        super().setUp()
        self.put(rooms.LIST, ROOMS)
        self.put("src/init.c", "")
        self.plan = rooms.read(self.root)

    def put_headers(self):
        for room in self.plan.height:
            self.put(self.header(room), "/* a header */\n")

    def header(self, room):
        return f"src/{room}/a.h" if room != rooms.INIT else "src/init.h"

    def put_pairs(self, wanted):
        """A file for each pair of rooms, where one includes the other."""
        self.put_headers()
        pairs = [(a, b) for a in self.plan.height for b in self.plan.height
                 if wanted(self.plan.height[a], self.plan.height[b])]
        for a, b in pairs:
            folder = f"src/{a}" if a != rooms.INIT else "src"
            name = self.header(b).removeprefix("src/")
            self.put(f"{folder}/to_{b.replace('/', '_')}.c",
                     f'#include "{name}"\n')
        return pairs

    def test_downward(self):
        """Each room includes all below it. Expect no fault."""
        self.assertTrue(self.put_pairs(lambda a, b: b < a))
        self.assertEqual(self.faults(), [])

    def test_upward(self):
        """sys includes core, the lowest step up. Expect one fault."""
        self.put_headers()
        self.put("src/sys/a.c", '/* x */\n#include "core/a.h"\n')
        self.assert_one_fault("src/sys/a.c:2", "upward", "core")

    def test_every_upward_pair(self):
        """Each room includes each above it. Expect a fault for each."""
        pairs = self.put_pairs(lambda a, b: b > a)
        faults = self.faults()
        self.assertEqual(len(faults), len(pairs), faults)

    def test_sideways(self):
        """slub includes slab, api includes shim. Expect two faults."""
        self.put_headers()
        self.put("src/slub/a.c", '#include "slab/a.h"\n')
        self.put("src/api/a.c", '#include "shim/a.h"\n')
        faults = self.faults()
        self.assertEqual(len(faults), 2, faults)
        for fault in faults:
            self.assertIn("sideways", fault)

    def test_internal(self):
        """A room and a test include buddy's internal.h. Expect one fault."""
        self.put("src/buddy/internal.h", "/* private */\n")
        self.put("src/buddy/a.c", '#include "buddy/internal.h"\n')
        self.put("tests/unit/buddy/a.c", '#include "buddy/internal.h"\n')
        self.put("src/vmap/large/a.c", '#include "buddy/internal.h"\n')
        self.assert_one_fault("src/vmap/large/a.c:1", "private to buddy")

    def test_relative_path(self):
        """A climb out of the folder is seen through. Expect one fault."""
        self.put_headers()
        self.put("src/core/a.h", '#include "../buddy/a.h"\n')
        self.assert_one_fault("src/core/a.h:1", "upward")

    def test_angle_brackets(self):
        """<buddy/a.h> is the same file. Expect one fault."""
        self.put_headers()
        self.put("src/core/a.c", "#  include <buddy/a.h>\n")
        self.assert_one_fault("upward")

    def test_in_a_comment(self):
        """An #include inside a comment is text. Expect no fault."""
        self.put_headers()
        self.put("src/core/a.c", '/*\n#include "buddy/a.h"\n*/\n')
        self.assertEqual(self.faults(), [])

    def test_same_name_in_own_folder(self):
        """A layer's own header hides one of src/. Expect no fault."""
        self.put("src/core/internal.h", "/* core's */\n")
        self.put("src/buddy/internal.h", "/* buddy's */\n")
        self.put("src/core/a.c", '#include "internal.h"\n')
        self.assertEqual(self.faults(), [])

    def test_seam_headers(self):
        """Every OS header outside sys. Expect a fault for each."""
        names = sorted(layers.SEAM_HEADERS) + ["hwloc/linux.h"]
        text = "".join(f"#include <{name}>\n" for name in names)
        self.put("src/sys/a.c", text)
        self.put("tests/unit/a.c", text)
        self.assertEqual(self.faults(), [])
        self.put("src/core/a.c", text)
        self.put("include/kmalloc/a.h", text)
        self.assertEqual(len(self.faults()), 2 * len(names))

    def test_loader_headers(self):
        """The loader's headers in sys, shim and api. Expect faults in api."""
        text = "".join(f"#include <{name}>\n" for name in
                       sorted(layers.LOADER_HEADERS))
        self.put("src/sys/a.c", text)
        self.put("src/shim/a.c", text)
        self.assertEqual(self.faults(), [])
        self.put("src/api/a.c", text)
        faults = self.faults()
        self.assertEqual(len(faults), len(layers.LOADER_HEADERS), faults)

    def test_public_header(self):
        """A public header includes one of src/. Expect one fault."""
        self.put_headers()
        self.put("include/kmalloc/mm.h", '#include "core/a.h"\n')
        self.put("src/core/a.c", "#include <kmalloc/mm.h>\n")
        self.assert_one_fault("include/kmalloc/mm.h:1", "public")

    def test_c_includes_c(self):
        """A test includes the .c file it tests. Expect one fault."""
        self.put("src/core/list.c", "/* x */\n")
        self.put("tests/unit/a.c", '#include "core/list.c"\n')
        self.assert_one_fault("tests/unit/a.c:1", "core/list.c")

    def test_long_file(self):
        """800 lines, then 801. Expect a fault for the second only."""
        self.put("src/core/a.c", "\n" * 800)
        self.assertEqual(self.faults(), [])
        self.put("src/core/b.c", "\n" * 801)
        self.assert_one_fault("src/core/b.c", "801")

    def test_unknown_folder(self):
        """Files in src/util and in src/vmap, no rooms. Expect two faults."""
        self.put("src/util/a.c", "/* x */\n")
        self.put("src/vmap/a.c", "/* x */\n")
        faults = self.faults()
        self.assertEqual(len(faults), 2, faults)
        self.assertIn("src/util", faults[0])
        self.assertIn("src/vmap", faults[1])

    def test_folder_without_files(self):
        """A room of the list that is not there yet. Expect no fault."""
        self.assertEqual(self.faults(), [])

    def test_table(self):
        """All rooms in their order, then one less. Expect one fault."""
        rows = [f"| `{room}` | Text. |\n" for room in self.plan.height]
        head = f"text\n{layers.HEAD}\n|---|---|\n"
        text = head + "".join(rows) + "\nText.\n"
        self.assertEqual(layers.judge_table(text, self.plan), [])
        text = head + "".join(rows[1:]) + "\n" + rows[0]
        faults = layers.judge_table(text, self.plan)
        self.assertEqual(len(faults), 1, faults)

    def test_drawing(self):
        """All rooms, the highest first, as boxes and as lines; one twice, one
        less, two exchanged. Expect a fault for each of the last three."""
        order = list(reversed(self.plan.height))
        below = "```sh\nls\n```\n\n```\n"
        for lines in ([f"  | {room}   it | x |\n" for room in order],
                      [f"      {room} - {room}    it\n" for room in order]):
            text = below + "".join(lines) + "```\n"
            self.assertEqual(layers.judge_drawing("a", text, self.plan), [])
        for wrong in (lines + lines[:1], lines[1:],
                      lines[:-2] + [lines[-1], lines[-2]]):
            text = below + "".join(wrong) + "```\n"
            faults = layers.judge_drawing("a", text, self.plan)
            self.assertEqual(len(faults), 1, faults)


if __name__ == "__main__":
    unittest.main()
