# SPDX-License-Identifier: MIT
"""resident.py - runs one shape under one allocator and watches its memory.

    shape --- marks, a pipe ---> here: at each line memory is read exactly
          <-- answers, a pipe -- one byte, and the shape goes on
          --- board, a file ---> what is live, read with each sample

A mark is a line "PID KIND LIVE NAME". KIND says what is read of
/proc/PID/smaps_rollup: Rss for "resident", Private_Dirty for "dirty". The
figure of the mark "start" is subtracted from those that follow of its process.
Between marks the process of the last one is sampled from /proc/PID/statm, which
is quick and may be some 100 KiB off.
"""
import mmap
import os
import re
import selectors
import signal
import struct
import subprocess
import tempfile
import time
from dataclasses import dataclass, field

from allocators import clean_env
from measuring import ending, first_line

INTERVAL = 0.005  # seconds between samples
LIMIT = 600  # seconds; a shape takes at most about 70
PAGE = os.sysconf("SC_PAGE_SIZE")
FIELDS = {"resident": "Rss", "dirty": "Private_Dirty"}
LINE = re.compile(r"(\d+) (resident|dirty) (\d+) (\S.*)")


@dataclass(frozen=True)
class Mark:
    """A line of a shape, and what was resident then, in bytes."""
    name: str
    kind: str
    live: int
    held: int
    at: float = 0.0  # seconds since the start


@dataclass
class Trace:
    """One run; samples are (seconds, live, resident), less the start's."""
    marks: list = field(default_factory=list)
    samples: list = field(default_factory=list)
    most_live: int = 0
    most_held: int = 0  # 0 where processes of their own were measured
    error: str = ""


def parse_mark(line):
    """(pid, kind, live, name) of a line of a shape."""
    match = LINE.fullmatch(line)
    if not match:
        raise ValueError(f"no mark: {line[:60]!r}")
    pid, kind, live, name = match.groups()
    return int(pid), kind, int(live), name


def rollup(text, kind):
    """Bytes of a field of smaps_rollup."""
    match = re.search(rf"^{FIELDS[kind]}:\s*(\d+) kB", text, re.MULTILINE)
    return int(match.group(1)) * 1024


def read(path):
    with open(path, encoding="ascii") as text:
        return text.read()


def exact(pid, kind):
    return rollup(read(f"/proc/{pid}/smaps_rollup"), kind)


def high_water(pid):
    match = re.search(r"^VmHWM:\s*(\d+) kB", read(f"/proc/{pid}/status"),
                      re.MULTILINE)
    return int(match.group(1)) * 1024


def quick(pid, kind):
    """A figure for the picture; None if the process just ended."""
    try:
        if kind == "dirty":
            return exact(pid, kind)
        return int(read(f"/proc/{pid}/statm").split()[1]) * PAGE
    except (OSError, AttributeError, IndexError):
        return None


class Watch:
    """The runner's side of the pipes while a shape runs."""

    def __init__(self, main, board):
        self.main = main
        self.board = board
        self.trace = Trace()
        self.begin = time.monotonic()
        self.pid, self.kind, self.base = main, "resident", None
        self.main_base = None

    def now(self):
        return time.monotonic() - self.begin

    def on_mark(self, line):
        pid, kind, live, name = parse_mark(line)
        held, at = exact(pid, kind), self.now()
        if name == "start":
            self.pid, self.kind, self.base = pid, kind, held
            self.trace.samples.append((at, live, 0))
            if pid == self.main:
                self.main_base = held
            return
        if self.base is None or (pid, kind) != (self.pid, self.kind):
            raise ValueError(f"mark {name!r} without a start")
        self.trace.marks.append(Mark(name, kind, live, held - self.base, at))
        self.trace.samples.append((at, live, held - self.base))
        if pid == self.main:
            self.trace.most_held = high_water(pid) - self.main_base

    def sample(self):
        held = quick(self.pid, self.kind) if self.base is not None else None
        if held is not None:
            live = struct.unpack_from("N", self.board)[0]
            self.trace.samples.append((self.now(), live, held - self.base))

    def close(self):
        self.trace.most_live = struct.unpack_from("N", self.board, 8)[0]
        if any(mark.kind == "dirty" for mark in self.trace.marks) or \
                self.main_base is None:
            self.trace.most_held = 0
        return self.trace


def follow(watch, marks, answers, deadline):
    """Until the shape closes its pipe; marks are answered in turn."""
    selector = selectors.DefaultSelector()
    selector.register(marks, selectors.EVENT_READ)
    text = b""
    while time.monotonic() < deadline:
        if not selector.select(INTERVAL):
            watch.sample()
            continue
        got = os.read(marks, 4096)
        if not got:
            return
        *lines, text = (text + got).split(b"\n")
        for line in lines:
            watch.on_mark(line.decode("ascii"))
            os.write(answers, b".")
    raise TimeoutError(f"no end after {LIMIT} s")


def start(argv, env, err):
    """The process, its marks, our answers, its board."""
    with tempfile.TemporaryFile() as file:
        file.truncate(PAGE)
        board = mmap.mmap(file.fileno(), PAGE, prot=mmap.PROT_READ)
        marks, marks_in = os.pipe()
        answers, answers_in = os.pipe()
        theirs = (marks_in, answers, file.fileno())
        try:
            child = subprocess.Popen(
                argv + [str(fd) for fd in theirs], env=env, pass_fds=theirs,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=err, start_new_session=True)
        except OSError:
            os.close(marks)
            os.close(answers_in)
            raise
        finally:
            os.close(marks_in)
            os.close(answers)
    return child, marks, answers_in, board


def run(argv, allocator, program, extra=None):
    """The Trace of argv, which gets three more arguments."""
    env = clean_env() | allocator.env | (extra or {})
    preload = allocator.preload(program)
    if preload:
        env["LD_PRELOAD"] = preload
    with tempfile.NamedTemporaryFile() as err:
        child, marks, answers, board = start(argv, env, err)
        watch, error = Watch(child.pid, board), ""
        try:
            follow(watch, marks, answers, watch.begin + LIMIT)
        except (OSError, ValueError, AttributeError, TimeoutError) as failed:
            error = str(failed)
            os.killpg(child.pid, signal.SIGKILL)
        code = child.wait()
        os.close(marks)
        os.close(answers)
        trace = watch.close()
        trace.error = error or (code and died(code, err.name)) or ""
    return trace


def died(code, err):
    """Why a shape ended badly, with what it said."""
    said = first_line(err)
    how = ending(code << 8 if code >= 0 else -code)
    return f"{how}: {said}" if said else how
