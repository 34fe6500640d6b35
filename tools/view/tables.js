// SPDX-License-Identifier: MIT
// tables.js - the sums, the facts beside the map, the tables, time and keys
//
//	show()	draws everything anew: after each change of look or place

// ---- sums ------------------------------------------------------------------

const SUMS = [["used", "objects in use", "used"], ["stored", "in arrays", "array"],
	["slabfree", "free in slabs", "slabfree"],
	["pages", "page blocks and runs", "pages"], ["area", "large areas", "area"],
	["dirty", "free, perhaps resident", "dirty"], ["lazy", "freed areas kept", "dirty"],
	["cpu", "on lists of CPUs", "cpu"], ["returned", "free, the OS has it", "returned"],
	["fresh", "not yet handed over", "fresh"]];

function showSums() {
	const s = sumsOf(), look = looks[now];
	const all = SUMS.reduce((sum, [key]) => sum + s[key], 0);
	$("bar").replaceChildren(...SUMS.filter(([key]) => s[key]).map(([key, name, c]) =>
		el("div", { style: `flex:${s[key]};background:${css[c]}`,
			title: `${name}: ${bytes(s[key])}` })));
	$("bar").setAttribute("aria-label", SUMS.filter(([key]) => s[key]).map(
		([key, name]) => `${name} ${percent(s[key], all)}`).join(", "));
	const items = SUMS.filter(([key]) => s[key]).map(([key, name, c]) =>
		el("li", {}, el("i", { class: "patch", style: "background:" + css[c] }),
			el("b", {}, bytes(s[key])), el("span", {}, name)));
	if (look.resident)
		items.unshift(el("li", {}, el("i", {}),
			el("b", {}, bytes(look.resident)), el("span", {}, "resident")));
	$("sums").replaceChildren(...items);
}

// ---- beside the map --------------------------------------------------------

function showFacts() {
	const [title, facts] = factsOf(cells[chosen]);
	$("what").textContent = title;
	$("facts").replaceChildren(...facts.flatMap(([name, value]) =>
		[el("dt", {}, name), el("dd", {}, String(value))]));
}

function showLegend() {
	const deep = currentBlock();
	const by = deep ? { legend: Object.values(LETTERS).slice(0, 5) } : BY[colour];
	const items = by.legend.map(([name, c]) => el("li", {},
		el("i", { class: "patch", style: "background:" + css[c] }), name));
	if (by.scale && !deep) {
		const stops = [0, 0.2, 0.4, 0.6, 0.8, 1].map((t) =>
			scale(colour === "age" ? 1 - t : t)).join(",");
		const [low, high] = by.scale();
		items.unshift(el("li", {}, el("i", { class: "scale",
			style: `background:linear-gradient(to right,${stops})` })),
			el("li", { class: "ends" }, el("span", {}, low), el("span", {}, high)));
	}
	$("legend").replaceChildren(...items);
}

function showTrail() {
	const steps = [["All memory", () => go(null, null)]];
	if (place.pageblock !== null)
		steps.push(["Pageblock " + place.pageblock, () => go(place.pageblock, null)]);
	const b = currentBlock();
	if (b && b.kind === SLAB) {
		const c = cacheOf(b.cache);
		steps.push(["Slab of " + (c ? c.name : "?"), () => {}]);
	}
	$("trail").replaceChildren(...steps.flatMap(([name, action], i) =>
		[...(i ? [el("i", {}, "\u203a")] : []), el("button", { onclick: action }, name)]));
	const c = picked === null ? null : cacheOf(picked);
	if (c)
		$("trail").append(el("button", { title: "Show all again", onclick: () => {
			picked = null;
			show();
		} }, `only ${c.name} \u00d7`));
}

function showCut() {
	const cut = looks[now].cut, lines = [];
	if (cut.pageblocks)
		lines.push(plural(cut.pageblocks, "pageblock") + " have sums alone");
	if (cut.slabs) lines.push(plural(cut.slabs, "slab") + " have no single objects");
	if (cut.arrays) lines.push("some arrays were not read");
	$("cut").hidden = !lines.length;
	$("cut").textContent = "Cut at the limit of the file: " + lines.join("; ") +
		". kmalloc-view --limit raises it.";
}

// ---- tables ----------------------------------------------------------------

function meter(parts) {
	return el("span", { class: "meter" }, ...parts.map(([part, c]) =>
		el("i", { style: `width:${100 * part}%;background:${css[c]}` })));
}

const COLUMNS = [["name", "Cache", (c) => c.name], ["size", "Object", (c) => bytes(c.size)],
	["objects", "In use", (c) => count(c.objects)],
	["in_arrays", "In arrays", (c) => count(c.in_arrays)],
	["total", "Room for", (c) => count(c.total)], ["slabs", "Slabs", (c) => count(c.slabs)],
	["bytes", "Memory", (c) => bytes(c.pages * PAGE)],
	["waste", "No object in use", (c) => bytes(wasteOf(c))],
	["fill", "Fill", (c) => meter([[c.objects / (c.total || 1), "used"],
		[c.in_arrays / (c.total || 1), "array"]])]];
