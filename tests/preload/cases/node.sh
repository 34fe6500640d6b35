#!/bin/bash
# SPDX-License-Identifier: MIT
#
# node: objects, Buffers, JSON, zlib, digests and two worker threads. Expect
# the same output, and a node that the library served.
. "$(dirname "$0")/../lib.sh"
begin node

cat >"$WORK/script.js" <<'END'
const { Worker, isMainThread, workerData, parentPort } =
	require("worker_threads");
const crypto = require("crypto"), zlib = require("zlib");
const digest = (x) => crypto.createHash("sha256").update(x).digest("hex");

function churn(seed) {
	const map = new Map();
	let x = seed, text = "";
	for (let i = 0; i < 60000; i++) {
		x = (x * 1103515245 + 12345) & 0x7fffffff;
		map.set("k" + x % 5003, { i, x, list: [x % 7, "v" + x] });
		if (i % 10 === 0) text += x.toString(36);
	}
	const json = JSON.stringify([...map].sort());
	const buffers = [];
	for (let i = 1; i < 400; i++)
		buffers.push(Buffer.alloc(i * 300, json.slice(i, i + 50)));
	const all = Buffer.concat(buffers);
	const packed = zlib.gzipSync(all, { level: 6 });
	const same = zlib.gunzipSync(packed).equals(all);
	return [seed, JSON.parse(json).length, text.length, digest(json),
		digest(all), same, /v(\d+)9"/.exec(json)[1]].join(" ");
}

if (!isMainThread) {
	parentPort.postMessage(churn(workerData));
} else {
	console.log(churn(1));
	Promise.all([2, 3].map((seed) => new Promise((done, failed) => {
		const w = new Worker(__filename, { workerData: seed });
		w.on("message", done);
		w.on("error", failed);
	}))).then((lines) => console.log(lines.join("\n")));
}
END

work() {
	t node "$WORK/script.js"
}

run_plain work
run_shim work
same_artefact
proof_of node large peak=10000000
