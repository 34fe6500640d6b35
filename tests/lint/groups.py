#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""groups.py - has each test the label of its group?

    groups.py ROOT [TESTS]

TESTS is the CTestTestfile.cmake of a build folder. The group of a test is the
first word of its name: that of unit.buddy.free is unit, that of
static-pie.program is static. Prints one line for each fault and exits 1 if
there was any:
 - a test of TESTS without the label of its group
 - a label that is not in the list km_labels of scripts/lib.sh, which
   scripts/test --label knows and --help prints
 - a label of that list that no file below tests/ gives to a test
 - an add_test() outside tests/support/test.cmake, which gives the labels
"""

import json
import os
import re
import subprocess
import sys

import sources

DECLARES = "tests/support/test.cmake"


def listed(root):
    """The labels that scripts/lib.sh lists."""
    path = os.path.join(root, "scripts", "lib.sh")
    with open(path, encoding="utf-8") as file:
        match = re.search(r'^km_labels="([^"]*)"', file.read(), re.M)
    return match.group(1).split() if match else []


def words(root):
    """Judge the files that declare tests; return faults and their words."""
    faults, found = [], set()
    for path in sources.find(root, ("tests",), (".cmake", "CMakeLists.txt")):
        for number, line in enumerate(sources.read_lines(root, path), 1):
            code = line.partition("#")[0]
            found |= set(re.findall(r"[a-z]+", code))
            if "add_test(" in code and path != DECLARES:
                faults.append(f"{path}:{number}: add_test(): use km_test()")
    return faults, found


def judge_test(name, labels, known):
    group = re.match(r"[a-z]*", name).group()
    faults = [f"{name}: has not its label '{group}'"] * (group not in labels)
    return faults + [f"{name}: scripts/lib.sh does not list label '{label}'"
                     for label in labels if label not in known]


def tests(path):
    """Yield (name, labels) of each test of a CTestTestfile.cmake."""
    told = subprocess.run(
        ["ctest", "--test-dir", os.path.dirname(path), "--show-only=json-v1"],
        check=True, capture_output=True, text=True)
    for test in json.loads(told.stdout)["tests"]:
        labels = [value for part in test.get("properties", [])
                  if part["name"] == "LABELS" for value in part["value"]]
        yield test["name"], labels


def judge(root, path=None):
    known = listed(root)
    faults, found = words(root)
    folders = set(os.listdir(os.path.join(root, "tests")))
    faults += [f"scripts/lib.sh: no test has label '{label}'"
               for label in known if label not in found | folders]
    for name, labels in tests(path) if path else ():
        faults += judge_test(name, labels, known)
    return faults


def main():
    faults = judge(*sys.argv[1:3])
    return sources.report("groups", faults)


if __name__ == "__main__":
    sys.exit(main())
