// SPDX-License-Identifier: MIT
// map.js - the map: all pageblocks, one of them, or one slab
//
//	place	where the reader is; draw() draws that, and notes its cells
//	cells	what can be chosen and clicked
// ---- the map ---------------------------------------------------------------

const canvas = $("canvas"), pen = canvas.getContext("2d");
let cells = [], columns = 1;	// what can be chosen: {x, y, w, h, ...}

function sizeCanvas(width, height) {
	const dots = window.devicePixelRatio || 1;
	canvas.width = Math.round(width * dots);
	canvas.height = Math.round(height * dots);
	canvas.style.width = width + "px";
	canvas.style.height = height + "px";
	pen.setTransform(dots, 0, 0, dots, 0, 0);
	pen.clearRect(0, 0, width, height);
}

const roomAcross = () => Math.max(260, $("stage").clientWidth - 28);

// Draws the frames of a block, row by row of 32. Each part has its colour. Rows
// of one block touch.
function drawBlock(b, x, y, side, gap) {
	const parts = partsOf(b), stop = b.at + b.pages;
	for (let f = b.at; f < stop;) {
		const row = Math.floor(f / ACROSS), col = f % ACROSS;
		const end = Math.min(stop, (row + 1) * ACROSS);
		const below = Math.max(0, Math.min(end, stop - ACROSS) - f);
		drawParts(parts, b, f, end, x + col * side, y + row * side,
			(end - f) * side - gap, side - gap);
		if (below)
			drawParts(parts, b, f, f + below, x + col * side, y + row * side,
				below * side - gap, side + 0.5);
		f = end;
	}
}

function drawParts(parts, b, from, end, x, y, w, h) {
	const a = (from - b.at) / b.pages, z = (end - b.at) / b.pages;
	let start = 0, drawn = x;
	for (const [part, c] of parts) {
		const stop = Math.min(1, start + part);
		const to = x + w * Math.max(0, Math.min(1, (stop - a) / (z - a)));
		pen.fillStyle = c;
		if (to > drawn) pen.fillRect(drawn, y, to - drawn, h);
		drawn = Math.max(drawn, to);
		start = stop;
	}
}

const images = new WeakMap();
let imagesOf = "";

// A pageblock as 32 x 16 dots, for maps of many.
function imageOf(row) {
	let image = images.get(row);
	if (image && image.of === imagesOf) return image;
	image = document.createElement("canvas");
	image.width = ACROSS;
	image.height = FRAMES / ACROSS;
	image.of = imagesOf;
	const p = image.getContext("2d");
	for (const b of blocksOf(row)) {
		const parts = partsOf(b);
		for (let f = 0; f < b.pages; f++) {
			p.fillStyle = colourAt(parts, (f + 0.5) / b.pages);
			p.fillRect((b.at + f) % ACROSS, Math.floor((b.at + f) / ACROSS), 1, 1);
		}
	}
	images.set(row, image);
	return image;
}

// The zones, each with its pageblocks.
function bands() {
	const found = new Map();
	for (const row of [...pageblocksOf(now).values()].sort((a, b) => a[0] - b[0])) {
		const zone = zoneOf(row[0] * FRAMES);
		const key = zone ? `node ${zone.node}, zone ${zone.name}` : "no zone";
		if (!found.has(key)) found.set(key, { name: key, zone, rows: [] });
		found.get(key).rows.push(row);
	}
	return [...found.values()];
}

// The largest cells with which the map is no higher than about a screen.
function cellWidth(all, room) {
	const nr = all.reduce((n, band) => n + band.rows.length, 0);
	for (const w of [448, 352, 288, 224, 192, 160, 128, 96, 64, 48, 32, 24, 16, 12]) {
		const across = Math.floor(room / (w + 6));
		if (across && Math.ceil(nr / across) * (w / 2 + 6) < 560) return w;
	}
	return 8;
}

