#!/bin/bash
# SPDX-License-Identifier: MIT
#
# cmake and ninja: this project's preload library configured and built in an
# empty directory. Expect an identical library, and a cmake, a ninja and a cc1
# that the library served.
. "$(dirname "$0")/../lib.sh"
begin cmake ninja gcc
[[ -f ${KM_SOURCE_DIR-}/CMakeLists.txt ]] || fail "KM_SOURCE_DIR is not set"

work() {
	t cmake -S "$KM_SOURCE_DIR" -B build -G Ninja \
		-DCMAKE_BUILD_TYPE=Release -DKM_TESTS=OFF >&2
	t ninja -C build -j2 kmalloc_preload >&2
	sha256sum build/lib/libkmalloc-preload.so
	t ninja -C build -t targets all | sort
}

run_plain work
run_shim work
same_artefact
proof_of cmake large
proof_of ninja large
proof_of cc1 large
