// SPDX-License-Identifier: MIT
// model.js - what the JSON of look.c says, and what colours stand for
//
//	looks[n]   -> pageblocks of look n, by number	(pageblocksOf)
//	pageblock  -> blocks				(blocksOf)
//	block      -> parts, each with its colour	(partsOf)
//
//	map.js draws blocks, tables.js all the rest; the three share one scope
"use strict";

const $ = (id) => document.getElementById(id);
const data = JSON.parse($("data").textContent);
const looks = data.looks;
const PAGE = data.page_size, FRAMES = 1 << data.pageblock_order, ACROSS = 32;
const NONE = 0, FREE = 1, PCP = 2, PAGES = 3, RUN = 4, SLAB = 5, ISOLATED = 6,
	FRESH = 7, REST = 8, CUT = 9;
const TYPES = ["Unmovable", "Movable", "Reclaimable", "HighAtomic", "Isolate"];
const LISTS = ["partial", "full", "free", "partial list of a CPU", "slab of a CPU"];
const AREAS = ["in use", "freed, kept for the next", "free", "held for vmalloc()",
	"taken by another mapping", "in use, of vmalloc()", "freed, mapped still"];
const HUGE = 8, IS_ISOLATED = 16;

let now = 0;			// which look
let place = { pageblock: null, block: null, object: null };
let chosen = 0;			// which cell of the map has the frame around it
let picked = null;		// the cache that the map points out
let colour = "use", tabs = ["caches"], order = "bytes", timer = null;
const lesson = looks.some((look) => look.text);

// ---- words -----------------------------------------------------------------

function bytes(n) {
	const units = ["B", "KiB", "MiB", "GiB", "TiB"];
	let u = 0;
	while (n >= 1024 && u < 4) { n /= 1024; u++; }
	return (u && n < 100 ? n.toFixed(1) : Math.round(n).toString()) + " " + units[u];
}
const count = (n) => n.toLocaleString("en");
const hex = (n) => "0x" + n.toString(16);
const percent = (part, all) => all ? Math.round(100 * part / all) + "%" : "0%";
const plural = (n, word) => count(n) + " " + word + (n === 1 ? "" : "s");

// An element with text or children; attributes by name, on... for events.
function el(tag, attributes, ...children) {
	const e = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes || {}))
		if (name.startsWith("on")) e.addEventListener(name.slice(2), value);
		else if (name === "style") e.style.cssText = value;
		else if (value !== null) e.setAttribute(name, value);
	e.append(...children);
	return e;
}

// ---- the model -------------------------------------------------------------

let atLook = -1, rows = new Map();
const parsed = new WeakMap();

// The pageblocks of a look: those of all looks before it, changed by it.
function pageblocksOf(n) {
	if (n < atLook) { atLook = -1; rows = new Map(); }
	while (atLook < n) {
		const look = looks[++atLook];
		for (const row of look.pageblocks) rows.set(row[0], row);
		for (const gone of look.gone) rows.delete(gone);
	}
	return rows;
}

// The row of a pageblock one look earlier, or null.
function rowBefore(number) {
	for (let n = now - 1; n >= 0; n--) {
		if (looks[n].gone.includes(number)) return null;
		const row = looks[n].pageblocks.find((r) => r[0] === number);
		if (row) return row;
	}
	return null;
}

// In a lesson: the blocks that were not as they are at the step before.
function changedIn(row) {
	if (!lesson || !now) return [];
	const before = rowBefore(row[0]);
	if (!before || before === row) return before ? [] : blocksOf(row);
	const key = (b) => JSON.stringify([b.kind, b.at, b.pages, b.used, b.stored, b.type,
		b.cache, b.states]);
	const old = new Set(blocksOf(before).map(key));
	return blocksOf(row).filter((b) => !old.has(key(b)));
}

const cacheOf = (id) => looks[now].caches.find((c) => c.id === id);

// One block of a row; `at` is its first frame in the pageblock.
function blockOf(item, at, row) {
	const b = { kind: item[0], at, row, pages: 1 };
	if (b.kind === FREE)
		[, b.order, b.type, b.returned, b.age] = item;
	else if (b.kind === PCP || b.kind === PAGES)
		[, b.order, b.type] = item;
	else if (b.kind === SLAB)
		[, b.order, b.cache, b.objects, b.used, b.stored, b.list, b.offset,
			b.states] = item;
	else
		b.pages = item[1];
	if (b.order !== undefined) b.pages = 1 << b.order;
	b.whole = b.pages;
	b.pages = Math.min(b.pages, FRAMES - at);
	return b;
}

