# SPDX-License-Identifier: MIT
"""programs.py - what is run: the written workloads and the real programs.

Every program does the same work each time and prints something that depends on
all of it; the runner compares what was printed between allocators.
"""
import os
import subprocess
from dataclasses import dataclass, field

HERE = os.path.dirname(os.path.abspath(__file__))
REAL = os.path.join(HERE, "real")
PYTHON = "/usr/bin/python3"
WRITTEN = ["server", "prodcons", "churn", "bulk", "grow", "large", "tree",
           "batches", "smallsets", "compress", "database"]


@dataclass
class Program:
    """One row of the table."""
    name: str
    group: str  # written or real
    argv: list
    probe: list  # a short run of the same program, for the check
    stdin: str = os.devnull
    env: dict = field(default_factory=dict)
    links_malloc: bool = False  # linked with a malloc that is not glibc's
    scale: float = 1.0
    driver: str = ""  # "redis": a server with clients; else argv is run


def written(name, bindir, scale):
    """A workload of bench/workloads."""
    path = os.path.join(bindir, name)
    return Program(name, "written", [path, str(scale)], [path, "0.001"])


def generate(script, scale, path):
    """Runs a generator of bench/real into a file."""
    with open(path, "wb") as out:
        subprocess.run([PYTHON, "-I", os.path.join(REAL, script), str(scale)],
                       stdout=out, check=True)
    return path


def sqlite3(tmp, scale):
    """Inserts, an index, joins, grouping in memory."""
    script = generate("gen_sql.py", scale, os.path.join(tmp, "work.sql"))
    return Program("sqlite3", "real", ["sqlite3", "-batch", ":memory:"],
                   ["sqlite3", "-batch", ":memory:", "select 1"],
                   stdin=script)


def python3(tmp, scale):
    """json, dicts, lists, strings, objects: with Python's own pools."""
    return Program("python3", "real",
                   [PYTHON, "-I", os.path.join(REAL, "work.py"), str(scale)],
                   [PYTHON, "-I", "-c", "pass"])


def python3_malloc(tmp, scale):
    """The same without Python's own pools: every object is a malloc."""
    env = {"PYTHONMALLOC": "malloc"}
    # -I would ignore the variable.
    return Program("python3-malloc", "real",
                   [PYTHON, "-s", os.path.join(REAL, "work.py"), str(scale)],
                   [PYTHON, "-s", "-c", "pass"],
                   env=env | {"PYTHONDONTWRITEBYTECODE": "1"})


def lua(tmp, scale):
    """Strings, tables and closures, with the collector at work."""
    return Program("lua", "real",
                   ["lua5.4", os.path.join(REAL, "work.lua"), str(scale)],
                   ["lua5.4", "-e", "x = 1"])


def gcc(tmp, scale):
    """cc1plus at -O1 on one preprocessed file full of templates."""
    source = generate("gen_cpp.py", scale, os.path.join(tmp, "work.cc"))
    unit = os.path.join(tmp, "work.ii")
    subprocess.run(["g++", "-std=c++17", "-E", "-P", source, "-o", unit],
                   check=True)
    cc1plus = subprocess.run(["g++", "-print-prog-name=cc1plus"], text=True,
                             capture_output=True, check=True).stdout.strip()
    common = [cc1plus, "-quiet", "-w", "-std=c++17", "-fpreprocessed"]
    return Program("gcc", "real",
                   common + ["-O1", "-frandom-seed=1", unit, "-o", "-"],
                   common + [os.devnull, "-o", os.devnull])


def redis(tmp, scale):
    """redis-server under redis-benchmark and a scripted client."""
    return Program("redis", "real", ["redis-server"],
                   ["redis-server", "--version"],
                   links_malloc=True, scale=scale, driver="redis")


REAL_PROGRAMS = {
    "redis": redis,
    "sqlite3": sqlite3,
    "python3": python3,
    "python3-malloc": python3_malloc,
    "lua": lua,
    "gcc": gcc,
}
NAMES = WRITTEN + list(REAL_PROGRAMS)


def make_programs(names, bindir, tmp, scale):
    """The programs of these names, their inputs made in tmp."""
    programs = []
    for name in names:
        if name in WRITTEN:
            programs.append(written(name, bindir, scale))
        else:
            programs.append(REAL_PROGRAMS[name](tmp, scale))
    return programs
