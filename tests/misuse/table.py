#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""table.py - what comes of each kind of memory error, beside the table

    table.py --program FAULT --slub LIBRARY --slab LIBRARY [OPTIONS] [KIND...]

FAULT commits one fault a run (tests/misuse/table/fault.c). A row of the table
is a kind at a size, and what is expected of it in three columns: under the
library on SLUB, on SLAB, and on SLUB with slab_debug. A result is one of

    abort       the program was ended, by abort() or a fault, before harm
    reported    slab_debug wrote its report, and the program went on
    harmless    the program went on, and no harm ever came
    not seen    malloc handed out what has an owner, or an owner read a byte
                that is not its own

"abort or not seen" is a row that depends on chance or on the kernel; the line
in front of it, "# why: ...", has the reason.

    --table FILE    the table (default: table.txt beside this file)
    --check COLUMN  only compare with that column; exits 1 if a row differs
    --can-fail LIBRARY  only look for rows that could have no other result: none
                    in the table, and none on the three mallocs of LIBRARY
                    (tests/misuse/table/mallocs.c); exits 1 if there is one
    --family NAME   only rows of that family: a file of tests/misuse/table
    --runs N        run each row N times; results are all that were seen
    --update        print the rows that differ, and write the table anew
    --rows          print each row

Without --check and --update it prints how many rows had each result, also for
the malloc of libc.
"""

import argparse
import collections
import concurrent.futures
import os
import re
import signal
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
COLUMNS = ("slub", "slab", "debug")
MALLOCS = ("trusting", "keeping", "fencing")
RESULTS = ("abort", "reported", "harmless", "not seen")
HARM = ("second owner", "wrong byte")
REPORT = re.compile(r"^(?:BUG |slab error in )", re.M)
HEAD = """\
# What comes of each kind of memory error: docs/misuse.md
#
# Written by scripts/misuse --update, read by the tests misuse.table.*, which
# fail when a row differs. Columns: kind, size, result on SLUB, on SLAB, on SLUB
# with slab_debug. "# why" is of the next row, which has more than one result.
"""

Row = collections.namedtuple("Row", "family kind size")
Entry = collections.namedtuple("Entry", "expected why")


class Broken(Exception):
    """A row that has no result: the program did what it never may."""


def rows_of(program):
    """All rows that the program knows, in its order."""
    told = subprocess.run([program], check=True, capture_output=True, text=True)
    return [Row(*line.split()) for line in told.stdout.splitlines()]


def read_table(path):
    """The entries of the table by (kind, size)."""
    entries, why = {}, ""
    with open(path, encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file]
    for number, line in enumerate(lines, 1):
        if line.startswith("#"):
            why = line.partition("# why: ")[2]
            continue
        kind, size, *expected = re.split(r"\s{2,}", line.strip())
        if len(expected) != len(COLUMNS):
            raise Broken(f"{path}:{number}: not {len(COLUMNS)} results")
        expected = dict(zip(COLUMNS, [cell.split(" or ")
                                      for cell in expected]))
        for cell in expected.values():
            if set(cell) - set(RESULTS):
                raise Broken(f"{path}:{number}: no such result")
            if len(cell) > 1 and not why:
                raise Broken(f"{path}:{number}: does not say why")
        if (kind, size) in entries:
            raise Broken(f"{path}:{number}: is there twice")
        entries[kind, size] = Entry(expected, why)
        why = ""
    return entries


def write_table(path, rows, entries):
    with open(path, "w", encoding="utf-8") as file:
        file.write(HEAD)
        for row in rows:
            entry = entries[row.kind, row.size]
            cells = [" or ".join(entry.expected[name]) for name in COLUMNS]
            line = f"{row.kind:18}{row.size:9}" + "".join(
                f"{cell:21}" if " or " in cell else f"{cell:12}"
                for cell in cells)
            file.write(f"# why: {entry.why}\n" if entry.why else "")
            file.write(line.rstrip() + "\n")


def environment(column, libraries):
    env = {name: value for name, value in os.environ.items()
           if name not in ("LD_PRELOAD", "KMALLOC_CMDLINE")
           and not name.startswith("MALLOC_")}
    library = libraries.get("slub" if column == "debug" else column)
    if column in MALLOCS:
        library = libraries["mallocs"]
        env["MISUSE_MALLOC"] = column
    if library:
        env["LD_PRELOAD"] = library
    if column == "debug":
        env["KMALLOC_CMDLINE"] = "slab_debug"
    return env


def judge(status, out, err):
    """The result of one run, or None if its malloc has not the call."""
    lines = out.splitlines()
    if lines and lines[0] in HARM:
        return "reported" if REPORT.search(err) else "not seen"
    if lines == ["no such call"]:
        return None
    if status in (-signal.SIGABRT, -signal.SIGSEGV, -signal.SIGBUS,
                  -signal.SIGILL, -signal.SIGTRAP):
        return "abort"
    if status == 0 and lines == ["harmless"]:
        return "reported" if REPORT.search(err) else "harmless"
    raise Broken(f"status {status}, wrote {out!r}, {err[-300:]!r}")


def run_row(row, column, args):
    """All results of the runs of a row, the most frequent first."""
    seen = collections.Counter()
    for _ in range(args.runs):
        done = subprocess.run(
            [args.program, row.kind, row.size], check=False,
            env=environment(column, args.libraries), capture_output=True,
            text=True, errors="replace", stdin=subprocess.DEVNULL)
        try:
            seen[judge(done.returncode, done.stdout, done.stderr)] += 1
        except Broken as broken:
            raise Broken(f"{row.kind} {row.size} {column}: {broken}") from None
    return [result for result, _ in seen.most_common()]


def run_rows(rows, columns, args):
    """The results by (row, column); rows run side by side."""
    pairs = [(row, column) for row in rows for column in columns]
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        results = pool.map(lambda pair: run_row(*pair, args), pairs)
        return dict(zip(pairs, results))


def differs(entry, column, results):
    return set(results) - set(entry.expected[column])


def tell(row, column, was, results):
    print(f"{row.kind} {row.size} {column}: {' or '.join(results)}"
          f"; the table has: {was}")


def check(rows, entries, args):
    """Compare with one column; return the exit status."""
    faults = 0
    for (row, column), results in run_rows(rows, [args.check], args).items():
        entry = entries[row.kind, row.size]
        if differs(entry, column, results):
            tell(row, column, " or ".join(entry.expected[column]), results)
            faults += 1
    print(f"{len(rows)} rows, {faults} differ from the table")
    return 1 if faults else 0


def update(rows, entries, args):
    """Write what was seen into the table, and print what differed."""
    count = 0
    for (row, column), results in run_rows(rows, COLUMNS, args).items():
        entry = entries.setdefault((row.kind, row.size), Entry({}, ""))
        was = entry.expected.get(column)
        results.sort(key=RESULTS.index)
        if was is None:
            entry.expected[column] = results
            count += 1
        elif set(results) - set(was) or len(was) == 1 != len(results):
            tell(row, column, " or ".join(was), results)
            entry.expected[column] = results
            count += 1
    for key, entry in entries.items():
        chance = any(len(cell) > 1 for cell in entry.expected.values())
        if chance != bool(entry.why):
            entries[key] = entry._replace(why=chance and "chance" or "")
    return count


def can_fail(rows, entries, args):
    """Look for rows that have one result everywhere; return the status."""
    results = run_rows(rows, MALLOCS, args)
    faults = 0
    for row in rows:
        seen = set(sum((results[row, name] for name in MALLOCS), []))
        for cell in entries[row.kind, row.size].expected.values():
            seen |= set(cell)
        if len(seen) < 2:
            print(f"{row.kind} {row.size}: cannot but be {seen}")
            faults += 1
    print(f"{len(rows)} rows, {faults} cannot fail")
    return 1 if faults else 0


def percent(part, total):
    return f"{100 * part / max(total, 1):8.0f}%"


def count_results(rows, column, results):
    """How many rows had each result; of several the worst counts."""
    return collections.Counter(
        sorted(results[row, column], key=str)[-1] for row in rows
        if results[row, column] != [None])


def print_rows(rows, columns, results):
    for row in rows:
        cells = [" or ".join(str(result) for result in results[row, column])
                 for column in columns]
        print(f"{row.kind:18}{row.size:9}" +
              "".join(f"{cell:22}" for cell in cells).rstrip())


def print_rates(rows, args):
    columns = (*COLUMNS, "libc")
    results = run_rows(rows, columns, args)
    if args.rows:
        print_rows(rows, columns, results)
    families = list(dict.fromkeys(row.family for row in rows))
    print(f"{'':8}{'rows':>6}" + "".join(f"{name:>10}" for name in RESULTS) +
          f"{'caught':>9}{'of harm':>9}{'no harm':>9}   caught of: " +
          " ".join(f"{name:>8}" for name in families))
    for column in columns:
        seen = count_results(rows, column, results)
        total = sum(seen.values())
        caught = seen["abort"] + seen["reported"]
        print(f"{column:8}{total:6}" +
              "".join(f"{seen[name]:10}" for name in RESULTS) +
              percent(caught, total) +
              percent(caught, caught + seen["not seen"]) +
              percent(total - seen["not seen"], total), end=f"{'':14}")
        for family in families:
            seen = count_results([row for row in rows if row.family == family],
                                 column, results)
            print(percent(seen["abort"] + seen["reported"],
                          sum(seen.values())), end="")
        print()


def parse():
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--program", required=True)
    parser.add_argument("--slub", required=True)
    parser.add_argument("--slab", required=True)
    parser.add_argument("--table", default=os.path.join(HERE, "table.txt"))
    parser.add_argument("--check", choices=COLUMNS)
    parser.add_argument("--can-fail")
    parser.add_argument("--family")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--rows", action="store_true")
    parser.add_argument("kinds", nargs="*")
    args = parser.parse_args()
    args.libraries = {"slub": args.slub, "slab": args.slab,
                      "mallocs": args.can_fail}
    return args


def main():
    args = parse()
    every = rows_of(args.program)
    rows = [row for row in every
            if (not args.family or row.family == args.family) and
            (not args.kinds or row.kind in args.kinds)]
    if args.update:
        entries = read_table(args.table) if os.path.exists(args.table) else {}
        count = update(rows, entries, args)
        write_table(args.table, every, entries)
        print(f"{count} results written")
        return 0
    if args.check or args.can_fail:
        entries = read_table(args.table)
        wrong = {(row.kind, row.size) for row in every} ^ set(entries)
        if wrong or not rows:
            print(f"the program and the table have not the same rows: {wrong}")
            return 1
        return (check if args.check else can_fail)(rows, entries, args)
    print_rates(rows, args)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Broken as broken:
        sys.exit(f"table.py: {broken}")