function drawAll() {
	const all = bands(), room = roomAcross(), w = cellWidth(all, room);
	const gap = w >= 64 ? 8 : w >= 24 ? 4 : 1, h = w / 2;
	columns = Math.max(1, Math.floor((room + gap) / (w + gap)));
	let height = 0;
	for (const band of all)
		height += 30 + Math.ceil(band.rows.length / columns) * (h + gap) + 10;
	sizeCanvas(room, Math.max(height, 60));
	imagesOf = [now, colour, picked, document.documentElement.dataset.theme].join();
	cells = [];
	let y = 0;
	for (const band of all) {
		pen.fillStyle = css.soft;
		pen.font = "600 13px system-ui, sans-serif";
		pen.fillText(bandTitle(band), 0, y + 16);
		y += 30;
		band.rows.forEach((row, i) => drawPageblock(row, i % columns * (w + gap),
			y + Math.floor(i / columns) * (h + gap), w, h));
		y += Math.ceil(band.rows.length / columns) * (h + gap) + 10;
	}
}

function bandTitle(band) {
	const z = band.zone;
	return band.name + "   " + plural(band.rows.length, "pageblock") + " of " +
		bytes(FRAMES * PAGE) + (z ? ", " + bytes(z.free * PAGE) + " free" : "");
}

function drawPageblock(row, x, y, w, h) {
	pen.imageSmoothingEnabled = w < ACROSS;
	if (w >= 5 * ACROSS)
		for (const b of blocksOf(row)) drawBlock(b, x, y, w / ACROSS, 1);
	else
		pen.drawImage(imageOf(row), x, y, w, h);
	cells.push({ x, y, w, h, row });
}

// One pageblock: a block of up to 32 frames is a part of a row, since it lies
// at a multiple of its size.
function drawOne(row) {
	const room = roomAcross(), side = Math.floor(Math.min(40, room / ACROSS));
	sizeCanvas(side * ACROSS, side * FRAMES / ACROSS);
	columns = ACROSS;
	cells = [];
	for (const b of blocksOf(row)) {
		const x = b.at % ACROSS * side, y = Math.floor(b.at / ACROSS) * side;
		const across = Math.min(b.pages, ACROSS - b.at % ACROSS);
		drawBlock(b, 0, 0, side, 2);
		cells.push({ x, y, w: across * side - 2,
			h: Math.max(1, b.at % ACROSS ? 1 : Math.floor(b.pages / ACROSS)) *
				side - 2, block: b });
		label(labelOf(b), x, y, across * side, side);
	}
	for (const b of changedIn(row)) frame(cells.find((c) => c.block === b), "ink", 3);
}

function labelOf(b) {
	if (b.rest) return "";
	if (b.kind === SLAB) {
		const c = cacheOf(b.cache);
		return c ? c.name.replace(/^malloc-/, "") : "slab";
	}
	return { [FREE]: String(b.whole), [RUN]: "run " + b.pages,
		[PAGES]: "pages " + b.whole, [FRESH]: "not yet handed over" }[b.kind] || "";
}

function label(text, x, y, w, h) {
	pen.font = (h > 30 ? 13 : 11) + "px system-ui, sans-serif";
	if (!text || pen.measureText(text).width > w - 8) return;
	pen.lineJoin = "round";
	pen.lineWidth = 3;
	pen.strokeStyle = "rgb(0 0 0 / 45%)";
	pen.strokeText(text, x + 5, y + h / 2 + 4);
	pen.fillStyle = "#fff";
	pen.fillText(text, x + 5, y + h / 2 + 4);
}

// One slab: its objects, in the order of their addresses.
function drawSlab(b) {
	const states = statesOf(b), room = roomAcross(), nr = Math.max(1, states.length);
	const across = Math.min(nr, nr <= 8 ? nr : nr <= 64 ? 8 : nr <= 256 ? 16 :
		nr <= 1024 ? 32 : 64);
	const w = Math.min(110, Math.floor(room / across));
	const h = Math.max(6, Math.min(56, w, 520 / Math.ceil(nr / across)));
	sizeCanvas(w * across, h * Math.ceil(nr / across));
	columns = across;
	cells = states.map((state, i) => {
		const cell = { x: i % across * w, y: Math.floor(i / across) * h, w: w - 2,
			h: h - 2, object: i, state, block: b };
		pen.fillStyle = css[LETTERS[state][1]];
		pen.fillRect(cell.x, cell.y, cell.w, cell.h);
		label(String(i), cell.x, cell.y, w, h);
		return cell;
	});
}

