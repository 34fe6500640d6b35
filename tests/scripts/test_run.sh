#!/bin/bash
# SPDX-License-Identifier: MIT
#
# scripts/run starts PROGRAM as a shell would and adds the library to its
# environment, no more. Expect every status, argument and byte unchanged.
. "$(dirname "$0")/common.sh"

tree=$tmp/tree
make_fake_tree "$tree"
run=$tree/scripts/run
lib=$tree/build/release/lib/libkmalloc-preload.so

# exit status
for code in 0 1 2 77 125 255; do
	status "$run" bash -c "exit $code"
	same "exit status" "$code" "$rc"
done
status "$run" bash -c 'kill -TERM $$'
same "death by signal" 143 "$rc"

# arguments, standard input and output, quiet
status "$run" printf '<%s>' 'a b' '' '*' '$x' "it's" $'new\nline' --stats
same "arguments" $'<a b><><*><$x><it\'s><new\nline><--stats>' "$out"
same "quiet" "" "$err"
status "$run" -- printf '%s' --help
same "arguments after --" --help "$out"
same "standard input" hello "$(echo hello | "$run" cat)"

# from anywhere: another folder, a symbolic link, a relative path
ln -s "$run" "$tmp/link"
same "symbolic link" here "$(cd / && "$tmp/link" echo here)"
same "relative path" here "$(cd "$tree/scripts" && ./run echo here)"
same "cwd is kept" /usr "$(cd /usr && "$run" bash -c 'echo "$PWD"')"
same "argv[0] is kept" bash "$("$run" bash -c 'echo "$0"')"

# the environment
same "LD_PRELOAD" "$lib" "$("$run" printenv LD_PRELOAD)"
libc=$(ldconfig -p | awk '/libm.so.6 .*x86-64/ && !n++ { print $NF }')
same "LD_PRELOAD is appended to" "${libc:=libm.so.6}:$lib" \
	"$(LD_PRELOAD=$libc "$run" printenv LD_PRELOAD)"
same "the library is named once" "$lib" \
	"$("$run" "$run" printenv LD_PRELOAD)"
slab=${lib%.so}-slab.so
same "--backend slab" "$slab" "$("$run" --backend slab printenv LD_PRELOAD)"
same "--backend=slab" "$slab" "$("$run" --backend=slab printenv LD_PRELOAD)"
same "--backend slub" "$lib" "$("$run" --backend slub printenv LD_PRELOAD)"
status "$run" printenv KMALLOC_CMDLINE
same "no KMALLOC_CMDLINE" 1 "$rc"
same "KMALLOC_CMDLINE" "foreign=leak" \
	"$(KMALLOC_CMDLINE=foreign=leak "$run" printenv KMALLOC_CMDLINE)"

# --stats names the pid that PROGRAM has
same "--stats" ok "$("$run" --stats bash -c \
	'[[ $KMALLOC_CMDLINE == "stats=$$" ]] && echo ok')"
same "--stats is appended" ok "$(KMALLOC_CMDLINE=foreign=leak \
	"$run" --stats bash -c \
	'[[ $KMALLOC_CMDLINE == "foreign=leak stats=$$" ]] && echo ok')"

# --proc does the same for texts
for option in "--proc slabinfo,buddyinfo" "--proc=slabinfo,buddyinfo"; do
	# shellcheck disable=SC2086
	same "$option" ok "$("$run" $option bash -c \
		'[[ $KMALLOC_CMDLINE == "proc=$$:slabinfo,buddyinfo" ]] && echo ok')"
done
same "--proc with --stats" ok "$(KMALLOC_CMDLINE=foreign=leak \
	"$run" --proc vmstat --stats bash -c '[[ $KMALLOC_CMDLINE == \
		"foreign=leak stats=$$ proc=$$:vmstat" ]] && echo ok')"

# a program that LD_PRELOAD does not reach
echo 'int main(void) { return 7; }' | gcc -static -x c - -o "$tmp/static"
status "$run" --stats "$tmp/static"
same "a static program: status" 7 "$rc"
has "a static program" "static is static: LD_PRELOAD does not reach it" "$err"
cp /bin/true "$tmp/setuid"
chmod u+s "$tmp/setuid"
status "$run" --proc slabinfo "$tmp/setuid"
same "a setuid program: status" 0 "$rc"
has "a setuid program" "setuid is setuid: LD_PRELOAD does not reach it" "$err"
status "$run" "$tmp/static"
same "without --stats: quiet" "" "$err"
status "$run" --stats true
same "a program that is reached: quiet" "" "$err"

finish
