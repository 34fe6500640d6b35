#!/bin/bash
# SPDX-License-Identifier: MIT
#
# BIND's named, which is linked with jemalloc and calls mallocx() and
# sdallocx(): a zone of 3,000 names, asked by dig on 127.0.0.1, whole and name
# by name; it ends by exit() when it gets SIGTERM. Expect the same answers, and
# a named that the library served.
. "$(dirname "$0")/../lib.sh"
begin named dig /usr/bin/python3

# A port that no socket is given by itself: dig may get named's own port from
# the system (both allow that a port is used again) and then asks itself, which
# it reports as "query response not set".
free_port() {
	/usr/bin/python3 - <<'END'
import random
import socket
with open("/proc/sys/net/ipv4/ip_local_port_range") as file:
    low, high = map(int, file.read().split())
ports = [*range(1024, low), *range(high + 1, 65536)]
for port in random.sample(ports, min(50, len(ports))):
    with (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
          socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp):
        try:
            udp.bind(("127.0.0.1", port))
            tcp.bind(("127.0.0.1", port))
        except OSError:
            continue
    print(port)
    break
else:
    raise SystemExit("no free port outside ip_local_port_range")
END
}

write_zone() {
	local i

	cat <<'END'
$TTL 3600
@ IN SOA ns.example. admin.example. 1 3600 600 86400 300
@ IN NS ns
@ IN MX 10 mail
ns IN A 127.0.0.1
mail IN A 192.0.2.25
*.wild IN TXT "anything"
END
	for ((i = 0; i < 3000; i++)); do
		echo "host$i IN A 192.0.2.$((i % 250 + 1))"
		echo "host$i IN TXT \"number $i $((i * i))\""
	done
}

write_config() {
	cat <<END
options {
	directory "$PWD";
	listen-on port $1 { 127.0.0.1; };
	listen-on-v6 { none; };
	pid-file none;
	session-keyfile "$PWD/session.key";
	recursion no;
	dnssec-validation no;
	empty-zones-enable no;
	allow-transfer { any; };
};
controls { };
zone "example" { type primary; file "$PWD/zone"; };
END
}

ask() {
	dig +tries=5 +time=5 -p "$PORT" @127.0.0.1 "$@"
}

# Another program may take the port before named has it: three attempts.
start_named() {
	local try

	for try in 1 2 3; do
		PORT=$(free_port) || return
		write_config "$PORT" >named.conf
		serve named -f -n 2 -4 -c "$PWD/named.conf" -L "$PWD/log$try"
		if wait_for "$SERVER" grep -q 'running$' "log$try" &&
		   ask +short example SOA | grep -q admin; then
			return 0
		fi
		kill -TERM "$SERVER" || :
		wait "$SERVER" || :
	done
	cat log* >&2
	return 1
}

work() {
	write_zone >zone
	start_named
	in_maps "$SERVER"
	ask +noall +answer +onesoa example AXFR | sort
	for i in {0..2999..300}; do
		ask +short "host$i.example" A
		ask +short "host$i.example" TXT
		ask +short "some$i.wild.example" TXT
	done
	ask +noall +comments none.example A | grep -o 'status: [A-Z]*'
	ask +short +tcp example MX
	kill -TERM "$SERVER"
	wait "$SERVER"
}

run_plain work
[[ $(<"$WORK/plain.status") == 0 ]] ||
	{ tail -n 5 "$WORK/plain.err" >&2; skip "named does not run here"; }
run_shim work
same_artefact
proof_of named
