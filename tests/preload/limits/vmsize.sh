#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Address space of a small program, as the kernel counts it, and what
# mlockall(MCL_CURRENT) makes resident of it. Expect at most 4 MiB of address
# space more than without the library, and of memory 2.1 MiB in the median of
# seven runs, and never 3. How much it is depends on where the first page was
# chosen at random: 1.5 to 2.1 MiB seen.
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
mapfile -t shim_added < <(for _ in {1..7}; do resident_of; done | sort -n)
echo "mapped: $plain_size KiB without the library, $shim_size KiB with it;" \
	"made resident: ${plain_added:-refused}, ${shim_added[*]:-refused}"
[[ $plain_size && $shim_size ]] || fail "no size"
((shim_size - plain_size <= 4096)) || fail "too much address space"
[[ $plain_added ]] || skip "mlockall() is refused here"
((${#shim_added[@]} == 7)) || fail "mlockall() is refused with the library"
((shim_added[3] - plain_added <= 2150)) || fail "too much becomes resident"
((shim_added[6] - plain_added <= 3072)) || fail "once far too much does"