const wasteOf = (c) => c.pages * PAGE - c.objects * c.size;
const valueOf = (c) => ({ bytes: c.pages, waste: wasteOf(c),
	fill: c.objects / (c.total || 1) })[order] ?? c[order];

function pick(id) {
	picked = picked === id ? null : id;
	show();
}

function cachesTable() {
	const list = looks[now].caches.filter((c) => c.slabs);
	list.sort((a, b) => order === "name" ? a.name.localeCompare(b.name) :
		valueOf(b) - valueOf(a));
	const head = COLUMNS.map(([key, name]) => el("th", { scope: "col",
		"aria-sort": key === order ? (key === "name" ? "ascending" : "descending") : null },
		el("button", { onclick: () => { order = key; showTable(); } }, name)));
	const body = list.map((c) => el("tr", { class: "pick", tabindex: "0",
		"aria-selected": String(c.id === picked), onclick: () => pick(c.id),
		onkeydown: (e) => { if (e.key === "Enter") pick(c.id); } },
	...COLUMNS.map(([, , text]) => el("td", {}, text(c)))));
	return el("table", {}, el("thead", {}, el("tr", {}, ...head)),
		el("tbody", {}, ...body));
}

// Blocks of each order that the OS has, in a zone.
function returnedIn(z) {
	const nr = z.free_blocks.map(() => 0);
	for (const row of pageblocksOf(now).values())
		if (zoneOf(row[0] * FRAMES) === z)
			for (const b of blocksOf(row))
				if (b.kind === FREE && b.returned && !b.rest) nr[b.order]++;
	return nr;
}

function freeTable() {
	const boxes = looks[now].zones.map((z) => {
		const most = Math.max(1, ...z.free_blocks.map((n, o) => n << o));
		const returned = returnedIn(z);
		const lines = z.free_blocks.map((n, o) => {
			const gone = Math.min(n, returned[o]), part = (1 << o) / most;
			return el("tr", {}, el("td", {}, `order ${o}, ` + bytes(PAGE << o)),
				el("td", {}, count(n)), el("td", {}, bytes(n * (PAGE << o))),
				el("td", { class: "long" }, meter([[(n - gone) * part, "dirty"],
					[gone * part, "returned"]])));
		});
		return el("div", {}, el("p", {}, `node ${z.node}, zone ${z.name}: ` +
			`${bytes(z.free * PAGE)} free, of these ${bytes(z.dirty * PAGE)} perhaps ` +
			`resident; ${bytes(z.on_cpus * PAGE)} on lists of CPUs; ` +
			`low watermark ${bytes(z.low * PAGE)}`),
		el("table", {}, el("thead", {}, el("tr", {}, ...["Blocks of", "Blocks", "Memory", ""]
			.map((t) => el("th", { scope: "col" }, t)))), el("tbody", {}, ...lines)));
	});
	return el("div", {}, ...boxes);
}

const MOST_SHOWN = 300;		// slabs or arrays of a list

function few(list) {
	return list.length > MOST_SHOWN ? [...list.slice(0, MOST_SHOWN),
		el("span", { class: "empty" }, `and ${count(list.length - MOST_SHOWN)} more`)] : list;
}

function listOf(name, list) {
	return el("div", {}, el("div", {}, name), el("div", { class: "row" },
		...(list.length ? few(list) : [el("span", { class: "empty" }, "none")])));
}

function arraysTable() {
	const look = looks[now], by = new Map();
	for (const [owner, cache, spare, nr, capacity] of look.arrays.slice(1)) {
		if (picked !== null && cache !== picked || spare && !nr) continue;
		const c = cacheOf(cache), name = c ? c.name.replace(/^malloc-/, "") : "?";
		const key = owner < 0 && c && c.on_slab ? -2 : owner;
		if (!by.has(key)) by.set(key, []);
		by.get(key).push({ size: c ? c.size : 0, box: el("span", { class: "array",
			title: `${c ? c.name : "?"}${spare ? ", spare" : ""}: ${nr} of ${capacity}` },
		el("i", { style: `width:${100 * nr / capacity}%` }),
		el("span", {}, `${name}${spare ? " spare" : ""} ${nr}/${capacity}`)) });
	}
	const names = look.owners.map((o) => (o.kind === "cpu" ? "CPU " : "thread ") +
		(o.kind === "thread" && !o.id ? "" : o.id));
	const lines = [...by.keys()].sort((a, b) => a - b).map((owner) =>
		listOf({ [-1]: "barns, full sheaves", [-2]: "shared arrays" }[owner] ||
			names[owner] || "?", by.get(owner).sort((a, b) => a.size - b.size)
			.map((a) => a.box)));
	return el("div", { class: "lists" }, ...lines,
		...(lines.length ? [] : [el("p", { class: "empty" }, "No thread or node has arrays.")]));
}

