# SPDX-License-Identifier: MIT
"""rooms.py - the rooms of src/, as src/rooms.txt lists them"""

import os
import re

LIST = os.path.join("src", "rooms.txt")
INIT = "init"  # the files of src/ itself


class Rooms:
    """Which room may use which. A room's height is its line in the list."""

    def __init__(self, text):
        self.height = {}
        lines = [line for line in text.splitlines() if re.match("[a-z]", line)]
        for height, line in enumerate(lines):
            for room in re.findall("[a-z/]+", line):
                self.height[room] = height

    def of(self, path):
        """The room of a path relative to the root; None outside src."""
        parts = os.path.dirname(path).split(os.sep)
        if parts[0] != "src":
            return None
        return "/".join(parts[1:]) or INIT

    def fault(self, mine, theirs):
        """What is wrong when room mine uses theirs: a word, or None."""
        if mine == theirs or not {mine, theirs} <= set(self.height):
            return None
        if self.height[theirs] > self.height[mine]:
            return "upward"
        return "sideways" if self.height[theirs] == self.height[mine] else None


def read(root):
    with open(os.path.join(root, LIST), encoding="utf-8") as file:
        return Rooms(file.read())
