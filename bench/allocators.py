# SPDX-License-Identifier: MIT
"""allocators.py - what is compared, and the check that it really serves.

An allocator is a library to preload. glibc needs none, except under programs
that are linked with another malloc (Debian's redis-server is, with jemalloc):
there libc.so.6 itself is preloaded, which puts it first in the lookup order.

The check: the dynamic linker is asked (LD_DEBUG=bindings) which library each
reference to malloc, free, calloc and realloc was bound to, in the very program
that is measured. All of them must be bound to the allocator in question.
"""
import glob
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass, field

LIBC = "libc.so.6"

# name -> (soname, Debian package)
KNOWN = {
    "glibc": (LIBC, "libc6"),
    "jemalloc": ("libjemalloc.so.2", "libjemalloc2"),
    "mimalloc": ("libmimalloc.so.2", "libmimalloc2.0"),
    "tcmalloc": ("libtcmalloc_minimal.so.4", "libtcmalloc-minimal4"),
}
BINDING = re.compile(r"binding file (\S+) \[\d+\] to (\S+) \[\d+\]: normal "
                     r"symbol `(malloc|free|calloc|realloc)'")


@dataclass
class Allocator:
    """A malloc to measure: path is what must serve it."""
    name: str
    path: str
    package: str = ""
    env: dict = field(default_factory=dict)

    def preload(self, program):
        """What LD_PRELOAD holds for this program; "" for nothing."""
        if self.name == "glibc" and not program.links_malloc:
            return ""
        return self.path


def clean_env():
    """What every measured program gets: no settings of any allocator."""
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C",
            "HOME": "/nonexistent", "TZ": "UTC"}


def library_path(soname):
    """Where ld.so finds a library; None if it is not installed."""
    out = subprocess.run(["/sbin/ldconfig", "-p"], text=True,
                         capture_output=True, check=False).stdout
    for line in out.splitlines():
        if line.split()[:1] == [soname] and "x86-64" in line:
            return line.split("=> ")[1]
    return None


def not_a_library(path):
    """Why a file cannot be preloaded; "" if it looks as if it could."""
    try:
        with open(path, "rb") as file:
            head = file.read(18)
    except OSError as err:
        return f"{path}: {err.strerror}"
    # an ELF file of 64 bits whose type is ET_DYN
    if head[:5] != b"\x7fELF\x02" or head[16:18] != b"\x03\x00":
        return f"{path}: not a shared library"
    return ""


def unknown_peers(names):
    """What is wrong with a list for find_peers(), whatever is installed."""
    for name in names:
        if "=" in name:
            wrong = not_a_library(name.split("=", 1)[1])
            if wrong:
                return f"peer {wrong}"
        elif name not in KNOWN:
            return (f"unknown peer '{name}': one of {', '.join(KNOWN)} or "
                    "NAME=LIBRARY")
    return ""


def slab_library(library):
    """The library on SLAB that is built beside one on SLUB."""
    return library.removesuffix(".so") + "-slab.so"


def form_of(text, library):
    """The allocator for a form of libkmalloc: [slub|slab] PARAMETERS."""
    words = text.split()
    if words[:1] == ["slab"]:
        library = slab_library(library)
    if words[:1] in (["slab"], ["slub"]):
        del words[0]
    env = {"KMALLOC_CMDLINE": " ".join(words)} if words else {}
    return Allocator(text, os.path.realpath(library), env=env)


def refused_parameters(allocator):
    """What the library says of its boot parameters; "" if it takes them."""
    if not allocator.env:
        return ""
    env = clean_env() | allocator.env | {"LD_PRELOAD": allocator.path}
    run = subprocess.run(["/bin/true"], env=env, stdin=subprocess.DEVNULL,
                         text=True, errors="replace", capture_output=True,
                         timeout=20, check=False)
    return next(iter(run.stderr.splitlines()), "")


def find_peers(names):
    """Allocators for names of KNOWN or NAME=LIBRARY; missing ones raise."""
    peers = []
    for name in names:
        if "=" in name:
            name, path = name.split("=", 1)
            peers.append(Allocator(name, os.path.realpath(path)))
            continue
        soname, package = KNOWN[name]
        path = library_path(soname)
        if path is None:
            raise SystemExit(f"bench: {soname} is missing: apt-get install "
                             f"{package}")
        peers.append(Allocator(name, path, package))
    return peers


def bindings(program, allocator):
    """Set of (file, library, symbol), of the malloc family, in a probe run."""
    with tempfile.TemporaryDirectory() as tmp:
        env = clean_env() | program.env | allocator.env
        env |= {"LD_DEBUG": "bindings", "LD_DEBUG_OUTPUT": f"{tmp}/ld",
                "LD_BIND_NOW": "1"}
        preload = allocator.preload(program)
        if preload:
            env["LD_PRELOAD"] = preload
        subprocess.run(program.probe, env=env, stdin=subprocess.DEVNULL,
                       capture_output=True, timeout=20, check=False)
        found = set()
        for name in glob.glob(f"{tmp}/ld.*"):
            with open(name, encoding="utf-8", errors="replace") as lines:
                for line in lines:
                    match = BINDING.search(line)
                    if match:
                        found.add(match.groups())
        return found


def proof(program, allocator):
    """None if allocator serves program, else a sentence that says what does."""
    try:
        found = bindings(program, allocator)
    except (OSError, subprocess.SubprocessError) as err:
        return f"probe failed: {err}"
    if not found:
        return "probe failed: no reference to malloc was bound"
    want = os.path.realpath(allocator.path)
    own = os.path.basename(program.probe[0])
    # In a program at a fixed address, the address of free is that of its own
    # PLT entry, and others are bound to that; it leads to where the program's
    # own calls are bound.
    leads_on = {(who, symbol) for who, library, symbol in found
                if os.path.basename(who) == own
                and os.path.realpath(library) == want}
    for who, library, symbol in sorted(found):
        if os.path.realpath(library) != want and \
                (library, symbol) not in leads_on:
            return (f"{symbol} of {os.path.basename(who)} is served by "
                    f"{os.path.basename(library)}")
    return None
