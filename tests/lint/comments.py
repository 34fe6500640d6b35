# SPDX-License-Identifier: MIT
"""comments.py - which part of each line of a source file is comment"""

import re

MAX_COLUMNS = 80

_C_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|/\*|//')
_HASH = re.compile(r"(?:^|(?<=\s))#(?!!)")
_QUOTES = '"' * 3


def _of_c(lines):
    inside = False
    for line in lines:
        code = comment = ""
        while line:
            if inside:
                text, end, line = line.partition("*/")
                comment += text + end
                inside = not end
                continue
            match = _C_TOKEN.search(line)
            if not match:
                code += line
                break
            if match.group() == "//":
                code, comment = code + line[:match.start()], \
                    comment + line[match.start():]
                break
            inside = match.group() == "/*"
            cut = match.start() if inside else match.end()
            code, line = code + line[:cut], line[cut:]
            if inside:
                comment, line = comment + line[:2], line[2:]
        yield code, comment


def _of_script(lines):
    for line in lines:
        match = _HASH.search(line)
        start = match.start() if match else len(line)
        yield line[:start], line[start:]


def _of_python(lines):
    inside = False
    for line, (code, comment) in zip(lines, _of_script(lines)):
        starts = line.lstrip().startswith(("r" + _QUOTES, _QUOTES))
        if inside or starts:
            code, comment = "", line
            if line.count(_QUOTES) % 2:
                inside = not inside
        yield code, comment


def parts(path, lines):
    """Yield (line number, code, comment) of each line."""
    if path.endswith((".c", ".h", ".cc", ".cpp", ".hh")):
        split = _of_c(lines)
    elif path.endswith(".py"):
        split = _of_python(lines)
    else:
        split = _of_script(lines)
    for number, (code, comment) in enumerate(split, 1):
        yield number, code, comment


def too_wide(path, lines):
    """Yield (line number, columns) where a comment ends too far right."""
    for number, code, comment in parts(path, lines):
        columns = len(lines[number - 1].expandtabs(8))
        if comment.strip() and columns > MAX_COLUMNS >= \
                len(code.rstrip().expandtabs(8)):
            yield number, columns