function slabBox(b) {
	const width = Math.max(30, Math.min(120, 14 * b.pages + 16));
	return el("button", { class: "slab", style: `width:${width}px`,
		title: `${b.used} of ${b.objects} in use, ${b.stored} in arrays`,
		onclick: () => go(b.row[0], b.at) },
	el("i", { style: `width:${100 * b.used / b.objects}%;background:${css.used}` }),
	el("i", { style: `width:${100 * b.stored / b.objects}%;background:${css.array}` }));
}

function slabsTable() {
	const caches = looks[now].caches.filter((c) => c.slabs);
	const c = caches.find((x) => x.id === picked) ||
		[...caches].sort((a, b) => b.pages - a.pages)[0];
	if (!c) return el("p", { class: "empty" }, "There are no slabs.");
	const by = LISTS.map(() => []);
	for (const row of pageblocksOf(now).values())
		for (const b of blocksOf(row))
			if (b.kind === SLAB && b.cache === c.id && !b.rest) by[b.list].push(b);
	const orderOfLists = c.on_slab ? [0, 1, 2] : [4, 3, 0, 1];
	const chooser = el("select", { onchange: (e) => pick(+e.target.value) },
		...caches.map((x) => el("option", { value: x.id }, x.name)));
	chooser.value = c.id;
	return el("div", { class: "lists" }, el("label", {}, "Slabs of ", chooser),
		...orderOfLists.map((l) => listOf(LISTS[l] === "full" && !c.on_slab ?
			"full, on no list" : LISTS[l], by[l].map(slabBox))));
}

function areasTable() {
	const all = looks[now].areas.slice(1).sort((a, b) => a[1] - b[1]);
	const seen = all.filter((a) => a[0] !== 2), names = ["area", "dirty", "none", "fresh", "held",
		"area", "dirty"];
	if (!seen.length) return el("p", { class: "empty" }, "There are no large areas.");
	// places are large: one is as wide as all areas at most
	const areas = seen.filter((a) => a[0] !== 3);
	const most = areas.reduce((sum, a) => sum + a[2] - a[1], 0) || 1;
	const box = ([kind, start, end]) => {
		const size = end - start;
		return el("div", { style: `flex:${Math.min(size, most) / 4096} 1 0;background:${css[names[kind]]}` +
			(kind === 2 || kind === 3 ? "" : ";color:#111"),
		title: `${AREAS[kind]}: ${hex(start)}, ${bytes(size)}` }, bytes(size));
	};
	const lines = all.map(([kind, start, end]) => el("tr", {},
		el("td", {}, el("i", { class: "patch", style: "background:" + css[names[kind]] }), " " + AREAS[kind]),
		el("td", {}, hex(start)), el("td", {}, hex(end)), el("td", {}, bytes(end - start))));
	return el("div", {}, el("div", { class: "space" }, ...few(all.slice(0, MOST_SHOWN).map(box))),
		el("table", {}, el("thead", {}, el("tr", {}, ...["Range", "From", "To", "Size"]
			.map((t) => el("th", { scope: "col" }, t)))), el("tbody", {}, ...few(lines))));
}

const TABS = { caches: ["Caches", cachesTable], free: ["Free lists", freeTable],
	slabs: ["Lists of slabs", slabsTable], arrays: ["Arrays", arraysTable],
	areas: ["Large areas", areasTable] };

// Fills an element anew, and lets it stay where it was, with what has the focus.
function refill(box, children) {
	const inside = () => [...box.querySelectorAll("button, select, [tabindex]")];
	const at = inside().indexOf(document.activeElement), top = box.scrollTop;
	box.replaceChildren(...children);
	box.scrollTop = top;
	if (at >= 0 && inside()[at]) inside()[at].focus({ preventScroll: true });
}

function showTable() {
	refill($("tabs"), Object.entries(TABS).map(([key, [name]]) =>
		el("button", { role: "tab", "aria-selected": String(tabs.includes(key)),
			onclick: () => { tabs = [key]; showTable(); } }, name)));
	refill($("table"), tabs.flatMap((key) =>
		[...(tabs.length > 1 ? [el("h2", {}, TABS[key][0])] : []), TABS[key][1]()]));
}

// ---- time ------------------------------------------------------------------

