# SPDX-License-Identifier: MIT
"""turns.py - what the programs that run allocators in turn share."""
import argparse
import os

from allocators import KNOWN, Allocator, clean_env, find_peers

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, "build", "bench")


def parser_of(name, description):
    """A parser with the options that they all have."""
    parser = argparse.ArgumentParser(prog=f"bench/{name}.py",
                                     description=description)
    parser.add_argument("--library", metavar="FILE", default=os.path.join(
        BUILD, "lib", "libkmalloc-preload.so"))
    parser.add_argument("--bindir", metavar="DIR",
                        default=os.path.join(BUILD, "bin"))
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    parser.add_argument("--scale", type=float, default=1.0, metavar="X")
    parser.add_argument("--form", action="append", default=[],
                        metavar="PARAMETERS",
                        help="libkmalloc with these boot parameters too")
    parser.add_argument("--peers", metavar="A,B", default=list(KNOWN),
                        type=lambda s: [x for x in s.split(",") if x])
    return parser


def allocators_of(args):
    """libkmalloc, its forms, and the peers."""
    if not os.path.exists(os.path.join(args.bindir, "measure")):
        raise SystemExit(f"no programs in {args.bindir}: scripts/bench builds "
                         "them, --bindir says where else they are")
    ours = []
    if os.path.exists(args.library):
        library = os.path.realpath(args.library)
        ours = [Allocator("libkmalloc", library)]
        ours += [Allocator(form, library, env={"KMALLOC_CMDLINE": form})
                 for form in args.form]
    return ours + find_peers(args.peers)


def environment(allocator):
    """The environment of a program that runs on it."""
    env = clean_env() | dict(allocator.env)
    if allocator.path and allocator.name != "glibc":
        env["LD_PRELOAD"] = allocator.path
    return env
