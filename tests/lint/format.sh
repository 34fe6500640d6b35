#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Is every C and C++ file of src, include, tests and bench formatted as
# .clang-format says? Fails and shows where it is not; with --fix, formats.
# The answer depends on clang-format's version: 14, Debian 12's.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

tool=
for name in clang-format-14 clang-format; do
	if command -v "$name" >/dev/null &&
	   [[ $("$name" --version) == *" version 14."* ]]; then
		tool=$name
		break
	fi
done
if [[ -z $tool ]]; then
	echo "format: clang-format 14 is missing, nothing was checked"
	exit 77
fi

folders=()
for folder in src include tests bench tools; do
	[[ -d $folder ]] && folders+=("$folder")
done
mapfile -d '' files < <(find "${folders[@]}" -type f \
	\( -name '*.[ch]' -o -name '*.cc' -o -name '*.cpp' -o -name '*.hh' \) \
	-print0)
if [[ ${#files[@]} -eq 0 ]]; then
	echo "format: there are no files yet"
	exit 0
fi

if [[ ${1-} == --fix ]]; then
	exec "$tool" -i -- "${files[@]}"
fi
"$tool" --dry-run -Werror -- "${files[@]}"
echo "format: ${#files[@]} files are clean"
