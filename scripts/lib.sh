# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# lib.sh - what the scripts share: installing what is missing, configuring and
# building. Sourced, never run. Needs in km_root the root of the source tree
# and in km_name what messages begin with. Uses bash's `set -euo pipefail`.

# Something that is not PROGRAM's doing went wrong.
KM_EXIT_OURS=125

# The labels of tests: the first word of each test's name, and three more, those
# on the backend SLAB, those on the other form of SLUB and those that only
# scripts/soak runs.
# shellcheck disable=SC2034
km_labels="unit model spin fault stress misuse conformance cxx static torture
debug preload system artefacts scripts lint slab form rseq long"

say() {
	printf '%s: %s\n' "$km_name" "$*" >&2
}

die() {
	say "$*"
	exit "$KM_EXIT_OURS"
}

# misused WORDS...: what was asked for is not understood; nothing was done.
misused() {
	say "$* (--help tells more)"
	exit 2
}

warn() {
	say "warning: $*"
}

# missing_packages GROUP...: those of scripts/packages.txt that this machine
# has not; one call of dpkg-query for all of them. Without dpkg-query only the
# commands of the compilers and of cmake are looked for.
missing_packages() {
	local group package wanted=" $* "
	local -a names=()
	local -A have=()

	while read -r group package _; do
		if [[ -n $package && $wanted == *" $group "* ]]; then
			names+=("$package")
		fi
	done < "$km_root/scripts/packages.txt"
	[[ ${#names[@]} -gt 0 ]] || return 0

	if command -v dpkg-query >/dev/null; then
		while read -r package group; do
			[[ $group == installed ]] && have[$package]=1
		done < <(dpkg-query -W -f '${Package} ${db:Status-Status}\n' \
				"${names[@]}" 2>/dev/null || true)
	else
		for package in "${names[@]}"; do
			case $package in
			gcc | g++ | cmake | ninja-build)
				! command -v "${package%-build}" >/dev/null ||
					have[$package]=1
				;;
			*) have[$package]=1 ;;
			esac
		done
	fi
	for package in "${names[@]}"; do
		[[ -n ${have[$package]-} ]] || printf '%s\n' "$package"
	done
}

# cannot_install PACKAGE...: why these cannot be installed, or nothing
cannot_install() {
	local id='' name='another system' os=${KM_OS_RELEASE:-/etc/os-release}
	local by_hand="install by hand: $*"

	if [[ -n ${km_no_install-} ]]; then
		echo "--no-install, and missing: $*"
		return
	fi
	if [[ -r $os ]]; then
		id=$(. "$os" && echo "${ID-} ${VERSION_ID-}")
		name=$(. "$os" && echo "${PRETTY_NAME-$id}")
	fi
	if [[ $id != "debian 12" ]] || ! command -v apt-get >/dev/null; then
		echo "packages are those of Debian 12, this is $name;" \
			"$by_hand"
	elif [[ $EUID -ne 0 ]]; then
		if ! command -v sudo >/dev/null ||
		   { ! sudo -n true 2>/dev/null && [[ ! -t 0 ]]; }; then
			echo "neither root nor sudo to install packages;" \
				"$by_hand"
		fi
	fi
}

# cannot_build GROUP...: why this machine cannot build what needs the packages
# of these groups, in one line, or nothing. Nothing is changed but for build/.
cannot_build() {
	local machine missing

	machine=$(uname -m)
	if [[ $machine != x86_64 ]]; then
		echo "libkmalloc is for x86-64, this machine is $machine"
	elif ! mkdir -p "$km_root/build" 2>/dev/null ||
	     [[ ! -w $km_root/build ]]; then
		echo "cannot write to $km_root/build (a read-only checkout?)"
	else
		missing=$(missing_packages "$@")
		# shellcheck disable=SC2086
		[[ -z $missing ]] || cannot_install $missing
	fi
}

# need_build GROUP...: ends the script unless those things can be built.
need_build() {
	local why

	why=$(cannot_build "$@")
	[[ -z $why ]] || die "$why"
}

# as_root_logged LOG COMMAND...: with sudo if need be; one line if it fails.
as_root_logged() {
	local log=$km_root/build/log/$1 sudo=()
	shift

	[[ $EUID -eq 0 ]] || sudo=(sudo)
	mkdir -p "${log%/*}"
	"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive "$@" \
		> "$log" 2>&1 < /dev/null ||
		die "failed: $1 $2: $(grep -m 1 '^E:' "$log" ||
			tail -n 1 "$log") (all of it in $log)"
}

