#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""labels.py - has each invariant a name of its own, and a check?

    labels.py [ROOT]

A header comment defines invariants by labels of a prefix and a number:

     * Invariants	SLUB1  inuse = objects - length of the free list
     *		SLUB2  ...	(slub_check() checks both)

Prints one line for each fault and exits 1 if there was any. It judges the
labels that the rooms of src define, which are all its folders.
 - a label that src or include define twice
 - a label with the prefix of a defined one that nothing defines
 - a label without a check: the comment that defines it has to say in brackets
   which functions or tests check it, or "it", "both" or "all"
 - a check that is no function of src and no test
"""

import re
import sys

import docs
import sources

COMMENT = re.compile(r"/\*.*?\*/", re.S)
DEFINED = re.compile(r"^ \*(?: Invariants)?\t+([A-Z]{2,}\d+)  \S", re.M)
CHECKS = re.compile(r"\(((?:[^()]|\(\))*\bchecks?\b(?:[^()]|\(\))*)\)")
NAMED = re.compile(r"([A-Z]{2,})(\d+)(?:-\1(\d+))?")
ALL = re.compile(r"\b(?:it|both|all)\b")
TEST = re.compile(r"\b(?:unit|model|stress|conformance|preload)\.[\w.]*\w")


def plain(comment):
    """The text of a comment in one line, as one reads it."""
    return re.sub(r"\s*\n[ \t]*\*?[ \t]*", " ", comment)


def named(text):
    """The labels that a text names, ranges in full."""
    labels = set()
    for prefix, first, last in NAMED.findall(text):
        labels |= {f"{prefix}{n}"
                   for n in range(int(first), int(last or first) + 1)}
    return labels


def definitions(root):
    """Yield (path, labels, comment) of each comment that defines labels."""
    for path in sources.find(root, ("src", "include"), sources.C_SUFFIXES):
        text = "\n".join(sources.read_lines(root, path))
        for comment in COMMENT.findall(text):
            labels = DEFINED.findall(comment)
            if labels:
                yield path, labels, comment


def functions(root):
    """The names of all functions that src defines or calls."""
    found = set()
    for path in sources.find(root, ("src",), sources.C_SUFFIXES):
        for line in sources.without_comments(sources.read_lines(root, path)):
            found |= set(re.findall(r"(\w+)\(", line))
    return found


def judge_checks(root, path, labels, comment, known):
    faults, covered = [], set()
    for text in CHECKS.findall(plain(comment)):
        covered |= set(labels) if ALL.search(text) else named(text)
        checks = re.findall(r"(\w+)\(\)", text)
        tests = TEST.findall(text)
        faults += [f"{path}: {name}() is no function"
                   for name in checks if name not in known]
        faults += [f"{path}: {name} is the name of no test"
                   for name in tests if not docs.test_exists(root, name)]
        if not checks and not tests:
            faults.append(f"{path}: names no check in ({text})")
    return faults + [f"{path}: does not say what checks {label}"
                     for label in labels if label not in covered]


def judge_uses(root, defined):
    prefixes = {re.sub(r"\d", "", label) for label in defined}
    faults = []
    for path in sources.find(root, ("src", "include", "tests"),
                             sources.C_SUFFIXES):
        text = "\n".join(sources.read_lines(root, path))
        used = set()
        for comment in COMMENT.findall(text):
            used |= named(plain(comment))
        faults += [f"{path}: {label} is defined nowhere"
                   for label in sorted(used - set(defined))
                   if re.sub(r"\d", "", label) in prefixes]
    return faults


def judge(root):
    faults, defined, judged = [], {}, {}
    known = functions(root)
    for path, labels, comment in definitions(root):
        ours = path.startswith("src/") and path.count("/") > 1
        for label in labels:
            defined.setdefault(label, []).append(path)
            if ours:
                judged[label] = defined[label]
        if ours:
            faults += judge_checks(root, path, labels, comment, known)
    faults += [f"{label} is defined in {' and '.join(paths)}"
               for label, paths in judged.items() if len(paths) > 1]
    return faults + judge_uses(root, judged)


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else "."
    faults = judge(root)
    return sources.report("labels", faults)


if __name__ == "__main__":
    sys.exit(main())
