# SPDX-License-Identifier: MIT
"""memory_report.py - tables of the memory suite, and the verdict on its bounds.

A row is a mark of a shape. Its loss, for a library of ours, is what is resident
above the best peer, over the most that the shape had live (LEAST_MOST if that
is less, so that a shape that holds next to nothing does not come first). Rows
with the greatest loss of any of ours come first.
"""
import statistics
from dataclasses import dataclass

from report import cell, geomean, print_rows
from shapes import BOUNDS, MIB, OVERHEAD

LEAST_MOST = 64 * MIB


@dataclass
class Row:
    """What each allocator has resident at a mark, in bytes, medians."""
    shape: str
    mark: str
    kind: str  # resident, dirty or peak
    live: int
    most: int
    held: dict  # by allocator; those that failed are left out

    def best(self, peers):
        """(bytes, name) of the best peer; None without one."""
        return min(((self.held[p], p) for p in peers if p in self.held),
                   default=None)

    def loss(self, name, peers):
        best = self.best(peers)
        if best is None or name not in self.held:
            return None
        return (self.held[name] - best[0]) / max(self.most, LEAST_MOST)

    def worst(self, ours, peers):
        known = [x for x in (self.loss(name, peers) for name in ours)
                 if x is not None]
        return max(known) if known else 0.0


class Results:
    """traces[shape][allocator] = list of Trace."""

    def __init__(self, shapes, ours, peers):
        self.shapes = shapes
        self.ours = ours  # names; the first is the subject
        self.peers = peers
        self.names = ours + peers
        self.traces = {s: {n: [] for n in self.names} for s in shapes}

    def add(self, shape, name, trace):
        self.traces[shape][name].append(trace)

    def broken(self, shape, name):
        """What went wrong in any run of this pair; "" if nothing did."""
        return next((t.error for t in self.traces[shape][name] if t.error),
                    "")

    def good(self, shape):
        """allocator -> its runs, of those that have some and none failed."""
        return {n: runs for n, runs in self.traces[shape].items()
                if runs and not self.broken(shape, n)}

    def check_marks(self):
        """All runs of a shape must have the same marks with the same live
        bytes: the first good run says which."""
        for shape in self.shapes:
            first = None
            for runs in self.good(shape).values():
                for trace in runs:
                    said = [(m.name, m.kind, m.live) for m in trace.marks]
                    first = first or said
                    if said != first:
                        trace.error = "marks differ from other runs"

    def rows(self):
        found = []
        for shape in self.shapes:
            good = self.good(shape)
            if good:
                found += rows_of(shape, good)
        return found


def rows_of(shape, good):
    """The marks of a shape, and its peak if it counts what is live."""
    one = next(iter(good.values()))[0]
    most = max(t.most_live for runs in good.values() for t in runs)
    rows = [Row(shape, mark.name, mark.kind, mark.live, most,
                {n: statistics.median(t.marks[i].held for t in runs)
                 for n, runs in good.items()})
            for i, mark in enumerate(one.marks)]
    if one.most_held and most:
        rows.append(Row(shape, "peak", "peak", most, most,
                        {n: statistics.median(t.most_held for t in runs)
                         for n, runs in good.items()}))
    return rows


def in_order(rows, ours, peers):
    return sorted(rows, key=lambda row: -row.worst(ours, peers))


def print_table(results, title, rows, show):
    """show() makes the cell of a row from bytes."""
    if not rows:
        return
    ours, peers = results.ours, results.peers
    losses = [f"loss {name}" for name in ours] if peers else []
    table = [["", "live MiB"] + results.names + losses]
    for row in in_order(rows, ours, peers):
        table.append(
            [f"{row.shape}: {row.mark}", f"{row.live / MIB:.1f}"] +
            [cell(show(row, row.held[n]) if n in row.held else None)
             for n in results.names] +
            [cell(row.loss(n, peers), "{:+.2f}") for n in ours if losses])
    print(f"\n{title}")
    print_rows(table)


def print_means(results, rows):
    """The peaks of each library of ours, to the best peer of each row."""
    for name in results.ours:
        bests = [(row, row.best(results.peers)) for row in rows
                 if name in row.held]
        ratios = [row.held[name] / best[0] for row, best in bests
                  if best and best[0] > 0]
        if ratios:
            print(f"  {name}: geometric mean to the best peer of each row "
                  f"{geomean(ratios):.2f}, greatest {max(ratios):.2f}")


def print_tables(results):
    rows = results.rows()
    loss = ("losses first" if results.peers else "no peers, so no losses")
    print_table(results, f"Resident / live at marks; {loss}",
                [r for r in rows if r.kind == "resident" and r.live],
                lambda row, held: held / row.live)
    print_table(results, "MiB resident where nothing is live, private dirty "
                f"MiB of a child; {loss}",
                [r for r in rows if r.kind == "dirty" or
                 r.kind == "resident" and not r.live],
                lambda row, held: held / MIB)
    peaks = [r for r in rows if r.kind == "peak"]
    print_table(results, f"Peak resident / peak live; {loss}", peaks,
                lambda row, held: held / row.live)
    if peaks:
        print_means(results, peaks)


def verdict(word, what, held, bound):
    return f"  {word:8} {what}: {held / MIB:.1f} MiB (bound {bound})"


def judge(held, limit):
    return "holds" if held <= limit else "MISSED"


def mark_verdicts(rows, name):
    """A line for each bound on a mark."""
    at = {(row.shape, row.mark): row for row in rows}
    for bound in BOUNDS:
        row = at.get((bound.shape, bound.mark))
        if row is not None and name in row.held:
            limit = bound.limit(row.live, row.most)
            yield verdict(judge(row.held[name], limit),
                          f"{name}, {bound.shape}: {bound.mark}",
                          row.held[name],
                          f"{bound.words()}: {limit / MIB:.1f}")


def overhead_verdicts(rows, name):
    """A line for all sizes that hold, one for each that does not."""
    shape, rivals, times = OVERHEAD
    judged = [(row, row.best(rivals)[0] * times) for row in rows
              if row.shape == shape and row.kind == "resident" and
              name in row.held and row.best(rivals)]
    missed = [(row, limit) for row, limit in judged
              if judge(row.held[name], limit) == "MISSED"]
    if judged:
        yield (f"  {'MISSED' if missed else 'holds':8} {name}, {shape}: "
               f"{len(judged) - len(missed)} of {len(judged)} sizes within "
               f"{times:.2f} x the best of {', '.join(rivals)}")
    for row, limit in sorted(missed, key=lambda m: m[1] / m[0].held[name]):
        yield verdict("MISSED", f"{name}, {shape}: {row.mark}",
                      row.held[name], f"{limit / MIB:.1f}")


def print_bounds(results):
    rows = results.rows()
    lines = [line for name in results.ours
             for line in (*mark_verdicts(rows, name),
                          *overhead_verdicts(rows, name))]
    if lines:
        print("\nBounds:")
        print("\n".join(lines))


def print_failures(results):
    lines = [f"  {shape} under {name}: {error}" for shape in results.shapes
             for name in results.names
             if (error := results.broken(shape, name))]
    if lines:
        print("\nFailed runs; these pairs have no numbers:")
        print("\n".join(lines))
    return len(lines)


def print_report(results):
    """All tables; returns how many pairs failed."""
    print_tables(results)
    failed = print_failures(results)
    if results.ours:
        print_bounds(results)
    return failed