function showTime() {
	const look = looks[now];
	$("time").hidden = looks.length < 2;
	$("caption").textContent = look.text || "";
	$("when").max = looks.length - 1;
	$("when").value = now;
	$("lines").hidden = Boolean(look.text);
	$("moment").textContent = look.text ? `step ${now + 1} of ${looks.length}` :
		`${look.seconds.toFixed(1)} s, look ${now + 1} of ${looks.length}`;
	$("history").style.display = look.text ? "none" : "";
	if (looks.length > 1 && !look.text) showHistory();
}

// In use and resident over time, as two lines.
function showHistory() {
	const svg = $("history"), w = 1000, h = 54;
	const most = Math.max(...looks.map((l) => Math.max(l.in_use, l.resident))) || 1;
	const last = looks[looks.length - 1].seconds || 1;
	const line = (key, c) => {
		const points = looks.map((l) => `${(w * l.seconds / last).toFixed(1)},` +
			(h - 3 - (h - 6) * l[key] / most).toFixed(1));
		return `<polyline points="${points.join(" ")}" fill="none" stroke="${css[c]}" ` +
			`stroke-width="2" vector-effect="non-scaling-stroke"/>`;
	};
	const x = w * looks[now].seconds / last;
	svg.setAttribute("viewBox", `0 0 ${w} ${h}`);
	svg.innerHTML = line("resident", "held") + line("in_use", "used") +
		`<line x1="${x}" x2="${x}" y1="0" y2="${h}" stroke="${css.focus}" ` +
		`stroke-width="2" vector-effect="non-scaling-stroke"/>`;
}

// ---- all -------------------------------------------------------------------

function show() {
	readColours();
	pageblocksOf(now);
	draw();
	showTime();
	showSums();
	showFacts();
	showLegend();
	showTrail();
	showCut();
	showTable();
}

function showTip(event) {
	const i = cellAt(event), tip = $("tip");
	tip.hidden = i < 0;
	if (i < 0) return;
	const [title, facts] = factsOf(cells[i]);
	tip.textContent = [title, ...facts.map(([name, value]) => `${name}: ${value}`)].join("\n");
	const x = Math.min(event.clientX + 16, innerWidth - tip.offsetWidth - 8);
	const y = Math.min(event.clientY + 16, innerHeight - tip.offsetHeight - 8);
	tip.style.left = x + "px";
	tip.style.top = y + "px";
}

function setTheme(theme) {
	document.documentElement.dataset.theme = theme;
	show();
}

const KEYS = { ArrowLeft: () => move(-1, 0), ArrowRight: () => move(1, 0),
	ArrowUp: () => move(0, -1), ArrowDown: () => move(0, 1), Enter: deeper,
	Escape: back, Backspace: back, ",": () => setLook(now - 1), ".": () => setLook(now + 1),
	p: play, t: () => setTheme(document.documentElement.dataset.theme === "dark" ?
		"light" : "dark"), "?": () => $("help").showModal() };

function onKey(event) {
	if (event.ctrlKey || event.metaKey || event.altKey || $("help").open) return;
	const inMap = document.activeElement === $("stage") || document.activeElement === document.body;
	const colours = Object.keys(BY);
	if (/^(Arrow|Enter|Escape|Backspace)/.test(event.key) && !inMap) return;
	if (event.key >= "1" && event.key <= String(colours.length)) {
		colour = $("colour").value = colours[event.key - 1];
		show();
	} else if (KEYS[event.key]) KEYS[event.key]();
	else return;
	event.preventDefault();
}

function begin() {
	const said = looks[0].hints || {}, on = `libkmalloc ${data.release}`;
	const name = said.title || (data.pid ? `${data.name} (${data.pid})` : data.name);
	document.title = `${name} - kmalloc-view`;
	$("name").textContent = name;
	$("about").textContent = said.title ? `${data.name}, a small program on ${on}` :
		`${data.when}, ${on} on ${data.backend.toUpperCase()}`;
	$("colour").append(...Object.entries(BY).map(([key, by]) =>
		el("option", { value: key }, by.name)));
	$("colour").onchange = (e) => { colour = e.target.value; show(); };
	canvas.onclick = (e) => {
		const i = cellAt(e);
		if (i >= 0) { chosen = i; draw(); showFacts(); deeper(); }
	};
	canvas.onmousemove = showTip;
	canvas.onmouseleave = () => { $("tip").hidden = true; };
	$("when").oninput = (e) => setLook(+e.target.value);
	$("before").onclick = () => setLook(now - 1);
	$("after").onclick = () => setLook(now + 1);
	$("play").onclick = play;
	$("theme").onclick = KEYS.t;
	$("help-button").onclick = KEYS["?"];
	document.addEventListener("keydown", onKey);
	addEventListener("resize", show);
	document.documentElement.classList.toggle("lesson", lesson);
	if (lesson) follow();
	if (matchMedia("(prefers-color-scheme: dark)").matches) setTheme("dark");
	else setTheme("light");
}
begin();
