# SPDX-License-Identifier: MIT
"""options.py - what scripts/bench can be told, and what is wrong with it.

All of it is judged before anything is installed, built or measured.
"""
import argparse
import os

import memory_suite
from allocators import KNOWN, not_a_library, slab_library, unknown_peers
from programs import NAMES, REAL_PROGRAMS, WRITTEN
from shapes import SHAPES

ROUNDS = 5
QUICK = WRITTEN + ["sqlite3", "lua"]
QUICK_PEERS = ["glibc", "jemalloc"]
QUICK_SCALE = 0.4


def names_of(names):
    """The names of workloads; the groups stand for their members."""
    groups = {"written": WRITTEN, "real": list(REAL_PROGRAMS), "all": NAMES}
    found = []
    for name in names:
        found += groups.get(name, [name])
    return list(dict.fromkeys(found))


def wrong_names(names):
    """What is wrong with a list of workloads; "" if nothing is."""
    unknown = [n for n in names_of(names) if n not in NAMES]
    return (f"unknown workload {unknown[0]}: one of {', '.join(NAMES)}"
            if unknown else "")


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


def wrong_file(parser, option, path):
    """Ends the program if a file cannot be written there."""
    folder = os.path.dirname(os.path.abspath(path))
    if os.path.isdir(path) or not os.access(folder, os.W_OK):
        parser.error(f"--{option} {path}: cannot be written")


def fill_in(args):
    """What was not said."""
    args.scale = args.scale or (QUICK_SCALE if args.quick else 1.0)
    args.library = args.library or args.built
    if args.peers is None and not args.form:
        args.peers = QUICK_PEERS if args.quick else list(KNOWN)
    if not args.memory:
        args.rounds = args.rounds or ROUNDS
        args.only = names_of(args.only) if args.only else (
            QUICK if args.quick else NAMES)
        return
    args.rounds = args.rounds or (1 if args.quick else memory_suite.ROUNDS)
    args.jobs = args.jobs or memory_suite.JOBS
    args.only = list(dict.fromkeys(args.only or SHAPES))
    if not args.form and not args.peers_only and args.library and \
            os.path.exists(slab_library(args.library)):
        args.form = ["slab"]


def parse(argv):
    parser = Parser(
        prog="scripts/bench", allow_abbrev=False,
        description="Speed and memory of libkmalloc and other mallocs, "
        "measured in turn on written workloads and real programs.",
        epilog=f"Workloads: {', '.join(NAMES)}; written, real and all stand "
        f"for groups. Shapes of --memory: {', '.join(SHAPES)}. Peers: "
        f"{', '.join(KNOWN)}, or NAME=LIBRARY.")
    parser.add_argument("--quick", action="store_true",
                        help="shorter runs against glibc and jemalloc, of "
                        f"{', '.join(QUICK)}; takes under three minutes")
    parser.add_argument("--memory", action="store_true",
                        help="the memory suite: what is resident, at marks, of "
                        "programs of typical shapes; on SLUB and SLAB unless "
                        "--form says otherwise")
    parser.add_argument("--jobs", type=int, metavar="N",
                        help="with --memory: allocators that run at once, "
                        f"{memory_suite.JOBS} unless told otherwise")
    parser.add_argument("--pictures", metavar="FOLDER",
                        help="with --memory: an SVG for each shape, live and "
                        "resident over time")
    parser.add_argument("--page", metavar="FILE",
                        help="with --memory: all of it as a document, its "
                        "pictures in a folder beside it")
    parser.add_argument("--rounds", type=int, metavar="N",
                        help=f"runs of each pair, {ROUNDS} unless told "
                        f"otherwise ({memory_suite.ROUNDS} with --memory, 1 "
                        "with --quick too)")
    parser.add_argument("--scale", type=float, metavar="X",
                        help="work per run, 1 unless told otherwise")
    parser.add_argument("--only", type=lambda s: s.split(","), metavar="A,B",
                        help="these workloads, or shapes, only")
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
    parser.add_argument("--pace", type=float, default=1.0,
                        help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    for name in ("rounds", "jobs"):
        if getattr(args, name) is not None and getattr(args, name) < 1:
            parser.error(f"--{name} must be at least 1")
    for name in ("jobs", "pictures", "page"):
        if getattr(args, name) and not args.memory:
            parser.error(f"--{name} is for --memory")
    if args.scale is not None and not 0 < args.scale <= 1000:
        parser.error("--scale must be above 0 and at most 1000")
    if args.library is not None:
        wrong = not_a_library(args.library)
        if wrong:
            parser.error(f"--library {wrong}")
    wrong = unknown_peers(args.peers or []) or wrong_forms(args)
    if not wrong and args.only:
        wrong = (memory_suite.wrong_names if args.memory else wrong_names)(
            args.only)
    if wrong:
        parser.error(wrong)
    for name in ("json", "page"):
        if getattr(args, name):
            wrong_file(parser, name, getattr(args, name))
    if args.pictures and not os.path.isdir(args.pictures):
        parser.error(f"--pictures {args.pictures}: no folder")
    fill_in(args)
    return args
