#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Peak resident memory of `true`, the mean of 40 runs. Expect at most 1 MiB
# more with the library than without.
. "$(dirname "$0")/../lib.sh"
begin true

plain=$(t "$KM_PROGRAMS/preload_rss" 40 true) || fail "without the library"
shim=$(RSS_PRELOAD=$KM_PRELOAD_LIB t "$KM_PROGRAMS/preload_rss" 40 true \
	2>"$WORK/err") || fail "with the library"
clean_stderr "$WORK/err"
echo "$plain KiB without, $shim KiB with the library"
((shim > plain)) || fail "nothing was preloaded"
((shim - plain <= 1024)) || fail "$((shim - plain)) KiB more"
