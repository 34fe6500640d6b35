#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Tests that fail are run once more, alone, by .ci/run. Here on a small tree of
# six: expect a test that passes then to be named and forgiven, one that fails
# again to fail the step, and nothing to be run again if many failed.
. "$(dirname "$0")/common.sh"

tree=$tmp/tree
make_fake_tree "$tree"
mkdir -p "$tree/build/dev"
cd "$tree"
for name in first second third fourth; do
	echo "add_test($name bash -c \"echo $name >> $tree/ran
		test -e $tree/$name.good || { touch $tree/$name.next; exit 1; }\")"
done > build/dev/CTestTestfile.cmake
echo 'add_test(passes bash -c "echo passes >> '"$tree"'/ran")' \
	>> build/dev/CTestTestfile.cmake
cat > twice <<'END'
km_name=twice
km_root=$PWD
. scripts/lib.sh
run_ctest some dev "$@" && exit
rm -f ran
for name in $becomes_good; do touch $name.good; done
run_again some dev
END

# twice GOOD BECOMES_GOOD: tests that pass at once, and those that do then
twice() {
	rm -f ./*.good ran
	for name in $1; do touch "$name.good"; done
	becomes_good=$2 status bash twice
}

twice "second third fourth" "first"
same "unsteady: status" 0 "$rc"
has "unsteady" "unsteady, passed only when run alone: first" "$err"
same "what was run again" first "$(< ran)"

twice "third fourth" "second"
same "one fails again: status" 1 "$rc"
has "once more" "once more, alone: first second" "$err"
[[ $err != *unsteady* ]] || fail "'$err' though one failed again"

twice "" "first second third fourth"
same "many failed: status" 1 "$rc"
[[ ! -e ran ]] || fail "run again: $(< ran)"

twice "first second third fourth" ""
same "none failed: status" 0 "$rc"
same "none failed: what was said" "" "$err"

finish
