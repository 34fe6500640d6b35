# SPDX-License-Identifier: MIT
"""scaling.py - the same work done by 1, 2, 4, 8, 64 and 1,000 threads.

Workloads whose work is parted among their threads, run under each allocator in
turn: medians of user and system time in ms, and of peak resident MiB; and, of
libkmalloc alone, how often a lock of a cache or of a node was taken. The time
of a perfect allocator is the same in each column, for the CPUs do the same work
whatever the number of threads is.

    /usr/bin/python3 bench/scaling.py [--library FILE] [--bindir DIR]
        [--rounds N] [--peers A,B] [--form PARAMETERS]
"""
import os
import re
import statistics
import subprocess
import sys
import tempfile

from turns import allocators_of, environment, parser_of

# How many threads each can have; server sends answers from each to each.
THREADS = {
    "server": [1, 2, 4, 8, 16],
    "smallsets": [1, 2, 4, 8, 64, 1000],
    "batches": [1, 2, 4, 8, 64],
    "prodcons": [1, 2, 4, 8, 16],  # pairs of threads
}


def run_once(args, allocator, workload, threads, report):
    """(CPU in ms, peak in MiB, locks in thousands or None) of one run."""
    env = environment(allocator)
    stats = report + ".stats"
    env["KMALLOC_CMDLINE"] = (env.get("KMALLOC_CMDLINE", "") +
                              f" stats_file={stats}").strip()
    preload = env.pop("LD_PRELOAD", "")
    command = [os.path.join(args.bindir, "measure"), "-o", report]
    command += ["-p", preload] if preload else []
    command += ["--", os.path.join(args.bindir, workload), str(args.scale),
                str(threads)]
    subprocess.run(command, env=env, stdout=subprocess.DEVNULL, check=True)
    with open(report, encoding="ascii") as cost:
        _, user, system, rss, _, status = map(int, cost.read().split())
    if status:
        raise SystemExit(f"scaling: {workload} ended with status {status} "
                         f"under {allocator.name}")
    return (user + system) / 1000, rss / 1024, locks_of(stats, workload)


def locks_of(stats, workload):
    """What libkmalloc said of its locks, in thousands; None: another malloc."""
    if not os.path.exists(stats):
        return None
    with open(stats, encoding="ascii") as lines:
        match = re.search(rf"comm={workload} .* locks=(\d+)", lines.read())
    os.remove(stats)
    return int(match.group(1)) / 1000 if match else None


def measure(args, allocators, workload, report):
    """(allocator, threads) -> list of (CPU, peak, locks), in turn."""
    samples = {}
    for _ in range(args.rounds):
        for threads in THREADS[workload]:
            for allocator in allocators:
                samples.setdefault((allocator.name, threads), []).append(
                    run_once(args, allocator, workload, threads, report))
    return samples


def show(workload, what, column, allocators, samples):
    print(f"\n{workload}: {what}, by threads")
    print(f"  {'':14}" + "".join(f"{n:>9}" for n in THREADS[workload]))
    for allocator in allocators:
        if samples[allocator.name, THREADS[workload][0]][0][column] is None:
            continue
        medians = [statistics.median(
            s[column] for s in samples[allocator.name, n])
            for n in THREADS[workload]]
        print(f"  {allocator.name:14}" + "".join(f"{m:9.1f}" for m in medians))


def main(argv):
    parser = parser_of("scaling", "The same work by more and more threads.")
    parser.add_argument("--only", type=lambda s: s.split(","), metavar="A,B",
                        default=list(THREADS))
    args = parser.parse_args(argv)
    unknown = [name for name in args.only if name not in THREADS]
    if unknown:
        parser.error(f"no workload {unknown[0]}: one of {', '.join(THREADS)}")
    allocators = allocators_of(args)
    print(f"medians of {args.rounds} runs in turn, scale {args.scale:g}, "
          f"{os.cpu_count()} CPUs")
    with tempfile.TemporaryDirectory() as tmp:
        for workload in args.only:
            samples = measure(args, allocators, workload,
                              os.path.join(tmp, "cost"))
            show(workload, "CPU time, ms", 0, allocators, samples)
            show(workload, "peak resident, MiB", 1, allocators, samples)
            show(workload, "locks of caches and nodes, thousands", 2,
                 allocators, samples)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
