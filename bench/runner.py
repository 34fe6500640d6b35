# SPDX-License-Identifier: MIT
"""runner.py - measures programs under several allocators, in turn.

Started by scripts/bench, which installs and builds; README.md tells the method.
Per round and program each allocator runs once (A B C A B C ...), so a machine
that slows down for a while slows all of them.
"""
import argparse
import dataclasses
import json
import os
import shlex
import sys
import tempfile
import time

import machine
import measuring
import report
from allocators import (KNOWN, Allocator, find_peers, form_of, not_a_library,
                        proof, refused_parameters, slab_library, unknown_peers)
from programs import NAMES, REAL_PROGRAMS, WRITTEN, make_programs

SUBJECT = "libkmalloc"
QUICK = WRITTEN + ["sqlite3", "lua"]
QUICK_PEERS = ["glibc", "jemalloc"]
QUICK_SCALE = 0.4


def names_of(text):
    """A comma-separated list; the groups stand for their members."""
    groups = {"written": WRITTEN, "real": list(REAL_PROGRAMS), "all": NAMES}
    names = []
    for name in text.split(","):
        names += groups.get(name, [name])
    unknown = [n for n in names if n not in NAMES]
    if unknown:
        raise argparse.ArgumentTypeError(
            f"unknown workload {unknown[0]}: one of {', '.join(NAMES)}")
    return list(dict.fromkeys(names))


class Parser(argparse.ArgumentParser):
    """One line for what is wrong, as the other scripts have it."""

    def error(self, message):
        self.exit(2, f"{self.prog}: {message} (--help tells more)\n")


def wrong_forms(args):
    """What is wrong with the forms, as far as it shows without a library."""
    if args.form and args.peers_only:
        return "--form needs libkmalloc, which --peers-only leaves out"
    for i, form in enumerate(args.form):
        words = form.split()
        if not words or form in args.form[:i]:
            return f"--form '{form}': {'given twice' if words else 'empty'}"
        if words[0] != "slab" and words[0] != "slub" and "=" not in form:
            return (f"--form '{form}': neither slab nor slub nor a boot "
                    "parameter with its value")
        if words[0] == "slab" and args.library is not None:
            wrong = not_a_library(slab_library(args.library))
            if wrong:
                return f"--form '{form}' {wrong}"
    return ""


