#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""lessons.py - do the lessons show what their texts say?

    lessons.py KMALLOC_VIEW BUDDY OBJECTS VMALLOC OFFLINE

Each program is run by kmalloc-view --steps. Expect, at each step, the blocks,
the objects in use and the areas that the text tells of. What a tick may change
meanwhile, such as what waits in arrays, is not looked at.
"""

import json
import subprocess
import sys

FREE, PAGES, SLAB = 1, 3, 5
VMALLOC, POOLED = 5, 6
CPU = 4  # the list of a slab that a CPU has
MOVABLE = 1


def expect(right, *what):
    if not right:
        sys.exit("lessons.py: " + " ".join(str(word) for word in what))


def looks_of(view, *program):
    out = subprocess.run([view, "--json", "--steps", "--", *program],
                         check=True, stdout=subprocess.PIPE).stdout
    data = json.loads(out)
    for row in rows_of(data, 0).values():
        expect(any(block[0] for block in row[2:]), "nothing is in", row)
    for look in data["looks"]:
        expect(look["text"].endswith("."), "no text:", look["text"])
    expect(data["looks"][0]["hints"]["title"], "no title")
    return data


def rows_of(data, step):
    rows = {}
    for look in data["looks"][:step + 1]:
        rows.update((row[0], row) for row in look["pageblocks"])
        for gone in look["gone"]:
            del rows[gone]
    return rows


def blocks_of(data, step):
    """Blocks by their first frames."""
    blocks = {}
    for row in rows_of(data, step).values():
        frame = row[0] << data["pageblock_order"]
        for block in row[2:]:
            blocks[frame] = block
            frame += 1 << block[1] if block[0] in (1, 2, 3, 5) else block[1]
    return blocks


def frame_at(data, step):
    at = int(data["looks"][step]["hints"]["at"], 16)
    return (at - data["base"]) // data["page_size"]


def buddy(view, program):
    data = looks_of(view, program)
    expect(len(data["looks"]) == 10, len(data["looks"]), "steps")
    step = [blocks_of(data, nr) for nr in range(10)]
    first = frame_at(data, 0)
    other, pair = first ^ 16, first & ~31
    expect(step[0][first][:2] == [PAGES, 4], "first", step[0][first])
    expect(step[0][other][:2] == [FREE, 4], "its buddy", step[0][other])
    expect(step[1][other][:2] == [PAGES, 4], "second", step[1][other])
    expect(step[2][pair ^ 32][:2] == [PAGES, 5], "third", step[2])
    expect(step[3][first][:2] == [FREE, 4], "alone", step[3][first])
    expect(step[4][pair][:2] == [FREE, 5], "merged", step[4])
    merged = [at for at in step[5] if at <= first][-1]
    expect(step[5][merged][0] == FREE and step[5][merged][1] > 5, "all",
           step[5][merged])
    single = [sum(block[:2] == [PAGES, 0] for block in step[nr].values())
              for nr in (5, 6, 7)]
    expect(single[1] == single[0] + 1 and single[2] == single[0], single)
    movable = frame_at(data, 8)
    row = rows_of(data, 8)[movable >> data["pageblock_order"]]
    expect(step[8][movable][:2] == [PAGES, 4] and row[1] & 7 == MOVABLE,
           "movable", row[:2])
    expect(data["looks"][9]["hints"]["at"] == "all", "not all at the end")


def objects(view, program, backend):
    data = looks_of(view, program, backend)
    seen = []
    for nr, look in enumerate(data["looks"]):
        cache = next(c for c in look["caches"] if c["name"] == "point")
        expect(cache["on_slab"] == (backend == "slab"), "backend", cache)
        slabs = [b for b in blocks_of(data, nr).values()
                 if b[0] == SLAB and b[2] == cache["id"]]
        expect(sum(b[4] for b in slabs) == cache["objects"] and
               sum(b[5] for b in slabs) == cache["in_arrays"] ==
               sum(a[3] for a in look["arrays"][1:] if a[1] == cache["id"]),
               backend, "step", nr, cache, slabs)
        seen.append(cache["objects"])
        if nr == 2 and backend == "slub": # the last refill was from its slab
            expect([b for b in slabs if b[6] == CPU], "a CPU has no slab")
    expect(seen == [0, 1, 600, 300, 600, 300, 600, 300, 0, 0], backend, seen)
    expect(not slabs, "slabs are left:", slabs)


def areas_of(look, kind):
    return sorted(a[1:] for a in look["areas"][1:] if a[0] == kind)


def vmalloc(view, program):
    data = looks_of(view, program)
    sizes = [[(end - start) >> 10 for start, end in areas_of(look, VMALLOC)]
             for look in data["looks"]]
    expect(sizes == [[68], [68, 132, 68, 260], [68, 68, 260],
                     [68, 132, 68, 260], [68, 68], [68, 68], [68, 68, 260],
                     [68, 100, 68, 260], []], sizes)
    second = areas_of(data["looks"][1], VMALLOC)[1]
    # vfree() looks for a tick before it frees, so none has purged it
    expect(areas_of(data["looks"][2], POOLED) == [second], "freed", areas_of(data["looks"][2], POOLED))
    for nr in (5, 6, 7, 8):
        expect(not areas_of(data["looks"][nr], POOLED), "kept at step", nr)
    expect(areas_of(data["looks"][7], VMALLOC)[1][0] == second[0],
           "it is not in the hole")


def offline(view, program):
    """A largest block goes offline, and comes back."""
    data = looks_of(view, program)
    at = frame_at(data, 0) >> data["pageblock_order"]
    expect([look["gone"] for look in data["looks"]] == [[], [at, at + 1], [], []],
           "gone", [look["gone"] for look in data["looks"]])
    expect([at in rows_of(data, nr) for nr in range(4)] ==
           [True, False, False, True],
           "pageblock", at)


def failing(view):
    """Programs that tell of no step, or fail behind one."""
    for program, text in ((["false"], "told of no step"),
                          (["/nonexistent"], "told of no step"),
                          (["sh", "-c", "echo A step.; read line"],
                           "does not run on libkmalloc")):
        done = subprocess.run([view, "--json", "--steps", "--", *program],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, check=False)
        expect(done.returncode == 1 and not done.stdout and
               text in done.stderr, program, done)


def main():
    view, *programs = sys.argv[1:]
    buddy(view, programs[0])
    objects(view, programs[1], "slub")
    objects(view, programs[1], "slab")
    vmalloc(view, programs[2])
    offline(view, programs[3])
    failing(view)


if __name__ == "__main__":
    main()
