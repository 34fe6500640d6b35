#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""functions.py - do the functions of src have telling names and results?

    functions.py [ROOT]

Prints one line for each fault and exits 1 if there was any:
 - a static function of src whose name is one word, such as take() or __set():
   it does not say what is taken, and grep finds it everywhere. KERNEL_WORDS are
   the kernel's own; ONE_WORD are the files that may still have such names, and
   how many
 - a parameter `bool *` in src or include: what a function found out is an enum,
   whose values have names
"""

import re
import sys

import sources

KERNEL_WORDS = {"__ffs", "fls", "fls64", "ilog2", "ror64", "kswapd", "rmqueue"}

ONE_WORD = {}

# What stands in front of a name and has brackets: __attribute__((used)).
ATTRIBUTE = re.compile(r"\b__(?:attribute__|printf|aligned|section)"
                       r"\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)")
STATIC = re.compile(r"(?!#)[^=;({]*\bstatic\b[^=;({]*?\b(_*[a-z]\w*)\(")
BOOL_POINTER = re.compile(r"\bbool \*+(?:const )?\w*[,)]")


def one_words(lines):
    """Yield (line number, name) of static functions named by one word."""
    for number, line in enumerate(sources.without_comments(lines), 1):
        file_scope = line[:1].strip()
        match = file_scope and STATIC.match(ATTRIBUTE.sub("", line))
        name = match and match.group(1)
        if name and "_" not in name.lstrip("_") and \
                name not in KERNEL_WORDS:
            yield number, name


def judge_names(path, lines, tolerated):
    found = sorted(set(one_words(lines)))
    if len({name for _, name in found}) <= tolerated.get(path, 0):
        return []
    return [f"{path}:{number}: {name}() is one word" for number, name in found]


def judge_results(path, lines):
    return [f"{path}:{number}: a result by `bool *`: make it an enum"
            for number, line in enumerate(sources.without_comments(lines), 1)
            if BOOL_POINTER.search(line)]


def judge(root, tolerated=None):
    tolerated = ONE_WORD if tolerated is None else tolerated
    faults = []
    for path in sources.find(root, ("src", "include"), sources.C_SUFFIXES):
        lines = sources.read_lines(root, path)
        faults += judge_names(path, lines, tolerated)
        faults += judge_results(path, lines)
    return faults


def main():
    faults = judge(sys.argv[1] if len(sys.argv) > 1 else ".")
    return sources.report("functions", faults)


if __name__ == "__main__":
    sys.exit(main())