// A block that began in another pageblock looks as it does there.
function restOf(b) {
	const before = pageblocksOf(now).get(b.row[0] - 1);
	const list = before ? blocksOf(before) : [];
	const first = list.length ? list[list.length - 1] : { kind: NONE };
	return { ...first, at: b.at, pages: b.pages, row: b.row, rest: true };
}

function blocksOf(row) {
	if (parsed.has(row)) return parsed.get(row);
	let list = [], at = 0;
	if (row[2] === "cut")
		list = [{ kind: CUT, at: 0, pages: FRAMES, row, sums: row.slice(3) }];
	else
		for (const item of row.slice(2)) {
			const b = blockOf(item, at, row);
			at += b.pages;
			list.push(b.kind === REST ? restOf(b) : b);
		}
	parsed.set(row, list);
	return list;
}

// The objects of a slab: a letter each; "?" where it is not known.
function statesOf(b) {
	if (b.used === b.objects) return Array(b.objects).fill("u");
	const list = [];
	for (const [, letter, n] of b.states.matchAll(/([a-z])(\d*)/g))
		for (let i = 0; i < (n || 1); i++) list.push(letter);
	return list.length ? list : Array(b.objects).fill("?");
}

const zoneOf = (frame) => looks[now].zones.find((z) =>
	frame >= z.start && frame < z.start + z.spanned);

// Frames and bytes by what they are for, over the whole map.
function sumsOf() {
	const s = { used: 0, stored: 0, slabfree: 0, pages: 0, dirty: 0, cpu: 0,
		returned: 0, fresh: 0 };
	for (const row of pageblocksOf(now).values())
		for (const b of blocksOf(row)) addTo(s, b);
	const look = looks[now];
	s.area = look.area_bytes;
	s.lazy = look.lazy_bytes;
	return s;
}

function addTo(s, b) {
	const size = b.pages * PAGE;
	if (b.kind === SLAB) {
		const c = cacheOf(b.cache), each = c ? c.size : 0;
		s.used += b.used * each;
		s.stored += b.stored * each;
		s.slabfree += size - (b.used + b.stored) * each;
	} else if (b.kind === FREE) s[b.returned ? "returned" : "dirty"] += size;
	else if (b.kind === PAGES || b.kind === RUN) s.pages += size;
	else if (b.kind === PCP || b.kind === ISOLATED) s.cpu += size;
	else if (b.kind === FRESH) s.fresh += size;
	else if (b.kind === CUT) {
		s.dirty += b.sums[0] * PAGE;
		s.returned += b.sums[1] * PAGE;
		s.used += b.sums[2] * PAGE;
		s.pages += b.sums[3] * PAGE;
	}
}

// ---- colours ---------------------------------------------------------------

let css = {};
function readColours() {
	const style = getComputedStyle(document.documentElement);
	for (const name of ["back", "raised", "ink", "soft", "line", "focus", "used",
		"array", "slabfree", "pages", "area", "dirty", "cpu", "returned",
		"fresh", "none", "dim", "held"])
		css[name] = style.getPropertyValue("--" + name).trim();
}

// Cividis, which reads the same with any colour vision, also in grey.
const CIVIDIS = ["#00224e", "#2a3f6d", "#575d6d", "#7d7c78", "#a59c74", "#d2c060",
	"#fee838"];
function scale(t) {
	t = Math.max(0, Math.min(1, t)) * (CIVIDIS.length - 1);
	const i = Math.min(CIVIDIS.length - 2, Math.floor(t));
	const part = (c, k) => parseInt(c.slice(1 + 2 * k, 3 + 2 * k), 16);
	const mix = (k) => Math.round(part(CIVIDIS[i], k) +
		(t - i) * (part(CIVIDIS[i + 1], k) - part(CIVIDIS[i], k)));
	return `rgb(${mix(0)},${mix(1)},${mix(2)})`;
}

const LETTERS = { u: ["in use", "used"], a: ["in an array", "array"],
	f: ["free in its slab", "slabfree"], n: ["never handed out", "fresh"],
	r: ["free, given back to the OS", "returned"], "?": ["not known", "held"] };

