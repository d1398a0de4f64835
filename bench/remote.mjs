#!/usr/bin/env node
// How fast entries go to Azure Blob Storage and come back: backfill's own azure storage and ours, each verb in a fresh
// process, in turn, on one Azurite.
//   node remote.mjs REMOTE_BENCH [--quick] [--runs N] [--latency MS]
// REMOTE_BENCH is the program of that name that the build makes. Needs `npm ci` in tests/compat and tests/servers. Our
// two formats: "tar" is backfill's own, "entry" the native one (compressed, verified, through the local store).
// --latency puts a line of so many milliseconds there and back before Azurite. Times are those of the work inside of the
// process (backfill loads its Azure client within it, as always), and of the whole process beside them; best of the runs.
// CPU and memory are the whole process's. What was fetched is compared with what was put. Prints a table.
import { execFileSync, spawn } from "node:child_process";
import crypto from "node:crypto";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = path.dirname(fileURLToPath(import.meta.url));
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: "boolean" }, runs: { type: "string", default: "3" }, latency: { type: "string", default: "0" } },
});
if (positionals.length !== 1) throw new Error("usage: remote.mjs REMOTE_BENCH [--quick] [--runs N] [--latency MS]");
const ours = path.resolve(positionals[0]);
const runs = options.quick ? 1 : Number(options.runs);
const cases = options.quick
  ? [{ name: "1 x 10 MB", files: 1, size: 10e6 }, { name: "100 x 4 KB", files: 100, size: 4096 }, { name: "300 x 1 KB", files: 300, size: 1024 }]
  : [{ name: "1 x 100 MB", files: 1, size: 100e6 }, { name: "1,000 x 4 KB", files: 1000, size: 4096 }, { name: "20,000 x 1 KB", files: 20000, size: 1024 }];

const account = "devstoreaccount1";
// The emulator's key, the same everywhere.
const key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
const container = "bench";
const shm = "/dev/shm";
const work = fs.mkdtempSync(path.join(process.env.STILLAGE_TEST_DIR ?? (fs.existsSync(shm) ? shm : os.tmpdir()), "stillage-bench-"));
const children = [];

