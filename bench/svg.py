# SPDX-License-Identifier: MIT
"""svg.py - a small chart as SVG: lines, an area, ticks, a legend.

    title
    of_y
     300 |     __________            -- name
     200 |____/          \\__        -- name
       0 |___________________       ## name
         start  full  freed

What the documents show is kept small, and is to be read on light and on dark
pages: mid tones, whole pixels, one path a line.
"""
import math
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 800, 330
LEFT, RIGHT, TOP, BOTTOM = 48, 640, 44, 270  # of the plot
ROW = 16  # pixels between lines of text
COLOURS = ["#d0342c", "#e08a1e", "#2f6fb0", "#3a9a44", "#a04fc0", "#6d4c41",
           "#00868b", "#b8509a"]
STYLE = """text { font: 12px sans-serif; fill: #747f8a; }
.h { font-weight: bold; font-size: 14px; }
.m { text-anchor: middle; } .e { text-anchor: end; }
path { fill: none; stroke-width: 1.4; stroke-linejoin: round; }
.ours { stroke-width: 2.6; }
.grid { stroke: #747f8a; stroke-width: .4; }
.area { fill: #747f8a; fill-opacity: .3; }"""


@dataclass
class Curve:
    """A line of (x, y); ours are drawn thicker."""
    name: str
    points: list
    ours: bool = False


@dataclass
class Chart:
    """ticks are (x, [lines of text]); the area is filled down to the axis."""
    title: str
    of_y: str
    ticks: list
    curves: list
    area: list = field(default_factory=list)
    area_name: str = ""
    floor: float = 0.0  # the least y

    def top(self):
        ys = [y for c in self.curves for _, y in c.points]
        return max(ys + [y for _, y in self.area], default=1.0)


def tick_step(span):
    """1, 2 or 5 times a power of ten: four to nine steps make the span."""
    rough = span / 8
    power = 10.0 ** math.floor(math.log10(rough))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= rough)


class Scale:
    """Pixels of the values of a chart."""

    def __init__(self, chart):
        xs = [x for x, _ in chart.ticks]
        self.left, self.right = min(xs), max(xs)
        self.floor = chart.floor
        self.step = tick_step(max(chart.top() - chart.floor, 1e-9))
        self.top = chart.floor + self.step * math.ceil(
            (chart.top() - chart.floor) / self.step - 1e-9)

    def x(self, value):
        span = self.right - self.left or 1
        return round(LEFT + (value - self.left) / span * (RIGHT - LEFT))

    def y(self, value):
        span = self.top - self.floor or 1
        high = (max(value, self.floor) - self.floor) / span
        return round(BOTTOM - high * (BOTTOM - TOP))

    def points(self, points):
        return [(self.x(x), self.y(y)) for x, y in points]

    def levels(self):
        n = round((self.top - self.floor) / self.step)
        return [self.floor + i * self.step for i in range(n + 1)]


def thinned(points, near=1.0):
    """Without those that lie within so many pixels of the line between kept
    ones (Ramer, Douglas and Peucker, by height)."""
    keep, spans = {0, len(points) - 1}, [(0, len(points) - 1)]
    while spans and points:
        a, b = spans.pop()
        (xa, ya), (xb, yb) = points[a], points[b]
        slope = (yb - ya) / (xb - xa) if xb > xa else 0.0

        def off(i, xa=xa, ya=ya, slope=slope):
            return abs(points[i][1] - ya - slope * (points[i][0] - xa))

        far = max(range(a + 1, b), default=a, key=off)
        if off(far) > near:
            keep.add(far)
            spans += [(a, far), (far, b)]
    return [points[i] for i in sorted(keep)] if points else []


def path(points):
    """M and absolute points; nothing for none."""
    return "M" + " ".join(f"{x},{y}" for x, y in points)


def text(x, y, words, kind=""):
    kind = f' class="{kind}"' if kind else ""
    return f'<text x="{x}" y="{y}"{kind}>{escape(words)}</text>'


def axes(chart, scale):
    lines = []
    for level in scale.levels():
        y = scale.y(level)
        lines += [f'<path class="grid" d="M{LEFT},{y} {RIGHT},{y}"/>',
                  text(LEFT - 6, y + 4, f"{level:.10g}", "e")]
    for at, words in chart.ticks:
        x = scale.x(at)
        lines.append(f'<path class="grid" d="M{x},{TOP} {x},{BOTTOM + 4}"/>')
        lines += [text(x, BOTTOM + 18 + 13 * i, line, "m")
                  for i, line in enumerate(words)]
    return lines


def legend(chart):
    lines, y = [], TOP + 10
    for i, curve in enumerate(chart.curves):
        kind = ' class="ours"' if curve.ours else ""
        colour = COLOURS[i % len(COLOURS)]
        lines += [f'<path{kind} stroke="{colour}" d="M{RIGHT + 18},{y - 4} '
                  f'{RIGHT + 40},{y - 4}"/>',
                  text(RIGHT + 46, y, curve.name)]
        y += ROW
    if chart.area_name:
        lines += [f'<path class="area" d="M{RIGHT + 18},{y - 9} h22 v9 h-22z"'
                  '/>', text(RIGHT + 46, y, chart.area_name)]
    return lines


def drawing(chart):
    """The text of the SVG."""
    scale = Scale(chart)
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} '
             f'{HEIGHT}" role="img">', f"<title>{escape(chart.title)}</title>",
             f"<style>{STYLE}</style>", text(LEFT, 18, chart.title, "h"),
             text(LEFT, 36, chart.of_y)]
    if chart.area:
        points = thinned(scale.points(chart.area))
        lines.append(f'<path class="area" d="{path(points)} '
                     f'{points[-1][0]},{BOTTOM} {points[0][0]},{BOTTOM}z"/>')
    lines += axes(chart, scale)
    # ours last, so that they are on top
    for i, curve in sorted(enumerate(chart.curves), key=lambda c: c[1].ours):
        kind = ' class="ours"' if curve.ours else ""
        points = thinned(scale.points(curve.points))
        if points:
            lines.append(f'<path{kind} stroke="{COLOURS[i % len(COLOURS)]}" '
                         f'd="{path(points)}"/>')
    return "\n".join(lines + legend(chart) + ["</svg>", ""])
