# SPDX-License-Identifier: MIT
"""startup.py - what preloading an allocator adds to a program that does
nothing.

/bin/true is started many times without a preload and with each allocator, in
turn; bench/measure.c holds the clock. Resident memory is read twice: the peak
of true as wait4 has it (the kernel keeps that count in batches, so it is off by
up to some 100 KiB either way), and the exact count that cat prints of itself
from /proc/self/smaps_rollup. Last the system calls of one start, if strace is
installed.

    /usr/bin/python3 bench/startup.py [--library FILE] [--bindir DIR]
        [--runs N] [--peers A,B]
"""
import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile

from allocators import KNOWN, Allocator, clean_env, find_peers

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, "build", "bench")
PROGRAM = "/bin/true"
NONE = "no preload"


def start_once(bindir, path, report):
    """(wall in ms, peak in KiB) of one start."""
    subprocess.run([os.path.join(bindir, "measure"), "-o", report, "-p", path,
                    "--", PROGRAM], env=clean_env(), check=True)
    with open(report, encoding="ascii") as cost:
        wall, _, _, rss, _, status = map(int, cost.read().split())
    if status:
        raise RuntimeError(f"true ended with status {status} under {path}")
    return wall / 1e6, rss


def exact_rss(path):
    """Resident KiB of a cat that reads its own page tables."""
    env = clean_env()
    if path:
        env["LD_PRELOAD"] = path
    text = subprocess.run(["cat", "/proc/self/smaps_rollup"], env=env,
                          text=True, capture_output=True, check=True).stdout
    return int(re.search(r"^Rss:\s*(\d+)", text, re.MULTILINE).group(1))


def system_calls(path):
    """Calls of one start; None without strace."""
    try:
        env = ["-E", f"LD_PRELOAD={path}"] if path else []
        run = subprocess.run(["strace", "-f", "-c", *env, PROGRAM], text=True,
                             env=clean_env(), capture_output=True,
                             check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    total = re.search(r"^100\.00\s.*?(\d+)(?:\s+\d+)?\s+total", run.stderr,
                      re.MULTILINE)
    return int(total.group(1)) if total else None


def measure_all(allocators, args):
    """name -> list of (wall, peak), in turn."""
    samples = {name: [] for name, _ in allocators}
    with tempfile.TemporaryDirectory() as tmp:
        report = os.path.join(tmp, "cost")
        for _ in range(args.runs):
            for name, path in allocators:
                samples[name].append(start_once(args.bindir, path, report))
    return samples


def parse(argv):
    parser = argparse.ArgumentParser(
        prog="bench/startup.py",
        description="What a preload adds to the start of a program.")
    parser.add_argument("--library", default=os.path.join(
        BUILD, "lib", "libkmalloc-preload.so"))
    parser.add_argument("--bindir", default=os.path.join(BUILD, "bin"))
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--peers", type=lambda s: [x for x in s.split(",")
                                                   if x],
                        default=[n for n in KNOWN if n != "glibc"])
    return parser.parse_args(argv)


def main(argv):
    args = parse(argv)
    peers = find_peers(args.peers)
    if os.path.exists(args.library):
        library = os.path.realpath(args.library)
        peers.insert(0, Allocator("libkmalloc", library))
    allocators = [(NONE, "")] + [(p.name, p.path) for p in peers]
    samples = measure_all(allocators, args)
    base_wall = statistics.median(w for w, _ in samples[NONE])
    base_peak = statistics.median(r for _, r in samples[NONE])
    base_rss = statistics.median(exact_rss("") for _ in range(9))
    print(f"{PROGRAM}, medians of {args.runs} starts each, in turn; "
          "+ is over no preload")
    print(f"  {'':12} {'wall ms':>8} {'+ms':>7} {'peak KiB':>9} {'+KiB':>6} "
          f"{'exact +KiB':>11} {'calls':>6}")
    for name, path in allocators:
        wall = statistics.median(w for w, _ in samples[name])
        peak = statistics.median(r for _, r in samples[name])
        exact = statistics.median(exact_rss(path) for _ in range(9))
        calls = system_calls(path)
        print(f"  {name:12} {wall:8.3f} {wall - base_wall:7.3f} {peak:9.0f} "
              f"{peak - base_peak:6.0f} {exact - base_rss:11.0f} "
              f"{'-' if calls is None else calls:>6}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
