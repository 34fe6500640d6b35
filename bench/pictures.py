# SPDX-License-Identifier: MIT
"""pictures.py - draws what a shape had live and resident.

Runs take different times, so they are laid over each other at their marks: a
mark has the same place in each run, and all marks lie equally far apart, with
the seconds of the first library below. Live bytes are an area, each allocator
is a line.

The shape overhead has a mark for each size: resident/live over the size.
"""
import math
import os

import svg
from shapes import MIB, SHAPES

LABEL = 13  # characters of a mark's name in a line
EVERY = 4  # of the sizes of overhead one has its number below


def middle_run(runs):
    """The run with the median peak."""
    return sorted(runs, key=lambda t: t.most_held)[len(runs) // 2]


def at_marks(trace):
    """(x, live, held) of the samples; the start is at 0, mark i at i + 1, and
    each is a sample. What comes after the last mark is left out."""
    begin = trace.samples[0][0] if trace.samples else 0.0
    ends = [begin] + [mark.at for mark in trace.marks]
    points, i = [], 1
    for at, live, held in trace.samples:
        while i < len(ends) and at > ends[i]:
            i += 1
        if i == len(ends):
            break
        long = max(ends[i] - ends[i - 1], 1e-9)
        points.append((i - 1 + (at - ends[i - 1]) / long, live, held))
    return points


def in_lines(words):
    """The name of a mark in lines of LABEL characters or so."""
    lines = [""]
    for word in words.split():
        if lines[-1] and len(lines[-1]) + len(word) >= LABEL:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def over_time(shape, runs, ours):
    """Live and resident MiB, a tick at each mark."""
    traces = {name: at_marks(trace) for name, trace in runs.items()}
    first = next(iter(runs))
    begin = runs[first].samples[0][0]
    ticks = [(0, ["start"])] + [
        (i, in_lines(m.name) + [f"{m.at - begin:.1f} s"])
        for i, m in enumerate(runs[first].marks, 1)]
    return svg.Chart(
        f"{shape}: {SHAPES[shape]}", "MiB", ticks,
        [svg.Curve(name, [(x, held / MIB) for x, _, held in points],
                   name in ours) for name, points in traces.items()],
        [(x, live / MIB) for x, live, _ in traces[first]], "live")


def over_size(shape, runs, ours):
    """Resident/live by the size of a block, which grows by powers of two."""
    def size(mark):
        return int(mark.name.split()[0])

    marks = next(iter(runs.values())).marks
    return svg.Chart(
        f"{shape}: {SHAPES[shape]}", "resident / live, by bytes of a block",
        [(math.log2(size(m)), [str(size(m))] if i % EVERY == 0 else [])
         for i, m in enumerate(marks)],
        [svg.Curve(name, [(math.log2(size(m)), m.held / m.live)
                          for m in trace.marks], name in ours)
         for name, trace in runs.items()], floor=1.0)


def draw(results, folder):
    """A picture for each shape that was measured; their file names."""
    os.makedirs(folder, exist_ok=True)
    names = []
    for shape in results.shapes:
        runs = {n: middle_run(r) for n, r in results.good(shape).items()}
        if not runs:
            continue
        chart = (over_size if shape == "overhead" else over_time)(
            shape, runs, results.ours)
        names.append(f"{shape}.svg")
        with open(os.path.join(folder, names[-1]), "w",
                  encoding="utf-8") as out:
            out.write(svg.drawing(chart))
    return names
