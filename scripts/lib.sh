# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# lib.sh - what the scripts share: installing what is missing, configuring and
# building. Sourced, never run. Needs in km_root the root of the source tree
# and in km_name what messages begin with. Uses bash's `set -euo pipefail`.

# Something that is not PROGRAM's doing went wrong.
KM_EXIT_OURS=125

say() {
	printf '%s: %s\n' "$km_name" "$*" >&2
}

die() {
	say "$*"
	exit "$KM_EXIT_OURS"
}

# missing_packages GROUP...: those of scripts/packages.txt that this machine
# has not; one call of dpkg-query for all of them.
missing_packages() {
	local group package wanted=" $* "
	local -a names=()
	local -A have=()

	while read -r group package _; do
		if [[ -n $package && $wanted == *" $group "* ]]; then
			names+=("$package")
		fi
	done < "$km_root/scripts/packages.txt"

	command -v dpkg-query >/dev/null || return 0
	while read -r package group; do
		[[ $group == installed ]] && have[$package]=1
	done < <(dpkg-query -W -f '${Package} ${db:Status-Status}\n' \
			"${names[@]}" 2>/dev/null || true)
	for package in "${names[@]}"; do
		[[ -n ${have[$package]-} ]] || printf '%s\n' "$package"
	done
}

# logged LOG COMMAND...: run quietly; on failure show the end of what it said.
logged() {
	local log=$1
	shift
	mkdir -p "${log%/*}"
	if ! "$@" > "$log" 2>&1 < /dev/null; then
		tail -n 40 "$log" >&2
		say "failed: $* (all of it in $log)"
		return 1
	fi
}

# install_packages GROUP...: apt, only for what is missing. CMake looks for
# programs and libraries when it configures, so it then has to do that again.
install_packages() {
	local missing
	local -a packages as_root=()

	missing=$(missing_packages "$@")
	[[ -n $missing ]] || return 0
	mapfile -t packages <<< "$missing"

	if [[ $EUID -ne 0 ]]; then
		if ! command -v sudo >/dev/null ||
		   { ! sudo -n true 2>/dev/null && [[ ! -t 0 ]]; }; then
			die "missing packages, and neither root nor sudo to" \
				"install them: apt-get install ${packages[*]}"
		fi
		sudo true || die "sudo failed"
		as_root=(sudo)
	fi
	say "installing ${packages[*]}"
	as_root+=(env DEBIAN_FRONTEND=noninteractive)
	logged "$km_root/build/log/apt-update" \
		"${as_root[@]}" apt-get update -q ||
		exit "$KM_EXIT_OURS"
	logged "$km_root/build/log/apt-install" \
		"${as_root[@]}" apt-get install -q -y --no-install-recommends \
		-o DPkg::Lock::Timeout=300 "${packages[@]}" ||
		exit "$KM_EXIT_OURS"
	rm -f "$km_root"/build/*/build.ninja
}

# build_preset PRESET [TARGET...]: configure if that was never done, then build
build_preset() {
	local preset=$1 dir=$km_root/build/$1
	shift
	local -a targets=()

	[[ $# -eq 0 ]] || targets=(--target "$@")
	if [[ ! -f $dir/build.ninja ]]; then
		logged "$km_root/build/log/$preset-configure" \
			cmake -S "$km_root" --preset "$preset" || return 1
	fi
	logged "$km_root/build/log/$preset-build" \
		cmake --build "$dir" -j "$(nproc)" "${targets[@]}"
}

# run_ctest NAME "PRESET..." [CTEST ARGUMENTS...]: the tests of several builds
# as one run, with one summary. No test at all is a failure. The limit ends a
# test that hangs; none takes a tenth of it on an idle machine.
run_ctest() {
	local name=$1 presets=$2 preset dir
	shift 2
	dir=$km_root/build/$name

	mkdir -p "$dir"
	for preset in $presets; do
		printf 'subdirs("%s")\n' "$km_root/build/$preset"
	done > "$dir/CTestTestfile.cmake"
	ctest --test-dir "$dir" --output-on-failure --no-tests=error \
		--timeout 1200 -j "$(nproc)" "$@" < /dev/null
}
