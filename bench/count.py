# SPDX-License-Identifier: MIT
"""count.py - instructions per malloc+free pair, counted by callgrind.

bench/pair.c runs N pairs, then 2N; the difference over N is the price of a pair
with its loop and its calls through the PLT. callgrind leaves malloc alone, so
the preloaded one is counted. The same binary always gives the same number.

    /usr/bin/python3 bench/count.py [--library FILE] [--bindir DIR]
        [--size BYTES] [--peers A,B] [--max N]

With --max the exit status is 1 if libkmalloc needs more than N.
"""
import argparse
import os
import re
import subprocess
import sys

from allocators import KNOWN, Allocator, clean_env, find_peers

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, "build", "bench")
PAIRS = 20000


def instructions(pair, path, pairs, size):
    """What one run of bench/pair.c executes in all."""
    env = clean_env()
    if path:
        env["LD_PRELOAD"] = path
    run = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
         pair, str(pairs), str(size)],
        env=env, text=True, capture_output=True, timeout=120, check=False)
    match = re.search(r"Collected : (\d+)", run.stderr)
    if run.returncode or not match:
        last = run.stderr.strip().splitlines()[-1:] or ["no output"]
        raise RuntimeError(f"exit status {run.returncode}: {last[0]}")
    return int(match.group(1))


def per_pair(pair, allocator, size):
    """Instructions per pair. N pairs warm up: refills in them cancel."""
    path = "" if allocator.name == "glibc" else allocator.path
    once = instructions(pair, path, PAIRS, size)
    twice = instructions(pair, path, 2 * PAIRS, size)
    return (twice - once) / PAIRS


def parse(argv):
    parser = argparse.ArgumentParser(
        prog="bench/count.py",
        description="Instructions per malloc+free pair.")
    parser.add_argument("--library", default=os.path.join(
        BUILD, "lib", "libkmalloc-preload.so"))
    parser.add_argument("--bindir", default=os.path.join(BUILD, "bin"))
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--peers", type=lambda s: [x for x in s.split(",")
                                                   if x],
                        default=list(KNOWN))
    parser.add_argument("--max", type=float)
    return parser.parse_args(argv)


def main(argv):
    args = parse(argv)
    pair = os.path.join(args.bindir, "pair")
    allocators = find_peers(args.peers)
    if os.path.exists(args.library):
        library = os.path.realpath(args.library)
        allocators.insert(0, Allocator("libkmalloc", library))
    elif args.max is not None:
        raise SystemExit(f"count: no library at {args.library}")
    failed = 0
    print(f"instructions per pair of malloc({args.size}) and free")
    for allocator in allocators:
        try:
            count = per_pair(pair, allocator, args.size)
        except (OSError, RuntimeError, subprocess.SubprocessError) as err:
            print(f"  {allocator.name:12} failed: {err}")
            failed = 1
            continue
        print(f"  {allocator.name:12} {count:8.1f}")
        if args.max is not None and allocator.name == "libkmalloc" and \
                count > args.max:
            print(f"  more than {args.max:g}")
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
