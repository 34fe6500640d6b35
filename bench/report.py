# SPDX-License-Identifier: MIT
"""report.py - medians, ratios, tables, and the verdict on the bounds.

All ratios are subject / peer: below 1 the subject (libkmalloc) is faster or
smaller. Rows with the greatest loss come first. A row in which the difference
to the best peer is within the spread of the subject's own runs is marked with
~.
"""
import math
import statistics

GROUPS = {"written": "written workloads", "real": "real programs"}
METRICS = {
    "wall": ("Wall time", "ms", 1e3),
    "cpu": ("User and system time", "ms", 1e3),
    "rss": ("Peak resident memory", "MiB", 1 / 1024),
}


def geomean(values):
    values = [v for v in values if v > 0]
    if not values:
        return None
    return math.exp(sum(map(math.log, values)) / len(values))


class Results:
    """samples[program name][allocator name] = list of Sample."""

    def __init__(self, programs, allocators, subject):
        self.programs = {p.name: p for p in programs}
        self.allocators = [a.name for a in allocators]
        self.subject = subject
        self.peers = [n for n in self.allocators if n != subject]
        self.samples = {p: {a: [] for a in self.allocators}
                        for p in self.programs}

    def add(self, program, allocator, sample):
        self.samples[program.name][allocator.name].append(sample)

    def broken(self, program, allocator):
        """What went wrong in any run of this pair; "" if nothing did."""
        return next((s.error for s in self.samples[program][allocator]
                     if s.error), "")

    def median(self, program, allocator, metric):
        """None if there is no run, or one that failed."""
        runs = self.samples[program][allocator]
        if not runs or self.broken(program, allocator):
            return None
        return statistics.median(getattr(s, metric) for s in runs)

    def spread(self, program, metric):
        """(max - min) / median of the subject's runs: how far to trust it."""
        mid = self.median(program, self.subject, metric)
        if not mid:
            return None
        values = [getattr(s, metric)
                  for s in self.samples[program][self.subject]]
        return (max(values) - min(values)) / mid

    def ratio(self, program, peer, metric):
        mine = self.median(program, self.subject, metric)
        other = self.median(program, peer, metric)
        return mine / other if mine and other else None

    def worst(self, program, metric):
        """The ratio to the best of the peers."""
        known = [r for r in (self.ratio(program, p, metric)
                             for p in self.peers) if r]
        return max(known) if known else None

    def within_spread(self, program, metric):
        """Is the difference to the best peer no larger than the spread?"""
        worst = self.worst(program, metric)
        spread = self.spread(program, metric)
        return worst is not None and spread is not None and \
            abs(worst - 1) <= spread

    def label(self, group):
        """The group and the programs in it that stand behind a mean."""
        return f"{GROUPS[group]} ({', '.join(self.group(group))})"

    def group(self, group):
        return [n for n, p in self.programs.items() if p.group == group]

    def group_mean(self, group, peer, metric):
        """Over the programs that both served; and how many those are."""
        ratios = [r for r in (self.ratio(p, peer, metric)
                              for p in self.group(group)) if r]
        return geomean(ratios), len(ratios)

    def check_output(self):
        """Marks runs whose output differs from the one most runs have. The
        peers come first: in a tie, theirs is the right one."""
        for by_allocator in self.samples.values():
            runs = [s for a in self.peers + [self.subject]
                    for s in by_allocator.get(a, []) if not s.error]
            if not runs:
                continue
            right = statistics.mode(s.checksum for s in runs)
            for sample in runs:
                if sample.checksum != right:
                    sample.error = "wrong output"


def cell(value, form="{:.2f}"):
    return "-" if value is None else form.format(value)


def print_rows(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        first = row[0].ljust(widths[0])
        rest = "  ".join(c.rjust(w) for c, w in zip(row[1:], widths[1:]))
        print(f"  {first}  {rest}".rstrip())


def print_metric(results, metric):
    title, unit, factor = METRICS[metric]
    subject, peers = results.subject, results.peers
    print(f"\n{title}: {subject} / peer, below 1.00 is better; "
          "losses first")
    rows = [["", subject, "spread"] + [f"/{p}" for p in peers] +
            ["/best", ""]]
    order = sorted(results.programs,
                   key=lambda n: -(results.worst(n, metric) or math.inf))
    for name in order:
        mid = results.median(name, subject, metric)
        rows.append([name, cell(mid and mid * factor, "{:.1f} " + unit),
                     cell(results.spread(name, metric), "{:.0%}")]
                    + [cell(results.ratio(name, p, metric)) for p in peers]
                    + [cell(results.worst(name, metric)),
                       "~" if results.within_spread(name, metric) else ""])
    for group in GROUPS:
        if results.group(group):
            means = [results.group_mean(group, p, metric)[0] for p in peers]
            rows.append([f"geometric mean, {GROUPS[group]}", "", ""]
                        + [cell(m) for m in means] + ["", ""])
    print_rows(rows)
    for group in GROUPS:
        if results.group(group):
            print(f"  {GROUPS[group]}: {', '.join(results.group(group))}")
    if any(results.within_spread(name, metric) for name in order):
        print("  ~ the spread exceeds the difference to the best peer: the row "
              "shows no difference")


def print_failures(results):
    lines = [f"  {program} under {allocator}: {error}"
             for program in results.programs
             for allocator in results.allocators
             if (error := results.broken(program, allocator))]
    if lines:
        print("\nFailed runs; these pairs have no numbers:")
        print("\n".join(lines))
    return len(lines)


def verdict(what, value, bound, missing=0):
    if value is None:
        word = "UNKNOWN"
    elif value <= bound and not missing:
        word = "holds"
    else:
        word = "MISSED"
    note = f", {missing} not measured" if missing else ""
    print(f"  {word:8} {what}: {cell(value)} (bound {bound:.2f}{note})")


def print_verdicts(results):
    print("\nBounds:")
    for group in GROUPS:
        names, label = results.group(group), results.label(group)
        for peer in ("jemalloc", "mimalloc"):
            if names and peer in results.peers:
                mean, n = results.group_mean(group, peer, "wall")
                verdict(f"time, {label}, geometric mean to {peer}", mean, 1,
                        len(names) - n)
    worst = {n: results.worst(n, "wall") for n in results.programs}
    known = {n: w for n, w in worst.items() if w}
    name = max(known, key=known.get, default="none")
    verdict(f"time, greatest loss to the best peer ({name})",
            known.get(name), 1.25, len(worst) - len(known))
    rss = {n: results.worst(n, "rss") for n in results.programs}
    known = {n: w for n, w in rss.items() if w}
    name = max(known, key=known.get, default="none")
    verdict(f"peak memory, geometric mean to the best peer of each row (most: "
            f"{name}, {cell(known.get(name))})", geomean(known.values()), 1.1,
            len(rss) - len(known))


def print_medians(results, metric):
    """Absolute numbers, for when there is no subject to compare."""
    title, unit, factor = METRICS[metric]
    print(f"\n{title}, medians in {unit}")
    rows = [[""] + results.allocators]
    for name in results.programs:
        values = [results.median(name, a, metric) for a in results.allocators]
        rows.append([name] + [cell(v and v * factor, "{:.1f}")
                              for v in values])
    print_rows(rows)


def print_report(results):
    """All tables; returns how many pairs failed."""
    if results.subject:
        for metric in METRICS:
            print_metric(results, metric)
    for metric in METRICS:
        print_medians(results, metric)
    failed = print_failures(results)
    if results.subject:
        print_verdicts(results)
    return failed
