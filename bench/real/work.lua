-- SPDX-License-Identifier: MIT
-- work.lua - the lua benchmark: strings, tables, closures, with the collector
-- at work. Prints one line that depends on all of it. Argument: scale.

local scale = tonumber(arg[1] or 1)
local state = 12345
local sum = 0

local function random(n)
	state = (state * 1103515245 + 12345) % 2147483648
	return state // 65536 % n
end

local function add(n)
	sum = (sum * 31 + n) % 1000000007
end

local function strings()
	local parts = {}
	for i = 1, 6000 do
		parts[#parts + 1] = string.rep(string.char(97 + random(26)),
			random(40)) .. ":" .. random(10000)
	end
	local text = table.concat(parts, ",")
	local n = 0
	for word, num in text:gmatch("(%a*):(%d+)") do
		n = n + #word + tonumber(num)
	end
	add(n)
	add(#text:gsub("%d+", function(d) return "<" .. d .. ">" end))
end

local function tables()
	local index = {}
	for i = 1, 12000 do
		local key = "key" .. random(4000)
		local list = index[key]
		if not list then
			list = { name = key, items = {} }
			index[key] = list
		end
		list.items[#list.items + 1] = { id = i, x = i * 0.5 }
	end
	local n = 0
	for _, list in pairs(index) do
		n = n + #list.items * #list.name
	end
	add(n)
end

local function closures()
	local chain = function(x) return x end
	for i = 1, 150 do
		local inner = chain
		chain = function(x) return inner(x) + i end
	end
	local queue = {}
	for i = 1, 20000 do
		queue[i] = { next = queue[i - 1], f = function() return i end }
		if i > 500 then
			queue[i - 500].next = nil
			queue[i - 500] = false
		end
	end
	add(chain(1) + queue[20000].f())
end

local function matrix()
	local m = {}
	for i = 1, 120 do
		local row = {}
		for j = 1, 120 do
			row[j] = i * j % 17
		end
		m[i] = row
	end
	local n = 0
	for i = 1, 120 do
		n = n + m[i][(i * 7) % 120 + 1]
	end
	add(n)
end

for _ = 1, math.max(1, math.floor(32 * scale)) do
	strings()
	tables()
	closures()
	matrix()
end
print(sum)
