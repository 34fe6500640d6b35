#!/bin/bash
# SPDX-License-Identifier: MIT
#
# redis-server on a unix socket: redis-benchmark, then a fixed script over all
# types, a save by a forked child and a reload. Expect the same digest of the
# data each time, and a redis-server that the library served.
. "$(dirname "$0")/../lib.sh"
begin redis-server redis-cli redis-benchmark

cat >"$WORK/commands.awk" <<'END'
BEGIN {
	print "FLUSHALL"
	for (i = 0; i < 8000; i++) {
		printf "SET key:%d value-%d-%0*d\n", i, i, i % 200, i
		if (i % 3 == 0)
			print "DEL key:" i / 3
		if (i % 5 == 0)
			printf "APPEND key:%d %0*d\n", i, i % 3000, i
		printf "HSET hash:%d field%d %d\n", i % 300, i, i * i
		printf "RPUSH list:%d element%d\n", i % 100, i
		printf "SADD set:%d member%d\n", i % 150, i % 7001
		printf "ZADD zset:%d %d m%d\n", i % 80, i % 997, i
		if (i % 11 == 0)
			print "LPOP list:" i % 100
	}
	print "SETRANGE large 5000000 x"
	print "SUNIONSTORE union set:1 set:2 set:3"
	print "ZINTERSTORE inter 2 zset:1 zset:1"
	print "SORT list:7 ALPHA STORE sorted"
	print "EVAL \"for i=1,500 do redis.call('SET','l:'..i,string.rep('y',i)) end\" 0"
}
END

cli() {
	t redis-cli -s "$PWD/socket" "$@"
}

saved() {
	[[ $(redis-cli -s "$PWD/socket" info persistence) == \
		*rdb_bgsave_in_progress:0*rdb_last_bgsave_status:ok* ]]
}

work() {
	serve redis-server --port 0 --unixsocket "$PWD/socket" --save "" \
		--dir "$PWD" --enable-debug-command yes >&2
	wait_for "$SERVER" redis-cli -s "$PWD/socket" ping
	in_maps "$SERVER"
	t redis-benchmark -s "$PWD/socket" -q -n 10000 -c 20 -P 8 -r 5000 \
		-d 200 -t set,get,incr,lpush,rpop,sadd,hset,zadd,mset >&2
	cli script flush >&2
	awk -f "$WORK/commands.awk" >commands
	cli <commands | sort | uniq -c | sort -k 1nr -k 2 | sed -n 1,40p |
		cksum
	cli dbsize
	cli debug digest
	cli strlen large
	cli bgsave >&2
	wait_for "$SERVER" saved
	cli debug reload >&2
	cli debug digest
	cli lrange sorted 0 20
	cli shutdown nosave
	wait "$SERVER"
}

run_plain work
run_shim work
same_artefact
proof_of redis-server large peak=6000000
proof_of redis-benchmark large
