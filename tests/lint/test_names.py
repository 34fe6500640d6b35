#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""test_names.py - self-test of names.py on small made-up trees"""

import unittest

import names
import tree

FUNCTION = "int %s(int a,\n\t    int b)\n{\n\tint c = g(a);\n\n\treturn c;\n}\n"


class NamesTest(tree.TreeTest):
    def faults(self, tolerated=None):
        return names.judge(self.root, tolerated or {})

    def twice(self, text, other=None):
        self.put("src/a/a.c", text)
        self.put("src/b/b.h", text if other is None else other)
        return self.faults()

    def defined(self, text):
        return names.names(text.splitlines())

    def test_functions(self):
        """Functions of all shapes. Expect their names, and no others."""
        self.assertEqual(self.defined(
            FUNCTION % "plain" + "static void *\nwrapped(void)\n{\n}\n"
            "struct a *of_struct(struct b *d)\n{\n}\n"
            "__attribute__((constructor(101))) static void start(void)\n"
            "{\n\tif (x) {\n\t\tstruct y z = { 1 };\n\t}\n}\n"
            "void takes(void (*ctor)(void *), int n)\n{\n}\n"
            "static void (*returns(int n))(void)\n{\n\treturn NULL;\n}\n"
            'extern "C" {\nint in_c(void)\n{\n\treturn 0;\n}\n}\n'),
            (set(), {"plain", "wrapped", "of_struct", "start", "takes",
                       "returns", "in_c"}))

    def test_variables(self):
        """Variables of all shapes. Expect their names, and no others."""
        self.assertEqual(self.defined(
            "static int one, two = 2;\nint three[4][N] = { 1, 2 };\n"
            "static struct s *four = f(1, 2);\nu8 five HOT __aligned(64) = 0;\n"
            "int (*six)(int a, int b);\nstatic struct { int a; } seven;\n"
            "extern __thread struct kmem_visit kmem_visit __hidden;\n"
            "__thread u8 eight __hidden;\nstatic LIST_HEAD(nine);\n"
            "static DEFINE_LOCK(ten, RANK);\nchar eleven[] = \"a; int b;\";\n"
            "static const struct ops ops = {\n\t.f = g,\n\t.h = { 1 },\n};\n"),
            (set(), {"one", "two", "three", "four", "five", "six", "seven",
                     "eight", "nine", "ten", "eleven", "ops"}))

    def test_tags(self):
        """Tags, one in a struct and one with a variable. Expect them all."""
        self.assertEqual(self.defined(
            "struct a {\n\tstruct b {\n\t\tint i;\n\t} c;\n};\n"
            "enum d { E = 1, F };\nunion g {\n\tint h;\n} j;\nstruct k;\n"
            "typedef struct l {\n\tint m;\n} n;\n"),
            ({"a", "b", "d", "g", "l"}, {"j", "E", "F"}))

    def test_no_definitions(self):
        """Prototypes, comments, calls of macros; C is one. Expect it alone."""
        self.assertEqual(self.defined(
            "int f(int a);\nextern int b;\n#define C \\\n\tint c;\n"
            "/* int d; */\n// int e;\nvoid g(void (*h)(int), int i);\n"
            "boot_param(\"j\", k, \"l\");\nstatic_assert(M == 1, \"n\");\n"
            "typedef int (*o)(int p);\nMACRO(q, r)\nstruct s;\n"),
            (set(), {"C"}))

    def test_one_definition(self):
        """A name in one file, its prototype in another. Expect no fault."""
        self.assertEqual(self.twice(FUNCTION % "f", "int f(int a, int b);\n"),
                         [])

    def test_twice(self):
        """A static function in two files. Expect the name and both files."""
        faults = self.twice("static " + FUNCTION % "f")
        self.assertEqual(faults,
                         ["f is defined in src/a/a.c, src/b/b.h"])

    def test_each_kind_twice(self):
        """A variable against a function, and a tag. Expect a fault each."""
        self.assertEqual(len(self.twice("int f;\n", FUNCTION % "f")), 1)
        self.assertEqual(self.twice("struct s {\n\tint i;\n};\n"),
                         ["struct s is defined in src/a/a.c, src/b/b.h"])

    def test_tag_and_variable(self):
        """struct arena in one file, arena in another. Expect no fault."""
        self.assertEqual(self.twice("struct arena {\n\tint i;\n};\n",
                                    "struct arena arena;\n"), [])

    def test_arms_of_if(self):
        """Two definitions in one file. Expect no fault."""
        self.assertEqual(self.twice("#if A\nint f;\n#else\nint f;\n#endif\n",
                                    ""), [])

    def test_tolerated(self):
        """Two files, tolerated in one, two and three. Expect both ends."""
        self.twice("int f;\n")
        self.assertEqual(self.faults({"f": 2}), [])
        self.assertEqual(len(self.faults({"f": 1})), 1)
        self.assertEqual(len(self.faults({"f": 3})), 1)
        self.assertEqual(len(self.faults({"f": 2, "g": 2})), 1)


if __name__ == "__main__":
    unittest.main()
