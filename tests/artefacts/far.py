#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""far.py - kmalloc-top of a program with many caches

    far.py KMALLOC_TOP PROGRAM

PROGRAM has 400 caches, and keeps 10 objects of each. Those that it freed lie
in arrays, for the last caches in far slots, and are not the program's.
"""

import json
import subprocess
import sys


def main():
    top, program = sys.argv[1:3]
    with subprocess.Popen([program], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as child:
        if child.stdout.readline() != b"ready\n":
            sys.exit("far.py: the program made no caches")
        text = subprocess.run([top, "--json", str(child.pid)], check=True,
                              stdout=subprocess.PIPE).stdout
        child.stdin.close()
    many = [cache for cache in json.loads(text)["caches"]
            if cache["name"].startswith("many-")]
    wrong = [cache for cache in many if cache["objects"] != 10]
    for cache in wrong[:3]:
        print(f"far.py: not 10 objects: {cache}")
    print(f"{len(many)} caches, {len(wrong)} of them wrong")
    sys.exit(len(many) != 400 or bool(wrong))


if __name__ == "__main__":
    main()
