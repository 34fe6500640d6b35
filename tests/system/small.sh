#!/bin/bash
# SPDX-License-Identifier: MIT
#
# A small system made of this machine's own bash, coreutils and their like, with
# the library in /etc/ld.so.preload. Expect its first process and its children
# to be served, a setuid program too; and each way out of
# docs/preload-everywhere.md to work: without the line, with a file that is
# missing or broken, and with a library that ends every program.
. "$(dirname "$0")/lib.sh"
need_chroot

programs=(bash ls cat sort seq env grep sleep setpriv)
mkdir -p "$sys"/{etc,proc,dev,tmp,root,usr/bin,usr/sbin,usr/lib}
for folder in bin sbin lib lib64; do
	ln -s "usr/$folder" "$sys/$folder"
done
mkdir -p "$sys/usr/lib64"

# copy FILE: with the libraries that the loader finds for it, where they are
copy() {
	local file

	while read -r file; do
		mkdir -p "$sys$(dirname "$file")"
		[[ -e $sys$file ]] || cp -L "$file" "$sys$file"
	done < <(ldd "$1" | grep -oE '/[^ ]+')
	cp -L "$1" "$sys/usr/bin/$(basename "$1")"
}
for program in "${programs[@]}"; do
	copy "$(type -P "$program")"
done
cp "$KM_PRELOAD_LIB" "$sys$lib"
printf 'root:x:0:0::/root:/bin/bash\nnobody:x:65534:65534::/:/bin/bash\n' \
	> "$sys/etc/passwd"
cp -p "$sys/usr/bin/sleep" "$sys/usr/bin/setuid"
chmod 4755 "$sys/usr/bin/setuid"
echo 'int main(void) { return 0; }' | gcc -static -x c - -o "$sys/usr/bin/static"
cat > "$tmp/crash.c" <<'END'
#include <stdlib.h>
__attribute__((constructor)) static void crash(void) { abort(); }
END
gcc -shared -fPIC "$tmp/crash.c" -o "$sys/usr/lib/crash.so"
echo text > "$sys/usr/lib/broken.so"

# process 1 is served, and what it starts, with no environment at all
preload "$lib"
works "process 1" "1 yes" bash -c '
	grep -q libkmalloc-preload /proc/self/maps && grep=yes
	grep -q libkmalloc-preload /proc/$$/maps && echo $$ $grep'
: > "$sys/tmp/stats"
works "a pipe" "$(seq 1000 | sort | head -n 1)" \
	KMALLOC_CMDLINE=stats_file=/tmp/stats \
	bash -c 'seq 1000 | sort | { read -r first; echo $first; cat > /dev/null; }'
for program in seq sort cat bash; do
	grep -q "comm=$program .*slabs=[1-9]" "$sys/tmp/stats" ||
		fail "$program was not served: $(cat "$sys/tmp/stats")"
done
# the loader obeys the file for setuid programs too, started by another user
root=0
[[ $(findmnt -no OPTIONS -T "$sys") != *nosuid* ]] || root=65534
works "a setuid program" "served" bash -c '
	setpriv --reuid=65534 --clear-groups setuid 1000 & pid=$!
	while [[ $(< /proc/$pid/comm) != setuid ]] ||
	      ! grep -q /libc.so /proc/$pid/maps; do
		kill -0 $pid || exit
	done
	grep -q "^Uid:.65534.$1" /proc/$pid/status &&
		grep -q libkmalloc-preload /proc/$pid/maps && echo served
	kill $pid' - "$root"

# A 32-bit program cannot have it: one line of its loader, and it runs.
if echo 'int main(void) { return 3; }' |
	gcc -m32 -x c - -o "$tmp/bits32" 2>/dev/null; then
	copy "$tmp/bits32"
	inside bits32
	[[ $rc -eq 3 ]] || fail "a 32-bit program: status $rc, $err"
	[[ $err == *"$lib"*"cannot be preloaded"*"ignored"* &&
		$(wc -l < "$tmp/err") -eq 1 ]] || fail "a 32-bit program: $err"
else
	echo "$name: no 32-bit compiler: that part is left out"
fi

# The ways out.
for file in /usr/lib/missing.so /usr/lib/broken.so; do
	preload "$file"
	inside bash -c 'echo runs'
	[[ $rc -eq 0 && $out == runs ]] || fail "$file: status $rc, $out, $err"
	[[ $err == *"$file"*"cannot be preloaded"*"ignored"* ]] ||
		fail "$file: said $err"
done
preload /usr/lib/crash.so
inside ls /
[[ $rc -ne 0 ]] || fail "a library that crashes did not"
inside static
[[ $rc -ne 0 ]] || fail "env is dynamic: it should have crashed"
unshare --mount chroot "$sys" /usr/bin/static ||
	fail "a static program does not run beside a library that crashes"
if [[ -x /sbin/sln ]]; then
	cp /sbin/sln "$sys/usr/bin/sln"
	unshare --mount chroot "$sys" /usr/bin/sln /dev/null /etc/ld.so.preload
	works "after sln" "runs" bash -c 'echo runs'
	rm "$sys/etc/ld.so.preload"
fi
# a shell that runs already needs no new program to empty the file
preload "$lib"
works "from a shell that runs" "emptied" bash -c '
	exec 2> /dev/null
	echo /usr/lib/crash.so > /etc/ld.so.preload
	ls / > /dev/null 2>&1 && echo "did not crash"
	: > /etc/ld.so.preload
	ls / > /dev/null && echo emptied'
preload /usr/lib/crash.so
mv "$sys/etc/ld.so.preload" "$sys/etc/ld.so.preload.off"
works "from outside" "0" bash -c '
	grep -c libkmalloc-preload /proc/self/maps || :'

finish
