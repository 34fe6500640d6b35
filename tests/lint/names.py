#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""names.py - does each name of src have one definition?

    names.py [ROOT]

Prints one line for each fault and exits 1 if there was any. A fault is a name
that two files of src and include define: of a function or a variable of file
scope, static ones as well, of a struct, union or enum, an enumerator, a macro.
So what grep finds is the one that is meant. Tags and other names are apart, as
in C: `struct arena arena` is fine. Files where a name has one definition for
each arm of an #if count once.

TOLERATED are the names that may be in more files, and in how many; it is a
fault too if they are in fewer.

No parser is needed: a function starts at the start of a line, and its braces
are alone on theirs (test format-clean).
"""

import re
import sys

import sources

# Each with its reason.
TOLERATED = {
    # one of the three is linked
    "km_backends": 3,
}

ATTRIBUTE = re.compile(
    r"(?:__attribute__\(\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)\)|"
    r"\b__(?:aligned|section)\([^()]*\)) ?")
STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'')
CALL = re.compile(r"^[A-Z_]+\([^\n]*\)$", re.M)  # of a macro, no semicolon
MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)", re.M)
ENUM = re.compile(r"\benum(?: \w+)? \{([^{}]*)\}")
ENUMERATOR = re.compile(r"(?:^|,)\s*(\w+)")
DIRECTIVE = re.compile(r"^[ \t]*#(?:.*\\\n)*.*", re.M)
BRACES = re.compile(r"\{[^{}]*\}")
BODY = "@"  # stands for what was in braces
FUNCTION = re.compile(r"^[A-Za-z_][^;={}@]*?\b(\w+)\([^;@]*\)[^;=()@]*\n@$",
                      re.M)
TAG = re.compile(r"\b(?:struct|union|enum) (\w+)\s\{")
NO_VARIABLE = re.compile(r"extern\b|typedef\b|static_assert\b|"
                         r"(?:struct|union|enum) \w+$")
POINTER = re.compile(r"[^(]*\(\*(?:const )?(\w+)(?:\[[^\]]*\])*\)\(")
DEFINES = re.compile(r"(?:static )?(?:LIST_HEAD|DEFINE_\w+)\((\w+)")
VALUE = re.compile(r"=[^,]*\(.*|=[^,]*")
MARK = re.compile(r"__(?:hidden|thread|packed|maybe_unused|cacheline_aligned|"
                  r"sysctl|engine_starter)|[A-Z][A-Z_]+|const")


def plain(lines):
    """The text without comments, directives, attributes and strings."""
    text = "\n".join(re.sub("//.*", "", line)
                     for line in sources.without_comments(lines))
    text = CALL.sub("", DIRECTIVE.sub("", STRING.sub("0", text)))
    return ATTRIBUTE.sub("", text).replace("extern 0 {", "")


def variables(statement):
    """The names that one statement of file scope defines."""
    if NO_VARIABLE.match(statement):
        return []
    match = POINTER.match(statement) or DEFINES.match(statement)
    if match:
        return [match.group(1)]
    head = VALUE.sub("", statement)
    found = []
    for part in re.sub(r"\[[^\]]*\]", "", head).split(","):
        words = [word for word in re.findall(r"\w+|@", part)
                 if not MARK.fullmatch(word)]
        found += [words[-1]] if words and words[-1] != BODY else []
    return [] if "(" in head else found


def fold(text):
    """The text with BODY for all that is in braces."""
    found, folded = text, None
    while found != folded:
        folded, found = found, BRACES.sub(BODY, found)
    return found


def statements(folded):
    """The statements of file scope, each in one line, but for functions."""
    return [" ".join(statement.split())
            for statement in FUNCTION.sub(";", folded).split(";")]


def names(lines):
    """Tags and other names that the lines of a file define."""
    text = plain(lines)
    folded = fold(text)
    others = set(FUNCTION.findall(folded))
    others.update(MACRO.findall("\n".join(sources.without_comments(lines))))
    for body in ENUM.findall(text):
        others.update(ENUMERATOR.findall(body))
    for statement in statements(folded):
        others.update(variables(statement))
    return set(TAG.findall(text)), others


def count(root):
    """{(is it a tag, name): the files that define it}"""
    found = {}
    for path in sources.find(root, ("src", "include"), sources.C_SUFFIXES):
        tags, others = names(sources.read_lines(root, path))
        for name in tags:
            found.setdefault((True, name), []).append(path)
        for name in others:
            found.setdefault((False, name), []).append(path)
    return found


def judge(root, tolerated):
    faults, seen = [], {}
    for (tag, name), paths in sorted(count(root).items()):
        if len(paths) < 2:
            continue
        shown = f"struct {name}" if tag else name
        seen[shown] = len(paths)
        if len(paths) > tolerated.get(shown, 1):
            faults.append(f"{shown} is defined in " + ", ".join(paths))
    return faults + [f"{shown} is tolerated in {number} files, there are "
                     f"{seen.get(shown, 'not so many')}"
                     for shown, number in sorted(tolerated.items())
                     if seen.get(shown, 1) < number]


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else "."
    faults = judge(root, TOLERATED)
    return sources.report("names", faults)


if __name__ == "__main__":
    sys.exit(main())
