#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""hooks.py - is each way to call upward in docs/hooks.md, and of one shape?

    hooks.py [ROOT]

The shape of a hook: a struct of functions that the lower room declares and a
higher room defines and hands over. docs/hooks.md has a row for each:

    | hook | declared in | defined in | handed over by | called | locks |
    |---|---|---|---|---|---|
    | `struct tick` | [src/core/tick.h](...) | kmem | `tick_register()` | ...

and below it a row for each struct of functions that is none:

    | not a hook | declared in | why |

Prints one line for each fault and exits 1 if there was any:
 - a struct of src with functions that is in neither table, or in both, or that
   another header declares
 - a row of a struct that src has not
 - rooms in the row other than those whose files define one, but for `any` and
   `the program`
 - a function that hands over and is none of src; `the linker` where the
   declaring header names no section, or another section of a header of src
 - a row with an empty cell
 - a variable of file scope that is a pointer to a function, also by a typedef,
   but for those in src/shim, of other libraries' functions; TOLERATED may be
 - a weak function with a body, but for src/shim, which exports names weakly
"""

import os
import re
import sys

import names
import rooms
import sources

TABLE = os.path.join("docs", "hooks.md")
HOOKS = "| hook | declared in | defined in | handed over by | called | locks |"
OTHERS = "| not a hook | declared in | why |"
STRUCT = re.compile(r"\bstruct (\w+) \{((?:[^{}]|\{[^{}]*\})*)\}")
MEMBER = re.compile(r"\(\*(?:const )?\w+\)\(")
LINK = re.compile(r"\[(src/[\w/.]+|include/[\w/.]+)\]\(\.\./\1\)")
WEAK = re.compile(r"__attribute__\(\((?:[^;{]*[ ,])?weak[,)][^;{]*\n\{")
TYPE = re.compile(r"typedef [^;(]*\(\*(\w+)\)\(")
SECTION = re.compile(r'section\("(km_\w+)"\)')
LINKER = "the linker"
PROGRAM = "the program"

# Each with its reason.
TOLERATED = {
    "handler": "the program's, by km_set_oom_handler()",
}


class Source:
    """What the files of src and include declare and define."""

    def __init__(self, root):
        plan = rooms.read(root)
        self.structs, self.definers = {}, {}
        self.pointers, self.weak = {}, []
        self.sections, self.functions = {}, set()
        files = {path: sources.read_lines(root, path)
                 for path in sources.find(root, ("src", "include"),
                                          sources.C_SUFFIXES)}
        types = [name for lines in files.values()
                 for name in TYPE.findall("\n".join(lines))]
        self.typed = re.compile(r"(?:extern |static )*(?:%s) (\w+)"
                                r"(?:\[\w*\])*(?: __\w+)?(?: =.*)?"
                                % ("|".join(types) or "none"))
        for path, lines in files.items():
            self.read(path, plan.of(path), lines)

    def read(self, path, room, lines):
        whole = "\n".join(sources.without_comments(lines))
        text = names.plain(lines)
        for name, body in STRUCT.findall(text):
            if MEMBER.search(body):
                self.structs[name] = path
        for name in re.findall(r"\bstruct (\w+) \w+(?: \w+)* = \{", text):
            self.definers.setdefault(name, set()).add(room)
        for name in re.findall(r"^(\w+?)(?:_alias)?\(", whole, re.M):
            self.definers.setdefault(name, set()).add(room)
        for statement in names.statements(names.fold(text)):
            match = names.POINTER.match(statement)
            if not match and room != "shim":
                match = self.typed.fullmatch(statement)
            if match and not statement.startswith("typedef"):
                self.pointers.setdefault(match.group(1), path)
        self.functions |= names.names(lines)[1]
        for section in SECTION.findall(whole):
            self.sections.setdefault(section, path)
        if room != "shim" and WEAK.search(whole):
            self.weak.append(path)


def rows(text, head):
    """The cells of each row of the table with this head."""
    _, _, table = text.partition(head + "\n")
    for line in table.splitlines()[1:]:
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in line.strip("|").split("|")]


def judge_row(source, name, cells):
    faults = []
    link = LINK.fullmatch(cells[1])
    path = source.structs.get(name)
    if not link or link.group(1) != path:
        faults.append(f"struct {name} is declared in {path or 'no header'}")
    if not all(cells):
        faults.append(f"the row of struct {name} has an empty cell")
    return faults


def judge_hook(source, name, cells):
    faults = judge_row(source, name, cells)
    listed = set(cells[2].split(", "))
    defined = source.definers.get(name, set()) - {None}
    if cells[2] != "any" and listed - {PROGRAM} != defined:
        faults.append(f"struct {name} is defined in "
                      + (", ".join(sorted(defined)) or "no room"))
    if cells[3] == LINKER:
        if source.structs.get(name) not in source.sections.values():
            faults.append(f"struct {name} is in no section")
    else:
        handed = re.findall(r"`(\w+)\(\)`", cells[3])
        faults += [f"{function}() is no function of src"
                   for function in handed if function not in source.functions]
        if not handed:
            faults.append(f"nothing hands struct {name} over")
    return faults


def judge_sections(source, hooks):
    by_linker = {source.structs.get(name) for name, cells in hooks.items()
                 if cells[3] == LINKER}
    return [f"{path}: section {section} has no row"
            for section, path in sorted(source.sections.items())
            if path not in by_linker]


def judge(source, text, tolerated):
    tables, faults = [], []
    for head in (HOOKS, OTHERS):
        found = {}
        for cells in rows(text, head):
            name = cells[0].removeprefix("`struct ").removesuffix("`")
            if len(cells) != head.count("|") - 1:
                faults.append(f"not a row: {' | '.join(cells)}")
            else:
                found[name] = cells
        tables.append(found)
    hooks, others = tables
    for name, cells in hooks.items():
        faults += judge_hook(source, name, cells)
    for name, cells in others.items():
        faults += judge_row(source, name, cells)
    faults += [f"struct {name} is in both tables"
               for name in sorted(set(hooks) & set(others))]
    faults += [f"{path}: struct {name} has functions and no row"
               for name, path in sorted(source.structs.items())
               if name not in hooks and name not in others]
    faults += judge_sections(source, hooks)
    faults += [f"{path}: {name} is a pointer to a function, not a struct"
               for name, path in sorted(source.pointers.items())
               if name not in tolerated]
    faults += [f"{name} is tolerated and is no pointer to a function"
               for name in sorted(set(tolerated) - set(source.pointers))]
    faults += [f"{path}: a weak function with a body" for path in source.weak]
    return faults


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else "."
    text = "\n".join(sources.read_lines(root, TABLE))
    faults = [f"{TABLE}: {fault}"
              for fault in judge(Source(root), text, TOLERATED)]
    return sources.report("hooks", faults)


if __name__ == "__main__":
    sys.exit(main())
