#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Machines on which nothing can be built: another architecture, a checkout that
# cannot be written to, packages that are missing and cannot be installed.
# Expect one line that says why and status 125; scripts/run takes a library
# that is there, with a warning; nothing is installed.
. "$(dirname "$0")/common.sh"

umask 022
exec < /dev/null
tree=$tmp/tree
make_fake_tree "$tree"
chmod 755 "$tmp"
mkdir "$tmp/bin"

# A fake apt-get: that it was called is a failure.
printf '#!/bin/sh\necho "$*" >> "%s"\nexit 1\n' "$tmp/apt" > "$tmp/bin/apt-get"
chmod 755 "$tmp/bin/apt-get"
PATH=$tmp/bin:$PATH
printf 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian 12"\n' > "$tmp/debian"
printf 'ID=suse\nPRETTY_NAME="openSUSE 15"\n' > "$tmp/suse"
export KM_OS_RELEASE=$tmp/debian

# As who the scripts are run: root can write anywhere.
as=()
others=()
if [[ $EUID -eq 0 ]]; then
	others=(setpriv --reuid=65534 --regid=65534 --clear-groups)
fi

# one_line WHAT WORDS: what the last command should have done
one_line() {
	same "$1: status" 125 "$rc"
	same "$1: lines: $err" 1 "$(wc -l < "$tmp/err")"
	[[ ${#err} -le 400 ]] || fail "$1: a line of ${#err} characters"
	has "$1" "$2" "$err"
}

# cannot WORDS [OPTION]: all scripts refuse, but for run with a library.
cannot() {
	local script lib=$tree/build/release/lib

	for script in scripts/{test,bench,soak,flaky,misuse} .ci/run; do
		status "${as[@]}" "$tree/$script" "${@:2}"
		one_line "$script: $1" "$1"
	done
	touch "$tree/src/new.c"
	status "${as[@]}" "$tree/scripts/run" "${@:2}" echo ran
	same "run, with a library: $1: status" 0 "$rc"
	same "run, with a library: $1" ran "$out"
	same "run, with a library: $1: lines" 1 "$(wc -l < "$tmp/err")"
	has "run, with a library" "warning" "$err"
	has "run, with a library" "$1" "$err"
	mv "$lib" "$tmp/lib"
	status "${as[@]}" "$tree/scripts/run" "${@:2}" echo ran
	one_line "run, without a library: $1" "$1"
	mv "$tmp/lib" "$lib"
}

# packages GROUP...: one that does not exist is missing in these groups
missing_in() {
	printf '%s no-such-package-at-all\n' "$@" > "$tree/scripts/packages.txt"
}

printf '#!/bin/sh\necho riscv64\n' > "$tmp/bin/uname"
chmod 755 "$tmp/bin/uname"
cannot "riscv64"
rm "$tmp/bin/uname"

missing_in library
cannot "--no-install, and missing: no-such-package-at-all" --no-install
KM_OS_RELEASE=$tmp/suse
cannot "this is openSUSE 15"
KM_OS_RELEASE=$tmp/debian

# What run needs is the group library alone.
missing_in build test bench
rm "$tree/src/new.c"
find "$tree/src" "$tree/CMakeLists.txt" -exec touch -d '1 hour ago' {} +
status "$tree/scripts/run" --no-install true
same "run needs no package of other groups" 0 "$rc"
for script in test bench soak flaky; do
	status "$tree/scripts/$script" --no-install
	one_line "$script without its packages" no-such-package-at-all
done

# Neither root nor sudo: sudo is not there, or asks for a password.
chmod -R a+rwX "$tree"
as=("${others[@]}")
if ! "${as[@]}" test -x "$tree/scripts/test"; then
	echo "another user cannot reach $tree: those parts are left out"
	finish
	exit
fi
printf '#!/bin/sh\nexit 1\n' > "$tmp/bin/sudo"
chmod 755 "$tmp/bin/sudo"
missing_in library
cannot "neither root nor sudo"

chmod -R go-w "$tree"
[[ $EUID -eq 0 ]] || chmod -R a-w "$tree/build"
cannot "cannot write to"
[[ $EUID -eq 0 ]] || chmod -R u+w "$tree"
same "apt-get was not called" "" "$(cat "$tmp/apt" 2>/dev/null || true)"

# An apt-get that fails: one line with what it said.
if [[ $EUID -eq 0 ]]; then
	as=()
	printf '#!/bin/sh\necho "E: no such thing"\nexit 100\n' \
		> "$tmp/bin/apt-get"
	status "$tree/scripts/test"
	has "apt-get fails" "E: no such thing" "$err"
	same "apt-get fails: status" 125 "$rc"
	same "apt-get fails: lines" 2 "$(wc -l < "$tmp/err")"
fi

finish
