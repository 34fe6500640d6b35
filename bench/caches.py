# SPDX-License-Identifier: MIT
"""caches.py - object caches of both backends beside glibc and jemalloc.

Runs bench_slub, in both forms of SLUB, and bench_slab in turn, each several
times with its benchmarks in random order, and prints medians in nanoseconds an
object, then the bounds: a pair at most 0.8 times jemalloc's, a hand-over from
thread to thread at least 2 times jemalloc's throughput, as geometric means over
the sizes.

    scripts/bench --only tree --rounds 1      (builds preset bench)
    /usr/bin/python3 bench/caches.py [--bindir DIR] [--rounds N]
"""
import argparse
import json
import math
import os
import statistics
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# name: program, the heap that it has to be called so, boot parameters
BACKENDS = {"slub": ("bench_slub", "slub", "slub=6.18"),
            "slub7": ("bench_slub", "slub", "slub=7.0"),
            "slab": ("bench_slab", "slab", "")}
KINDS = ["pair", "bulk", "flood", "cross"]
TUNABLE = "glibc.rtld.optional_static_tls=16384"
PAIR_BOUND = 0.8
CROSS_BOUND = 2.0


def run_once(bindir, backend, samples):
    """Adds nanoseconds an object, by (kind, heap, size)."""
    program, ours, parameters = BACKENDS[backend]
    program = os.path.join(bindir, program)
    env = dict(os.environ, GLIBC_TUNABLES=TUNABLE, KMALLOC_CMDLINE=parameters)
    run = subprocess.run(
        [program, "--benchmark_format=json", "--benchmark_min_time=0.03",
         "--benchmark_enable_random_interleaving=true"],
        env=env, text=True, capture_output=True, check=True)
    for row in json.loads(run.stdout)["benchmarks"]:
        kind, heap, size = row["run_name"].split("/")[:3]
        if heap in (ours, f"{ours}-ctor"):
            heap = backend + heap.removeprefix(ours)
        cost = 1e9 / row["items_per_second"] if "items_per_second" in row \
            else row["real_time"]
        samples.setdefault((kind, heap, int(size)), []).append(cost)


def print_table(cost, kind):
    heaps = [b + c for b in BACKENDS for c in ("", "-ctor")]
    heaps += ["glibc", "jemalloc"]
    heaps = [h for h in heaps if any(k[:2] == (kind, h) for k in cost)]
    sizes = sorted({k[2] for k in cost if k[0] == kind})
    print(f"{kind:>9}" + "".join(f"{h:>11}" for h in heaps))
    for size in sizes:
        print(f"{size:>9}" + "".join(
            f"{cost[kind, h, size]:>11.2f}" for h in heaps))


def ratio(cost, kind, backend):
    """Geometric mean of backend / jemalloc over the sizes."""
    logs = [math.log(c / cost[kind, "jemalloc", size])
            for (k, heap, size), c in cost.items()
            if (k, heap) == (kind, backend)]
    return math.exp(sum(logs) / len(logs))


def judge(cost):
    for backend in BACKENDS:
        pair = ratio(cost, "pair", backend)
        cross = 1 / ratio(cost, "cross", backend)
        print(f"  {'holds' if pair <= PAIR_BOUND else 'MISSED':7} {backend}: "
              f"a pair {pair:.2f} x jemalloc's time (bound {PAIR_BOUND})")
        print(f"  {'holds' if cross >= CROSS_BOUND else 'MISSED':7} {backend}:"
              f" hand-over {cross:.2f} x jemalloc's throughput "
              f"(bound {CROSS_BOUND:g})")


def main(argv):
    parser = argparse.ArgumentParser(prog="bench/caches.py")
    parser.add_argument("--bindir",
                        default=os.path.join(ROOT, "build", "bench", "bin"))
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args(argv)
    samples = {}
    for _ in range(args.rounds):
        for backend in BACKENDS:
            run_once(args.bindir, backend, samples)
    cost = {key: statistics.median(s) for key, s in samples.items()}
    print(f"nanoseconds an object, medians of {args.rounds} runs")
    for kind in KINDS:
        print_table(cost, kind)
    if any(key[1] == "jemalloc" for key in cost):
        judge(cost)
    else:
        print("jemalloc could not be loaded: no bounds")


if __name__ == "__main__":
    main(sys.argv[1:])
