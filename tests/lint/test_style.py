#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""test_style.py - self-test of style.py on small made-up trees"""

import unittest

import style
import tree

HEADER = "/* a file */\n"


def function(lines):
    return "int f(void)\n{\n" + "\tg();\n" * lines + "}\n"


class StyleTest(tree.TreeTest):
    def faults(self):
        return style.judge(self.root)

    def test_function_lengths(self):
        """Functions of 60 and 61 lines. Expect a fault for the second."""
        self.put("src/core/a.c", HEADER + function(60) + function(61))
        faults = self.faults()
        self.assertEqual(len(faults), 1, faults)
        self.assertIn("src/core/a.c:66", faults[0])
        self.assertIn("61 lines", faults[0])

    def test_no_function(self):
        """Long tables and structs are no functions. Expect no fault."""
        table = "static const int t[] = {\n" + "\t1,\n" * 100 + "};\n"
        struct = "struct s {\n" + "\tint x;\n" * 100 + "};\n"
        self.put("src/core/a.c", HEADER + table + struct)
        self.assertEqual(self.faults(), [])

    def test_brace_in_a_comment(self):
        """A drawing with a brace at its left. Expect no fault."""
        drawing = "/*\n{\n" + "x\n" * 100 + "}\n*/\n"
        self.put("src/core/a.c", HEADER + drawing)
        self.assertEqual(self.faults(), [])

    def test_header_and_benchmark(self):
        """Long functions outside src/*.c. Expect a fault for each."""
        self.put("src/core/a.h", HEADER + function(61))
        self.put("bench/bench_core.cc", HEADER + function(61))
        self.put("tests/unit/core/test_a.c", HEADER + function(61))
        self.assertEqual(len(self.faults()), 3)

    def test_no_header_comment(self):
        """Only a licence line at the top. Expect one fault."""
        spdx = "// SPDX-License-Identifier: MIT\n"
        self.put("src/core/a.c", spdx + "int x;\n")
        self.put("src/core/b.c", spdx + "/*\n * core/b.c - b\n */\n")
        faults = self.faults()
        self.assertEqual(len(faults), 1, faults)
        self.assertIn("src/core/a.c", faults[0])

    def test_header_of_another(self):
        """A file that was moved and one that was renamed, with the headers
        that they had. Expect a fault for each."""
        spdx = "// SPDX-License-Identifier: MIT\n"
        for path in ("src/core/a.c", "src/diag/a.c", "src/core/b.c"):
            self.put(path, spdx + "/*\n * core/a.c - a\n */\n")
        faults = self.faults()
        self.assertEqual(len(faults), 2, faults)
        self.assertFalse(any("src/core/a.c:" in fault for fault in faults))

    def test_words(self):
        """Comments and a page that do not say who. Expect a fault for each."""
        self.put("src/core/a.c", HEADER + "/* Nobody has it, so he may. */\n")
        self.put("docs/a.md", "whoever comes, and the theme of the hedge\n")
        self.put("README.md", "what somebody wrote\n")
        self.put("bench/README.md", "someone\n")
        self.assertEqual(len(self.faults()), 5, self.faults())

    def test_words_over_line_ends(self):
        """The words of three, parted by the end of a line. Expect each found,
        and once."""
        self.put("src/core/a.c", HEADER + "/*\n * so it\n * is said.\n */\n"
                 "/*\n * and it is\n * said\n */\n")
        self.put("tests/a.sh", "# it is\n# said\n# he\n")
        self.assertEqual(len(self.faults()), 4, self.faults())

    def test_words_of_tests(self):
        """Comments of tests and scripts, and the same words in their code and
        strings. Expect a fault for each comment."""
        self.put("tests/unit/core/test_a.c", HEADER + "/* a\n * somebody */\n"
                 "int he; // whoever\nchar s[] = \"/* nobody */\";\n")
        self.put("tests/a.sh", "su nobody  # nobody's\necho $#he he\n")
        quotes = '"' * 3
        self.put("bench/a.py", f"he = 1\n{quotes}his\n\n    him{quotes}\n"
                 "his = 2\n# he\n")
        self.put("scripts/run", "#!/bin/he\n# he\n")
        faults = self.faults()
        self.assertEqual(len(faults), 7, faults)

    def test_width(self):
        """Comments that end at columns 80 and 81: after tabs, behind code, in
        scripts; code that is as wide by itself. Expect the four of 81."""
        for columns in (80, 81):
            self.put(f"tools/a{columns}.c", "/*\n *\t" + "x" * (columns - 11)
                     + " */\nint a; /*" + "x" * (columns - 11) + "*/\n"
                     + "int " + "y" * 80 + "; /* z */\n")
            self.put(f"scripts/{columns}", "# " + "x" * (columns - 2) + "\n")
            self.put(f"bench/a{columns}.py", "x = 1  # "
                     + "x" * (columns - 9) + "\n")
        faults = self.faults()
        self.assertEqual(len(faults), 4, faults)
        self.assertTrue(all("of 81 columns" in fault for fault in faults))

    def test_proofs(self):
        """Comments and pages that speak of proofs. Expect a fault for each,
        and none for a name that has the word in it."""
        self.put("src/core/a.c", HEADER + "/* Proven by x_check(). */\n")
        self.put("CONTRIBUTING.md", "a proof, fork_proven, provide\n")
        self.assertEqual(len(self.faults()), 2, self.faults())

    def test_merge(self):
        """Two ends of a merge in a header, a page and a script. Expect a
        fault for each end, and none for a shift or a heredoc."""
        ends = "<" * 7 + " HEAD\nx\n" + "=" * 7 + "\ny\n" + ">" * 7 + " z\n"
        self.put("src/core/a.h", HEADER + ends)
        self.put("docs/a.md", ends)
        self.put("scripts/run", ends + "cat <<< a\ncat << b\nb\n")
        faults = self.faults()
        self.assertEqual(len(faults), 6, faults)

    def test_long_script(self):
        """A script of 801 lines. Expect one fault."""
        self.put("scripts/x.sh", "\n" * 801)
        faults = self.faults()
        self.assertEqual(len(faults), 1, faults)
        self.assertIn("scripts/x.sh", faults[0])

    def test_clock(self):
        """Tests that the clock ends. Expect a fault for each, and none for
        words in comments or for limits of CPU time."""
        self.put("tests/unit/core/test_a.c", HEADER + "\talarm(30);\n")
        self.put("tests/preload/a.sh", "\ttimeout -k 10 100 sort\n")
        self.put("tests/preload/b.sh", 'x=$(timeout "$limit" sort)\n')
        self.put("tests/debug/a.py", "run(program, timeout=60)\n")
        self.put("tests/CMakeLists.txt", "\tLABELS unit TIMEOUT 60)\n")
        self.assertEqual(len(self.faults()), 5, self.faults())

    def test_no_clock(self):
        """The words elsewhere. Expect no fault."""
        self.put("tests/unit/core/test_a.c",
                 HEADER + "/* no alarm( here */\nint alarm_me(int x);\n")
        self.put("tests/preload/a.sh", "# timeout 5 is wrong\n"
                 "ulimit -S -t 100\nstress-ng --timeout 0\n")
        self.put("tests/CMakeLists.txt", "# no TIMEOUT\n")
        self.put("src/core/a.c", HEADER + "\talarm(30);\n")
        self.assertEqual(self.faults(), [])


if __name__ == "__main__":
    unittest.main()
