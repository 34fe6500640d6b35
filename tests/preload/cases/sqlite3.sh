#!/bin/bash
# SPDX-License-Identifier: MIT
#
# sqlite3: 200,000 rows with indexes, joins, window functions, JSON, a sort
# that spills and a database in memory. Expect the same answers and dump, and
# a sqlite3 that the library served.
. "$(dirname "$0")/../lib.sh"
begin sqlite3

cat >"$WORK/script" <<'END'
PRAGMA cache_size = -20000;
CREATE TABLE t (id INTEGER PRIMARY KEY, k TEXT, v INTEGER, pad BLOB);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
	WHERE i < 200000)
INSERT INTO t SELECT i, 'key-' || (i * 7919 % 100003), i * i % 1009,
	zeroblob(i % 50) FROM n;
CREATE INDEX by_k ON t (k);
CREATE INDEX by_v ON t (v, id);
DELETE FROM t WHERE id % 7 = 0;
UPDATE t SET k = upper(k) || '-' || v WHERE v < 300;
SELECT count(*), sum(v), count(DISTINCT k) FROM t;
SELECT a.v, count(*) FROM t a JOIN t b ON a.k = b.k AND a.id < b.id
	GROUP BY a.v ORDER BY 2 DESC, 1 LIMIT 10;
SELECT v, s FROM (SELECT v, sum(id) OVER (PARTITION BY v ORDER BY id) s,
	row_number() OVER (PARTITION BY v ORDER BY id) r FROM t)
	WHERE r = 50 ORDER BY s LIMIT 10;
SELECT length(group_concat(k, ',')) FROM t;
SELECT length(json_group_array(json_object('k', k, 'v', v))) FROM t;
SELECT k FROM t ORDER BY substr(k, -3), k DESC LIMIT 10;
VACUUM;
PRAGMA integrity_check;
END

work() {
	t sqlite3 file.db <"$WORK/script"
	t sqlite3 file.db .dump | sha256sum
	t sqlite3 :memory: <"$WORK/script"
}

run_plain work
run_shim work
same_artefact
proof_of sqlite3 large peak=10000000
