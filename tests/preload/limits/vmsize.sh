#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Address space of a small program, as the kernel counts it, and what
# mlockall(MCL_CURRENT) makes resident of it. Expect at most 4 MiB of address
# space, and 3 MiB of memory, more than without the library. How much it is
# depends on where the first page was chosen at random (1.5 to 2.1 MiB seen).
. "$(dirname "$0")/../lib.sh"
begin grep

size_of() {
	"${UNDER[@]}" grep VmSize: /proc/self/status | awk '{ print $2 }'
}

resident_of() {
	ulimit -l unlimited 2>/dev/null || :
	t "$KM_PROGRAMS/preload_space" resident | awk '/KiB/ { print $1 }'
}

plain_size=$(size_of)
plain_added=$(resident_of)
set_mode shim
shim_size=$(size_of)
shim_added=$(resident_of)
echo "mapped: $plain_size KiB without the library, $shim_size KiB with it;" \
	"made resident: ${plain_added:-refused}, ${shim_added:-refused}"
[[ $plain_size && $shim_size ]] || fail "no size"
((shim_size - plain_size <= 4096)) || fail "too much address space"
[[ $plain_added ]] || skip "mlockall() is refused here"
((shim_added - plain_added <= 3072)) || fail "too much becomes resident"
