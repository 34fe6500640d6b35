#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What the library exports. Expect exactly the names of exports.txt, and
# besides them only names that begin with km_malloc_; at most 100 in all, none
# with a version, each a function.
. "$(dirname "$0")/../lib.sh"
begin nm

export LC_ALL=C
nm -D --defined-only "$KM_PRELOAD_LIB" >"$WORK/nm" || fail "nm"
awk '{ print $3 }' "$WORK/nm" | sort >"$WORK/names"
grep -v '^km_malloc_' "$WORK/names" >"$WORK/others"

! grep @ "$WORK/names" || fail "names with a version stop interposition"
! awk '$2 !~ /^[TWi]$/' "$WORK/nm" | grep . || fail "not functions"
diff "$KM_HERE/exports.txt" "$WORK/others" ||
	fail "the exports differ (< exports.txt, > the library)"
count=$(wc -l <"$WORK/names")
echo "$count names"
((count <= 100)) || fail "$count names, at most 100 wanted"
