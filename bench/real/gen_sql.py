# SPDX-License-Identifier: MIT
"""gen_sql.py - writes the SQL script of the sqlite3 benchmark: inserts as text,
an index, joins, grouping, updates, strings; all in memory. Argument: scale."""
import random
import sys

SCALE = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
ROWS = max(100, int(45000 * SCALE))
WORDS = "red green blue white black amber coral ivory olive slate".split()


def main():
    rng = random.Random(42)
    say = sys.stdout.write
    say("CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, kind TEXT, "
        "price INTEGER, note TEXT);\n"
        "CREATE TABLE sale(id INTEGER PRIMARY KEY, item INTEGER, "
        "amount INTEGER, buyer TEXT);\nBEGIN;\n")
    for i in range(ROWS):
        note = " ".join(rng.choices(WORDS, k=rng.randint(2, 40)))
        say(f"INSERT INTO item VALUES({i}, 'item-{rng.getrandbits(40):x}', "
            f"'{rng.choice(WORDS)}', {rng.randrange(10000)}, '{note}');\n")
        say(f"INSERT INTO sale VALUES({i}, {rng.randrange(ROWS)}, "
            f"{rng.randrange(1, 50)}, 'buyer-{rng.randrange(ROWS // 20)}');\n")
    say("COMMIT;\n"
        "CREATE INDEX sale_item ON sale(item);\n"
        "CREATE INDEX item_name ON item(name, kind);\n"
        "SELECT kind, count(*), sum(price), max(length(note)) FROM item "
        "GROUP BY kind ORDER BY kind;\n"
        "SELECT buyer, sum(amount * price) AS s FROM sale JOIN item "
        "ON item.id = sale.item GROUP BY buyer ORDER BY s DESC, buyer "
        "LIMIT 20;\n"
        "SELECT a.kind, b.kind, count(*) FROM item a JOIN sale ON "
        "sale.item = a.id JOIN item b ON b.id = sale.id GROUP BY 1, 2 "
        "ORDER BY 1, 2;\n"
        "UPDATE item SET note = upper(note) || ' sold' WHERE id IN "
        "(SELECT item FROM sale WHERE amount > 25);\n"
        "DELETE FROM item WHERE id % 7 = 3;\n"
        "SELECT sum(length(replace(note, 'a', 'bcd'))) FROM item;\n"
        "SELECT count(DISTINCT substr(note, 1, 12)) FROM item;\n"
        "SELECT length(group_concat(name, ',')) FROM item;\n"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
        f"WHERE i < {ROWS * 3}) SELECT count(DISTINCT printf('%08d-%s', "
        "i * 7919 % 10007, i % 13)) FROM n;\n")


main()
