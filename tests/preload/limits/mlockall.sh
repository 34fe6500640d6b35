#!/bin/bash
# SPDX-License-Identifier: MIT
#
# mlockall() by an ordinary user who may lock 8 MiB. Expect it to succeed where
# it does without the library, and after MCL_FUTURE memory to be given within
# 3 MiB of what there is without it.
. "$(dirname "$0")/../lib.sh"
begin

locked() {
	"${UNDER[@]}" "$KM_PROGRAMS/preload_space" lock "$1" 2>&1
}

plain=$(locked current)
plain_future=$(locked future)
set_mode shim
shim=$(locked current)
shim_future=$(locked future)
echo "without the library: $plain, $plain_future; with it: $shim, $shim_future"
[[ $plain == locked ]] || skip "without the library: $plain"
[[ $shim == locked ]] || fail "$shim"
plain_kib=${plain_future//[^0-9]/} shim_kib=${shim_future//[^0-9]/}
[[ $plain_kib && $shim_kib ]] || fail "no memory with MCL_FUTURE"
((shim_kib >= plain_kib - 3072)) || fail "too little with MCL_FUTURE"