function frame(cell, colourName, width) {
	pen.strokeStyle = css[colourName];
	pen.lineWidth = width;
	pen.strokeRect(cell.x + width / 2 - 1, cell.y + width / 2 - 1,
		cell.w - width + 2, cell.h - width + 2);
}

function currentBlock() {
	const row = pageblocksOf(now).get(place.pageblock);
	return row && place.block !== null ?
		blocksOf(row).find((b) => b.at === place.block) : null;
}

function draw() {
	const row = pageblocksOf(now).get(place.pageblock), b = currentBlock();
	if (place.pageblock !== null && (!row || row[2] === "cut"))
		place = { pageblock: null, block: null, object: null };
	if (b && b.kind === SLAB) drawSlab(b);
	else if (place.pageblock !== null) drawOne(row);
	else drawAll();
	chosen = Math.max(0, Math.min(chosen, cells.length - 1));
	if (cells[chosen]) frame(cells[chosen], "focus", 2);
}

// ---- what a cell is --------------------------------------------------------

const addressOf = (row, at) => data.base + (row[0] * FRAMES + at) * PAGE;

function factsOfRow(row) {
	const s = { used: 0, stored: 0, slabfree: 0, pages: 0, dirty: 0, cpu: 0,
		returned: 0, fresh: 0 };
	blocksOf(row).forEach((b) => addTo(s, b));
	const facts = [["address", hex(addressOf(row, 0))],
		["migratetype", TYPES[row[1] & IS_ISOLATED ? 4 : row[1] & 7] || row[1] & 7],
		["huge page", row[1] & HUGE ? "marked" : "no"],
		["blocks", row[2] === "cut" ? "not written: the limit" : row.length - 2]];
	for (const [name, key] of [["objects in use", "used"], ["in arrays", "stored"],
		["free in slabs", "slabfree"], ["page blocks", "pages"],
		["free, perhaps resident", "dirty"], ["of CPUs", "cpu"],
		["free, the OS has it", "returned"], ["not yet handed over", "fresh"]])
		if (s[key]) facts.push([name, bytes(s[key])]);
	return ["Pageblock " + row[0], facts];
}

function factsOfSlab(b) {
	const c = cacheOf(b.cache);
	const free = b.objects - b.used - b.stored;
	return ["Slab of " + (c ? c.name : "an unknown cache"), [
		["address", hex(addressOf(b.row, b.at))],
		["frames", b.whole], ["object size", c ? bytes(c.size) : "?"],
		["objects", b.objects], ["in use", b.used], ["in arrays", b.stored],
		["free", free], ["list", LISTS[b.list]]]];
}

function factsOfBlock(b) {
	if (b.kind === SLAB) return factsOfSlab(b);
	const names = { [NONE]: "Not online, or amid a change", [FREE]: "Free block",
		[PCP]: "Block on a list of a CPU", [PAGES]: "Page block",
		[RUN]: "Page run", [ISOLATED]: "Off the lists",
		[FRESH]: "Not yet handed over" };
	const facts = [["address", hex(addressOf(b.row, b.at))],
		["frames", b.whole || b.pages], ["size", bytes((b.whole || b.pages) * PAGE)]];
	if (b.order !== undefined) facts.push(["order", b.order]);
	if (b.type !== undefined) facts.push(["migratetype", TYPES[b.type] || b.type]);
	if (b.kind === FREE)
		facts.push(["memory", b.returned ? "the OS has it" : "perhaps resident"],
			["free for", plural(b.age, "tick") + ", " + bytesAge(b.age)]);
	return [names[b.kind] + (b.rest ? " (its rest)" : ""), facts];
}

