# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# lib.sh - what the scripts of the preload suite share. Sourced, never run.
#
# A case defines a function that runs real programs through `t` or `serve` and
# prints the artefact on stdout. Then:
#
#	run_plain work		once without the library
#	run_shim work		once with it, in a directory of the same name
#	same_artefact		both exited 0 and printed the same, not nothing
#	proof_of COMM large	a process of that name was served by the library
#
# What shows it is a line of the library's stats_file, which each process
# appends at exit() with counters of its own slow paths. Processes that end by a
# signal or _exit() write no line: for them there are in_maps and bound_to_shim.
#
# A case that sets KM_PARAMETERS has them on the command line of the library.
# KM_PERCPU is the mode of percpu= that a whole run has.
#
# Environment: KM_PRELOAD_LIB, the library; KM_PROGRAMS, the folder of the
# programs that are built from programs/; KM_SOURCE_DIR, the source tree.

KM_HERE=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
. "$KM_HERE/../support/instructions.sh"
KM_CASE=$(basename "$0" .sh)
KM_LIMIT=${KM_LIMIT:-200} # seconds of CPU time that one process may take
KM_SKIP=77
KM_SERVERS=()

fail() {
	printf '%s: FAIL: %s\n' "$KM_CASE" "$*" >&2
	exit 1
}

skip() {
	printf '%s: skipped: %s\n' "$KM_CASE" "$*" >&2
	exit "$KM_SKIP"
}

stop_servers() {
	local pid

	for pid in "${KM_SERVERS[@]}"; do
		kill -KILL "$pid" 2>/dev/null || :
	done
	return 0
}

clean_up() {
	stop_servers
	[[ -z ${WORK-} ]] || rm -rf "$WORK"
}

# begin [PROGRAM...]: a work directory, an environment that is the same on
# every machine, and the programs that the case needs.
begin() {
	local program

	set -u -o pipefail
	unset "${!LC_@}" "${!GIT_@}" "${!PYTHON@}" "${!MALLOC_@}" LD_PRELOAD \
		LD_LIBRARY_PATH KMALLOC_CMDLINE MAKEFLAGS CFLAGS CXXFLAGS
	export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
	export LC_ALL=C.UTF-8 TZ=UTC
	ulimit -c 0
	umask 022
	exec </dev/null

	[[ -n ${KM_PRELOAD_LIB-} ]] || fail "KM_PRELOAD_LIB is not set"
	KM_PRELOAD_LIB=$(readlink -f "$KM_PRELOAD_LIB")
	for program; do
		command -v "$program" >/dev/null || fail "no $program"
	done
	trap clean_up EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	WORK=$(mktemp -d "${TMPDIR:-/tmp}/km-preload.XXXXXX")
	STATS=$WORK/stats
	export HOME=$WORK/home
	mkdir "$HOME"
	: >"$STATS"
	chmod 755 "$WORK" # for programs that give up root, as what they write
	chmod 666 "$STATS"
	set_mode plain
}

# A caller that ignores signals (a shell's background job does) would hand
# that down: test_threading of python fails then, without the library too.
set_mode() {
	KM_MODE=$1
	UNDER=(env "--default-signal=HUP,INT,QUIT,PIPE,TERM")
	if [[ $1 == shim ]]; then
		UNDER+=("LD_PRELOAD=$KM_PRELOAD_LIB"
			"KMALLOC_CMDLINE=stats_file=$STATS${KM_PERCPU:+ percpu=$KM_PERCPU}${KM_PARAMETERS:+ $KM_PARAMETERS}")
	fi
}

# limited COMMAND...: with a bound on the CPU time of each process. The clock
# is no bound: other work on the machine would decide whether a test passes.
limited() (
	ulimit -S -t "$KM_LIMIT"
	exec "$@"
)

# t PROGRAM ARGS...: run one program of the case.
t() {
	limited "${UNDER[@]}" "$@"
}

# serve PROGRAM ARGS...: the same in the background; its pid is SERVER.
serve() {
	{
		ulimit -S -t "$KM_LIMIT"
		exec "${UNDER[@]}" "$@"
	} &
	SERVER=$!
	KM_SERVERS+=("$SERVER")
}

# wait_for PID COMMAND...: until COMMAND succeeds; 1 if PID ends before.
wait_for() {
	local pid=$1 state
	shift
	while ! "$@" >/dev/null 2>&1; do
		state=$(awk '$1 == "State:" { print $2 }' \
			"/proc/$pid/status" 2>/dev/null) || return 1
		[[ $state != [ZX] ]] || return 1
		sleep 0.05
	done
}

