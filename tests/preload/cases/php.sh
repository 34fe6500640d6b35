#!/bin/bash
# SPDX-License-Identifier: MIT
#
# php over the modules that Debian's php-cli comes with, each opened with
# RTLD_DEEPBIND; once with its own allocator in front of malloc and once, by
# USE_ZEND_ALLOC=0, without. Expect the same output, and a php that the library
# served.
. "$(dirname "$0")/../lib.sh"
begin php

cat >"$WORK/script.php" <<'END'
<?php
function words(int $n): array {
	$out = [];
	for ($i = 0; $i < $n; $i++)
		$out[] = sprintf("%d-%s", $i * 7919 % 9973,
				 str_repeat("x", $i % 60));
	return $out;
}
class Tree {
	public array $kids = [];
	function __construct(public int $depth) {
		for ($i = 0; $i < 3 && $depth; $i++)
			$this->kids[] = new Tree($depth - 1);
	}
	function count(): int {
		return 1 + array_sum(array_map(fn($k) => $k->count(),
					       $this->kids));
	}
}
function each_of(iterable $all): Generator {
	foreach ($all as $key => $one)
		yield $key => strrev($one);
}
$words = words(20000);
sort($words);
$all = implode("\n", $words);
echo "core ", strlen($all), " ", md5($all), " ", (new Tree(7))->count(), "\n";
$sum = 0;
foreach (each_of($words) as $key => $one)
	$sum += $key * strlen($one);
echo "generator $sum\n";
$json = json_encode(array_map(null, $words, array_reverse($words)));
echo "json ", strlen($json), " ", count(json_decode($json, true)), "\n";
echo "pcre ", preg_match_all('/(\d+)-(x+)/', $all, $found), " ",
	strlen(preg_replace_callback('/x+/', fn($m) => strlen($m[0]), $all)),
	"\n";
foreach (["sha256", "xxh3", "crc32b", "whirlpool"] as $how)
	echo "hash $how ", hash($how, $all), "\n";
foreach ([1, 6, 9] as $level)
	echo "zlib ", md5(gzuncompress(gzcompress($all, $level))), "\n";
echo "iconv ", md5(iconv("ISO-8859-1", "UTF-16LE", $all)), "\n";
echo "tokenizer ", count(token_get_all(file_get_contents(__FILE__))), "\n";
echo "openssl ", openssl_digest($all, "sha512"), " ",
	md5(openssl_encrypt($all, "aes-256-ctr", str_repeat("k", 32), 0,
			    str_repeat("i", 16))), "\n";
echo "sodium ", bin2hex(sodium_crypto_generichash($all)), "\n";
echo "fileinfo ", (new finfo(FILEINFO_MIME_TYPE))->buffer($json), "\n";
echo "calendar ", jdtogregorian(gregoriantojd(10, 24, 1985)), "\n";
echo "date ", date("c", 86400 * 365), " ",
	(new DateTime("2001-02-03"))->modify("+40 days")->format("Y-m-d"),
	"\n";
$heap = new SplMinHeap;
foreach ($words as $one)
	$heap->insert($one);
echo "spl ", $heap->extract(), " ", $heap->count(), "\n";
$tar = new PharData($argv[1] . "/a.tar");
for ($i = 0; $i < 50; $i++)
	$tar["file$i"] = str_repeat("line $i\n", 1000);
echo "phar ", count($tar), " ", strlen($tar["file7"]->getContent()), "\n";
socket_create_pair(AF_UNIX, SOCK_STREAM, 0, $pair);
$pid = pcntl_fork();
if (!$pid) {
	socket_write($pair[1], md5(implode(",", $words)));
	exit(0);
}
pcntl_waitpid($pid, $status);
echo "pcntl, sockets ", socket_read($pair[0], 32), " $status\n";
echo "reflection ", count((new ReflectionClass("ArrayObject"))->getMethods()),
	"\n";
for ($i = 0, $live = []; $i < 200000; $i++)
	$live[$i % 1000] = str_repeat("y", $i * 31 % 3000);
unset($live);
gc_collect_cycles();
foreach (get_loaded_extensions() as $name)
	echo "loaded $name\n";
END

work() {
	local own

	for own in 0 1; do
		rm -f a.tar
		t env USE_ZEND_ALLOC=$own php -d phar.readonly=0 \
			"$WORK/script.php" "$PWD"
	done
}

run_plain work
run_shim work
same_artefact
proof_of php large peak=4000000
