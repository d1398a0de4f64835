#!/usr/bin/env node
// How fast all targets of a monorepo are hashed in lage's format: lage's published TargetHasher and ours, each in a
// fresh process, on the same tree, without and with a manifest of file digests.
//   node hash_compat.mjs STILLAGE_COMPAT [PACKAGES FILES [RUNS]]
// Needs `npm ci` in tests/compat and python3. The times are of whole processes (Node's start included); lage's own
// time inside of its process is given beside. Best of RUNS. Prints lines of JSON, and ratios at the end.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const compat = path.join(here, "..", "tests", "compat");
const lageDir = process.env.LAGE_DIR ?? path.join(compat, "node_modules", "lage");
const tool = path.resolve(process.argv[2]);
const [packages, files, runs] = process.argv.slice(3).concat(["500", "40", "3"].slice(process.argv.length - 3)).map(Number);

const work = fs.mkdtempSync(path.join(process.env.STILLAGE_TEST_DIR ?? os.tmpdir(), "hash-compat-"));
const root = path.join(work, "repo");
execFileSync("python3", [path.join(here, "gen_monorepo.py"), root, "--packages", packages, "--files", files, "--pm", "yarn"], { stdio: "ignore" });

// One target for each package, dependencies first.
const infos = new Map();
for (const dir of fs.readdirSync(path.join(root, "packages"))) {
  const info = JSON.parse(fs.readFileSync(path.join(root, "packages", dir, "package.json"), "utf8"));
  infos.set(info.name, { dir: `packages/${dir}`, needs: Object.keys({ ...info.dependencies, ...info.devDependencies }) });
}
const targets = [];
const seen = new Set();
function add(name) {
  if (seen.has(name)) return;
  seen.add(name);
  const { dir, needs } = infos.get(name);
  const internal = needs.filter((need) => infos.has(need));
  internal.forEach(add);
  targets.push({ id: `${name}#build`, packageName: name, task: "build", cwd: dir, dependencies: internal.map((need) => `${need}#build`) });
}
for (const name of infos.keys()) add(name);
const question = { hasher: { environmentGlob: ["package.json", "yarn.lock", "lage.config.js", "tsconfig.base.json"], cliArgs: [] }, targets };
const phaseFile = path.join(work, "phase.json");
fs.writeFileSync(phaseFile, JSON.stringify({ phases: [question] }));
const listed = execFileSync("git", ["ls-files"], { cwd: root }).toString().split("\n").length - 1;

const manifest = path.join(root, "node_modules/.cache/lage/file_hashes.manifest");
function measure(ask, cold) {
  if (cold) fs.rmSync(manifest, { force: true });
  const start = process.hrtime.bigint();
  const answer = JSON.parse(ask());
  return { seconds: Number(process.hrtime.bigint() - start) / 1e9, answer };
}
const tools = {
  lage: () => execFileSync("node", [path.join(compat, "original_hasher.cjs"), lageDir], { input: JSON.stringify({ root, ...question }), cwd: root, maxBuffer: 1 << 28, stdio: ["pipe", "pipe", "ignore"] }),
  stillage: () => execFileSync(tool, ["--phase", phaseFile, "0", root], { cwd: root, maxBuffer: 1 << 28 }),
};

const best = {};
const digests = new Set();
for (const cold of [true, false]) {
  for (const name of Object.keys(tools)) {
    const results = Array.from({ length: runs }, () => measure(tools[name], cold));
    results.sort((a, b) => a.seconds - b.seconds);
    const { seconds, answer } = results[0];
    digests.add(JSON.stringify(answer.targets.map((one) => one.hash)));
    const inside = answer.ms ? Object.values(answer.ms).reduce((a, b) => a + b) / 1e3 : undefined;
    best[`${name} ${cold}`] = { seconds, inside };
    console.log(JSON.stringify({ tool: name, manifest: cold ? "cold" : "warm", targets: targets.length, files: listed, seconds, inside, files_per_second: Math.round(listed / seconds) }));
  }
}
if (digests.size !== 1) throw new Error("the hashes differ");
for (const cold of [true, false]) {
  const lage = best[`lage ${cold}`];
  const ours = best[`stillage ${cold}`].seconds;
  console.log(`${cold ? "cold" : "warm"} manifest: ${(lage.seconds / ours).toFixed(1)} times lage's files per second; ${(lage.inside / ours).toFixed(1)} times, Node's start left out`);
}
fs.rmSync(work, { recursive: true });
