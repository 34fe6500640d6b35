# SPDX-License-Identifier: MIT
"""machine.py - what the numbers were measured on, in a few lines."""
import os
import platform
import re
import subprocess

CPUFREQ = "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"
THP = "/sys/kernel/mm/transparent_hugepage/enabled"
PROGRAMS = ["redis-server", "sqlite3", "python3", "lua5.4", "g++-12"]


def read(path, default="not known"):
    try:
        with open(path, encoding="utf-8") as text:
            return text.read().strip()
    except OSError:
        return default


def cpu_model():
    match = re.search(r"^model name\s*:\s*(.*)$", read("/proc/cpuinfo", ""),
                      re.MULTILINE)
    return match.group(1) if match else platform.machine()


def memory_gib():
    match = re.search(r"^MemTotal:\s*(\d+)", read("/proc/meminfo", ""))
    return int(match.group(1)) / 2 ** 20 if match else 0


def versions(packages):
    """What of these Debian packages is installed, with versions."""
    if not packages:
        return ""
    out = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}\n",
                          *packages], text=True, capture_output=True,
                         check=False).stdout
    return ", ".join(out.splitlines())


def describe(allocators):
    """Lines to print above a table."""
    peers = [versions([a.package for a in allocators if a.package])]
    peers += [f"{a.name} {a.path}" for a in allocators if not a.package]
    thp = re.search(r"\[(\w+)\]", read(THP, ""))
    return [
        f"machine   {cpu_model()}, {os.cpu_count()} cores, "
        f"{memory_gib():.0f} GiB, Linux {platform.release()}",
        f"settings  transparent huge pages "
        f"{thp.group(1) if thp else 'not known'}, governor {read(CPUFREQ)}, "
        f"load {os.getloadavg()[0]:.2f} at the start",
        f"peers     {', '.join(filter(None, peers)) or 'not known'}",
        f"programs  {versions(PROGRAMS) or 'not known'}",
    ]
