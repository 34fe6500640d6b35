#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# probes.py LIB DOCUMENT PROGRAM - USDT probes are where tools look for them
#
# Expect in the notes of each library, and of each archive, the probes of the
# table in DOCUMENT that it says are there, no others, with as many arguments;
# an address in code for each; and that gdb stops PROGRAM, which allocates
# blocks of order 9 from libkmalloc, at mm_page_alloc with a 9.
import re
import shutil
import subprocess
import sys

LIBRARIES = {
    "libkmalloc-preload.so": "preload", "libkmalloc-preload-slab.so": "preload",
    "libkmalloc.so": "libkmalloc", "libkmalloc-preload.a": "preload",
    "libkmalloc-preload-slab.a": "preload", "libkmalloc.a": "libkmalloc",
}
bad = []


def table(path):
    """{probe: (number of arguments, "all" or a library)}"""
    row = re.compile(r"^\| `(\w+)` \| ([^|]*) \| ([^|]*) \|", re.M)
    text = open(path, encoding="utf-8").read()
    section = re.search(r"^\| probe \|.*?(?=\n\n|\Z)", text, re.M | re.S)
    return {name: (len(args.split(",")), where.strip())
            for name, args, where in row.findall(section.group(0))}


def notes(path):
    """[(probe, number of arguments, address)] of the provider kmem"""
    said = subprocess.run(["readelf", "-n", path], capture_output=True,
                          text=True, check=True).stdout
    found = re.findall(r"Provider: kmem\s+Name: (\w+)\s+Location: (\w+),"
                       r".*\s+Arguments: ?(.*)", said)
    return [(name, len(args.split()), int(at, 16)) for name, at, args in found]


def check(path, known, where):
    seen = set()
    for name, nr, at in notes(path):
        seen.add(name)
        if name not in known:
            bad.append(f"{path}: {name} is not in the table")
        elif nr != known[name][0]:
            bad.append(f"{path}: {name} has {nr} arguments, "
                       f"{known[name][0]} in the table")
        if not at and not path.endswith(".a"):
            bad.append(f"{path}: {name} has no address")
    wanted = {n for n, (_, lib) in known.items() if lib in ("all", where)}
    for name in sorted(wanted - seen):
        bad.append(f"{path}: no {name}")
    for name in sorted((seen & set(known)) - wanted):
        if path.endswith(".a"): # the linker of the program drops the rest
            continue
        bad.append(f"{path}: {name}, which the table has not there")
    print(f"{path}: {len(seen)} probes")


def stop_by_gdb(program):
    if not shutil.which("gdb"):
        return
    said = subprocess.run(
        ["gdb", "-batch", "-nx", "-ex", "set debuginfod enabled off",
         "-ex", "break main", "-ex", "run",
         "-ex", "break -probe-stap kmem:mm_page_alloc if $_probe_arg1 == 9",
         "-ex", "continue", "-ex", "printf \"argc %d order %d\\n\", $_probe_argc, "
         "$_probe_arg1", "-ex", "kill", "--args", program, "9", "20"],
        capture_output=True, text=True, stdin=subprocess.DEVNULL)
    text = said.stdout + said.stderr
    if re.search(r"ptrace|Cannot (trace|insert)|not permitted", text):
        print("gdb cannot trace here")
    elif "argc 4 order 9" not in text:
        bad.append("gdb did not stop at mm_page_alloc:\n" + text)


lib, document, program = sys.argv[1:]
known = table(document)
if len(known) < 20:
    bad.append(f"{document}: {len(known)} rows")
for name, where in LIBRARIES.items():
    check(f"{lib}/{name}", known, where)
stop_by_gdb(program)
sys.exit("\n".join(bad) or 0)
