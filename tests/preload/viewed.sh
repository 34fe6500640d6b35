# SPDX-License-Identifier: MIT
#
# viewed.sh - a program of the tests that stays until it is told to end, to be
# looked at from outside; sourced behind lib.sh
#
#	start PROGRAM ARGS...	sets PID and OTHER, as the program prints them
#	stop			its standard input ends; it must end with 0
#
# What it prints on stderr is in $WORK/printed.

start() {
	rm -f "$WORK/ready" "$WORK/end"
	mkfifo "$WORK/end"
	exec 7<>"$WORK/end" # to open one end alone would wait for the other
	limited "${UNDER[@]}" "$@" <"$WORK/end" >"$WORK/ready" \
		2>"$WORK/printed" 7>&- &
	SERVER=$!
	KM_SERVERS+=("$SERVER")
	wait_for "$SERVER" grep -q . "$WORK/ready" || not_up "$1"
	read -r PID OTHER <"$WORK/ready"
}

not_up() {
	cat "$WORK/printed" >&2
	fail "$1 ended"
}

stop() {
	exec 7>&-
	wait "$SERVER" || fail "the program did not live through it"
}