def parse(argv):
    parser = Parser(
        prog="scripts/bench", allow_abbrev=False,
        description="Speed and memory of libkmalloc and other mallocs, "
        "measured in turn on written workloads and real programs.",
        epilog=f"Workloads: {', '.join(NAMES)}; written, real and all stand "
        f"for groups. Peers: {', '.join(KNOWN)}, or NAME=LIBRARY.")
    parser.add_argument("--quick", action="store_true",
                        help="shorter runs against glibc and jemalloc, of "
                        f"{', '.join(QUICK)}; takes under three minutes")
    parser.add_argument("--rounds", type=int, default=5, metavar="N",
                        help="runs of each pair, 5 unless told otherwise")
    parser.add_argument("--scale", type=float, metavar="X",
                        help="work per run, 1 unless told otherwise")
    parser.add_argument("--only", type=names_of, metavar="A,B",
                        help="these workloads only")
    parser.add_argument("--peers", type=lambda s: s.split(","), metavar="A,B",
                        help="compare with these only")
    parser.add_argument("--peers-only", action="store_true",
                        help="measure the peers without libkmalloc")
    parser.add_argument("--library", metavar="FILE",
                        help="the libkmalloc to measure")
    parser.add_argument("--built", help=argparse.SUPPRESS)
    parser.add_argument("--cmdline", default="", metavar="PARAMETERS",
                        help="KMALLOC_CMDLINE for libkmalloc")
    parser.add_argument("--form", action="append", default=[],
                        metavar="FORM",
                        help="compare with libkmalloc in another form: slab "
                        "for the library on SLAB, boot parameters, or both, "
                        "as 'slab slab_max_order=0'; may be repeated, and "
                        "only --peers adds other mallocs then")
    parser.add_argument("--json", metavar="FILE",
                        help="write every sample there")
    parser.add_argument("--no-install", action="store_true",
                        help="install nothing")
    parser.add_argument("--bindir", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--check", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.rounds < 1:
        parser.error("--rounds must be at least 1")
    if args.scale is not None and not 0 < args.scale <= 1000:
        parser.error("--scale must be above 0 and at most 1000")
    if args.library is not None:
        wrong = not_a_library(args.library)
        if wrong:
            parser.error(f"--library {wrong}")
    wrong = unknown_peers(args.peers or [])
    if wrong:
        parser.error(wrong)
    wrong = wrong_forms(args)
    if wrong:
        parser.error(wrong)
    if args.json:
        folder = os.path.dirname(os.path.abspath(args.json))
        if os.path.isdir(args.json) or not os.access(folder, os.W_OK):
            parser.error(f"--json {args.json}: cannot be written")
    args.scale = args.scale or (QUICK_SCALE if args.quick else 1.0)
    args.only = args.only or (QUICK if args.quick else NAMES)
    args.library = args.library or args.built
    if args.peers is None and not args.form:
        args.peers = QUICK_PEERS if args.quick else list(KNOWN)
    return args


def choose_allocators(args):
    allocators = find_peers(args.peers or [])
    if args.peers_only:
        return allocators, None
    if not args.library or not os.path.exists(args.library):
        raise SystemExit(f"bench: no library at {args.library}; --peers-only "
                         "measures without it")
    env = {"KMALLOC_CMDLINE": args.cmdline} if args.cmdline else {}
    ours = [Allocator(SUBJECT, os.path.realpath(args.library), env=env)]
    ours += [form_of(text, args.library) for text in args.form]
    for allocator in ours:
        wrong = refused_parameters(allocator)
        if wrong:
            raise SystemExit(f"bench: {allocator.name}: {wrong}")
    return ours + allocators, SUBJECT


def prove(programs, allocators, results):
    """Pairs that are what they claim to be; the others are failed rows."""
    pairs = set()
    for program in programs:
        for allocator in allocators:
            error = proof(program, allocator)
            if error:
                results.add(program, allocator, measuring.Sample(error=error))
            else:
                pairs.add((program.name, allocator.name))
    return pairs


def progress(text):
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{text}")
        sys.stderr.flush()


def measure_all(programs, allocators, results, args, tmp):
    """The rounds. A pair that failed once is not run again."""
    pairs = prove(programs, allocators, results)
    for turn in range(args.rounds):
        for program in programs:
            for allocator in allocators:
                pair = (program.name, allocator.name)
                if pair not in pairs:
                    continue
                progress(f"round {turn + 1} of {args.rounds}: {pair[0]} "
                         f"under {pair[1]}")
                sample = measuring.run(program, allocator, args.bindir, tmp)
                results.add(program, allocator, sample)
                if sample.error:
                    pairs.discard(pair)
    progress("")


def write_json(path, results, lines, args):
    data = {
        "machine": lines, "scale": args.scale, "rounds": args.rounds,
        "subject": results.subject,
        "samples": {p: {a: [dataclasses.asdict(s) for s in runs]
                        for a, runs in by_allocator.items()}
                    for p, by_allocator in results.samples.items()},
    }
    with open(path, "w", encoding="utf-8") as out:
        json.dump(data, out, indent=1)
        out.write("\n")


def main(argv):
    args = parse(argv)
    if args.check:
        return 0
    allocators, subject = choose_allocators(args)
    command = os.environ.get("KM_BENCH_COMMAND") or shlex.join(argv)
    lines = [f"command   {command}"] + machine.describe(allocators)
    print("\n".join(lines))
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="km-bench-") as tmp:
        programs = make_programs(args.only, args.bindir, tmp, args.scale)
        results = report.Results(programs, allocators, subject)
        measure_all(programs, allocators, results, args, tmp)
    results.check_output()
    print(f"runs      {args.rounds} rounds, scale {args.scale:g}, "
          f"{time.monotonic() - start:.0f} s")
    failed = report.print_report(results)
    if args.json:
        write_json(args.json, results, lines, args)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
