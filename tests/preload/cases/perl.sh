#!/bin/bash
# SPDX-License-Identifier: MIT
#
# perl: hashes of arrays, closures, sort, regular expressions, fork and strings
# of megabytes. Expect the same output, and a perl that the library served.
. "$(dirname "$0")/../lib.sh"
begin perl /usr/bin/python3
/usr/bin/python3 "$KM_HERE/sample.py" words 60 >"$WORK/data" ||
	fail "no data"

cat >"$WORK/script" <<'END'
use strict;
use Digest::MD5 qw(md5_hex);
my (%index, @closures, $all);
while (<>) {
	chomp;
	my ($n, @words) = split;
	push @{ $index{$_} }, $n for @words;
	$all .= join("-", reverse @words) . "\n";
	push @closures, sub { $n + shift } if $n % 10 == 0;
}
printf "%d keys\n", scalar keys %index;
printf "%s %d\n", $_, scalar @{ $index{$_} }
	for grep { @{ $index{$_} } > 1 } sort keys %index;
print md5_hex($all), "\n";
my $changed = join "", map { s/(\w+)-(\w+)/uc($2) . "+" . $1/ger }
	split /^/, $all;
print md5_hex($changed), "\n";
my $sum = 0;
$sum += $_->(3) for @closures;
print "$sum\n";
for my $i (1 .. 3) {
	my $pid = open(my $from, "-|") // die "fork: $!";
	if (!$pid) {
		my @x = map { { id => $_, text => "x" x $_ } } 1 .. 500;
		print "child $i ", length(join "", map { $_->{text} } @x), "\n";
		exit 0;
	}
	print <$from>;
	close($from) or die "child $i: $?";
}
END

work() {
	t perl "$WORK/script" "$WORK/data"
}

run_plain work
run_shim work
same_artefact
proof_of perl large peak=4000000