# install_packages GROUP...: apt, only for what is missing. CMake looks for
# programs and libraries when it configures, so it then has to do that again.
install_packages() {
	local missing why
	local -a packages=()

	need_build "$@"
	missing=$(missing_packages "$@")
	[[ -n $missing ]] || return 0
	mapfile -t packages <<< "$missing"

	[[ $EUID -eq 0 ]] || sudo true || die "sudo failed"
	say "installing ${packages[*]}"
	as_root_logged apt-update apt-get update -q
	as_root_logged apt-install apt-get install -q -y \
		--no-install-recommends -o DPkg::Lock::Timeout=300 \
		"${packages[@]}"
	rm -f "$km_root"/build/*/build.ninja
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

# count_steps WORDS: passes on what ninja says, and says on stderr how far it
# is: on a terminal in one line that is overwritten, else once at the start.
# Nothing to build is nothing said.
count_steps() {
	local line width said=
	local step='^\[([0-9]+)/([0-9]+)\]'

	while IFS= read -r line; do
		printf '%s\n' "$line"
		[[ $line =~ $step && ${BASH_REMATCH[2]} -gt 1 ]] || continue
		if [[ -t 2 ]]; then
			printf '\r%s: building %s: %s of %s' "$km_name" "$1" \
				"${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" >&2
		elif [[ -z $said ]]; then
			say "building $1: ${BASH_REMATCH[2]} steps"
		fi
		said=1
	done
	[[ -z $said || ! -t 2 ]] || printf '\r\033[K' >&2
}

# configure_preset PRESET: if that was never done
configure_preset() {
	[[ -f $km_root/build/$1/build.ninja ]] ||
		logged "$km_root/build/log/$1-configure" \
			cmake -S "$km_root" --preset "$1"
}

# build_preset PRESET [TARGET...]: configure if need be, then build
build_preset() {
	local preset=$1 dir=$km_root/build/$1 log=$km_root/build/log/$1-build
	shift
	local -a targets=()

	[[ $# -eq 0 ]] || targets=(--target "$@")
	configure_preset "$preset" || return 1
	mkdir -p "${log%/*}"
	if ! cmake --build "$dir" -j "$(nproc)" "${targets[@]}" 2>&1 \
		< /dev/null | count_steps "$preset" > "$log"; then
		tail -n 40 "$log" >&2
		say "failed: cmake --build $dir (all of it in $log)"
		return 1
	fi
}

# known_preset NAME: ends the script if there is no such preset to build.
known_preset() {
	grep -q "\"name\": \"$1\"" "$km_root/CMakePresets.json" &&
		[[ $1 != base && $1 != sanitizer ]] ||
		misused "unknown preset '$1'"
}

# number OPTION TEXT LEAST: TEXT, which must be a decimal number from LEAST up
number() {
	[[ $2 =~ ^[0-9]{1,6}$ && $((10#$2)) -ge $3 ]] ||
		misused "$1 needs a number from $3 up, not '$2'"
	echo $((10#$2))
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

# run_again NAME "PRESET...": what failed in the last run_ctest NAME, once more
# and one at a time, if it is few. A test that passes then is named as unsteady:
# it is a fault to be found with scripts/flaky, but no reason to refuse a change
# that may have nothing to do with it. False if one fails again.
run_again() {
	local name=$1 presets=$2
	local log=$km_root/build/$name/Testing/Temporary/LastTestsFailed.log
	local -a tests

	mapfile -t tests < <(cut -d: -f2 "$log")
	[[ ${#tests[@]} -gt 0 && ${#tests[@]} -le 3 ]] || return 1
	say "once more, alone: ${tests[*]}"
	run_ctest "$name" "$presets" --rerun-failed -j 1 || return 1
	say "unsteady, passed only when run alone: ${tests[*]}"
}