function factsOf(cell) {
	if (!cell) return ["Nothing", []];
	if (cell.row) return factsOfRow(cell.row);
	if (cell.object === undefined) return factsOfBlock(cell.block);
	const b = cell.block, c = cacheOf(b.cache), size = c ? c.size : 0;
	return ["Object " + cell.object, [
		["address", hex(addressOf(b.row, b.at) + b.offset + cell.object * size)],
		["cache", c ? c.name : "?"], ["size", bytes(size)],
		["state", LETTERS[cell.state][0]]]];
}

// ---- going about -----------------------------------------------------------

function deeper() {
	const cell = cells[chosen];
	if (!cell || cell.object !== undefined) return;
	if (cell.row && cell.row[2] !== "cut")
		place = { pageblock: cell.row[0], block: null };
	else if (cell.block && cell.block.kind === SLAB && !cell.block.rest)
		place = { pageblock: cell.block.row[0], block: cell.block.at };
	else return;
	chosen = 0;
	show();
}

function back() {
	if (place.block !== null && place.pageblock !== null) {
		const at = place.block;
		place = { pageblock: place.pageblock, block: null };
		draw();
		chosen = Math.max(0, cells.findIndex((c) => c.block.at === at));
	} else if (place.pageblock !== null) {
		const was = place.pageblock;
		place = { pageblock: null, block: null };
		draw();
		chosen = Math.max(0, cells.findIndex((c) => c.row[0] === was));
	} else if (picked !== null) picked = null;
	show();
}

function go(pageblock, block) {
	place = { pageblock, block };
	chosen = 0;
	show();
}

// The cell whose middle is nearest in a direction.
function move(dx, dy) {
	const from = cells[chosen];
	let best = -1, least = Infinity;
	cells.forEach((c, i) => {
		const x = c.x + c.w / 2 - from.x - from.w / 2;
		const y = c.y + c.h / 2 - from.y - from.h / 2;
		const along = x * dx + y * dy, aside = Math.abs(x * dy) + Math.abs(y * dx);
		if (along <= 0.5 || (dx && Math.abs(y) > Math.max(c.h, from.h) / 2)) return;
		if (along + 3 * aside < least) { least = along + 3 * aside; best = i; }
	});
	if (best < 0 && dx) best = chosen + dx;
	if (best >= 0 && best < cells.length) chosen = best;
	draw();
	showFacts();
}

function cellAt(event) {
	const box = canvas.getBoundingClientRect();
	const x = event.clientX - box.left, y = event.clientY - box.top;
	return cells.findIndex((c) => c.block && c.object === undefined ?
		inBlock(c.block, x, y) :
		x >= c.x && x < c.x + c.w + 2 && y >= c.y && y < c.y + c.h + 2);
}

function inBlock(b, x, y) {
	const side = canvas.clientWidth / ACROSS;
	const f = Math.floor(y / side) * ACROSS + Math.floor(x / side);
	return f >= b.at && f < b.at + b.pages;
}

function setLook(n) {
	now = Math.max(0, Math.min(looks.length - 1, n));
	follow();
	show();
}

// What the program said about its steps up to this one.
function follow() {
	const said = Object.assign({}, ...looks.slice(0, now + 1).map((l) => l.hints || {}));
	if (said.tabs) tabs = said.tabs.split(" ").filter((key) => TABS[key]);
	document.documentElement.classList.toggle("first", / first$/.test(said.tabs));
	if (said.colour && BY[said.colour]) colour = $("colour").value = said.colour;
	const c = looks[now].caches.find((x) => x.name === said.cache);
	if (said.cache) picked = c ? c.id : null;
	if (said.at === "all") place = { pageblock: null, block: null };
	else if (said.at) {
		const at = Math.floor((Number(said.at) - data.base) / PAGE);
		place = { pageblock: Math.floor(at / FRAMES), block: null };
	}
	const row = pageblocksOf(now).get(place.pageblock);
	if (row && place.block === null)
		chosen = Math.max(0, blocksOf(row).indexOf(changedIn(row)[0]));
}

function play() {
	clearInterval(timer);
	timer = timer ? null : setInterval(() => {
		if (now === looks.length - 1) play(); else setLook(now + 1);
	}, lesson ? 2500 : 500);
	$("play").textContent = timer ? "\u25a0" : "\u25b6\u25b6";
}
