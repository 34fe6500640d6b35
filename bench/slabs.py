# SPDX-License-Identifier: MIT
"""slabs.py - instructions of refill and flush for an object, on both forms.

bench/batch.c runs 20 rounds, then 40; callgrind counts what the backend's
refill and flush execute, with all that they call, and the difference is divided
by the objects. The last column is the whole program's, malloc and free too.

    /usr/bin/python3 bench/slabs.py [--library FILE] [--bindir DIR]
"""
import argparse
import os
import re
import subprocess
import sys

from allocators import clean_env

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, "build", "bench")
ROUNDS = 20
OBJECTS = 8192 * 7 // 8  # of a round
FORMS = {"6.18": "slub", "7.0": "slub7"}


def instructions(program, library, form, function):
    """What a run executes inside a function; "" for all of it."""
    inside = [f"--toggle-collect={function}"] if function else []
    env = clean_env() | {"LD_PRELOAD": library,
                         "KMALLOC_CMDLINE": f"slub={form}"}
    run = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
         *inside, *program], env=env, text=True, capture_output=True,
        timeout=300, check=False)
    match = re.search(r"Collected : (\d+)", run.stderr)
    if run.returncode or not match:
        raise SystemExit(f"slabs: {' '.join(program)}: failed")
    return int(match.group(1))


def per_object(batch, library, form, order, function):
    once, twice = (instructions([batch, order, str(n)], library, form,
                                function) for n in (ROUNDS, 2 * ROUNDS))
    return (twice - once) / ROUNDS / OBJECTS


def main(argv):
    parser = argparse.ArgumentParser(
        prog="bench/slabs.py",
        description="Instructions of refill and flush for an object.")
    parser.add_argument("--library", default=os.path.join(
        BUILD, "lib", "libkmalloc-preload.so"))
    parser.add_argument("--bindir", default=os.path.join(BUILD, "bin"))
    args = parser.parse_args(argv)
    batch = os.path.join(args.bindir, "batch")
    library = os.path.realpath(args.library)
    for path in (batch, library):
        if not os.path.exists(path):
            raise SystemExit(f"slabs: {path} is missing: scripts/bench "
                             "builds it")
    print(f"{'slub=':6}{'order':10}{'refill':>8}{'flush':>8}{'all':>8}")
    for form, prefix in FORMS.items():
        for order in ("rising", "shuffled"):
            counts = [per_object(batch, library, form, order, name)
                      for name in (f"{prefix}_refill", f"{prefix}_flush", "")]
            print(f"{form:6}{order:10}" +
                  "".join(f"{c:8.1f}" for c in counts))


if __name__ == "__main__":
    main(sys.argv[1:])
