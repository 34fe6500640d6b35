#!/bin/bash
# SPDX-License-Identifier: MIT
#
# scripts/test --one, on a tree of a few programs, one of which cannot be built.
# Expect that what the test needs is built and no more, that this test alone is
# run, from the first preset that has it, and one line with status 2 that names
# similar tests for a name that no test has.
. "$(dirname "$0")/common.sh"

for program in cmake ninja ctest gcc; do
	command -v "$program" > /dev/null ||
		{ echo "skipped: no $program"; exit 77; }
done
unset "${!CMAKE_@}" "${!CTEST_@}"
tree=$tmp/tree
make_fake_tree "$tree"
rm -rf "$tree/build"
: > "$tree/scripts/packages.txt"
mkdir -p "$tree/tests/support"
cp "$root/tests/support/test.cmake" "$tree/tests/support"
cat > "$tree/CMakePresets.json" <<'END'
{
	"version": 6,
	"configurePresets": [
		{ "name": "base", "hidden": true, "generator": "Ninja",
		  "binaryDir": "${sourceDir}/build/${presetName}" },
		{ "name": "dev", "inherits": "base" },
		{ "name": "release", "inherits": "base",
		  "cacheVariables": { "RELEASE": "ON" } }
	]
}
END
cat > "$tree/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.25)
project(fake C)
enable_testing()
include(tests/support/test.cmake)
file(WRITE ${CMAKE_BINARY_DIR}/main.c "int main(void) { return 0; }\n")
file(WRITE ${CMAKE_BINARY_DIR}/broken.c "this is no C\n")
foreach(name IN ITEMS good other helper)
	add_executable(${name} ${CMAKE_BINARY_DIR}/main.c)
endforeach()
add_executable(broken ${CMAKE_BINARY_DIR}/broken.c)
km_test(unit.fake.g++ COMMAND good)
km_test(unit.fake.good.slab COMMAND good)
km_test(unit.fake.broken COMMAND broken)
km_test(unit.fake.tool COMMAND test -x $<TARGET_FILE:other>
	ENV HELPER=$<TARGET_FILE:helper>)
if(RELEASE)
	km_test(preload.fake COMMAND good)
endif()
km_tests_file()
END

# one PRESET NAME BUILT: the test is run, and these programs are there after it
one() {
	status "$tree/scripts/test" --one "$2"
	same "$2: status: $err" 0 "$rc"
	has "$2: tests" "100% tests passed, 0 tests failed out of 1" "$out"
	has "$2: name" ": $2 " "$out"
	has "$2: preset" "/build/suite" "$out"
	same "$2: built" "$3" "$(cd "$tree/build/$1" && ls -d \
		{good,other,helper,broken} 2>/dev/null | paste -s -d ' ')"
}

one dev unit.fake.g++ good
[[ ! -e $tree/build/release ]] || fail "release was configured"
one dev unit.fake.good.slab good
one dev unit.fake.tool "good helper other"
one release preload.fake good
status "$tree/scripts/test" --one unit.fake.g++ --preset release -V
same "another preset: status" 0 "$rc"
has "another preset" "$tree/build/release/good" "$out"
has "its arguments for ctest" "Test command" "$out"

status "$tree/scripts/test" --one unit.fake.broken
same "a test that cannot be built: status" 125 "$rc"

# unknown NAME WORDS
unknown() {
	status "$tree/scripts/test" --one "$1"
	same "$1: status" 2 "$rc"
	same "$1: lines: $err" 1 "$(wc -l < "$tmp/err")"
	same "$1: standard output" "" "$out"
	has "$1" "unknown test '$1'" "$err"
	has "$1: similar names" "$2" "$err"
}

unknown unit.fak.good.slab "near: unit.fake.good.slab"
unknown preload.fakes "near: preload.fake"
unknown good "near: unit.fake.good.slab"
unknown xyzzy "'xyzzy' ("

finish