// What a block is made of, as [part of 1, colour] pairs.
const BY = {
	use: { name: "use", legend: [["objects in use", "used"], ["in arrays", "array"],
		["free in slabs", "slabfree"], ["page blocks and runs", "pages"],
		["free, perhaps resident", "dirty"], ["on lists of CPUs", "cpu"],
		["free, the OS has it", "returned"], ["not yet handed over", "fresh"]],
	parts(b) {
		if (b.kind === SLAB && b.objects)
			return [[b.used / b.objects, css.used],
				[b.stored / b.objects, css.array], [1, css.slabfree]];
		if (b.kind === CUT) {
			const all = FRAMES;
			return [[b.sums[2] / all, css.used], [b.sums[3] / all, css.pages],
				[b.sums[0] / all, css.dirty], [1, css.returned]];
		}
		return [[1, css[b.kind === FREE ? (b.returned ? "returned" : "dirty") :
			({ [PCP]: "cpu", [PAGES]: "pages", [RUN]: "pages", [SLAB]: "slabfree",
				[ISOLATED]: "held", [FRESH]: "fresh" })[b.kind] || "none"]]];
	} },
	size: { name: "size class", scale: () => {
		const sizes = sizeRange();
		return [bytes(sizes[0]), bytes(sizes[1])];
	}, legend: [["no slab", "dim"]], parts(b) {
		const c = b.kind === SLAB && cacheOf(b.cache);
		if (!c) return [[1, b.kind === NONE ? css.none : css.dim]];
		const [low, high] = sizeRange().map(Math.log2);
		return [[1, scale(high > low ? (Math.log2(c.size) - low) / (high - low) : 1)]];
	} },
	fill: { name: "fill of slabs", scale: () => ["empty", "full"],
		legend: [["no slab", "dim"]], parts(b) {
			return [[1, b.kind === SLAB && b.objects ? scale(b.used / b.objects) :
				b.kind === NONE ? css.none : css.dim]];
		} },
	resident: { name: "dirty or returned", legend: [["in use", "held"],
		["free, perhaps resident", "dirty"], ["the OS has it", "returned"],
		["not yet handed over", "fresh"]], parts(b) {
		return [[1, b.kind === FREE ? (b.returned ? css.returned : css.dirty) :
			b.kind === PCP ? css.dirty : b.kind === FRESH ? css.fresh :
			b.kind === NONE ? css.none : css.held]];
	} },
	huge: { name: "huge pages", legend: [["in use, marked for huge pages", "area"],
		["in use, not marked", "held"], ["free", "dim"]], parts(b) {
		const free = b.kind === FREE || b.kind === PCP || b.kind === FRESH;
		return [[1, b.kind === NONE ? css.none : free ? css.dim :
			b.row[1] & HUGE ? css.area : css.held]];
	} },
	age: { name: "time since it became free",
		scale: () => ["now", bytesAge(maxAge())],
		legend: [["in use", "dim"]], parts(b) {
			const most = Math.log2(2 + maxAge());
			return [[1, b.kind === FREE ? scale(1 - Math.log2(1 + b.age) / most) :
				b.kind === NONE ? css.none : css.dim]];
		} },
	type: { name: "migratetype", legend: TYPES.map((t, i) =>
		[t, ["used", "pages", "area", "dirty", "held"][i]]), parts(b) {
		const type = b.row[1] & IS_ISOLATED ? 4 : b.row[1] & 7;
		return [[1, b.kind === NONE ? css.none :
			css[["used", "pages", "area", "dirty", "held"][type]]]];
	} },
};

function sizeRange() {
	const sizes = looks[now].caches.filter((c) => c.slabs).map((c) => c.size);
	return sizes.length ? [Math.min(...sizes), Math.max(...sizes)] : [8, 8];
}
let agesOf = -1, oldest = 0;
function maxAge() {
	if (agesOf === now) return oldest;
	agesOf = now;
	oldest = 1;
	for (const row of pageblocksOf(now).values())
		for (const b of blocksOf(row))
			if (b.kind === FREE) oldest = Math.max(oldest, b.age);
	return oldest;
}
const bytesAge = (ticks) => (ticks * data.tick_ms / 1000).toFixed(0) + " s";

// The colours of a block; what is not of the picked cache is dimmed.
function partsOf(b) {
	if (picked !== null && !(b.kind === SLAB && b.cache === picked))
		return [[1, b.kind === NONE ? css.none : css.dim]];
	return BY[colour].parts(b);
}

function colourAt(parts, t) {
	for (const [part, c] of parts) {
		if (t < part) return c;
		t -= part;
	}
	return parts[parts.length - 1][1];
}

