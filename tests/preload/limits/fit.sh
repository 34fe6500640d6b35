#!/bin/bash
# SPDX-License-Identifier: MIT
#
# How much of a limit blocks of one size can use, from 48 bytes to 8 MiB: under
# RLIMIT_AS of 512 MiB, and under mem=512M. And what stays resident of 64 MiB in
# blocks of many sizes that are replaced at random. Expect 85% of the limit, and
# 120% of what lives up to 70 kB, 140% up to 1 MB. Below 128 bytes sizes are
# multiples of 16; one byte above a power of two would be 84%.
. "$(dirname "$0")/../lib.sh"
begin

SIZES=(48 112 136 200 264 330 528 600 1040 1300 2100 2600 3000 4200 5200 6000
	8400 10000 12000 14400 17000 19000 21000 22000 25000 27000 29500 33000
	70000 140000 266240 300000 1100000 2200000 4100000 8388608)

# used WHAT OUTPUT: each line is "SIZE: PERCENT"
used() {
	echo "$1: ${2//$'\n'/, }"
	(($(wc -l <<<"$2") == ${#SIZES[@]})) || fail "$1: a size is missing"
	while read -r size percent; do
		((percent >= 85)) || fail "$1: $percent% of it by blocks of $size B"
	done <<<"$2"
}

# resident LOW HIGH BOUND
resident() {
	local percent

	percent=$(t "$KM_PROGRAMS/preload_space" overwrite "$1" "$2")
	echo "$1 to $2 B: $percent% resident"
	((percent >= 100 && percent <= $3)) ||
		fail "$percent% of blocks of $1 to $2 B are resident"
}

set_mode shim
used RLIMIT_AS "$(t "$KM_PROGRAMS/preload_space" fill 512 "${SIZES[@]}")"
resident 33000 70000 120
resident 33000 1000000 140
KM_PARAMETERS=mem=512M
set_mode shim
used mem= "$(t "$KM_PROGRAMS/preload_space" fill_mem 512 "${SIZES[@]}")"
