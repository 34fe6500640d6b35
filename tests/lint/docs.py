#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""docs.py - do the documents say what is in the tree?

    docs.py [ROOT]

Prints one line for each fault and exits 1 if there was any:
 - a relative link, an anchor or a path (src/..., docs/..., ...) to nothing;
   a comment of src or include that names a file of a room ("zone/wait.c"), or
   a document, that is not there
 - a test name in backquotes that no test has
 - a boot parameter of src that docs/parameters.md or the manual page leaves
   out, one whose allowed values differ between src and that table, or a name
   in one of them that is no parameter
 - a knob of src (.procname) that docs/api.md leaves out
 - a name of src/shim/preload.map that docs/shim.md leaves out; one of
   src/kmalloc.map that a public header declares and docs/api.md leaves out
 - a lock rank that docs/locking.md leaves out or has out of order
 - a fact that src, include or tests cite ("docs/kernel.md P2", "M1, M3 to M6")
   and that docs/kernel.md lacks or has twice, or a citation of another document
   that is not in the repository
 - a page of docs that the index by reader, docs/README.md, leaves out
 - a word of docs/glossary.md that another page of docs does not link where it
   first uses it
 - a letter of docs/divergence.md that src refers to and that is not there; a
   label that it has twice, or out of order
 - a drawing that is no XML, or that no document shows
 - a C program of README.md that does not compile
 - a sentence of more than 30 words, a line of prose of more than 110 columns
