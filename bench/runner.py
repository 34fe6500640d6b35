# SPDX-License-Identifier: MIT
"""runner.py - measures programs under several allocators, in turn.

Started by scripts/bench, which installs and builds; README.md tells the method.
Per round and program each allocator runs once (A B C A B C ...), so a machine
that slows down for a while slows all of them.
"""
import dataclasses
import json
import os
import shlex
import sys
import tempfile
import time

import machine
import measuring
import memory_suite
import report
from allocators import (Allocator, find_peers, form_of, proof,
                        refused_parameters)
from options import parse
from programs import make_programs

SUBJECT = "libkmalloc"


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
    """The rounds. A pair that failed once is not run again.

    Each round begins with another allocator: the first run of a program is
    slower than those behind it, up to 2.4 times where it faults much memory.
    """
    pairs = prove(programs, allocators, results)
    for turn in range(args.rounds):
        first = turn % len(allocators)
        for program in programs:
            for allocator in allocators[first:] + allocators[:first]:
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
    if args.memory:
        ours = [] if subject is None else [SUBJECT, *args.form]
        return memory_suite.main(args, allocators, ours, lines, progress)
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
