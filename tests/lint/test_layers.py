#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""test_layers.py - self-test of layers.py on small made-up trees"""

import unittest

import layers
import tree


class LayersTest(tree.TreeTest):
    def faults(self):
        return layers.judge(self.root)

    def assert_one_fault(self, *words):
        faults = self.faults()
        self.assertEqual(len(faults), 1, faults)
        for word in words:
            self.assertIn(word, faults[0])

    def put_headers(self):
        for layer in layers.HEIGHT:
            if layer != "init":
                self.put(f"src/{layer}/{layer}.h", "/* a header */\n")
        self.put("src/init.h", "/* a header */\n")

    def test_downward(self):
        """Each layer includes all below it. Expect no fault."""
        self.put_headers()
        for upper, height in layers.HEIGHT.items():
            lines = [f'#include "{lower}/{lower}.h"\n'
                     for lower, below in layers.HEIGHT.items()
                     if below < height and lower != "init"]
            folder = "src" if upper == "init" else f"src/{upper}"
            self.put(f"{folder}/{upper}.c", "".join(lines))
        self.assertEqual(self.faults(), [])

    def test_upward(self):
        """sys includes core, the lowest step up. Expect one fault."""
        self.put_headers()
        self.put("src/sys/a.c", '/* x */\n#include "core/core.h"\n')
        self.assert_one_fault("src/sys/a.c:2", "upward", "core")

    def test_every_upward_pair(self):
        """Each layer includes each above it. Expect a fault for each."""
        self.put_headers()
        pairs = [(a, b) for a in layers.HEIGHT for b in layers.HEIGHT
                 if layers.HEIGHT[a] < layers.HEIGHT[b]]
        for lower, upper in pairs:
            header = "init.h" if upper == "init" else f"{upper}/{upper}.h"
            folder = "src" if lower == "init" else f"src/{lower}"
            self.put(f"{folder}/to_{upper}.c", f'#include "{header}"\n')
        faults = self.faults()
        self.assertEqual(len(faults), len(pairs), faults)

    def test_sideways(self):
        """slub includes slab, vmap includes slub. Expect two faults."""
        self.put_headers()
        self.put("src/slub/a.c", '#include "slab/slab.h"\n')
        self.put("src/vmap/a.c", '#include "slub/slub.h"\n')
        faults = self.faults()
        self.assertEqual(len(faults), 2, faults)
        for fault in faults:
            self.assertIn("sideways", fault)

    def test_relative_path(self):
        """A climb out of the folder is seen through. Expect one fault."""
        self.put_headers()
        self.put("src/core/a.h", '#include "../buddy/buddy.h"\n')
        self.assert_one_fault("src/core/a.h:1", "upward")

    def test_angle_brackets(self):
        """<buddy/buddy.h> is the same file. Expect one fault."""
        self.put_headers()
        self.put("src/core/a.c", "#  include <buddy/buddy.h>\n")
        self.assert_one_fault("upward")

    def test_in_a_comment(self):
        """An #include inside a comment is text. Expect no fault."""
        self.put_headers()
        self.put("src/core/a.c", '/*\n#include "buddy/buddy.h"\n*/\n')
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

    def test_public_header(self):
        """A public header includes one of src/. Expect one fault."""
        self.put_headers()
        self.put("include/kmalloc/mm.h", '#include "core/core.h"\n')
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
        """src/ has a folder that is no layer. Expect one fault."""
        self.put("src/util/a.c", "/* x */\n")
        self.assert_one_fault("src/util")


if __name__ == "__main__":
    unittest.main()
