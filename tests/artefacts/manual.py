#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""manual.py - has each public function a page of the manual?

    manual.py ROOT AWK

Runs cmake/manual.awk as the install does and looks at what it wrote. Expect a
page or an alias for each function and macro of include/kmalloc, also for each
name that src/kmalloc.map exports of them; aliases that lead to a page which has
the name in its NAME section and in its text; and no unknown macro or escape, as
far as there is a groff to ask.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

INSIDE = re.compile(r"__(?:km|KM)_")


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def public(root):
    """The functions that the headers declare or define, and their macros."""
    folder = os.path.join(root, "include/kmalloc")
    exported = set(re.findall(r"^\t(\w+);$", read(root, "src/kmalloc.map"),
                              re.M))
    found = set()
    for header in os.listdir(folder):
        text = re.sub(r"/\*.*?\*/", " ", read(folder, header), flags=re.S)
        found |= set(re.findall(r"^#define (\w+)\(", text, re.M))
        found |= set(re.findall(r"^static inline [^(]*?(\w+)\(", text, re.M))
        found |= set(re.findall(r"\b(\w+)\(", text)) & exported
    return {name for name in found if not INSIDE.match(name)}


def generate(root, awk, out):
    man, headers = os.path.join(root, "docs/man"), \
        os.path.join(root, "include/kmalloc")
    sources = [os.path.join(folder, name)
               for folder, ending in ((man, ".3"), (headers, ".h"))
               for name in sorted(os.listdir(folder)) if name.endswith(ending)]
    subprocess.run([awk, "-v", f"out={out}", "-v", "version=0", "-f",
                    os.path.join(root, "cmake/manual.awk"), *sources,
                    os.path.join(root, "docs/api.md")], check=True)
    for path in sources:
        if path.endswith(".3"):
            shutil.copy(path, out)


def judge(name, out):
    path = os.path.join(out, f"{name}.3")
    if not os.path.exists(path):
        return f"{name}: no page"
    text = read(path)
    alias = re.fullmatch(r"\.so man3/(\S+)\n", text)
    if alias:
        path = os.path.join(out, alias.group(1))
        if not os.path.exists(path):
            return f"{name}: an alias of {alias.group(1)}, which is not there"
        text = read(path)
    text = text.replace("\\-", "-")
    title = re.search(r"^\.SH NAME\n(.*?)^\.SH", text, re.M | re.S)
    if not title or name not in re.findall(r"\w+", title.group(1)):
        return f"{name}: not in the NAME of {os.path.basename(path)}"
    said = re.search(r"^\.SH DESCRIPTION\n(.*)", text, re.M | re.S)
    if name not in re.findall(r"\w+", re.sub(r"\\f.", " ", said.group(1))):
        return f"{name}: {os.path.basename(path)} says nothing of it"
    return None


def warnings(out):
    if not shutil.which("groff"):
        return
    for name in sorted(os.listdir(out)):
        path = os.path.join(out, name)
        if ".so " in read(path)[:4]:
            continue
        done = subprocess.run(["groff", "-man", "-Tutf8", "-wmac", "-wescape",
                               "-z", path], text=True, check=False,
                              stderr=subprocess.PIPE)
        if done.stderr or done.returncode:
            yield f"{name}: {done.stderr.strip()}"


def main():
    root, awk = sys.argv[1:3]
    names = public(root)
    with tempfile.TemporaryDirectory() as out:
        generate(root, awk, out)
        faults = [fault for name in sorted(names)
                  if (fault := judge(name, out))]
        faults += warnings(out)
    for fault in faults:
        print(fault)
    print(f"manual: {len(names)} functions, {len(faults)} faults")
    return 1 if faults or len(names) < 200 else 0


if __name__ == "__main__":
    sys.exit(main())
