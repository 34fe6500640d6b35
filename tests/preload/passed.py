#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""passed.py - the sorted names of the tests that passed, with how often.

Usage: passed.py FILE... (what `python3 -m test --junit-xml FILE` writes)
"""
import collections
import sys
import xml.etree.ElementTree as ElementTree

PASSED = collections.Counter()
for path in sys.argv[1:]:
    for case in ElementTree.parse(path).iter("testcase"):
        if all(e.tag.startswith("system-") for e in case):
            PASSED[case.get("name")] += 1
for name, count in sorted(PASSED.items()):
    print(count, name)
