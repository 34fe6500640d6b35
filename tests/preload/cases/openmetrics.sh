#!/bin/bash
# SPDX-License-Identifier: MIT
#
# kmalloc-info --pid --openmetrics: the numbers of programs whose state is
# known, and of one that is busy. Expect a text that is OpenMetrics, by the
# rules of its specification, with exact numbers where nothing moves, also those
# that kmalloc-top prints of the same process; and one line for what cannot be.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../viewed.sh"
begin python3
bin=$(dirname "$KM_PRELOAD_LIB")/../bin
[[ -x $bin/kmalloc-info ]] || skip "kmalloc-info is not built"
backend=slub
[[ $KM_PRELOAD_LIB == *-slab.so ]] && backend=slab

# look [EXPRESSION]...: of the text of the process PID
look() {
	limited "$bin/kmalloc-info" --pid "$PID" --openmetrics >"$WORK/text" ||
		fail "kmalloc-info failed"
	python3 -B "$(dirname "$0")/../openmetrics.py" "$WORK/text" "$@" ||
		fail "of process $PID"
}

# cannot TEXT PID: prints one line with the text
cannot() {
	local rc=0
	limited "$bin/kmalloc-info" --pid "$2" --openmetrics >"$WORK/out" \
		2>"$WORK/err" || rc=$?
	[[ $rc -eq 1 && ! -s $WORK/out && $(wc -l <"$WORK/err") -eq 1 &&
		$(<"$WORK/err") == "kmalloc-info: "*"$1"* ]] ||
		fail "$1: $rc $(<"$WORK/err")"
}

known='metric("kmalloc_cache_objects", cache="malloc-704") == 5000 and
	metric("kmalloc_cache_object_size_bytes", cache="malloc-704") == 704 and
	metric("kmalloc_cache_objects", cache="malloc-448") == 0 and
	metric("kmalloc_cache_array_objects", cache="malloc-448") > 0 and
	metric("kmalloc_cache_passed_objects_total", cache="malloc-704") >= 5000
	and metric("kmalloc_areas") == 2 and metric("kmalloc_page_runs") >= 10 and
	metric("kmalloc_area_bytes") >= 16 << 20 and
	metric("kmalloc_page_run_bytes") >= 1000000 and
	metric("kmalloc_in_use_bytes") >= 5000 * 704 + (16 << 20) and
	metric("kmalloc_resident_bytes") > 16 << 20 and
	metric("kmalloc_zone_managed_bytes", node="0", zone="Normal") >
	metric("kmalloc_zone_free_bytes", node="0", zone="Normal")'

set_mode shim
start "$KM_PROGRAMS/preload_heap" hold
look "$known" 'any(name == "kmalloc_process_info" and {("pid", "'"$PID"'"),
	("command", "preload_heap"), ("backend", "'$backend'")} < labels
	for name, labels in samples)'
if [[ -x $bin/kmalloc-top ]]; then
	"$bin/kmalloc-top" --json "$PID" >"$WORK/json" || fail "kmalloc-top"
	look '[top := __import__("json").load(open("'"$WORK"'/json"))] and
	all(metric(f"kmalloc_{name}_bytes") == top[key] for name, key in (
		("in_use", "in_use"), ("dirty", "dirty"), ("cached", "cached"),
		("slab", "slab_bytes"), ("page", "page_bytes"),
		("page_run", "run_bytes"), ("area", "area_bytes"),
		("lazy", "lazy_bytes"))) and
	all(metric(f"kmalloc_cache_{name}", cache=c["name"]) == c[key]
		for c in top["caches"] for name, key in (
		("object_size_bytes", "object_size"), ("objects", "objects"),
		("array_objects", "in_arrays"), ("slab_objects", "total"),
		("slabs", "slabs"), ("slab_bytes", "slab_bytes"),
		("passed_objects_total", "passed"))) and
	all(metric(f"kmalloc_zone_{name}", node=str(z["node"]), zone=z["name"])
		== z[key] for z in top["zones"] for name, key in (
		("managed_bytes", "managed"), ("free_bytes", "free"),
		("dirty_bytes", "dirty"), ("cpu_list_bytes", "on_cpus"),
		("low_bytes", "low"), ("returned_bytes_total", "returned"))) and
	all(metric("kmalloc_zone_free_blocks", node=str(z["node"]),
		zone=z["name"], order=str(order)) == nr for z in top["zones"]
		for order, nr in enumerate(z["free_blocks"]))'
fi
for words in nonsense --openmetrics "--timeout 1"; do
	rc=0
	"$bin/kmalloc-info" --pid "$PID" --openmetrics $words >"$WORK/out" \
		2>/dev/null || rc=$?
	[[ $rc -eq 2 && ! -s $WORK/out ]] || fail "--openmetrics $words: $rc"
done
"$bin/kmalloc-info" --pid "$PID" --openmetrics >/dev/full 2>"$WORK/err" &&
	fail "nothing was written"
grep -qF 'standard output: No space left' "$WORK/err" || fail "$(<"$WORK/err")"
stop
cannot "no process $PID" "$PID"
cannot "does not run on libkmalloc" $$

# a library that says too little
python3 -c '
import sys
data = open(sys.argv[1], "rb").read()
old, new = b"zone.unreported\0", b"zone.unreporteX\0"
assert data.count(old) == 1
open(sys.argv[2], "wb").write(data.replace(old, new))' "$KM_PRELOAD_LIB" \
	"$WORK/older.so" || fail "it cannot be made"
UNDER=(env "LD_PRELOAD=$WORK/older.so")
start "$KM_PROGRAMS/preload_heap" hold
cannot "does not say where zone.unreported is" "$PID"
stop
set_mode shim

# a name that a terminal would obey, and that must be quoted
cp "$KM_PROGRAMS/preload_heap" "$WORK/"$'\e"\\x'
start "$WORK/"$'\e"\\x' hold
look "$known" 'r"""command="?\"\\x",""" in text'
stop
set_mode plain
start "$KM_PROGRAMS/static_heap_$backend" hold
look "$known"
stop
set_mode shim
start "$KM_PROGRAMS/preload_heap" churn
for i in {1..20}; do
	look 'metric("kmalloc_in_use_bytes") > 0'
done
stop
