#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""report.py - is what a buggy program makes slab_debug say what it must be?

    report.py LIBRARY PROGRAM CASE

Runs PROGRAM CASE under LIBRARY with slab_debug=FZPU, or what PARAMETERS has for
it. It must end by itself, or as ENDS says, and the lines of its stderr must
match the patterns of the case in their order; other lines may lie between, but
no other line that begins a report or is about a fix. SLAB, in
libkmalloc-preload-slab.so, has reports of its own.
"""

import os
import re
import resource
import signal
import subprocess
import sys

STACK = r"\+0x[0-9a-f]+/0x[0-9a-f]+"


def frames(*names):
    """Consecutive lines of a stack."""
    return [f"^ {name}{STACK}$" for name in names]


def allocated(case, by="get_block"):
    return ([f"^Allocated in {by}{STACK} age=\\d+ cpu=\\d+ pid=\\d+$"] +
            frames(by, *([case] if case != by else [])) +
            ["^ main" + STACK])


def freed(case, by="put_block"):
    return ([f"^Freed in {by}{STACK} age=\\d+ cpu=\\d+ pid=\\d+$"] +
            frames(by, *([case] if case != by else [])))


def head(cache, what):
    return ["^={77}$", f"^BUG {cache} \\((Not tainted|Tainted: G    B)\\): "
            f"{what}$", "^-{77}$", "^$"]


def first_byte(got, want):
    return [f"^0x[0-9a-f]+-0x[0-9a-f]+ @offset=\\d+. First byte {got} instead "
            f"of {want}$"]


OBJECT = ["^Slab 0x[0-9a-f]+ objects=\\d+ used=\\d+ fp=0x[0-9a-f]+ "
          "flags=0x[0-9a-f]+\\(slab\\|.*\\)$",
          "^Object 0x[0-9a-f]+ @offset=\\d+ fp=0x[0-9a-f]+$", "^$",
          "^Redzone  [0-9a-f]{16}: (cc|bb) ", "^Object   [0-9a-f]{16}: ",
          "^Redzone  [0-9a-f]{16}: ", "^Padding  [0-9a-f]{16}: 5a 5a"]


def found_by(*names):
    return (["^CPU: \\d+ PID: \\d+ Comm: debug_bugs$", "^Call Trace:$"] +
            frames(*names))


def fix(cache, what):
    return [f"^FIX {cache}: {what}$"]


def restored(cache, what, value):
    return fix(cache, f"Restoring {what} 0x[0-9a-f]+-0x[0-9a-f]+={value}")


NOT_FREED = "Object at 0x[0-9a-f]+ not freed"


def overrun(cache, case, zone, byte, by="get_block"):
    """A red zone that was written to, found when the object is freed."""
    return (head(cache, f"{zone} overwritten") + first_byte(byte, "0xcc") +
            allocated(case, by) + OBJECT + found_by("put_block", case) +
            restored(cache, zone, "0xcc") + fix(cache, NOT_FREED))


def twice(cache, case, by="put_block", again="put_block"):
    return (head(cache, "Object already free") + allocated(case) +
            freed(case, by) + OBJECT +
            found_by(*([again] if again != case else []), case) +
            fix(cache, NOT_FREED))


PANIC = ["^Kernel panic - not syncing: slab_debug: panic_on_warn set ...$"]

# Of the page allocator, and so the same on both.
PAGES_OVERWRITTEN = [
    "^pagealloc: memory corruption$", "  after free$", "^CPU: ",
    "^Call Trace:$", " malloc", "^ get_block" + STACK,
    "^ pages_use_after_free" + STACK,
    "^page dumped because: pagealloc: corrupted page details$"]

OOM_REPORT = [
    r"^debug_bugs invoked oom-killer: gfp_mask=0x[0-9a-f]+\(GFP_\S+\), order=0,",
    "^CPU: ", "^Call Trace:$", " malloc", "^ get_block" + STACK,
    "^Mem-Info:$", r"^Out of memory: Killed process \d+ \(debug_bugs\) "]

CASES = {
    "overflow": overrun("malloc-64", "overflow", "kmalloc Redzone", "0x41"),
    "overflow_class": overrun("malloc-64", "overflow_class", "Right Redzone",
                              "0x41"),
    "underflow": overrun("malloc-64", "underflow", "Left Redzone", "0x41"),
    "use_after_free":
        head("malloc-112", "Poison overwritten") +
        first_byte("0x42", "0x6b") + allocated("use_after_free") +
        freed("use_after_free") + OBJECT +
        found_by("get_block", "use_after_free") +
        restored("malloc-112", "Poison", "0x6b") +
        fix("malloc-112", "Marking all objects used"),
    "late_use_after_free":
        head("malloc-112", "Poison overwritten") +
        first_byte("0x42", "0x6b") + allocated("late_use_after_free") +
        freed("late_use_after_free") + OBJECT +
        restored("malloc-112", "Poison", "0x6b"),
    "double_free": twice("malloc-208", "double_free"),
    "double_free_later":
        twice("malloc-48", "double_free_later", again="double_free_later"),
    "double_free_thread":
        head("malloc-208", "Object already free") +
        allocated("double_free_thread") + freed("free_it", by="free_it") +
        OBJECT + found_by("put_block", "double_free_thread") +
        fix("malloc-208", NOT_FREED),
    "free_inside":
        head("malloc-208", "Invalid object pointer 0x[0-9a-f]+") +
        found_by("put_block", "free_inside") + fix("malloc-208", NOT_FREED) +
        head("malloc-208", "Invalid object pointer 0x[0-9a-f]+") +
        found_by("put_block", "free_inside") + fix("malloc-208", NOT_FREED),
    "realloc_freed":
        head("malloc-208", "Object already free") +
        allocated("realloc_freed") + freed("realloc_freed") + OBJECT +
        found_by("realloc_freed"),
    "realloc_overflow":
        overrun("malloc-48", "realloc_overflow", "kmalloc Redzone", "0x43"),
    "calloc_overflow":
        overrun("malloc-32", "calloc_overflow", "kmalloc Redzone", "0x43",
                by="calloc_overflow"),
    "aligned_overflow":
        overrun("malloc-256", "aligned_overflow", "kmalloc Redzone", "0x43",
                by="aligned_overflow"),
    "pages_use_after_free": PAGES_OVERWRITTEN,
    "pages_unmapped": [],
    "out_of_memory": OOM_REPORT,
    "out_of_memory_huge": [],
    "panic_on_warn":
        head("malloc-64", "Right Redzone overwritten") +
        found_by("put_block", "overflow_class") +
        PANIC,
    "clean": [],
}

REDZONES = "^0x[0-9a-f]+: redzone 1:0x[0-9a-f]+, redzone 2:0x[0-9a-f]+$"


def slab_error(cache, what, last, finders, done):
    """SLAB keeps the last caller alone, and says less."""
    function = "check_poison_obj" if what == "Poison overwritten" else \
        "verify_redzone_free"
    return ([f"^slab error in {function}\\(\\): cache `{cache}': {what}$",
             REDZONES, f"^Last user: {last}{STACK}$",
             "^Object   [0-9a-f]{16}: "] +
            (found_by(*finders) if finders else []) +
            (fix(cache, done) if done else []))


def slab_overrun(case):
    return slab_error("malloc-64", "memory outside object was overwritten",
                      "get_block", ["put_block", case],
                      "Restoring redzones of 0x[0-9a-f]+")


def slab_twice(cache, *finders, last="put_block"):
    return slab_error(cache, "double free detected", last, finders, NOT_FREED)


def slab_poison(*finders):
    return slab_error("malloc-112", "Poison overwritten", "put_block", finders,
                      "Restoring poison of 0x[0-9a-f]+")


SLAB_CASES = {
    "overflow_class": slab_overrun("overflow_class"),
    "underflow": slab_overrun("underflow"),
    "use_after_free": slab_poison("get_block", "use_after_free"),
    "late_use_after_free": slab_poison(),
    "double_free": slab_twice("malloc-208", "put_block", "double_free"),
    "double_free_later": slab_twice("malloc-48", "double_free_later"),
    "double_free_thread":
        slab_twice("malloc-208", "put_block", "double_free_thread",
                   last="free_it"),
    "realloc_freed":
        ["^slab error in slab_debug_resize\\(\\): cache `malloc-208': "
         "Object already free$", REDZONES, f"^Last user: put_block{STACK}$"] +
        found_by("realloc_freed"),
    "pages_use_after_free": PAGES_OVERWRITTEN,
    "out_of_memory": OOM_REPORT,
    "out_of_memory_huge": [],
    "pages_unmapped": [],
    "panic_on_warn":
        slab_error("malloc-64", "memory outside object was overwritten",
                   "get_block", ["put_block", "overflow_class"], None) +
        PANIC,
    "clean": [],
}

PARAMETERS = {"out_of_memory": "mem=32M oom=abort",
              "out_of_memory_huge": "mem=32M oom=abort",
              "pages_use_after_free": "page_poison=1",
              "pages_unmapped": "debug_pagealloc=1",
              "panic_on_warn": "slab_debug=FZPU panic_on_warn"}
PROGRAMS = {"panic_on_warn": "overflow_class",
            "pages_unmapped": "pages_use_after_free"}
ENDS = {"out_of_memory": -signal.SIGABRT, "panic_on_warn": -signal.SIGABRT, "pages_unmapped": -signal.SIGSEGV}


def judge(text, patterns):
    """What is wrong with the text, or None."""
    want = list(patterns)
    for line in text.splitlines():
        if want and re.search(want[0], line):
            want.pop(0)
        elif line.startswith(("BUG ", "FIX ", "kmalloc: ", "slab error")):
            return f"unexpected: {line}"
    return f"missing: {want[0]}" if want else None


def main():
    library, program, case = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    env = dict(os.environ, LD_PRELOAD=library,
               KTEST_LIB=os.path.basename(library),
               KMALLOC_CMDLINE=PARAMETERS.get(case, "slab_debug=FZPU"))
    run = subprocess.run([program, PROGRAMS.get(case, case)], env=env,
                         stderr=subprocess.PIPE,
                         stdin=subprocess.DEVNULL, check=False)
    text = run.stderr.decode(errors="replace")
    cases = SLAB_CASES if "-slab." in library else CASES
    wrong = judge(text, cases[case])
    if run.returncode != ENDS.get(case, 0):
        wrong = f"exit status {run.returncode}"
    if wrong:
        print(text)
        print(f"report.py: {case}: {wrong}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
