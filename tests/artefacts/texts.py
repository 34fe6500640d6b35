#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""texts.py - all texts of a process, from outside and by itself

    texts.py KMALLOC_INFO PROGRAM

PROGRAM writes all texts of its libkmalloc into a file, and waits. Meanwhile,
and when it is stopped, kmalloc-info --pid prints the same texts of it. Each
must be the same, byte for byte.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile

MANY = 200  # names on a command line


# What the CPU of the caller has is CPU 0's, read from outside.
LOCAL = re.compile(rb"local_pcp:\d+kB")


def by_itself(path):
    """The texts that the program wrote, by their names."""
    texts, name = {}, None
    with open(path, "rb") as file:
        for line in file:
            if line.startswith(b"= "):
                name = line[2:-1].decode()
                texts[name] = b""
            else:
                texts[name] += LOCAL.sub(b"", line)
    return texts


def read_outside(info, pid, names):
    text = subprocess.run([info, "--pid", str(pid), *names], check=True,
                          stdout=subprocess.PIPE).stdout
    return LOCAL.sub(b"", text)


def differing(info, pid, texts):
    """Names of texts that differ; most are read many at a time."""
    wrong, names = [], list(texts)
    for at in range(0, len(names), MANY):
        some = names[at:at + MANY]
        if read_outside(info, pid, some) != b"".join(texts[n] for n in some):
            wrong += [n for n in some
                      if read_outside(info, pid, [n]) != texts[n]]
    return wrong


def look_outside(info, pid, texts):
    """Names of texts that differ while it waits, and while it is stopped."""
    names = [name for name in texts if not name.startswith("slab/")]
    names += list(texts)[::7]
    wrong = differing(info, pid, {name: texts[name] for name in names})
    os.kill(pid, signal.SIGSTOP)
    return wrong + differing(info, pid, texts)


def main():
    info, program = sys.argv[1:3]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "texts")
        with subprocess.Popen([program, path], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as child:
            if child.stdout.readline() != b"ready\n":
                sys.exit("texts.py: the program wrote nothing")
            texts = by_itself(path)
            try:
                wrong = look_outside(info, child.pid, texts)
            finally:  # a program that is stopped would be waited for for ever
                child.send_signal(signal.SIGCONT)
                child.stdin.close()
    for name in ("slabinfo", "buddyinfo", "zoneinfo", "pagetypeinfo", "vmstat",
                 "vmallocinfo", "Mem-Info", "sys/vm/min_free_kbytes"):
        if not texts.get(name):
            sys.exit(f"texts.py: no text {name}")
    for name in wrong:
        print(f"texts.py: {name} differs")
    print(f"{len(texts)} texts")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
