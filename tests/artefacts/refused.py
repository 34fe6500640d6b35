#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""refused.py - do libkmalloc's warnings say what was asked, the limit, by whom?

    refused.py SHARED STATIC

Runs each case of refused.c, linked with the library and with its archive.
Expect the program to end by itself and its stderr to have the case's message,
then a line "WARNING: CPU: n PID: n at FILE:LINE FUNCTION()" that names the
function of the program that asked; where the program holds the library, that is
in the stack that follows instead.
"""

import os
import platform
import re
import subprocess
import sys

CASES = {
    "kmalloc": "kmalloc: 5242880 bytes are too many, the most are 4194304",
    "kvmalloc": "kvmalloc: 1099511627776 bytes are too many, the most are "
                "2147483647",
    "krealloc": "krealloc: an alignment of 24 is no power of two",
    "pages": "alloc_pages: order 15 is too large, the largest is 10",
    "node": r"alloc_pages: node 63, there are \d+",
    "mobility": "alloc_pages: __GFP_MOVABLE and __GFP_RECLAIMABLE at once "
                r"\(flags 0x[0-9a-f]+\)",
    "vmalloc": "vmalloc: a size of 0",
    "vfree": r"Trying to vfree\(\) bad address \(0x[0-9a-f]+8\)",
    "vmap": r"vmap: 7 pages at .*",
    "free_pages": r"free_pages: bad address \(0x[0-9a-f]+010\)",
    "frag": "page_frag_alloc: size 100, alignment 48",
    "mempool": "mempool_create: -3 elements, .*",
    "zeroed": "kmem_cache_alloc: __GFP_ZERO for cache built, which has a "
              "constructor",
    "usercopy": "kmem_cache_create: bytes 60 to 68 for usercopy are not inside "
                "an object of 64",
}
LINE = r"WARNING: CPU: \d+ PID: \d+ at [a-z_]+\.[ch]:\d+ \w+\(\)"


def expected(case, shared):
    caller = rf"ask_{case}\+0x[0-9a-f]+/0x[0-9a-f]+"
    first = rf"(?m)^{CASES[case]}\n{LINE}"
    if shared:
        return rf"{first}, called from {caller}$"
    return rf"{first}\nCall Trace:\n(?: .*\n)*? {caller}$"


def run(program, case, shared):
    env = {k: v for k, v in os.environ.items() if k != "KMALLOC_CMDLINE"}
    done = subprocess.run([program, case], env=env, text=True,
                          stderr=subprocess.PIPE, check=False)
    if done.returncode:
        return f"ended with {done.returncode}"
    if not re.search(expected(case, shared), done.stderr):
        return "says something else"
    return None


def main(programs):
    failed = 0
    if platform.machine() != "x86_64":
        print("skipped: stacks are walked on x86-64 alone")
        return 77
    for shared, program in zip((True, False), programs):
        for case in CASES:
            wrong = run(program, case, shared)
            if wrong:
                failed += 1
                print(f"{program} {case}: {wrong}")
                subprocess.run([program, case], check=False)
    print(f"refused: {len(CASES)} cases, {len(programs)} programs")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
