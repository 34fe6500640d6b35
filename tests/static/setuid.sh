#!/bin/bash
# SPDX-License-Identifier: MIT
#
# setuid.sh PROGRAM FOLDER - a program with its owner's rights takes no orders
#
# The program is a static one, since the loader preloads nothing into such. It
# must not look at KMALLOC_CMDLINE: no complaint of an unknown parameter, no
# file written. Only root can give it to another user; the folder must allow it.
set -euo pipefail
program=$1 folder=$(mktemp -d "$2/setuid.XXXXXX")
trap 'rm -rf "$folder"' EXIT

[[ $EUID = 0 ]] || { echo "skipped: needs root"; exit 77; }
cp "$program" "$folder/program"
chmod 755 "$folder" "$folder/program"

run() {
	KMALLOC_CMDLINE="nonsense=1 stats_file=$folder/stats alloc_trace=$folder/trace" \
		"$folder/program" served_by_us 2>&1
}

# As it is: the parameters are obeyed.
run | grep -q "unknown boot parameter 'nonsense' ignored" ||
	{ echo "without setuid: no complaint"; exit 1; }
[[ -s $folder/stats ]] || { echo "without setuid: no file"; exit 1; }
compgen -G "$folder/trace.*" > /dev/null ||
	{ echo "without setuid: no recording"; exit 1; }
rm "$folder/stats" "$folder"/trace.*

chown nobody "$folder/program" && chmod 4755 "$folder/program"
chmod 777 "$folder"
if [[ $(stat -c %a "$folder/program") != 4755 ]] ||
	findmnt -no OPTIONS -T "$folder" | grep -qw nosuid; then
	echo "skipped: no setuid here"
	exit 77
fi
out=$(run)
[[ $out != *"boot parameter"* ]] || { echo "setuid: $out"; exit 1; }
[[ ! -e $folder/stats ]] || { echo "setuid: wrote a file"; exit 1; }
! compgen -G "$folder/trace.*" || { echo "setuid: made a recording"; exit 1; }