function freePort() {
  return new Promise((resolve) => {
    const probe = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

async function listening(port) {
  for (let i = 0; i < 600; ++i) {
    const open = await new Promise((resolve) => {
      const probe = net.connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
      probe.on("close", () => probe.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing listens on ${port}`);
}

async function startAzurite() {
  const port = await freePort();
  const main = path.join(here, "../tests/servers/node_modules/azurite/dist/src/blob/main.js");
  const words = [main, "--blobHost", "127.0.0.1", "--blobPort", port, "--location", path.join(work, "azurite"), "--skipApiVersionCheck", "--silent"];
  children.push(spawn("node", words.map(String), { stdio: "ignore" }));
  await listening(port);
  return port;
}

/** The port of a line to `port` that is `ms` long there and back. */
async function startLine(port, ms) {
  const code = `import sys, time\nsys.path.insert(0, sys.argv[1])\nfrom fault_proxy import FaultProxy\nproxy = FaultProxy(int(sys.argv[2]), raw=True)\n`
    + `proxy.set("latency", seconds=float(sys.argv[3]) / 2000)\nprint(proxy.port, flush=True)\ntime.sleep(86400)`;
  const line = spawn("python3", ["-B", "-c", code, path.join(here, "../tests/support"), String(port), String(ms)], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(line);
  return new Promise((resolve) => line.stdout.once("data", (text) => resolve(Number(text))));
}

async function makeContainer(port) {
  const date = new Date().toUTCString();
  const text = `PUT\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:${date}\nx-ms-version:2021-12-02\n/${account}/${account}/${container}\nrestype:container`;
  const signature = crypto.createHmac("sha256", Buffer.from(key, "base64")).update(text).digest("base64");
  const headers = { "x-ms-date": date, "x-ms-version": "2021-12-02", authorization: `SharedKey ${account}:${signature}` };
  const made = await fetch(`http://127.0.0.1:${port}/${account}/${container}?restype=container`, { method: "PUT", headers });
  if (made.status !== 201) throw new Error(`Azurite makes no container: ${await made.text()}`);
}

/** Files like those that a build makes: the large one of bytes that do not compress, the small ones of text. */
function fill(folder, { files, size }) {
  const dist = path.join(folder, "dist");
  for (let i = 0; i < files; ++i) {
    const dir = path.join(dist, files > 1 ? `d${i % 50}` : ".");
    fs.mkdirSync(dir, { recursive: true });
    let bytes = crypto.randomBytes(size);
    if (files > 1) bytes = Array.from(bytes.subarray(0, size / 8), (n) => `x${n.toString(16).padStart(2, "0")}(i) `).join("").padEnd(size).slice(0, size);
    fs.writeFileSync(path.join(dir, `f${i}.js`), bytes);
  }
}

function digestOf(folder) {
  const hash = crypto.createHash("sha256");
  for (const name of fs.readdirSync(folder, { recursive: true }).sort()) {
    const full = path.join(folder, name);
    if (fs.statSync(full).isFile()) hash.update(name).update("\0").update(fs.readFileSync(full));
  }
  return hash.digest("hex");
}

const tools = {
  backfill: (...words) => ["node", [path.join(here, "remote_backfill.cjs"), ...words]],
  "stillage, tar": (...words) => [ours, ["tar", ...words]],
  "stillage, entry": (...words) => [ours, ["entry", ...words]],
};

function measure(tool, verb, connection, hash, folder) {
  const [program, words] = tools[tool](verb, connection, container, hash, folder);
  const before = process.hrtime.bigint();
  const told = JSON.parse(execFileSync(program, words, { stdio: ["ignore", "pipe", "inherit"] }));
  return { ...told, whole: Number(process.hrtime.bigint() - before) / 1e9 };
}

function best(results) {
  return Object.fromEntries(Object.keys(results[0]).map((field) => [field, Math.min(...results.map((one) => one[field]))]));
}

function line(...cells) {
  console.log(cells.map((cell, i) => (i < 3 ? String(cell).padEnd([14, 6, 16][i]) : String(cell).padStart(11))).join(" "));
}

async function main() {
  let port = await startAzurite();
  await makeContainer(port);
  if (options.latency !== "0") port = await startLine(port, Number(options.latency));
  const connection = `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${key};BlobEndpoint=http://127.0.0.1:${port}/${account};`;
  console.log(`${os.cpus().length} cores, ${os.cpus()[0].model}, Node ${process.version}; ${options.latency} ms to Azurite; best of ${runs}`);
  line("outputs", "verb", "tool", "wall s", "process s", "CPU s", "RSS MB", "faster");
  for (const one of cases) {
    const source = path.join(work, "source");
    fill(source, one);
    const expected = digestOf(path.join(source, "dist"));
    const figures = {};
    for (let run = 0; run < runs; ++run) {
      for (const tool of Object.keys(tools)) {
        const hash = crypto.randomBytes(32).toString("hex");
        (figures[`put ${tool}`] ??= []).push(measure(tool, "put", connection, hash, source));
        const target = path.join(work, "target");
        fs.mkdirSync(target);
        (figures[`fetch ${tool}`] ??= []).push(measure(tool, "fetch", connection, hash, target));
        if (digestOf(path.join(target, "dist")) !== expected) throw new Error(`${tool} fetches something else than it has put`);
        fs.rmSync(target, { recursive: true });
      }
    }
    for (const verb of ["put", "fetch"]) {
      const theirs = best(figures[`${verb} backfill`]);
      for (const tool of Object.keys(tools)) {
        const { seconds, whole, cpu, rss } = best(figures[`${verb} ${tool}`]);
        line(one.name, verb, tool, seconds.toFixed(3), whole.toFixed(3), cpu.toFixed(3), (rss / 1e6).toFixed(0), `${(theirs.seconds / seconds).toFixed(1)}x`);
      }
    }
    fs.rmSync(source, { recursive: true });
  }
}

try {
  await main();
} finally {
  for (const child of children) child.kill("SIGKILL");
  fs.rmSync(work, { recursive: true, force: true });
}
