# SPDX-License-Identifier: MIT
"""vmap.py - what an area of vmalloc space costs, beside mmap and jemalloc.

Runs bench_vmap in turn with each mapping backend, several times with its
benchmarks in random order, and prints medians in nanoseconds, then the bounds:
an area that is mapped and unmapped costs at most 1.5 times the calls that this
takes, and a place among 100,000 live areas at most 5 times one among 100.

    scripts/bench --only tree --rounds 1      (builds preset bench)
    /usr/bin/python3 bench/vmap.py [--bindir DIR] [--rounds N]
"""
import argparse
import json
import math
import os
import re
import statistics
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BACKENDS = ["mmap", "remap_file_pages"]
TUNABLE = "glibc.rtld.optional_static_tls=16384"
CALLS_BOUND = 1.5
PLACE_BOUND = 5
COLUMNS = ["vmalloc", "vmalloc 2 threads", "vmalloc_fresh", "os_calls",
           "os_mmap", "jemalloc"]


def run_once(program, backend, samples):
    """Adds nanoseconds of real time, by (backend, benchmark name)."""
    env = dict(os.environ, GLIBC_TUNABLES=TUNABLE,
               KMALLOC_CMDLINE=f"vmap={backend}")
    run = subprocess.run(
        [program, "--benchmark_format=json", "--benchmark_min_time=0.03",
         "--benchmark_enable_random_interleaving=true"],
        env=env, text=True, capture_output=True, check=True)
    units = {"ns": 1, "us": 1e3, "ms": 1e6}
    for row in json.loads(run.stdout)["benchmarks"]:
        name = re.sub("/real_time", "", row["run_name"])
        samples.setdefault((backend, name), []).append(
            row["real_time"] * units[row["time_unit"]])


def print_table(cost):
    sizes = sorted({int(n.split("/")[1]) for _, n in cost
                    if n.startswith("os_mmap/")})
    print(f"{'pages':>6}" + "".join(f"{c:>19}" for c in COLUMNS)
          + f"{'fresh, remap_file_pages':>25}")
    for size in sizes:
        names = [f"vmalloc/{size}", f"vmalloc/{size}/threads:2"] + [
            f"{c}/{size}" for c in COLUMNS[2:]]
        cells = [cost.get(("mmap", n)) for n in names]
        cells.append(cost.get(("remap_file_pages", f"vmalloc_fresh/{size}")))
        print(f"{size:>6}" + "".join(
            f"{'-' if c is None else format(c, '.0f'):>{w}}"
            for c, w in zip(cells, [19] * len(COLUMNS) + [25])))


def judge(cost):
    """The bounds, each with its figure."""
    logs = []
    for (backend, name), ns in cost.items():
        if backend == "mmap" and name.startswith("vmalloc_fresh/"):
            calls = cost["mmap", name.replace("vmalloc_fresh", "os_calls")]
            logs.append(math.log(ns / calls))
    fresh = math.exp(statistics.fmean(logs))
    place = cost["mmap", "place/100000"] / cost["mmap", "place/100"]
    for value, bound, what in [
            (fresh, CALLS_BOUND, "an area mapped and unmapped, to the calls "
             "alone (geometric mean)"),
            (math.exp(max(logs)), CALLS_BOUND, "the same, the worst size"),
            (place, PLACE_BOUND, "a place among 100,000 areas, to one "
             "among 100")]:
        print(f"  {'holds' if value <= bound else 'MISSED':7} {what}: "
              f"{value:.2f} x (bound {bound})")
    base = cost["mmap", "fork/0"]
    print(f"fork with 64 MiB of areas: "
          f"{(cost['mmap', 'fork/64'] - base) / 64e3:.0f} us a MiB")


def main(argv):
    parser = argparse.ArgumentParser(prog="bench/vmap.py")
    parser.add_argument("--bindir",
                        default=os.path.join(ROOT, "build", "bench", "bin"))
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args(argv)
    program = os.path.join(args.bindir, "bench_vmap")
    samples = {}
    for _ in range(args.rounds):
        for backend in BACKENDS:
            run_once(program, backend, samples)
    cost = {key: statistics.median(s) for key, s in samples.items()}
    print(f"nanoseconds an area, medians of {args.rounds}, pages untouched")
    print_table(cost)
    for name in ["mix", "long_list/15000", "place/100", "place/100000"]:
        print(f"  {name}: {cost['mmap', name]:.0f} ns")
    judge(cost)


if __name__ == "__main__":
    main(sys.argv[1:])
