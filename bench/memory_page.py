# SPDX-License-Identifier: MIT
"""memory_page.py - writes docs/memory-measured.md from a run of the suite.

    FILE.md         the command, the machine, the tables, a picture a shape
    memory/*.svg    the pictures, in a folder beside it
"""
import os

import pictures
from shapes import SHAPES

FOLDER = "memory"
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

TOP = """# Memory, measured

What stays resident beside what a program holds, for programs of {count} shapes, under libkmalloc on
SLUB (`libkmalloc`) and on SLAB (`slab`), and under other mallocs. A column with a
[boot parameter](glossary.md#boot-parameter) is libkmalloc with that. The command below wrote this
whole page. How it is measured is in [bench/README.md](../bench/README.md#the-memory-suite); why
memory stays and when it goes back, in [memory.md](memory.md).

A row is a mark of a shape: the medians of all rounds, less what was resident before the first
block. A loss is what is resident above the best of the other mallocs, over the most that the shape
had live, 64 MiB at least. Rows with the greatest loss of any column of libkmalloc come first.

## Tables

```sh
{command}
```

"""

PICTURES = """
## Pictures

One run of each, that with the median peak. Runs are laid over each other at their marks: all marks
lie equally far apart, and below each are the seconds of the first library. Live bytes are grey, each
line is what is resident under one allocator.

"""


def without_paths(text):
    """Without the folder of this tree in front of what lies in it."""
    return text.replace(ROOT + "/", "")


def page(command, text, names):
    """The whole page; names are files of pictures."""
    parts = [TOP.format(count=len(names) or "many", command=command),
             "```\n", without_paths(text).strip("\n"), "\n```\n"]
    if names:
        parts.append(PICTURES)
    for name in names:
        shape = name.removesuffix(".svg")
        parts.append(f"![{shape}: {SHAPES[shape]}]({FOLDER}/{name})\n\n")
    return "".join(parts).rstrip("\n") + "\n"


def write(path, command, text, results):
    """The page, and the pictures of all shapes that were measured."""
    folder = os.path.join(os.path.dirname(os.path.abspath(path)), FOLDER)
    names = pictures.draw(results, folder)
    with open(path, "w", encoding="utf-8") as out:
        out.write(page(command, text, names))
