#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""outside.py - what the built libraries show to the world

    outside.py LIBDIR

Each test reads the libraries with nm, readelf, size and ar; those of release,
since the bounds (docs: numbers to hold) are bounds of that build.
"""

import os
import re
import subprocess
import sys
import unittest

PRELOAD, PRELOAD_A = "libkmalloc-preload.so", "libkmalloc-preload.a"
SLAB, SLAB_A = "libkmalloc-preload-slab.so", "libkmalloc-preload-slab.a"
API, API_A = "libkmalloc.so.1", "libkmalloc.a"
API_MAP = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                       "../../src/kmalloc.map")

MAX_EXPORTS = 100
MAX_TLS_BYTES = 64
MAX_TEXT_BYTES = 448 * 1024

LOADER = re.compile(r"^(libc\.so\.6|ld-linux-.*\.so\.\d+)$")

C_NAMES = """malloc free calloc realloc reallocarray posix_memalign
    aligned_alloc memalign valloc pvalloc cfree malloc_usable_size free_sized
    free_aligned_sized malloc_trim mallinfo mallinfo2 mallopt malloc_info
    malloc_stats __libc_malloc __libc_free __libc_calloc __libc_realloc
    __libc_memalign __libc_valloc __libc_pvalloc __libc_cfree
    __posix_memalign""".split()
EXTRA_NAMES = """malloc_get_state malloc_set_state __libc_mallinfo
    __libc_mallopt reallocf reallocarr malloc_size malloc_good_size
    _aligned_malloc recallocarray freezero malloc_object_size alloc_at_least
    aligned_alloc_at_least mallocx rallocx xallocx sallocx dallocx sdallocx
    nallocx fork vfork dlopen""".split()
NEW = ["_Zn%sm%s" % (op, args) for op in "wa" for args in
       ("", "RKSt9nothrow_t", "St11align_val_t",
        "St11align_val_tRKSt9nothrow_t")]
DELETE = ["_Zd%sPv%s" % (op, args) for op in "la" for args in
          ("", "m", "RKSt9nothrow_t", "St11align_val_t", "mSt11align_val_t",
           "St11align_val_tRKSt9nothrow_t")]

# A static program has the operators of its C++ runtime, and libc's fork(); and
# it loads nothing.
SHARED_ONLY = set(NEW + DELETE + ["fork", "vfork", "dlopen"])

libdir = "."


def tool(*args):
    return subprocess.run(args, cwd=libdir, check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def exports(library):
    """Names with their versions, as in kmalloc@@KMALLOC_1.0."""
    lines = tool("nm", "-D", "--defined-only", library).splitlines()
    return {line.split()[2] for line in lines if line.split()[1] != "A"}


def archive_globals(archive):
    lines = tool("nm", "-g", "--defined-only", archive).splitlines()
    return {line.split()[2] for line in lines if len(line.split()) == 3}


def dynamic(library, tag):
    lines = tool("readelf", "-dW", library).splitlines()
    return [line.partition(f"({tag})")[2].strip()
            for line in lines if f"({tag})" in line]


def needed(library):
    return [re.search(r"\[(.*)\]", value).group(1)
            for value in dynamic(library, "NEEDED")]


def segments(library, name):
    """The columns of each program header of that name."""
    lines = tool("readelf", "-lW", library).splitlines()
    return [line.split() for line in lines if line.split()[:1] == [name]]


def sections(library):
    """Name, address and size of each section."""
    row = re.compile(r"\] (\S+) +\S+ +([0-9a-f]{16}) [0-9a-f]+ ([0-9a-f]+)")
    return [(name, int(at, 16), int(size, 16)) for name, at, size in
            row.findall(tool("readelf", "-SW", library))]


def symbols(library):
    """Type, name, address of each symbol, by address."""
    rows = [line.split() for line in
            tool("readelf", "-sW", library).splitlines()]
    return sorted((int(row[1], 16), row[3], row[7]) for row in rows
                  if len(row) == 8 and row[0][:-1].isdigit())


def writable_functions(library):
    """Names of the variables in which relocations put functions, and that can
    be written when the library has been loaded."""
    relro = segments(library, "GNU_RELRO")[0]
    start = int(relro[2], 16)
    end = start + int(relro[5], 16)
    text = [(at, at + size) for name, at, size in sections(library)
            if name == ".text"][0]
    variables = [(at, name) for at, kind, name in symbols(library)
                 if kind == "OBJECT"]
    functions = {name for at, kind, name in symbols(library)
                 if kind == "FUNC"}
    found = []
    for line in tool("readelf", "-rW", library).splitlines():
        words = line.split()
        if len(words) < 4 or not words[2].startswith("R_"):
            continue
        at = int(words[0], 16)
        if len(words) == 4:
            value = int(words[3], 16)
            to_code = text[0] <= value < text[1]
        else:
            to_code = words[4].partition("@")[0] in functions
        if to_code and not start <= at < end:
            found.append(max(v for v in variables if v[0] <= at)[1])
    return found


class HardenedTest(unittest.TestCase):
    """How the compiler and the linker harden each shared library."""
    library = PRELOAD

    def test_functions(self):
        """Pointers to functions that a stray write could change. Expect those
        of shrinkers, which the kernel's struct has, and of the operators, which
        programs replace; none in tables."""
        for name in writable_functions(self.library):
            self.assertRegex(name, r"^(cxx_slot|caches\.\d+|pcp\.\d+|"
                             r"large_shrinker|lazy_shrinker)$")

    def test_tables(self):
        """The tables of parameters, texts and knobs. Expect entries in them, in
        the part that is read-only after the start."""
        relro = segments(self.library, "GNU_RELRO")[0]
        start = int(relro[2], 16)
        sizes = {name: (at, size) for name, at, size in
                 sections(self.library)}
        self.assertFalse([name for name in sizes if name.startswith("km_")])
        at, size = sizes[".data.rel.ro.km_tables"]
        self.assertGreater(size, 50 * 24)
        self.assertTrue(start <= at and
                        at + size <= start + int(relro[5], 16))
        self.assertIn(".got", sizes)
        self.assertNotIn(".got.plt", sizes)

    def test_checks(self):
        """What -fstack-protector and _FORTIFY_SOURCE call. Expect both."""
        wanted = tool("nm", "-D", "--undefined-only", self.library)
        self.assertIn(" __stack_chk_fail@", wanted)
        self.assertRegex(wanted, r" __\w+_chk@")

    def test_landing(self):
        """Exported functions on x86-64. Expect endbr64 at each."""
        code = tool("objdump", "-d", "--no-show-raw-insn", self.library)
        if "file format elf64-x86-64" not in code:
            self.skipTest("another processor")
        first = dict(re.findall(r"^[0-9a-f]+ <(\w+)>:\n *\w+:\t(\S+)", code,
                                re.M))
        names = {n.partition("@")[0] for n in exports(self.library)}
        self.assertGreater(len(names & set(first)), 50)
        self.assertEqual([n for n in names & set(first)
                          if first[n] != "endbr64"], [])


class HardenedSlabTest(HardenedTest):
    """The same of the library on SLAB."""
    library = SLAB


class HardenedApiTest(HardenedTest):
    """The same of libkmalloc."""
    library = API


class PreloadTest(unittest.TestCase):
    library, archive = PRELOAD, PRELOAD_A

    def test_needed(self):
        """What is loaded along. Expect libc.so.6 and the loader at most."""
        for name in needed(self.library):
            self.assertRegex(name, LOADER)

    def test_no_version(self):
        """Versions stop interposition. Expect a plain name everywhere."""
        self.assertEqual([n for n in exports(self.library) if "@" in n], [])

    def test_all_names(self):
        """The whole malloc family and 20 operators. Expect no gap."""
        self.assertEqual(len(NEW + DELETE), 20)
        missing = set(C_NAMES + NEW + DELETE) - exports(self.library)
        self.assertEqual(sorted(missing), [])

    def test_nothing_else(self):
        """Names beyond the malloc family. Expect only km_malloc_*."""
        names = exports(self.library)
        self.assertLessEqual(len(names), MAX_EXPORTS)
        family = set(C_NAMES + NEW + DELETE + EXTRA_NAMES)
        strangers = {n for n in names - family
                     if not n.startswith("km_malloc_")}
        self.assertEqual(strangers, set())

    def test_never_unloaded(self):
        """Threads free after dlclose. Expect NODELETE and NOW."""
        flags = " ".join(dynamic(self.library, "FLAGS_1"))
        self.assertIn("NODELETE", flags)
        self.assertIn("NOW", flags)
        self.assertEqual(dynamic(self.library, "TEXTREL"), [])
        self.assertTrue(segments(self.library, "GNU_RELRO"))

    def test_tls(self):
        """Static TLS is scarce. Expect 64 bytes at most."""
        size = sum(int(columns[5], 16) for columns in segments(self.library, "TLS"))
        self.assertLessEqual(size, MAX_TLS_BYTES)

    def test_text(self):
        """The text column of size. Expect 448 KiB at most."""
        text = int(tool("size", self.library).splitlines()[1].split()[0])
        self.assertLessEqual(text, MAX_TEXT_BYTES)

    def test_archive(self):
        """The static one is one object. Expect the names but SHARED_ONLY."""
        self.assertEqual(len(tool("ar", "t", self.archive).split()), 1)
        self.assertNotRegex(tool("readelf", "-SW", self.archive),
                            r"\] km_\w+ ")
        self.assertEqual(archive_globals(self.archive),
                         exports(self.library) - SHARED_ONLY)


class PreloadSlabTest(PreloadTest):
    """The same of the library on SLAB."""
    library, archive = SLAB, SLAB_A


class ApiTest(unittest.TestCase):
    def test_versions(self):
        """The API is versioned. Expect KMALLOC_1.0 on every name."""
        names = exports(API)
        self.assertTrue(names)
        self.assertEqual([n for n in names
                          if not n.endswith("@@KMALLOC_1.0")], [])

    def test_map(self):
        """The version script is the list. Expect each name, and no other."""
        with open(API_MAP, encoding="utf-8") as script:
            wanted = set(re.findall(r"^\t(\w+);$", script.read(), re.M))
        self.assertTrue(wanted)
        self.assertEqual({n.partition("@")[0] for n in exports(API)}, wanted)

    def test_soname(self):
        """Programs ask for the major version. Expect libkmalloc.so.1."""
        self.assertIn(f"[{API}]", dynamic(API, "SONAME")[0])

    def test_disjoint(self):
        """Both live in one process. Expect no name in common."""
        names = {n.partition("@")[0] for n in exports(API)}
        self.assertEqual(names & exports(PRELOAD), set())

    def test_archive(self):
        """The static one is one object. Expect the same names."""
        names = {n.partition("@")[0] for n in exports(API)}
        self.assertEqual(len(tool("ar", "t", API_A).split()), 1)
        self.assertEqual(archive_globals(API_A), names)


if __name__ == "__main__":
    libdir = sys.argv.pop(1)
    if not os.path.exists(os.path.join(libdir, API)):
        del ApiTest, HardenedApiTest
    unittest.main()
