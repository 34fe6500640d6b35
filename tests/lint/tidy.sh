#!/bin/bash
# SPDX-License-Identifier: MIT
#
# clang-tidy over the library's sources: tidy.sh BUILD_DIR, a folder that holds
# compile_commands.json. Fails when there is a warning.
set -euo pipefail
build=$(readlink -f "$1")
cd "$(dirname "$(readlink -f "$0")")/../.."

mapfile -d '' files < <(find src -type f -name '*.c' -print0)
if [[ ${#files[@]} -eq 0 ]]; then
	echo "tidy: there are no files yet"
	exit 0
fi
printf '%s\0' "${files[@]}" |
	xargs -0 -n 4 -P "$(nproc)" clang-tidy -p "$build" --quiet \
		--warnings-as-errors='*'
