// SPDX-License-Identifier: MIT
// browser.js - the pages of kmalloc-view in a real browser
//
//	node browser.js KMALLOC_VIEW BUDDY OBJECTS
//
// The two lessons are written, opened in Debian's chromium by playwright-core
// (npm install playwright-core; NODE_PATH says where it is), and used by keys
// and by the mouse. Expect no request beyond the file, no error, a map that has
// colours, and that each key and each click does what the page says. Exits with
// 77 if there is no such browser.
"use strict";

const { execFileSync } = require("child_process");
const fs = require("fs"), os = require("os"), path = require("path");
const BROWSER = "/usr/bin/chromium";

function skip(why) {
	console.log(`browser.js: skipped: ${why}`);
	process.exit(77);
}

function expect(right, ...what) {
	if (right) return;
	console.error("browser.js:", ...what);
	process.exit(1);
}

let chromium;
try {
	({ chromium } = require("playwright-core"));
} catch (error) {
	skip("there is no playwright-core");
}
if (!fs.existsSync(BROWSER)) skip("there is no chromium");

const text = (page, id) => page.textContent("#" + id);
const step = async (page) => (await text(page, "moment")).trim();

// How many colours the map has, and a sum that changes when it does.
const look = (page) => page.evaluate(() => {
	const c = document.getElementById("canvas");
	const dots = new Uint32Array(c.getContext("2d").getImageData(0, 0, c.width,
		c.height).data.buffer);
	return { colours: new Set(dots).size, sum: dots.reduce((a, b) => (a * 31 + b) | 0, 0) };
});

async function open(browser, file, theme) {
	const page = await (await browser.newContext({ colorScheme: theme })).newPage();
	page.on("pageerror", (error) => expect(false, "error:", error.message));
	page.on("console", (message) => expect(message.type() !== "error",
		"console:", message.text()));
	page.on("request", (request) => expect(request.url() === "file://" + file,
		"a request:", request.url()));
	await page.goto("file://" + file);
	expect(await page.getAttribute("html", "data-theme") === theme, "theme");
	expect((await look(page)).colours > 3, "the map is empty");
	return page;
}

// Steps forwards and backwards, by keys, buttons and the slider.
async function useTime(page, steps) {
	expect(await step(page) === `step 1 of ${steps}`, await step(page));
	const first = await text(page, "caption");
	await page.keyboard.press(".");
	expect(await step(page) === `step 2 of ${steps}`, await step(page));
	expect(await text(page, "caption") !== first, "the same caption");
	await page.click("#before");
	expect(await text(page, "caption") === first, "another caption");
	await page.fill("#when", String(steps - 1));
	expect(await step(page) === `step ${steps} of ${steps}`, await step(page));
	await page.keyboard.press("Home");
	await page.fill("#when", "0");
	expect(await text(page, "caption") === first, "not at the start");
}

// Moves in a pageblock, goes up to the whole map and down to an object.
async function useMap(page) {
	const trail = () => page.$$eval("#trail button", (all) => all.length);
	await page.evaluate(() => document.getElementById("stage").focus());
	expect(await trail() === 2, "not in a pageblock");
	const was = await text(page, "facts");
	await page.keyboard.press("ArrowDown");
	expect(await text(page, "facts") !== was, "ArrowDown does nothing");
	await page.keyboard.press("Escape");
	expect(await trail() === 1, "Escape does nothing");
	expect(/^Pageblock/.test(await text(page, "what")), await text(page, "what"));
	await page.keyboard.press("Enter");
	expect(await trail() === 2, "Enter does nothing");
	const box = await (await page.$("#canvas")).boundingBox();
	await page.mouse.click(box.x + 8, box.y + 8);
	expect(await trail() === 3, "a click on a slab does nothing");
	expect(await text(page, "what") === "Object 0", await text(page, "what"));
	await page.mouse.move(box.x + 10, box.y + 10);
	expect(await page.isVisible("#tip"), "no tip");
	await page.keyboard.press("Escape");
	await page.keyboard.press("Escape");
}

async function useColours(page) {
	const seen = new Set();
	for (let key = 1; key <= 7; key++) {
		await page.keyboard.press(String(key));
		seen.add((await look(page)).sum);
		expect((await page.$$("#legend li")).length, "no legend", key);
	}
	expect(seen.size > 3, "colours do not change:", seen.size);
	const sum = (await look(page)).sum;
	await page.keyboard.press("t");
	expect((await look(page)).sum !== sum, "the theme does not change");
}

async function useTables(page) {
	const seen = new Set();
	for (const tab of await page.$$("#tabs button")) seen.add(await tab.textContent());
	expect(seen.size === 5, "tabs:", [...seen]);
	for (const name of seen) {
		await page.click(`#tabs button:has-text("${name}")`);
		expect((await text(page, "table")).length > 20, name, "is empty");
	}
	await page.click('#tabs button:has-text("Caches")');
	const sum = (await look(page)).sum;
	await page.focus("tbody tr:first-child");
	await page.keyboard.press("Enter");
	expect((await look(page)).sum !== sum, "a row does not point out its cache");
	expect(await page.evaluate(() => document.activeElement.tagName) === "TR",
		"the row has lost the focus");
	await page.keyboard.press("?");
	expect(await page.isVisible("#help"), "no help");
	await page.keyboard.press("Escape");
}

async function main() {
	const [view, buddy, objects] = process.argv.slice(2);
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), "km-browser-"));
	const pages = { buddy: [buddy], slub: [objects, "slub"], slab: [objects, "slab"] };
	const browser = await chromium.launch({ executablePath: BROWSER,
		args: ["--headless", "--no-sandbox", "--disable-gpu",
			"--disable-background-networking"] });
	for (const [name, program] of Object.entries(pages)) {
		const file = path.join(folder, name + ".html");
		execFileSync(view, ["--steps", "-o", file, "--", ...program]);
		const page = await open(browser, file, name === "slub" ? "dark" : "light");
		await useTime(page, 10);
		if (name === "buddy") {
			await useMap(page);
			await useColours(page);
			await useTables(page);
		} else {
			await page.fill("#when", "5");
			expect((await page.$$(".slab")).length > 20, "no slabs");
			expect((await page.$$(".array")).length > 3, "no arrays");
			await page.click(".slab >> nth=0");
			expect(await text(page, "what") === "Object 0", "a slab is no link");
		}
	}
	await browser.close();
	fs.rmSync(folder, { recursive: true });
}

main().catch((error) => expect(false, error));
