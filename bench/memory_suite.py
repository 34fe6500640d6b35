# SPDX-License-Identifier: MIT
"""memory_suite.py - scripts/bench --memory: shapes under allocators, in turn.

Per round and shape each allocator runs once. What is measured is bytes, and
shapes sleep most of their time, so several allocators run at once (--jobs).
"""
import concurrent.futures
import contextlib
import dataclasses
import io
import json
import os
import time

import memory_page
import memory_report
import pictures
import resident
from allocators import proof
from programs import Program
from shapes import SHAPES

ROUNDS = 3
JOBS = 3


def wrong_names(names):
    """What is wrong with a list of shapes; "" if nothing is."""
    for name in names:
        if name not in SHAPES:
            return f"unknown shape '{name}': one of {', '.join(SHAPES)}"
    return ""


def program_of(bindir):
    """The program with all shapes, and a run of it that takes no time."""
    path = os.path.join(bindir, "memory")
    return Program("memory", "written", [path], [path, "fork", "0.001"])


def prove(program, allocators, results):
    """The allocators that serve the program; the others fail everywhere."""
    served = []
    for allocator in allocators:
        error = proof(program, allocator)
        if not error:
            served.append(allocator)
            continue
        for shape in results.shapes:
            results.add(shape, allocator.name, resident.Trace(error=error))
    return served


def run_one(program, shape, allocator, args):
    argv = program.argv + [shape, str(args.scale), str(args.pace)]
    return resident.run(argv, allocator, program)


def measure_all(program, allocators, results, args, progress):
    """The rounds. A pair that failed once is not run again."""
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for turn in range(args.rounds):
            for shape in results.shapes:
                progress(f"round {turn + 1} of {args.rounds}: {shape}")
                runs = {a.name: pool.submit(run_one, program, shape, a, args)
                        for a in allocators
                        if not results.broken(shape, a.name)}
                for name, run in runs.items():
                    results.add(shape, name, run.result())
    progress("")


def write_json(path, results, lines, args):
    data = {
        "machine": lines, "scale": args.scale, "rounds": args.rounds,
        "ours": results.ours, "peers": results.peers,
        "traces": {s: {a: [dataclasses.asdict(t) for t in runs]
                       for a, runs in by_allocator.items()}
                   for s, by_allocator in results.traces.items()},
    }
    with open(path, "w", encoding="utf-8") as out:
        json.dump(data, out)
        out.write("\n")


def report(results, args, seconds):
    """(the text, how many pairs failed)"""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        print(f"runs      {args.rounds} rounds, scale {args.scale:g}, "
              f"{args.jobs} at once, {seconds:.0f} s")
        failed = memory_report.print_report(results)
    return out.getvalue(), failed


def main(args, allocators, ours, lines, progress):
    """Measures and reports; the exit status. lines[0] is the command."""
    print("\n".join(lines), flush=True)
    begin = time.monotonic()
    peers = [a.name for a in allocators if a.name not in ours]
    results = memory_report.Results(args.only, ours, peers)
    program = program_of(args.bindir)
    served = prove(program, allocators, results)
    measure_all(program, served, results, args, progress)
    results.check_marks()
    text, failed = report(results, args, time.monotonic() - begin)
    print(text, end="")
    if args.json:
        write_json(args.json, results, lines, args)
    if args.pictures:
        pictures.draw(results, args.pictures)
    if args.page:
        memory_page.write(args.page, lines[0].split(maxsplit=1)[1],
                          "\n".join([*lines, text]), results)
    return 1 if failed else 0
