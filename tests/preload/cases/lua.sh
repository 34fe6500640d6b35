#!/bin/bash
# SPDX-License-Identifier: MIT
#
# lua5.4: tables, strings, closures, coroutines and both modes of its garbage
# collector. Expect the same output, and a lua5.4 that the library served.
. "$(dirname "$0")/../lib.sh"
begin lua5.4

cat >"$WORK/script.lua" <<'END'
local function tree(depth)
	if depth == 0 then return { n = 1 } end
	local l, r = tree(depth - 1), tree(depth - 1)
	return { l = l, r = r, n = l.n + r.n, name = "node" .. depth }
end
local function run(mode)
	collectgarbage(mode)
	local words, sum = {}, 0
	for i = 1, 100000 do
		local s = ("%d-%s"):format(i * 7919 % 9973, ("x"):rep(i % 60))
		words[#words + 1] = s
		sum = sum + #s
	end
	table.sort(words)
	local all = table.concat(words, "\n")
	print(mode, sum, #all, words[1], #words[50000])
	print(select(2, all:gsub("(%d+)%-(x+)", "%2%1")))
	for i = 1, 8 do print(tree(13).n) end
	local routines = {}
	for i = 1, 2000 do
		routines[i] = coroutine.wrap(function(a)
			while true do a = a + coroutine.yield(a * i) end
		end)
	end
	local total = 0
	for round = 1, 10 do
		for i = 1, #routines do total = total + routines[i](round) end
	end
	print(total, ("ab"):rep(2000000):len())
end
run("generational")
run("incremental")
END

work() {
	t lua5.4 "$WORK/script.lua"
}

run_plain work
run_shim work
same_artefact
proof_of lua5.4 large peak=4000000
