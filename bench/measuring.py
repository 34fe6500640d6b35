# SPDX-License-Identifier: MIT
"""measuring.py - one run of one program under one allocator.

Nothing that a program or an allocator does raises here: a crash, a wrong exit
status or a hang becomes a Sample with an error.
"""
import hashlib
import os
import signal
import subprocess
from dataclasses import dataclass

import redis_driver
from allocators import clean_env

TIMEOUT = 120  # seconds; a run takes about one


@dataclass
class Sample:
    """What one run cost; checksum stands for all that it printed."""
    wall: float = 0.0  # seconds
    cpu: float = 0.0  # seconds, user and system
    rss: float = 0.0  # peak, KiB
    checksum: str = ""
    error: str = ""


def ending(status):
    """A wait status in words; "" for a clean exit."""
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return f"exit status {code}" if code else ""
    return f"killed by {signal.Signals(-code).name}"


def first_line(path):
    with open(path, encoding="utf-8", errors="replace") as lines:
        return lines.readline().strip()[:120]


def digest(path):
    with open(path, "rb") as data:
        return hashlib.sha256(data.read()).hexdigest()[:16]


def run_plain(program, allocator, bindir, tmp):
    """Runs argv through bench/measure.c."""
    report, out, err = (os.path.join(tmp, x) for x in ("cost", "out", "err"))
    argv = [os.path.join(bindir, "measure"), "-o", report,
            "-p", allocator.preload(program), "--", *program.argv]
    env = clean_env() | program.env | allocator.env
    with open(program.stdin, "rb") as stdin, open(out, "wb") as stdout, \
            open(err, "wb") as stderr:
        child = subprocess.Popen(argv, env=env, stdin=stdin, stdout=stdout,
                                 stderr=stderr, start_new_session=True)
        try:
            child.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            return Sample(error=f"no end after {TIMEOUT} s")
    if child.returncode:
        return Sample(error=first_line(err) or "measure failed")
    with open(report, encoding="ascii") as cost:
        wall, user, system, rss, _, status = map(int, cost.read().split())
    error = ending(status)
    if error:
        said = first_line(err)
        return Sample(error=f"{error}: {said}" if said else error)
    return Sample(wall / 1e9, (user + system) / 1e6, rss, digest(out))


def run_redis(program, allocator, tmp):
    """Runs the server with its clients."""
    env = clean_env() | program.env | allocator.env
    preload = allocator.preload(program)
    if preload:
        env["LD_PRELOAD"] = preload
    try:
        return Sample(*redis_driver.session(program.argv[0], env, tmp,
                                            program.scale, TIMEOUT))
    except (OSError, subprocess.SubprocessError,
            redis_driver.RedisError) as err:
        return Sample(error=f"{type(err).__name__}: {err}"[:160])


def run(program, allocator, bindir, tmp):
    """One Sample."""
    if program.driver == "redis":
        return run_redis(program, allocator, tmp)
    return run_plain(program, allocator, bindir, tmp)
