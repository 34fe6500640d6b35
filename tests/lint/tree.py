# SPDX-License-Identifier: MIT
"""tree.py - small made-up source trees for the self-tests of the lint
scripts"""

import os
import tempfile
import unittest


class TreeTest(unittest.TestCase):
    """A test with an empty tree of its own in self.root."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        os.mkdir(os.path.join(self.root, "src"))

    def put(self, path, text):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)
