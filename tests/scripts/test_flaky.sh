#!/bin/bash
# SPDX-License-Identifier: MIT
#
# scripts/flaky on a small tree of four tests: one passes, one fails every third
# time, one is skipped, one has another label. Expect each rate, status 1 only
# when one failed, no busy loop left behind, and nothing run for wrong options.
. "$(dirname "$0")/common.sh"

tree=$tmp/tree
make_fake_tree "$tree"
flaky=$tree/scripts/flaky
cat > "$tree/CMakePresets.json" <<'END'
{
	"version": 6,
	"configurePresets": [
		{
			"name": "dev",
			"generator": "Ninja",
			"binaryDir": "${sourceDir}/build/dev"
		}
	]
}
END
cat > "$tree/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.25)
project(fake LANGUAGES NONE)
enable_testing()
add_test(NAME good COMMAND bash -c "exit 0")
add_test(NAME third COMMAND bash -c "echo x >> count
	echo what it wrote
	test $((`wc -l < count` % 3)) -ne 0")
add_test(NAME skipped COMMAND bash -c "exit 77")
add_test(NAME other COMMAND bash -c "exit 0")
set_tests_properties(good third skipped PROPERTIES
	LABELS mine SKIP_RETURN_CODE 77)
END
: > "$tree/scripts/packages.txt"

status "$flaky" --preset dev --label mine --runs 6 --busy 1
same "a flaky test: status" 1 "$rc"
same "its rate" 1 "$(grep -cE '^ +2 +6 +33\.33% +third$' "$tmp/out")"
same "a good test" 1 "$(grep -cE '^ +0 +6 +0\.00% +good$' "$tmp/out")"
same "the worst comes first" third "$(awk 'NR == 2 { print $4 }' "$tmp/out")"
same "a skipped test and another label" "" \
	"$(grep -E 'skipped|other' "$tmp/out" || true)"
has "rounds" "round 3 of 6: failed: third" "$err"
has "what it wrote is kept" "what it wrote" \
	"$(cat "$tree"/build/log/flaky/round.3)"

status "$flaky" --preset=dev -R 'good|other' --runs=2 --busy=0
same "good tests: status" 0 "$rc"
same "good tests: lines" 3 "$(wc -l < "$tmp/out")"

status "$flaky" --preset dev -R nothing --runs 2
same "no test: status" 125 "$rc"
has "no test" "no test was run" "$err"
# A loop's command line is that of the script which started it.
same "busy loops" "" "$(pgrep -f -- "$flaky" || true)"

rm -rf "$tree/build"
for wrong in --nope "--runs 0" "--runs abc" --runs "--preset none" extra; do
	# shellcheck disable=SC2086
	status "$flaky" $wrong
	same "$wrong: status" 2 "$rc"
	same "$wrong: lines" 1 "$(wc -l < "$tmp/err")"
done
for help in -h --help; do
	status "$flaky" "$help"
	same "$help: status" 0 "$rc"
	has "$help" "Usage: scripts/flaky" "$out"
done
[[ ! -e $tree/build ]] || fail "something was built"

finish
