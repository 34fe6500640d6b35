#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""test_docs.py - self-test of docs.py on small made-up trees"""

import os
import unittest

import docs
import rooms
import sources
import tree

LOCK_H = "enum lock_rank {\n\tLOCK_A, /* first */\n\tLOCK_B,\n\tNR\n};\n"
LOCKING = "**LOCK_A** - a.\n\n**LOCK_B** - b.\n"


class DocsTest(tree.TreeTest):
    def setUp(self):
        super().setUp()
        self.put("src/core/lock.h", LOCK_H)
        self.put("docs/locking.md", LOCKING)
        self.put(rooms.LIST, "sys\ncore\nvmap/large\n")

    def faults(self):
        """Of a tree whose index lists all pages, if no test wrote one."""
        index = os.path.join(self.root, "docs/README.md")
        if not os.path.exists(index):
            pages = sources.find(self.root, ("docs",), (".md",))
            self.put("docs/README.md", "".join(
                f"[x]({os.path.relpath(page, 'docs')})\n" for page in pages))
            faults = docs.judge(self.root)
            os.remove(index)
            return faults
        return docs.judge(self.root)

    def one_fault(self, words):
        faults = self.faults()
        self.assertEqual(len(faults), 1, faults)
        self.assertIn(words, faults[0])

    def test_nothing_wrong(self):
        """Links that lead somewhere. Expect no fault."""
        self.put("README.md", "[a](docs/a.md) [b](https://example.org/x)\n")
        self.put("docs/a.md", "# One thing: x\n[up](../README.md)"
                 "[here](#one-thing-x) src/core/lock.h, docs/.\n")
        self.assertEqual(self.faults(), [])

    def test_dead_link(self):
        """A link to a file that is not there. Expect one fault."""
        self.put("README.md", "[a](docs/a.md)\n")
        self.one_fault("docs/a.md")

    def test_dead_anchor(self):
        """A link to a heading that is not there. Expect one fault."""
        self.put("docs/a.md", "# One\n[x](#two)\n")
        self.one_fault("#two")

    def test_dead_path(self):
        """A path in the text, and one in a source file. Expect both."""
        self.put("docs/a.md", "See `src/core/none.c`.\n")
        self.put("src/core/a.c", "/* docs/none.md */\n")
        self.assertEqual(len(self.faults()), 2, self.faults())

    def test_files_of_rooms(self):
        """Comments that name files which are there, the kernel's, and libc's;
        then two of rooms that are gone. Expect both."""
        self.put("src/core/a.c", "/* core/lock.h, mm/slab.c and <sys/x.h> */\n")
        self.assertEqual(self.faults(), [])
        self.put("src/core/a.c", "/* core/a.c, vmap/area.c, core/lock.c */\n")
        self.assertEqual(len(self.faults()), 2, self.faults())

    def test_test_names(self):
        """Names of each kind, half of them wrong. Expect those."""
        self.put("tests/unit/core/test_list.c", "")
        self.put("tests/preload/cases/git.sh", "")
        self.put("tests/misuse/CMakeLists.txt", "foreach(x IN ITEMS a b)\n")
        self.put("docs/a.md", "`unit.core.list` `preload.git` `misuse.a.b`\n")
        self.assertEqual(self.faults(), [])
        self.put("docs/a.md", "`unit.core.no` `preload.no` `misuse.a.no`\n")
        self.assertEqual(len(self.faults()), 3, self.faults())

    def test_parameters(self):
        """One in the source, another in the table, then in the manual page.
        Expect three faults, then one."""
        self.put("src/core/a.c", '/**/\nboot_param("mem.size", f, "none");\n')
        self.put("docs/parameters.md", "| `mem.siez` | none |\n")
        self.assertEqual(len(self.faults()), 3, self.faults())
        self.put("docs/parameters.md", "| `mem.size` | none |\n")
        page = ".SS Boot parameters\n.TP\n.BI mem.size= bytes\n"
        self.put("docs/man/kmalloc-preload.7", page)
        self.assertEqual(self.faults(), [])
        page += ".TQ\n.B mem.siez\n.SH SEE ALSO\n.TP\n.B mem.other\n"
        self.put("docs/man/kmalloc-preload.7", page)
        self.one_fault("mem.siez is no boot parameter")

    def test_values(self):
        """Allowed values that differ, or are missing. Expect a fault."""
        self.put("docs/man/kmalloc-preload.7", ".BI size= bytes\n")
        self.put("docs/parameters.md", "| `size` | 0, or a \"word\" | none |\n")
        self.put("src/core/a.c", 'boot_param_alias("size", f, tag,\n'
                 '\t\t "0, or "\n\t\t "a \\"word\\"");\n')
        self.assertEqual(self.faults(), [])
        for values in ('"0"', '""'):
            self.put("src/core/a.c", f'boot_param("size", f, {values});\n')
            self.one_fault("size")

    def test_knobs(self):
        """A knob without a word on it. Expect a fault."""
        self.put("src/buddy/a.c", '\t.procname = "vm.one",\n')
        self.put("docs/api.md", "| `vm.one_more` |\n")
        self.one_fault("vm.one")
        self.put("docs/api.md", "| `vm.one` |\n")
        self.assertEqual(self.faults(), [])

    def test_facts(self):
        """Cited facts, one after a line break, a range. Expect the faults."""
        self.put("docs/kernel.md", "- **P1** one.\n- **P2** two.\n"
                 "- **M1** three.\n- **P4** four.\n")
        self.put("src/core/a.c", "/* (docs/kernel.md\n *\t\tP1, P2), P9 */\n")
        self.put("tests/unit/core/test_a.c", "/* docs/kernel.md M1 and P4 */\n")
        self.assertEqual(self.faults(), [])
        self.put("src/core/a.c", "/* docs/kernel.md P1-P4, M2 */\n")
        self.assertEqual(len(self.faults()), 2, self.faults())
        self.put("src/core/a.c", "/* kernel-" + "facts P1 */\n")
        self.one_fault("not in the repository")
        self.put("src/core/a.c", "")
        self.put("docs/kernel.md", "- **M1** a.\n- **P4** b.\n- **P4** c.\n")
        self.one_fault("twice")

    def test_index(self):
        """A page that the index by reader leaves out. Expect a fault."""
        self.put("docs/README.md", "[locks](locking.md)\n")
        self.put("docs/a.md", "")
        self.one_fault("docs/a.md is not in the list")

    def test_words(self):
        """A word of the glossary, linked or not where it is used first, after
        headings, code, tables and other links. Expect the two faults."""
        self.put("docs/glossary.md", "### sheaf\nA tick.\n### large area\n")
        self.put("docs/a.md", "# sheaf\n`sheaf` and a tick\n| sheaf |\n"
                 "[a sheaf](glossary.md) area\n```\nsheaf\n```\n")
        self.assertEqual(self.faults(), [])
        self.put("docs/a.md", "Some sheaves.\n")
        self.one_fault("a.md:1: does not link sheaf")
        self.put("docs/a.md", "[Sheaves](glossary.md#sheaf), sheaves, [large\n"
                 "areas](glossary.md#large-area).\n")
        self.assertEqual(self.faults(), [])
        self.put("docs/a.md", "Many\nsheaves, [sheaves](glossary.md#sheaf).\n")
        self.one_fault("a.md:2: does not link sheaf")

    def test_sentences(self):
        """Sentences of 30 and of 31 words, the longer one in two lines; code
        and the words of a link count as they are read. Expect one fault."""
        self.put("docs/a.md", "One, " + "two\n" * 28 + "end. `a b c` [d](#e) "
                 + "two\n" * 25 + "and `malloc-16` ... more. Then free().\n"
                 "# e\n")
        self.assertEqual(self.faults(), [])
        self.put("docs/a.md", "- An item.\n- " + "one " * 15 + "\n  "
                 + "two " * 16 + "\n\nEnd.\n")
        self.one_fault("docs/a.md:2: a sentence of 31 words")

    def test_no_sentences(self):
        """Many words in tables, programs and headings. Expect no fault."""
        words = "one " * 40
        self.put("docs/a.md", f"# {words}\n| {words} |\n```\n{words}\n"
                 f"```\n<!-- {words} -->\n")
        self.assertEqual(self.faults(), [])

    def test_columns(self):
        """Lines of 110 and 111 columns. Expect a fault for the second."""
        self.put("CHANGELOG.md", "x" * 110 + "\n\n" + "y" * 111 + "\n")
        self.one_fault("CHANGELOG.md:3: a line of 111 columns")

    def test_exports(self):
        """Exported names without a word on them. Expect a fault for each."""
        self.put("src/shim/preload.map",
                 "{\nglobal:\n\tmalloc;\n\tfree;\n\tkm_*;\nlocal:\n\t*;\n};\n")
        self.put("src/kmalloc.map", "A {\nglobal:\n\tkfree;\n\tlater;\n};\n")
        self.put("include/kmalloc/slab.h", "void kfree(const void *p);\n")
        self.put("docs/shim.md", "free\n")
        self.put("docs/api.md", "nothing\n")
        self.assertEqual(len(self.faults()), 2, self.faults())

    def test_ranks(self):
        """Two locks the wrong way round. Expect a fault."""
        self.put("docs/locking.md", "**LOCK_B** - b.\n\n**LOCK_A** - a.\n")
        self.one_fault("LOCK_B LOCK_A")

    def test_letters(self):
        """A reference to a letter that is not there. Expect a fault."""
        self.put("docs/divergence.md", "## A. Arena\n")
        self.put("src/core/a.c", "/* docs/divergence.md A, divergence.md Q */")
        self.one_fault("no Q")

    def test_labels(self):
        """A label that is there twice. Expect a fault, and none where another
        letter begins."""
        self.put("docs/divergence.md", "- A2. a.\n- A10. b.\n- B1. c.\n")
        self.assertEqual(self.faults(), [])
        self.put("docs/divergence.md", "- B1. a.\n- B13. b.\n- B13. c.\n")
        self.one_fault("B13 is there twice")

    def test_drawings(self):
        """Broken XML, and one that no page shows. Expect both."""
        self.put("docs/a.svg", "<svg><g></svg>")
        self.put("docs/b.svg", "<svg/>")
        self.put("docs/a.md", "![a](a.svg)\n")
        self.assertEqual(len(self.faults()), 2, self.faults())

    def test_drawings_below(self):
        """A drawing in a folder of docs, shown by its path. Expect no fault,
        and one if only its name is there."""
        self.put("docs/c/a.svg", "<svg/>")
        self.put("docs/a.md", "![a](c/a.svg)\n")
        self.assertEqual(self.faults(), [])
        self.put("docs/a.svg", "<svg/>")
        self.put("docs/a.md", "![a](a.svg)\n")
        self.one_fault("docs/c/a.svg: no document shows it")

    def test_program(self):
        """A program that calls what no header declares. Expect a fault."""
        self.put("README.md", "```c\nint main(void) { return f(); }\n```\n")
        self.one_fault("does not compile")
        self.put("README.md", "```c\nint main(void) { return 0; }\n```\n")
        self.assertEqual(self.faults(), [])


if __name__ == "__main__":
    unittest.main()
