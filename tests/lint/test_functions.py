#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""test_functions.py - self-test of functions.py on small made-up trees"""

import unittest

import functions
import tree


class FunctionsTest(tree.TreeTest):
    def faults(self, tolerated=()):
        return functions.judge(self.root, dict(tolerated))

    def test_one_word(self):
        """Static functions of one word in many forms. Expect each named."""
        self.put("src/core/a.c",
                 "static int take(int x)\n{\n}\n"
                 "static void *give(void)\n{\n}\n"
                 "static struct a *__add(void)\n{\n}\n"
                 "static __always_inline struct a *set2(int x)\n{\n}\n"
                 "__attribute__((constructor(101))) static void start(void)\n"
                 "static __printf(1, 2) void say(const char *fmt, ...)\n"
                 "static void stop(void) __attribute__((ifunc(\"x\")));\n")
        self.put("src/core/a.h", "static inline bool test(int x)\n{\n}\n")
        faults = self.faults()
        self.assertEqual(len(faults), 8, faults)
        for name in ("take", "give", "__add", "set2", "start", "say", "stop",
                     "test"):
            self.assertEqual(sum(f" {name}() " in f for f in faults), 1, name)

    def test_no_fault(self):
        """Names of two words, the kernel's, calls, data and comments. Expect
        no fault."""
        self.put("src/core/a.c",
                 "static int take_all(int x)\n{\n\ttake(x);\n}\n"
                 "static inline int fls(unsigned int x)\n{\n}\n"
                 "int give(void)\n{\n\tstatic int x = sizeof(int);\n}\n"
                 "/* static int test(void) */\n"
                 "static int (*hook)(int x);\n"
                 "static LIST_HEAD(queue);\n"
                 "static int value = count(1);\n"
                 "#define static_call(x) static int f(x)\n")
        self.put("tests/unit/core/test_a.c", "static int take(int x)\n{\n}\n")
        self.assertEqual(self.faults(), [])

    def test_tolerated(self):
        """A file that may have one such name, twice declared, and then two.
        Expect faults for the two alone."""
        take = "static int take(int x);\nstatic int take(int x)\n{\n}\n"
        self.put("src/core/a.c", take)
        self.assertEqual(self.faults({"src/core/a.c": 1}), [])
        self.put("src/core/a.c", take + "static int give(int x)\n{\n}\n")
        self.assertEqual(len(self.faults({"src/core/a.c": 1})), 3)

    def test_bool_pointer(self):
        """Results by `bool *`, named or not, in src and include. Expect each
        reported, and none for a pointer to a pointer's bool in a comment."""
        self.put("src/core/a.c", "static int ask_it(int x, bool *found)\n{\n}\n"
                 "static void end_all(bool *done, int x);\n"
                 "/* bool *x) */\nstatic bool flag_it(bool x);\n")
        self.put("include/kmalloc/a.h", "int km_ask(bool *);\n")
        self.assertEqual(len(self.faults()), 3, self.faults())


if __name__ == "__main__":
    unittest.main()
