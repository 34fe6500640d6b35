#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""test_table.py - does table.py see what came of a program?

A fake program prints and does what its second argument says: a row that differs
from the table must fail, and one that agrees must pass. Expect "all passed".
"""

import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TABLE = os.path.join(HERE, "..", "table.py")
PROGRAM = """#!/bin/sh
if [ $# -eq 0 ]; then
	cat "$(dirname "$0")/rows"
	exit
fi
case $1 in
second) echo "second owner" ;;
wrong) echo "wrong byte"; kill -SEGV $$ ;;
harmless) echo harmless ;;
late) echo harmless; kill -ABRT $$ ;;
abort) kill -ABRT $$ ;;
fault) kill -SEGV $$ ;;
report) echo "BUG malloc-32 (Not tainted): x" >&2; echo harmless ;;
after) echo "BUG malloc-32 (Not tainted): x" >&2; echo "wrong byte" ;;
hang) kill -KILL $$ ;;
silent) ;;
status) echo harmless; exit 3 ;;
esac
"""
EXPECTED = {"second": "not seen", "wrong": "not seen", "harmless": "harmless",
            "late": "abort", "abort": "abort", "fault": "abort",
            "report": "reported", "after": "reported"}

faults = []


def run(folder, rows, table, *options):
    with open(f"{folder}/rows", "w", encoding="utf-8") as file:
        file.writelines(f"family {row} 8\n" for row in rows)
    with open(f"{folder}/table", "w", encoding="utf-8") as file:
        file.write(table)
    done = subprocess.run(
        [sys.executable, "-B", TABLE, "--program", f"{folder}/program",
         "--slub", "", "--slab", "", "--table", f"{folder}/table", *options],
        check=False, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def expect(what, condition, told):
    if not condition:
        faults.append(what)
        print(f"FAIL: {what}: {told}")


def line(kind, result):
    return f"{kind}  8  {result}  {result}  {result}\n"


def try_results(folder):
    """Each result agrees with its own word alone."""
    for kind, right in EXPECTED.items():
        for result in ("abort", "reported", "harmless", "not seen"):
            status, told = run(folder, [kind], line(kind, result),
                               "--check", "slab")
            expect(f"{kind} beside {result}",
                   status == (0 if result == right else 1), told)
    status, told = run(folder, ["late"], "# why: chance\n" +
                       line("late", "abort or harmless"), "--check", "slub")
    expect("one of two results", status == 0, told)


def try_broken(folder):
    """What has no result, and what is no table, fails in one line."""
    for kind in ("hang", "silent", "status"):
        status, told = run(folder, [kind], line(kind, "abort"),
                           "--check", "slub")
        expect(kind, status == 1 and told.count("\n") == 1, told)
    good = line("abort", "abort")
    for what, table in (
            ("no row", ""), ("a row too many", good + line("x", "abort")),
            ("twice", good + good), ("a wrong word", line("abort", "abrt")),
            ("no reason", line("abort", "abort or harmless")),
            ("another's reason", "# why: x\n" + line("x", "abort") +
             line("abort", "abort or harmless")),
            ("a column is missing", "abort  8  abort  abort\n")):
        status, told = run(folder, ["abort"], table, "--check", "slub")
        expect(what, status == 1 and told.count("\n") == 1, told)
    status, told = run(folder, ["abort"], good, "--check", "slub",
                       "--family", "nope")
    expect("no such family", status == 1, told)


def try_can_fail(folder):
    """A row that is the same everywhere is one that cannot fail."""
    for result, right in (("abort", 1), ("harmless", 0)):
        status, told = run(folder, ["abort"], line("abort", result),
                           "--can-fail", "/dev/null")
        expect(f"can fail beside {result}", status == right, told)


def try_update(folder):
    """The table is written with what was seen, and then agrees."""
    status, told = run(folder, ["second", "abort"], line("second", "abort"),
                       "--update")
    expect("update", status == 0 and "6 results" in told and
           "second 8 slab: not seen; the table has: abort" in told, told)
    with open(f"{folder}/table", encoding="utf-8") as file:
        table = file.read()
    status, told = run(folder, ["second", "abort"], table, "--check", "debug")
    expect("after the update", status == 0, told)


def main():
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/program", "w", encoding="utf-8") as file:
            file.write(PROGRAM)
        os.chmod(f"{folder}/program", 0o755)
        for attempt in (try_results, try_broken, try_can_fail, try_update):
            attempt(folder)
    if not faults:
        print("all passed")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
