#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What scripts/run cannot do is said in one line. Expect 2 for a wrong option,
# 127 for a missing PROGRAM, 126 for one that cannot be run, 125 for a library
# that cannot be had.
. "$(dirname "$0")/common.sh"

tree=$tmp/tree
make_fake_tree "$tree"
run=$tree/scripts/run

# one_line WHAT STATUS WORDS: what the last command should have done
one_line() {
	same "$1: status" "$2" "$rc"
	same "$1: lines" 1 "$(wc -l < "$tmp/err")"
	same "$1: standard output" "" "$out"
	has "$1" "$3" "$err"
}

status "$run" --wrong true
one_line "unknown option" 2 "--wrong"
status "$run" --proc
one_line "--proc without names" 2 "--proc"
status "$run" -x true
one_line "unknown short option" 2 "-x"
status "$run"
one_line "no PROGRAM" 2 PROGRAM
status "$run" --stats --
one_line "no PROGRAM after --" 2 PROGRAM
status "$run" --backend bogus true
one_line "unknown backend" 2 bogus
status "$run" --backend
one_line "no backend" 2 "--backend"
for backend in slub slab; do
	status "$run" --backend "$backend" true
	same "backend $backend" 0 "$rc"
done

status "$run" no-such-program-at-all
one_line "missing in PATH" 127 no-such-program-at-all
status "$run" ./no-such-program
one_line "missing file" 127 no-such-program
echo text > "$tmp/plain"
status "$run" "$tmp/plain"
one_line "not executable" 126 plain
status "$run" "$tmp"
one_line "a folder" 126 "$tmp"

status "$run" --help
same "--help: status" 0 "$rc"
has "--help" "Usage: scripts/run" "$out"

# a source file that is newer than the library starts a build
touch "$tree/src/new.c"
echo 'this is no CMake file (' > "$tree/CMakeLists.txt"
echo '{ "version": 6, "configurePresets": [ { "name": "release",
	"generator": "Ninja", "binaryDir": "${sourceDir}/build/release" } ] }' \
	> "$tree/CMakePresets.json"
status "$run" echo ran
same "broken build: status" 125 "$rc"
same "broken build: PROGRAM is not run" "" "$out"
has "broken build" "failed: cmake" "$err"

make_fake_tree "$tmp/a tree"
status "$tmp/a tree/scripts/run" true
one_line "a path with a space" 125 LD_PRELOAD

finish