"""

import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree

import prose
import rooms
import sources

FOLDERS = ("src", "include", "docs", "tests", "scripts", "cmake", "bench")
LINK = re.compile(r"\]\(([^)\s]+)\)")
PATH = re.compile(r"(?<![\w/.-])(?:%s)/[\w./+-]*\w" % "|".join(FOLDERS))
TEST = re.compile(r"`((?:unit|model|spin|stress|fault|misuse|conformance"
                  r"|cxx|static|torture|preload|lint|scripts|artefacts|system)"
                  r"\.[\w.+-]+)`")
PARAM = re.compile(r'^boot_param(?:_alias)?\(\s*"([^"]+)",[\w\s,]*'
                   r'((?:"(?:[^"\\]|\\.)*"\s*)*)\)', re.M)
ROW = re.compile(r"^\| `([\w.]+)` \|(?: (.*?) \|)?", re.M)
MANUAL_ROW = re.compile(r"^\.T[PQ]\n\.\w+ ([\w.]+)", re.M)
LABELS = re.compile(r"docs/kernel\.md ([A-Z]\d+"
                    r"(?:(?:-|, | and | to )[A-Z]\d+)*)")
# How the words look that a page must link where it first uses them. Words of
# the glossary that have other meanings too are left: block, mark, section.
WORDS = {"arena": r"\barena\b", "frame-index": r"\bframe\s+index\b",
         "pageblock": r"\bpageblocks?\b",
         "migratetype": r"\bmigratetypes?\b", "zone": r"\bzones?\b",
         "page-run": r"\bpage\s+runs?\b",
         "large-area": r"\blarge\s+areas?\b",
         "area": r"\bareas?\b",
         "size-class": r"\bsize\s+class(?:es)?\b",
         "sheaf": r"\bshea(?:f|ves)\b", "barn": r"\bbarns?\b",
         "cursor": r"\bcursors?\b", "owner": r"\bowners?\b",
         "array-cache": r"\b(?:array\s+cache|array_cache)s?\b",
         "fast-path": r"\bfast\s+paths?\b",
         "slow-path": r"\bslow\s+paths?\b", "tick": r"\bticks?\b",
         "shrinker": r"\bshrinkers?\b", "reclaim": r"\breclaim\b",
         "compaction": r"\bcompaction\b", "engine": r"\bengine\b",
         "boot-parameter": r"\bboot\s+parameters?\b"}
KNOB = re.compile(r'\.procname = "([^"]+)"')
PROGRAM = re.compile(r"^```c\n(.*?)^```$", re.M | re.S)


def read(root, path):
    try:
        return "\n".join(sources.read_lines(root, path)) + "\n"
    except FileNotFoundError:
        return ""


def documents(root):
    found = [p for p in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md",
                            "bench/README.md")
             if os.path.exists(os.path.join(root, p))]
    return found + sources.find(root, ("docs",), (".md",))


def anchors(text):
    """The anchors of the headings, as the usual viewers make them."""
    heads = re.findall(r"^#+ (.*)$", text, re.M)
    return {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in heads}


def judge_links(root, path, text):
    faults = []
    for link in LINK.findall(text):
        target, _, anchor = link.partition("#")
        if "://" in target:
            continue
        full = os.path.normpath(os.path.join(os.path.dirname(path), target)) \
            if target else path
        if not os.path.exists(os.path.join(root, full)):
            faults.append(f"{path}: links to {link}, which is not there")
        elif anchor and anchor not in anchors(read(root, full)):
            faults.append(f"{path}: {link}: no heading has this anchor")
    return faults


def judge_paths(root, path, text):
    plain = LINK.sub("]", text)
    return [f"{path}: names {name}, which is not there"
            for name in sorted(set(PATH.findall(plain)))
            if not os.path.exists(os.path.join(root, name))]


def test_exists(root, name):
    """Names that CMake makes of several words: each has to be one there."""
    kind, *words = name.split(".")
    folder = os.path.join(root, "tests", kind)
    if kind in ("unit", "model", "stress"):
        wanted = [os.path.join(folder, *words[:last], f"test_{words[-1]}.c")
                  for last in range(1, len(words))]
    elif kind == "preload":
        wanted = [os.path.join(folder, sub, f"{words[0]}.sh")
                  for sub in ("cases", "counts", "limits", ".")]
    elif kind == "scripts":
        wanted = [os.path.join(folder, f"test_{words[0]}.sh")]
    else:
        text = read(root, os.path.join("tests", kind, "CMakeLists.txt"))
        known = set(re.findall(r"[\w+-]+", text))
        return set(words) <= known
    return any(os.path.exists(file) for file in wanted)


def judge_tests(root, path, text):
    return [f"{path}: `{name}` is the name of no test"
            for name in sorted(set(TEST.findall(text)))
            if not test_exists(root, name)]


def judge_prose(_root, path, text):
    lines = text.splitlines()
    return [f"{path}:{number}: a line of {len(line)} columns, "
            f"{prose.MAX_COLUMNS} are the most"
            for number, line in prose.prose_lines(lines)
            if len(line) > prose.MAX_COLUMNS] + \
           [f"{path}:{number}: a sentence of {words} words, "
            f"{prose.MAX_WORDS} are the most: {sentence[:40]}..."
            for number, words, sentence in prose.long_sentences(lines)]


def judge_params(root):
    table = "docs/parameters.md"
    values = {}
    for path in sources.find(root, ("src",), (".c",)):
        for name, strings in PARAM.findall(read(root, path)):
            text = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', strings))
            values.setdefault(name, set()).add(text.replace('\\"', '"'))
    rows = dict(ROW.findall(read(root, table)))
    known, listed = set(values), set(rows)
    manual = "docs/man/kmalloc-preload.7"
    page = read(root, manual)
    faults = [f"{table}: boot parameter {name} is not in the table"
              for name in sorted(known - listed)]
    faults += [f"{table}: {name} is no boot parameter"
               for name in sorted(listed - known)]
    faults += [f"{table}: boot parameter {name}: says '{rows[name]}' where "
               f"src has '{text}'"
               for name in sorted(known & listed)
               for text in sorted(values[name]) if text != rows[name]]
    faults += [f"{manual}: {name} is no boot parameter"
               for name in MANUAL_ROW.findall(
                   page.partition(".SS Boot")[2].partition("\n.SH")[0])
               if name not in known and
               not any(name.startswith(prefix) for prefix in known
                       if prefix[-1] == ".")]
    return faults + [f"{manual}: boot parameter {name} is missing"
                     for name in sorted(known)
                     if not re.search(r"^\.\w+ %s" % re.escape(name) +
                                      ("" if name[-1] == "." else "(=|$)"),
                                      page,
                                      re.M)]


def exported(root, path):
    """The names of a version script, without those that are patterns."""
    text = "\n".join(sources.without_comments(
        read(root, path).splitlines()))
    return re.findall(r"^\s+(\w+);$", text, re.M)


def judge_exports(root):
    shim = set(re.findall(r"\w+", read(root, "docs/shim.md")))
    api = set(re.findall(r"\w+", read(root, "docs/api.md")))
    public = ""
    for path in sources.find(root, ("include",), (".h",)):
        public += read(root, path)
    declared = set(re.findall(r"(\w+)\(", public))
    faults = [f"docs/shim.md: {name} is exported and not in the list"
              for name in exported(root, "src/shim/preload.map")
              if name not in shim]
    return faults + [f"docs/api.md: {name}() is exported and not in the list"
                     for name in exported(root, "src/kmalloc.map")
                     if name in declared - api]


def judge_knobs(root):
    api = read(root, "docs/api.md")
    return [f"docs/api.md: knob {name} of {path} is not in the list"
            for path in sources.find(root, ("src",), (".c",))
            for name in KNOB.findall(read(root, path))
            if f"`{name}`" not in api]


def judge_ranks(root):
    enum = re.search(r"^enum lock_rank \{(.*?)^\}",
                     read(root, "src/core/lock.h"), re.M | re.S)
    ranks = re.findall(r"^\t(LOCK_\w+)", enum.group(1), re.M) if enum else []
    said = re.findall(r"^\*\*(LOCK_\w+)\*\*",
                      read(root, "docs/locking.md"), re.M)
    if ranks == said:
        return []
    return [f"docs/locking.md: has {' '.join(said) or 'no locks'}, "
            f"src/core/lock.h has {' '.join(ranks)}"]


def cited_facts(text):
    """The numbers that a source names behind docs/kernel.md, ranges in full."""
    facts = set()
    plain = re.sub(r"\s*\n[ \t]*\*?[ \t]*", " ", text)
    for labels in LABELS.findall(plain):
        words = re.findall(r"-| to |[A-Z]\d+", labels)
        facts |= {word for word in words if word[0].isalpha()}
        for at, word in enumerate(words):
            if word in ("-", " to "):
                first, last = words[at - 1], words[at + 1]
                facts |= {f"{first[0]}{n}" for n in
                          range(int(first[1:]), int(last[1:]) + 1)}
    return facts


def judge_facts(root):
    have = re.findall(r"^- \*\*([A-Z]\d+)\*\* ",
                      read(root, "docs/kernel.md"), re.M)
    faults = [f"docs/kernel.md: {fact} is there twice"
              for fact in sorted(set(have)) if have.count(fact) > 1]
    for path in sources.find(root, ("src", "include", "tests"),
                             sources.C_SUFFIXES):
        text = read(root, path)
        faults += [f"{path}: docs/kernel.md has no {fact}"
                   for fact in sorted(cited_facts(text) - set(have))]
        if "kernel-" + "facts" in text:
            faults.append(f"{path}: cites what is not in the repository")
    return faults


def judge_index(root):
    index = "docs/README.md"
    listed = {target for _, _, target in prose.links(read(root, index))}
    return [f"{index}: {path} is not in the list"
            for path in sources.find(root, ("docs",), (".md",))
            if path != index and os.path.relpath(path, "docs") not in listed]


def uses(plain, word):
    """Where a page uses a word, but as a part of another: a large area."""
    def spans(pattern):
        return [match.span() for match in re.finditer(pattern, plain, re.I)]

    others = [span for other in WORDS if other.endswith(f"-{word}")
              for span in spans(WORDS[other])]
    return [start for start, end in spans(WORDS[word])
            if not any(a <= start and end <= b for a, b in others)]


def first_use(text, word):
    """Where a word is first used: (its place, what a link there leads to)."""
    links = list(prose.links(text))
    for use in uses(prose.masked(text), word):
        around = [target for start, end, target in links if start <= use < end]
        if not around or "glossary.md#" in around[0]:
            return use, around[0] if around else None
    return None, None


def judge_words(root):
    glossary = "docs/glossary.md"
    faults, known = [], anchors(read(root, glossary))
    for path in sources.find(root, ("docs",), (".md",)):
        if path in (glossary, "docs/kernel.md"):
            continue
        text = read(root, path)
        for word in WORDS:
            place, target = first_use(text, word)
            if word in known and place is not None and \
                    target != f"glossary.md#{word}":
                line = text.count("\n", 0, place) + 1
                faults.append(f"{path}:{line}: does not link {word} to "
                              f"{glossary} at its first use")
    return faults


def judge_letters(root):
    page = read(root, "docs/divergence.md")
    letters = set(re.findall(r"^## ([A-Z])\. ", page, re.M))
    labels = [(letter, int(number)) for letter, number
              in re.findall(r"^- ([A-Z])(\d+)\. ", page, re.M)]
    faults = [f"docs/divergence.md: {''.join(map(str, label))} is there twice, "
              f"or stands behind a higher one"
              for before, label in zip(labels, labels[1:])
              if before[0] == label[0] and before >= label]
    for path in sources.find(root, ("src",), sources.C_SUFFIXES):
        for letter in re.findall(r"divergence\.md ([A-Z])\b",
                                 read(root, path)):
            if letter not in letters:
                faults.append(f"{path}: docs/divergence.md has no {letter}")
    return faults


def judge_drawings(root, text):
    faults = []
    for path in sources.find(root, ("docs",), (".svg",)):
        try:
            xml.etree.ElementTree.parse(os.path.join(root, path))
        except xml.etree.ElementTree.ParseError as error:
            faults.append(f"{path}: {error}")
        if f"]({os.path.relpath(path, 'docs')})" not in text:
            faults.append(f"{path}: no document shows it")
    return faults


def judge_programs(root):
    compiler = shutil.which("cc")
    faults = []
    for program in PROGRAM.findall(read(root, "README.md")):
        if not compiler:
            break
        done = subprocess.run(
            [compiler, "-fsyntax-only", "-Wall", "-Wextra", "-Werror",
             "-I", os.path.join(root, "include"), "-x", "c", "-"],
            input=program, text=True, check=False, stderr=subprocess.PIPE)
        if done.returncode:
            faults.append(f"README.md: a program does not compile: "
                          f"{done.stderr.splitlines()[0]}")
    return faults


def judge_comments(root):
    """The documents and the files of rooms that comments name."""
    tops = sorted({room.partition("/")[0] for room in rooms.read(root).height})
    named = re.compile(r"docs/[\w.]+\.md|(?<![\w/.<-])(?:%s)/[\w/-]+\.[ch]\b"
                       % "|".join(tops))
    return [f"{path}: names {name}, which is not there"
            for path in sources.find(root, ("src", "include"),
                                     sources.C_SUFFIXES)
            for name in sorted(set(named.findall(read(root, path))))
            if not os.path.exists(os.path.join(root, name))
            and not os.path.exists(os.path.join(root, "src", name))]


def judge(root):
    faults, everything = [], ""
    for path in documents(root):
        text = read(root, path)
        everything += text
        for rule in (judge_links, judge_paths, judge_tests, judge_prose):
            faults += rule(root, path, text)
    faults += judge_comments(root)
    faults += judge_drawings(root, everything)
    for rule in (judge_params, judge_knobs, judge_exports, judge_ranks,
                 judge_facts, judge_index, judge_words, judge_letters,
                 judge_programs):
        faults += rule(root)
    return faults


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else "."
    faults = judge(root)
    return sources.report("docs", faults)


if __name__ == "__main__":
    sys.exit(main())
