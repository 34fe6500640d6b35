# SPDX-License-Identifier: MIT
"""work.py - the python3 benchmark: json, dicts, lists, strings, objects.

Prints one line that depends on all of it. Argument: scale."""
import hashlib
import json
import random
import sys

SCALE = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
TOTAL = hashlib.sha256()


class Point:
    """An object with a dict of its own."""

    def __init__(self, x, y):
        self.x = x
        self.y = y


def records(rng, count):
    return [{"id": i, "name": f"user-{rng.getrandbits(48):x}",
             "tags": [f"t{rng.randrange(500)}" for _ in range(i % 9)],
             "at": {"x": rng.random(), "y": rng.random()},
             "text": "lorem ipsum " * rng.randrange(1, 30)}
            for i in range(count)]


def use_json(rng):
    text = json.dumps(records(rng, 2500), sort_keys=True)
    back = json.loads(text)
    TOTAL.update(json.dumps(back[::7]).encode())


def use_dicts(rng):
    words = [f"w{rng.randrange(20000)}" for _ in range(60000)]
    counts, places = {}, {}
    for i, word in enumerate(words):
        counts[word] = counts.get(word, 0) + 1
        places.setdefault(word, []).append(i)
    best = sorted(counts.items(), key=lambda kv: (-kv[1], kv[0]))[:50]
    TOTAL.update(repr([(w, n, places[w][:3]) for w, n in best]).encode())


def use_strings(rng):
    lines = [",".join(str(rng.randrange(10 ** 6)) for _ in range(12))
             for _ in range(6000)]
    rows = [line.split(",") for line in lines]
    text = "\n".join("|".join(reversed(row)) for row in rows)
    TOTAL.update(text.replace("7", "seven").upper().encode()[-9999:])


def use_objects(rng):
    points = [Point(rng.random(), i) for i in range(30000)]
    points.sort(key=lambda p: p.x)
    kept = {p.y: (p.x, [p.y] * (p.y % 5)) for p in points if p.y % 3}
    big = 1
    for i in range(1, 400):
        big *= i
    TOTAL.update(repr((len(kept), points[17].y, big % 10 ** 30)).encode())


def main():
    rng = random.Random(11)
    for _ in range(max(1, round(5 * SCALE))):
        use_json(rng)
        use_dicts(rng)
        use_strings(rng)
        use_objects(rng)
    print(TOTAL.hexdigest())


main()
