#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# replay.py LIBRARY REPLAY PROGRAM - kmalloc-replay and files that are none
#
# Expect one line on stderr and status 1 for a file that is short, of another
# kind or version, or has a record that cannot be; a file that ends within a
# record used as far as it goes; the pages of a block resident at the peak; and
# of a recording with any bit changed no crash, no more than one line, status 0
# or 1.
import os
import random
import re
import resource
import struct
import subprocess
import sys
import tempfile

library, replay, program = sys.argv[1:]
FLIPS = 300
RECORD = 32
bad = []


def limits():
    """A size that is wrong may be large: such a block is refused."""
    resource.setrlimit(resource.RLIMIT_AS, (256 << 20, 256 << 20))


def run(path, *options):
    return subprocess.run([replay, *options, path], capture_output=True,
                          text=True, preexec_fn=limits)


def expect(what, data, status, phrase, *options):
    path = os.path.join(folder, "file")
    with open(path, "wb") as out:
        out.write(data)
    end = run(path, *options)
    lines = end.stderr.count("\n")
    if end.returncode != status or phrase not in end.stdout + end.stderr \
            or lines != (status == 1):
        bad.append(f"{what}: {end.returncode} {end.stdout}{end.stderr}")


def flip(data, rng):
    """One bit, mostly of a record that is there."""
    data = bytearray(data)
    at = rng.randrange(len(data) if rng.random() < 0.2 else 64 * RECORD)
    data[at] ^= 1 << rng.randrange(8)
    return bytes(data)


with tempfile.TemporaryDirectory() as folder:
    env = dict(os.environ, LD_PRELOAD=library,
               KMALLOC_CMDLINE=f"alloc_trace={folder}/calls")
    subprocess.run([program, "end", "100"], check=True, env=env,
                   stdout=subprocess.DEVNULL)
    name, = (n for n in os.listdir(folder) if n.startswith("calls."))
    with open(os.path.join(folder, name), "rb") as file:
        good = file.read()

    expect("as it is", good, 0, "as recorded", "--check")
    expect("empty", b"", 1, "shorter than its head")
    expect("cut in the head", good[:40], 1, "shorter than its head")
    expect("the head alone", good[:64], 0, " 0 records of 0 threads")
    expect("cut in a record", good[:64 + 10 * RECORD + 7], 0,
           "7 bytes of a record that is not whole", "--check")
    expect("another kind", b"x" + good[1:], 1, "is no recording")
    expect("version 2", good[:8] + b"\2" + good[9:], 1, "version 2")
    expect("not begun", good[:8] + bytes(4) + good[12:], 1, "before it rec")
    expect("record size", good[:12] + b"\x40" + good[13:], 1, "another size")
    at = 64 + 3 * RECORD
    expect("kind 9", good[:at + 31] + b"\x09" + good[at + 32:], 1,
           "record 5 is of no known kind")
    expect("alignment", good[:at + 15] + b"\x63" + good[at + 16:], 1,
           "record 5 has an alignment")
    expect("a hole", good[:at] + bytes(RECORD) + good[at + RECORD:], 0,
           " 1 missing", "--check")
    if run(folder).returncode != 1 or run("/nonexistent").returncode != 1 \
            or run("/dev/null").returncode != 1:
        bad.append("a folder, no file, a device: not refused")
    if subprocess.run([replay], capture_output=True).returncode != 2:
        bad.append("no file given: not 2")
    many = run(path := os.path.join(folder, name), path)
    if many.returncode != 2 or "more than one FILE" not in many.stderr:
        bad.append(f"two files: {many.returncode} {many.stderr[:80]}")
    with open("/dev/full", "w") as full:
        end = subprocess.run([replay, path], stdout=full, text=True,
                             stderr=subprocess.PIPE)
    if end.returncode != 1 or "No space left" not in end.stderr:
        bad.append(f"a full disk: {end.returncode} {end.stderr[:80]}")

    # One block of 64 MiB, and its free: most is resident in between alone.
    data = bytearray(good[:64])
    data += struct.pack("<QQIIQ", 0x10000, 64 << 20, 1, 0, 1 << 56)
    data += struct.pack("<QQIIQ", 0x10000, 0, 1, 0, 3 << 56)
    expect("64 MiB", bytes(data), 0, "live       peak 67108864 bytes, 0 at")
    for options, low, high in (((), 60, 70), (("--no-touch",), 0, 8)):
        said = run(os.path.join(folder, "file"), *options).stdout
        peak = int(re.search(r"^resident +peak (\d+)", said, re.M).group(1))
        if not low << 20 <= peak <= high << 20:
            bad.append(f"64 MiB {options}: {peak} bytes were resident")

    rng = random.Random(14)
    path = os.path.join(folder, "file")
    refused = 0
    for number in range(FLIPS):
        with open(path, "wb") as out:
            out.write(flip(good, rng))
        end = run(path, *(["--threads"] if number % 2 else ["--check"]))
        refused += end.returncode
        if end.returncode not in (0, 1) or end.stderr.count("\n") > 1:
            bad.append(f"flip {number}: {end.returncode} {end.stderr[:200]}")
    print(f"{FLIPS} files with a bit changed: {refused} refused")
    if not 0 < refused < FLIPS:
        bad.append(f"of {FLIPS} changed files {refused} were refused")
sys.exit("\n".join(bad) or 0)
