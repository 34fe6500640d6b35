# SPDX-License-Identifier: MIT
"""view.py - is a map of kmalloc-view right?

    view.py known FILE                  of preload_heap hold
    view.py holes FILE PID              of preload_heap holes
    view.py away FILE PID               of preload_heap away
    view.py texts FILE INFO PID         as the texts of the stopped process
    view.py valid FILE LOOKS            so many looks, each without a gap
    view.py still FILE                  looks at a process that stands still
    view.py cut FILE WHOLE              sums in place of blocks
    view.py bare FILE WHOLE             slabs without single objects
    view.py model FILE MODEL.js NODE    what the page makes of it

FILE is a page, or its JSON alone. Exits with a line that says what is wrong.
"""

import collections
import json
import re
import subprocess
import sys

NONE, FREE, PCP, PAGES, RUN, SLAB, FRESH, REST = 0, 1, 2, 3, 4, 5, 7, 8
PARTIAL, FULL, EMPTY = 0, 1, 2  # lists of slabs
BUSY = 0
DATA = re.compile(r'<script type="application/json" id="data">\n(.*?)</script>',
                  re.S)


def load(path):
    """The JSON of a file, which has to be all of a page that it needs."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if text.startswith("{"):
        return json.loads(text)
    expect(not re.search(r"https?:|<link|<img|@\w+@|src=|@import|fetch\(", text),
           "the page loads something, or has a gap")
    text = DATA.search(text).group(1)
    expect("<" not in text, "a name could end the element")
    return json.loads(text)


def expect(right, *what):
    if not right:
        sys.exit("view.py: " + " ".join(str(word) for word in what))


def pageblocks(data, look):
    """The rows of a look, by their numbers."""
    rows = {}
    for one in data["looks"][:look + 1]:
        rows.update((row[0], row) for row in one["pageblocks"])
        for gone in one["gone"]:
            del rows[gone]
    return rows


def blocks(rows):
    return [block for row in rows.values() if "cut" not in row
            for block in row[2:]]


def frames(block):
    return 1 << block[1] if block[0] in (FREE, PCP, PAGES, SLAB) else block[1]


def letters(text):
    counts = collections.Counter()
    for letter, number in re.findall(r"([a-z])(\d*)", text):
        counts[letter] += int(number or 1)
    return counts


def check_rows(data, rows):
    """Blocks fill their pageblocks, and letters count their objects."""
    for row in rows.values():
        size = 1 << data["pageblock_order"]
        total = sum(min(frames(block), size) for block in row[2:])
        expect(total == size, "pageblock", row[0], "has", total, "frames")
    for block in blocks(rows):
        if block[0] == SLAB and block[8]:
            found = letters(block[8])
            expect(sum(found.values()) == block[3] and
                   (found["u"], found["a"]) == (block[4], block[5]),
                   "letters", block)


def caches_of(rows):
    """Slabs, objects, those in use and in arrays, by cache."""
    sums = collections.defaultdict(collections.Counter)
    for block in blocks(rows):
        if block[0] == SLAB:
            sums[block[2]].update(slabs=1, total=block[3], objects=block[4],
                                  in_arrays=block[5])
    return sums


def check_counters(data):
    """Of a process that stands still, the map has what the counters say."""
    look, rows = data["looks"][0], pageblocks(data, 0)
    sums = caches_of(rows)
    for cache in look["caches"]:
        for key in ("slabs", "total", "objects", "in_arrays"):
            expect(sums[cache["id"]][key] == cache[key], cache["name"], key,
                   sums[cache["id"]][key], "counted:", cache[key])
    free = [sum(block[:2] == [FREE, order] for block in blocks(rows))
            for order in range(data["orders"])]
    expect(free == look["zones"][0]["free_blocks"], "free blocks", free,
           "counted:", look["zones"][0]["free_blocks"])
    dirty = sum(frames(block) for block in blocks(rows)
                if block[0] == FREE and not block[3])
    expect(dirty == look["zones"][0]["dirty"], "dirty frames", dirty)
    pcp = sum(frames(block) for block in blocks(rows) if block[0] == PCP)
    expect(pcp == look["zones"][0]["on_cpus"], "frames of CPUs", pcp)
    size = 1 << data["pageblock_order"]
    parts = [(block[0], min(frames(block), size)) for block in blocks(rows)]
    fresh = sum(nr for kind, nr in parts if kind == FRESH)
    there = sum(nr for kind, nr in parts if kind not in (NONE, FRESH))
    zone = look["zones"][0]
    expect((there, fresh) == (zone["managed"],
                              zone["present"] - zone["managed"]),
           "frames", there, fresh, zone)
    check_slabs(data, rows)
    arrays = collections.Counter()
    for _, cache, _, nr, _ in look["arrays"][1:]:
        arrays[cache] += nr
    for cache in look["caches"]:
        expect(arrays[cache["id"]] == cache["in_arrays"], "arrays of",
               cache["name"], arrays[cache["id"]], cache["in_arrays"])
    return look, rows


def check_slabs(data, rows):
    """A slab is on the list that its counters say, if no CPU has it."""
    on_slab = {c["id"]: c["on_slab"] for c in data["looks"][0]["caches"]}
    for block in blocks(rows):
        if block[0] != SLAB:
            continue
        out, which = block[4] + block[5], block[6]
        if on_slab[block[2]]: # a stored object is out of its slab
            wanted = {0: EMPTY, block[3]: FULL}.get(out, PARTIAL)
            expect(which == wanted, "list", block)
        elif which in (PARTIAL, FULL):
            expect((out < block[3]) == (which == PARTIAL), "list", block)


def known(data):
    """The program has 5000 blocks of 700, 10 of 100,000, two of 8 MiB."""
    look, rows = check_counters(data)
    check_rows(data, rows)
    name = {cache["id"]: cache["name"] for cache in look["caches"]}
    ours = [b for b in blocks(rows) if b[0] == SLAB and
            name[b[2]] == "malloc-704"]
    expect(sum(b[4] for b in ours) == 5000, "malloc-704")
    runs = sum(b == [RUN, 25] for b in blocks(rows))
    expect(runs >= 10, "page runs", runs)
    sizes = [area[2] - area[1] for area in look["areas"][1:]
             if area[0] == BUSY]
    expect(len(sizes) == 2 and all(8 << 20 <= s < 9 << 20 for s in sizes),
           "areas", sizes)
    freed = [b for b in blocks(rows) if b[0] == SLAB and
             name[b[2]] == "malloc-448"]
    expect(all(not letters(b[8])["u"] for b in freed) and
           any(letters(b[8])["a"] for b in freed), "malloc-448")
    base = data["base"]
    expect(base and not base % data["page_size"], "base", base)


def holes(data, pid):
    """20,000 blocks of 16 bytes are of 1, and those that were freed are not."""
    _, rows = check_counters(data)
    check_rows(data, rows)
    check_contents(data, pid, "malloc-16", 20000)


def away(data, pid):
    """Blocks have their contents, between pages that the OS has."""
    look, rows = check_counters(data)
    check_rows(data, rows)
    expect(sum(b[1] for b in blocks(rows) if b[0] in (RUN, REST)) >= 3 * 768,
           "runs of 3 MiB")
    for name, size, count in (("malloc-1408", 1300, 2000),
                              ("malloc-5120", 5000, 200)):
        cache = next(c for c in look["caches"] if c["name"] == name)
        objects = list(objects_of(data, rows, cache))
        pages = collections.defaultdict(set)
        for address, letter in objects:
            last = address + cache["size"] - 1 >> 12
            for page in range(address >> 12, last + 1):
                pages[page].add(letter)
        given = [found for found in pages.values() if found == {"r"}]
        expect(bool(given) != cache["on_slab"], len(given), "pages are away")
        used = [address for address, letter in objects if letter == "u"]
        expect(len(used) == count, name, len(used), "in use")
        with open(f"/proc/{pid}/mem", "rb") as mem:
            for address in used:
                mem.seek(address)
                expect(mem.read(size) == bytes([1] * size), hex(address))


def check_contents(data, pid, name, count):
    """Objects in use are of 1, and no others."""
    look, rows = data["looks"][0], pageblocks(data, 0)
    cache = next(c for c in look["caches"] if c["name"] == name)
    used, wrong = 0, []
    with open(f"/proc/{pid}/mem", "rb") as mem:
        for address, letter in objects_of(data, rows, cache):
            mem.seek(address)
            if (mem.read(16) == bytes([1] * 16)) != (letter == "u"):
                wrong.append((hex(address), letter))
            used += letter == "u"
    # the library and libc have some of that size, too
    expect(count <= used < count + 100 and len(wrong) < 100, used, "in use",
           wrong)


def objects_of(data, rows, cache):
    """Address and letter of each object of a cache."""
    for row in rows.values():
        at = row[0] << data["pageblock_order"]
        for block in row[2:]:
            if block[0] == SLAB and block[2] == cache["id"]:
                first = data["base"] + at * data["page_size"] + block[7]
                text = "".join(letter * int(number or 1) for letter, number in
                               re.findall(r"([a-z])(\d*)", block[8]))
                for number, letter in enumerate(text or "u" * block[3]):
                    yield first + number * cache["size"], letter
            at += frames(block)


def texts(data, info, pid):
    """slabinfo and buddyinfo, which the process's own code makes."""
    text = subprocess.run([info, "--pid", pid, "slabinfo", "buddyinfo"],
                          check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    rows = pageblocks(data, 0)
    sums = caches_of(rows)
    seen = 0
    for cache in data["looks"][0]["caches"]:
        for line in re.findall(rf"^{re.escape(cache['name'])} .*", text, re.M):
            words = line.split()
            slabs = re.search(r"slabdata +\d+ +(\d+)", line).group(1)
            expect([sums[cache["id"]][k] for k in ("total", "slabs")] ==
                   [int(words[2]), int(slabs)], "slabinfo:", line,
                   dict(sums[cache["id"]]))
            seen += sums[cache["id"]]["slabs"]
    expect(seen == sum(b[0] == SLAB for b in blocks(rows)), "slabs", seen)
    free = [sum(b[:2] == [FREE, order] for b in blocks(rows))
            for order in range(data["orders"])]
    line = re.search(r"zone +Normal(.*)", text).group(1)
    expect(free == [int(word) for word in line.split()], "buddyinfo:", line)


def valid(data, looks):
    """Of a busy process nothing is exact, but a pageblock has no gap."""
    expect(len(data["looks"]) == int(looks), len(data["looks"]), "looks")
    for look in range(len(data["looks"])):
        check_rows(data, pageblocks(data, look))
    expect(blocks(pageblocks(data, 0)), "no blocks")


def still(data):
    """The second look has no rows, since nothing changed; all is as before."""
    expect(data["looks"][0]["pageblocks"], "no rows")
    for look in data["looks"][1:]:
        expect(not look["pageblocks"] and not look["gone"], "rows")
    times = [look["seconds"] for look in data["looks"]]
    expect(len(times) > 1 and times == sorted(set(times)), times)


def columns(block):
    """Free, returned, of slabs, other: where frames of a cut row count."""
    if block[0] == FREE:
        return 1 if block[3] else 0
    return {PCP: 0, 6: 0, 7: 1, SLAB: 2}.get(block[0], 3)


def cut(data, whole):
    """Rows that are cut have sums of the blocks that the whole file has."""
    rows, all_rows = pageblocks(data, 0), pageblocks(load(whole), 0)
    expect(set(rows) == set(all_rows), "pageblocks", sorted(rows))
    nr = 0
    for number, row in rows.items():
        if row[2] != "cut":
            continue
        sums = [0] * 4
        for block in all_rows[number][2:]:
            if block[0]:
                sums[columns(block)] += min(frames(block), 512)
        expect(row[3:] == sums, "cut", row, sums)
        nr += 1
    look = data["looks"][0]["cut"]
    expect(nr and nr == look["pageblocks"], nr, "rows are cut:", look)


def bare(data, whole):
    """Slabs without letters have the numbers that the whole file has."""
    rows, all_rows = pageblocks(data, 0), pageblocks(load(whole), 0)
    nr = 0
    for one, other in zip(blocks(rows), blocks(all_rows)):
        expect(one[:8] == other[:8], one, "not", other)
        nr += one != other
    look = data["looks"][0]["cut"]
    expect(nr and nr == look["slabs"] and not look["pageblocks"], nr,
           "slabs have no letters:", look)


def model(data, script, node):
    """The sums that the page shows are those of the counters."""
    code = """
        const fs = require("fs"), [text, model] = process.argv.slice(1);
        global.document = { getElementById: () =>
            ({ textContent: fs.readFileSync(text, "utf8") }) };
        (0, eval)(fs.readFileSync(model, "utf8").replace('"use strict";', "") +
            ";globalThis.sums = sumsOf()");
        console.log(JSON.stringify(sums));"""
    text = sys.argv[2] + ".json"
    with open(text, "w", encoding="utf-8") as file:
        json.dump(data, file)
    out = subprocess.run([node, "-e", code, text, script], check=True,
                         stdout=subprocess.PIPE).stdout
    sums, look = json.loads(out), data["looks"][0]
    expect(sums["used"] + sums["pages"] + sums["area"] == look["in_use"],
           "in use", sums, look["in_use"])
    expect(sums["stored"] == look["cached"], "in arrays", sums)
    frames_of = sum(sums[key] for key in ("used", "stored", "slabfree",
                    "pages", "dirty", "cpu", "returned", "fresh"))
    there = sum(zone["present"] for zone in look["zones"])
    expect(frames_of == there * data["page_size"], "all", sums, there)
    expect(sums["dirty"] + sums["cpu"] + sums["lazy"] == look["dirty"],
           "dirty", sums, look["dirty"])


def main():
    what, path, *rest = sys.argv[1:]
    {"known": known, "holes": holes, "away": away, "texts": texts, "valid": valid, "still": still,
     "cut": cut, "bare": bare, "model": model}[what](load(path), *rest)


if __name__ == "__main__":
    main()
