# SPDX-License-Identifier: MIT
"""latency.py - how long single calls of malloc and free take in a server.

bench/latency.c has the clock; each allocator runs in turn, and the medians of
the runs are printed, in microseconds. A call during which the kernel took the
CPU away is left out: what remains is the allocator's, the page faults that it
causes, and interrupts.

    /usr/bin/python3 bench/latency.py [--library FILE] [--bindir DIR]
        [--rounds N] [--peers A,B] [--threads N]
"""
import os
import statistics
import subprocess
import sys

from turns import allocators_of, environment, parser_of

COLUMNS = ["median", "99%", "99.9%", "99.99%", "longest"]


def run_once(args, allocator):
    """(calls, left out, then what COLUMNS says in ns) of one run."""
    out = subprocess.run([os.path.join(args.bindir, "latency"),
                          str(args.scale), str(args.threads)], text=True,
                         env=environment(allocator), capture_output=True,
                         check=True).stdout
    return [int(word) for word in out.splitlines()[-1].split()]


def main(argv):
    parser = parser_of("latency", "How long single calls take in a server.")
    parser.add_argument("--threads", type=int, default=4)
    args = parser.parse_args(argv)
    allocators = allocators_of(args)
    samples = {a.name: [] for a in allocators}
    for _ in range(args.rounds):
        for allocator in allocators:
            samples[allocator.name].append(run_once(args, allocator))
    print(f"server, {args.threads} threads, medians of {args.rounds} runs in "
          "turn, microseconds")
    print(f"  {'':12}" + "".join(f"{c:>10}" for c in COLUMNS) +
          f"{'calls':>12}{'left out':>10}")
    for allocator in allocators:
        medians = [statistics.median(column)
                   for column in zip(*samples[allocator.name])]
        print(f"  {allocator.name:12}" +
              "".join(f"{ns / 1000:10.2f}" for ns in medians[2:]) +
              f"{medians[0]:12.0f}{medians[1]:10.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
