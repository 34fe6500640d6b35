#!/bin/bash
# SPDX-License-Identifier: MIT
#
# A Debian of its own (debootstrap) with the library in /etc/ld.so.preload from
# the first process on. Expect login, su, sudo, cron and apt-get to do their
# work and to be served, setuid ones too, a 32-bit program to say one line and
# run, and the system to work as before once the line is taken away.
. "$(dirname "$0")/lib.sh"
need_chroot
command -v debootstrap > /dev/null || skip "no debootstrap"

mirror=http://deb.debian.org/debian
tarball=${KM_SYSTEM_WORK:-$tmp}/debian.tar
mkdir "$sys"
if [[ ! -f $tarball ]]; then
	debootstrap --variant=minbase --include=cron,sudo,login,procps,bsdutils \
		bookworm "$sys" "$mirror" > "$tmp/log" 2>&1 ||
		skip "no Debian from $mirror: $(tail -n 1 "$tmp/log")"
	rm -f "$sys"/var/cache/apt/archives/*.deb
	tar -C "$sys" -cf "$tarball.new" .
	mv "$tarball.new" "$tarball"
else
	tar -C "$sys" -xf "$tarball"
fi
cp "$KM_PRELOAD_LIB" "$sys$lib"
cp /etc/resolv.conf "$sys/etc/resolv.conf" 2>/dev/null || :
echo "127.0.0.1 localhost $(uname -n)" > "$sys/etc/hosts"
echo 'nobody ALL=(ALL) NOPASSWD: ALL' > "$sys/etc/sudoers.d/nobody"
preload "$lib"
stats=KMALLOC_CMDLINE=stats_file=/tmp/stats

# served COMM...: a line of each in the file of the last runs
served() {
	local comm

	for comm; do
		grep -q "comm=$comm .*slabs=[1-9]" "$sys/tmp/stats" ||
			fail "$comm was not served"
	done
}

# has WHAT WORDS: the last command ended with status 0 and said that
has() {
	[[ $rc -eq 0 && $out == *"$2"* ]] ||
		fail "$1: status $rc, said '$out' and '$err', expected '$2'"
	[[ $err != *"kmalloc:"* && $err != *"cannot be preloaded"* ]] ||
		fail "$1: $err"
}

install -m 666 /dev/null "$sys/tmp/stats"
works "process 1" "1 yes" bash -c '
	grep -q libkmalloc-preload /proc/1/maps && echo $$ yes'
inside bash -c 'printf "id -un\nexit\n" | script -qec "login -f root" /dev/null'
has "a login shell" "root"
inside "$stats" su nobody -s /bin/bash -c 'id -un; ls / > /dev/null'
has "su" "nobody"
inside "$stats" sudo -u nobody --preserve-env=KMALLOC_CMDLINE id -un
has "sudo" "nobody"
served id ls su

# sudo as another user is under AT_SECURE: the maps are its witness.
works "sudo is served under AT_SECURE" "served" bash -c '
	setpriv --reuid=65534 --clear-groups sudo sleep 1000 & pid=$!
	until pgrep -x sleep > /dev/null; do kill -0 $pid || exit; sleep 0.1; done
	grep -q "^sudo$" /proc/$pid/comm &&
		grep -q libkmalloc-preload /proc/$pid/maps && echo served
	pkill -x sleep; wait $pid || :'

# cron runs what is due in the next minute; it ends when the file is there.
printf '* * * * * root id -un > /tmp/by-cron; touch /tmp/done\n' \
	> "$sys/etc/cron.d/test"
inside bash -c '
	cron -f & pid=$!
	until [[ -e /tmp/done ]]; do kill -0 $pid || exit; sleep 0.5; done
	grep -q libkmalloc-preload /proc/$pid/maps && echo served
	cat /tmp/by-cron; kill $pid'
has "cron" $'served\nroot'

inside "$stats" bash -c 'apt-get update -q && apt-get install -q -y hello && hello'
has "apt-get" "Hello, world!"
served apt-get dpkg
inside apt-get remove -q -y hello
has "apt-get remove" "Removing hello"

# A 32-bit program cannot have the library.
if echo 'int main(void) { return 3; }' |
	gcc -m32 -x c - -o "$sys/usr/bin/bits32" 2>/dev/null; then
	inside apt-get install -q -y libc6-i386
	has "libc6-i386" "Setting up libc6-i386"
	inside bits32
	[[ $rc -eq 3 && $err == *"cannot be preloaded"*"ignored"* &&
		$(wc -l < "$tmp/err") -eq 1 ]] ||
		fail "a 32-bit program: status $rc, $err"
fi

# systemd and its tools. As process 1 it wants cgroups of its own, and freezes
# where it has none, with the library or without: that is not tried.
inside apt-get install -q -y --no-install-recommends systemd
has "systemd" "Setting up systemd"
inside "$stats" bash -c '/lib/systemd/systemd --version | head -n 1
	systemd-tmpfiles --create --prefix=/tmp && echo works'
has "systemd" "systemd 252"
has "tools of systemd" works
served systemd-tmpfile

preload
works "without the line" "0" bash -c 'grep -c libkmalloc /proc/self/maps || :'
inside sudo -u nobody id -un
has "sudo without the line" "nobody"

finish