# run_in DIRECTORY MODE FUNCTION
run_in() (
	mkdir -p "$1"
	cd "$1" || exit
	trap stop_servers EXIT
	set_mode "$2"
	set -e
	"$3"
) >"$WORK/$2.out" 2>"$WORK/$2.err"

run_mode() {
	run_in "$WORK/run" "$1" "$2"
	echo $? >"$WORK/$1.status"
	mv "$WORK/run" "$WORK/$1"
}

run_plain() {
	run_mode plain "$1"
}

run_shim() {
	run_mode shim "$1"
}

# run_both FUNCTION: both at once, in directories of different names: for work
# that is mostly sleeping.
run_both() {
	local other

	(
		run_in "$WORK/plain" plain "$1"
		echo $? >"$WORK/plain.status"
	) &
	other=$!
	run_in "$WORK/shim" shim "$1"
	echo $? >"$WORK/shim.status"
	wait "$other"
}

show_err() {
	local mode

	for mode in plain shim; do
		echo "--- end of stderr, $mode, exit status $(<"$WORK/$mode.status")"
		tail -n 15 "$WORK/$mode.err"
	done >&2
}

# The loader prints one line and goes on when it cannot preload, and the
# library prints one line when it is misused: both are failures.
clean_stderr() {
	local bad

	bad=$(grep -a -m 3 -E 'cannot be preloaded|^kmalloc: ' "$1") || return 0
	fail "on stderr: $bad"
}

same_artefact() {
	local plain shim

	plain=$(<"$WORK/plain.status")
	shim=$(<"$WORK/shim.status")
	if [[ $plain != 0 || $shim != 0 ]]; then
		show_err
		fail "exit status $plain without, $shim with the library"
	fi
	clean_stderr "$WORK/shim.err"
	[[ -s $WORK/plain.out ]] || fail "an empty artefact proves nothing"
	if ! cmp -s "$WORK/plain.out" "$WORK/shim.out"; then
		diff -a "$WORK/plain.out" "$WORK/shim.out" | head -n 20 >&2
		show_err
		fail "the artefacts differ (< without, > with the library)"
	fi
}

# proof_of COMM [large] [peak=BYTES]: some process of that name was served:
# it refilled an array or made a slab, and what else is asked for.
proof_of() {
	local comm=$1 large=0 peak=0
	shift
	while (($#)); do
		case $1 in
		large) large=1 ;;
		peak=*) peak=${1#peak=} ;;
		*) fail "proof_of: $1?" ;;
		esac
		shift
	done
	awk -v comm="$comm" -v large="$large" -v peak="$peak" '
	function field(name) {
		if (!match($0, " " name "=[0-9]+"))
			return -1
		return substr($0, RSTART + length(name) + 2,
			      RLENGTH - length(name) - 2) + 0
	}
	index($0, " comm=" comm " refills=") &&
	(field("refills") > 0 || field("slabs") > 0) &&
	field("large") >= large && field("peak") >= peak { found = 1 }
	END { exit !found }' "$STATS" && return 0
	grep -a -F " comm=$comm " "$STATS" | sort | head -n 20 >&2
	fail "no line proves that $comm was served" \
		"(large >= $large, peak >= $peak; $(wc -l <"$STATS") lines)"
}

# in_maps PID: with the library, it is mapped into the live process PID.
in_maps() {
	[[ $KM_MODE == shim ]] || return 0
	grep -q -F " $KM_PRELOAD_LIB" "/proc/$1/maps" ||
		fail "$(<"/proc/$1/comm") has not mapped the library"
}

# bound_to_shim PROGRAM ARGS...: by the loader's account, the program's calls
# of malloc and free lead to the library.
bound_to_shim() {
	local name program=$1

	limited env LD_PRELOAD="$KM_PRELOAD_LIB" \
		LD_BIND_NOW=1 LD_DEBUG=bindings \
		LD_DEBUG_OUTPUT="$WORK/bindings" "$@" >/dev/null 2>&1 </dev/null
	for name in malloc free; do
		cat "$WORK"/bindings.* | grep -F "binding file $program " |
			grep -F " to $KM_PRELOAD_LIB " |
			grep -q -F "symbol \`$name'" ||
			fail "$name of $program is not bound to the library"
	done
}

# turn_of TURNS PROGRAM: the instructions of a turn of this program of ours, in
# PER_TURN; with the library, callgrind must have seen calls into it.
turn_of() {
	per_turn "$WORK" "$1" t -- "$KM_PROGRAMS/$2"
	clean_stderr "$WORK/err"
	[[ $KM_MODE == plain ]] || grep -q -F "$KM_PRELOAD_LIB" \
		"$WORK/callgrind" || fail "no call into the library was counted"
}
