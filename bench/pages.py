# SPDX-License-Identifier: MIT
"""pages.py - what a block of pages costs, beside locks and mmap.

Runs bench_buddy five times or more with its benchmarks in random order and
prints medians in nanoseconds, then the bounds: orders 0-3 from the per-CPU
lists at most 25 ns above two uncontended lock pairs, order 9 at most 8 times
these.

    scripts/bench --only tree --rounds 1      (builds preset bench)
    /usr/bin/python3 bench/pages.py [--bindir DIR] [--rounds N]
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ORDERS = 11
HOT_LIMIT_NS = 25
LARGE_LIMIT_PAIRS = 8


def measure(program, rounds):
    """Median nanoseconds (real time) per item, by benchmark name."""
    run = subprocess.run(
        [program, "--benchmark_format=json", "--benchmark_min_time=0.05",
         f"--benchmark_repetitions={rounds}",
         "--benchmark_enable_random_interleaving=true"],
        text=True, capture_output=True, check=True)
    samples = {}
    for row in json.loads(run.stdout)["benchmarks"]:
        if row["run_type"] != "iteration":
            continue
        cost = 1e9 / row["items_per_second"] if "items_per_second" in row \
            else row["real_time"]
        name = re.sub(r"/real_time", "", row["run_name"])
        samples.setdefault(name, []).append(cost)
    return {name: statistics.median(s) for name, s in samples.items()}


def print_table(cost):
    columns = ["pages_hot", "pages_hot 2 threads", "pages_cold",
               "pages_broken", "os_mmap"]
    keys = ["pages_hot/{}", "pages_hot/{}/threads:2", "pages_cold/{}",
            "pages_broken/{}", "os_mmap/{}"]
    print(f"{'order':>5}" + "".join(f"{c:>21}" for c in columns))
    for order in range(ORDERS):
        cells = [cost.get(key.format(order)) for key in keys]
        print(f"{order:>5}" + "".join(
            f"{'-':>21}" if c is None else f"{c:>21.1f}" for c in cells))


def judge(cost):
    """The bounds, each with its figure."""
    locks = cost["two_lock_pairs"]
    print(f"two uncontended lock pairs: {locks:.1f} ns")
    for order in range(4):
        above = cost[f"pages_hot/{order}"] - locks
        verdict = "holds" if above <= HOT_LIMIT_NS else "MISSED"
        print(f"  {verdict:7} order {order}: {above:.1f} ns above "
              f"(bound {HOT_LIMIT_NS})")
    ratio = cost["pages_hot/9"] / locks
    verdict = "holds" if ratio <= LARGE_LIMIT_PAIRS else "MISSED"
    print(f"  {verdict:7} order 9: {ratio:.1f} x the two pairs "
          f"(bound {LARGE_LIMIT_PAIRS})")


def main(argv):
    parser = argparse.ArgumentParser(prog="bench/pages.py")
    parser.add_argument("--bindir",
                        default=os.path.join(ROOT, "build", "bench", "bin"))
    parser.add_argument("--rounds", type=int, default=7)
    args = parser.parse_args(argv)
    cost = measure(os.path.join(args.bindir, "bench_buddy"), args.rounds)
    print("nanoseconds a block, medians of "
          f"{args.rounds}, pages untouched")
    print_table(cost)
    for name in sorted(n for n in cost if "bulk" in n or "exact" in n):
        print(f"  {name}: {cost[name]:.1f} ns")
    judge(cost)


if __name__ == "__main__":
    main(sys.argv[1:])
