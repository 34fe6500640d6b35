# SPDX-License-Identifier: MIT
"""shapes.py - the shapes of the memory suite, and the bounds they are held to.

The programs are bench/memory/*.c; SHAPES has what a reader must know of each.
A bound is judged for each library of ours: at a mark of a shape, what is
resident may be a share of what is live (or of the most that was live), and a
number of bytes more.
"""
from dataclasses import dataclass

MIB = 1 << 20

SHAPES = {
    "drift": "a cache of 150 MiB whose sizes drift from 100 B to 20 kB",
    "reload": "30 bursts of 100 MiB, each of other sizes, 2% survive",
    "phases": "12 phases of 60 MiB, each of its own sizes, 1% stays",
    "lognormal": "30,000 values of log-normal sizes to 200 kB, overwritten",
    "lifetimes": "blocks that die soon among blocks that stay",
    "interleave": "128 KiB and 512 B in turn, all freed, 20 times",
    "evict": "a cache of 200 MiB with values of 1 to 8 MiB",
    "grow": "1,200 buffers that grow by realloc to 100 MiB",
    "shrink": "400 MiB and 187 MiB that shrink by realloc",
    "overhead": "32 MiB of one size, for 38 sizes",
    "sparse-90": "268 MiB of small blocks, 90% freed at random",
    "sparse-99": "the same, 99% freed",
    "freed-idle": "268 MiB of small blocks, all freed, then asleep",
    "freed-epoll": "the same, then waiting for events",
    "freed-hits": "the same, then malloc and free of three small sizes",
    "trickle": "286 MiB freed, then three small blocks every 20 ms",
    "cycles": "268 MiB built and freed ten times, then asleep",
    "fork": "a child frees what it inherited; private dirty bytes of it",
    "idle-many": "64 threads that used all sizes to 32 KiB sleep",
    "idle-few": "1,000 threads that used 60 blocks sleep",
    "prodcons": "one thread allocates, another holds 64 MiB and frees",
    "documents": "eight threads parse documents and keep results",
    "server": "four workers, sessions and requests for 60 s, with a peak",
}


@dataclass(frozen=True)
class Bound:
    """At most live x times, + most x share, + spare bytes."""
    shape: str
    mark: str
    times: float = 0.0  # of what is live at the mark
    share: float = 0.0  # of the most that was live
    spare: int = 0

    def limit(self, live, most):
        return live * self.times + most * self.share + self.spare

    def words(self):
        parts = []
        if self.times:
            parts.append(f"{self.times:.2f} x live")
        if self.share:
            parts.append(f"{self.share:.0%} of the peak")
        if self.spare:
            parts.append(f"{self.spare / MIB:.1f} MiB")
        return " + ".join(parts)


def idle_bounds(shape, mark):
    """All freed: at a mark with no call, and after a few."""
    return [Bound(shape, mark, share=0.05, spare=8 * MIB),
            Bound(shape, "calls", share=0.05, spare=2 * MIB)]


BOUNDS = [
    *idle_bounds("freed-idle", "1 s idle"),
    *idle_bounds("freed-epoll", "3 s epoll"),
    *idle_bounds("freed-hits", "3 s hits"),
    Bound("trickle", "1 s of requests", share=0.05, spare=2 * MIB),
    Bound("cycles", "dropped", share=0.3),
    Bound("cycles", "calls", share=0.05, spare=2 * MIB),
    Bound("interleave", "calls", share=0.05, spare=2 * MIB),
    Bound("shrink", "2 s of realloc", times=1.0, share=0.05, spare=2 * MIB),
    Bound("idle-many", "2 s of calls", spare=20 * MIB),
    Bound("idle-many", "trim", spare=12 * MIB),
    Bound("idle-few", "trim", spare=8192 * 1000),
    Bound("sparse-99", "trim", share=0.25),
    Bound("sparse-90", "trim", share=0.85),
    Bound("drift", "end", times=2.0),
    Bound("reload", "30 bursts", spare=500 * MIB),
    Bound("lognormal", "overwritten", times=1.15),
    Bound("fork", "1% freed", spare=4 * MIB),
]

# overhead: at every size, against the best of these
OVERHEAD = ("overhead", ("jemalloc", "mimalloc", "tcmalloc"), 1.05)
