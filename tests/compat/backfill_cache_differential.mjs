// Compares our local cache with that of backfill-cache, which is lage's: on random packages both store, the entries
// must be the same trees, and each restores what the other one stored.
//
//   node backfill_cache_differential.mjs ORACLE PACKAGES [SEED]
//
// ORACLE is the program that answers for us. Both a fixed seed and a fresh one are used, or just SEED.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { getCacheStorageProvider } = require("backfill-cache");
const [program, packages, onlySeed] = process.argv.slice(2);
const oracle = path.resolve(program);
const seeds = onlySeed ? [Number(onlySeed)] : [20240229, Math.floor(Math.random() * 2 ** 31)];
const logger = { setTime: () => ({ stop() {} }), setHit() {} };
const shm = "/dev/shm";
const top = fs.mkdtempSync(path.join(process.env.STILLAGE_TEST_DIR ?? (fs.existsSync(shm) ? shm : os.tmpdir()), "stillage-differential-"));
let differences = 0;

function randomNumbers(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** path -> kind, mode and content, of everything but empty folders. */
function treeOf(folder, below = "", found = {}) {
  for (const name of fs.existsSync(folder) ? fs.readdirSync(folder) : []) {
    const full = path.join(folder, name), rel = path.join(below, name), stat = fs.lstatSync(full);
    if (stat.isDirectory()) treeOf(full, rel, found);
    else if (stat.isSymbolicLink()) found[rel] = `link to ${fs.readlinkSync(full)}`;
    else found[rel] = `${(stat.mode & 0o7777).toString(8)} ${fs.readFileSync(full, "hex")}`;
  }
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const kNames = ["a.js", "b.js", ".hidden", "with space", "ünï", "[x]", "deep", "lib", "d.ts", "{b}", "-x", "~"];
const kGlobs = [["**/*"], ["dist/**"], ["dist"], ["dist/**", "!dist/deep/**"], ["**/*.js", "lib"], ["./dist/**/*.js"], ["{dist,lib}/**"],
  ["dist/*", "dist/**/.hidden"], [], ["!dist"], ["nothing/**"], ["**/[x]", "dist/a.js"]];

function makePackage(random, cwd) {
  const folders = ["", "dist", "lib"];
  for (let i = random(6); i > 0; --i) folders.push(path.join(folders[1 + random(folders.length - 1)], kNames[random(kNames.length)] + "-dir"));
  for (const folder of folders) fs.mkdirSync(path.join(cwd, folder), { recursive: true });
  const files = [];
  for (let i = random(20); i > 0; --i) {
    const file = path.join(folders[random(folders.length)], kNames[random(kNames.length)]);
    if (fs.existsSync(path.join(cwd, file))) continue;
    fs.writeFileSync(path.join(cwd, file), Buffer.alloc(random(4) === 0 ? 0 : random(3000), random(256)));
    fs.chmodSync(path.join(cwd, file), [0o644, 0o755, 0o600, 0o444, 0o664][random(5)]);
    files.push(file);
  }
  const links = [];
  for (let i = random(4); i > 0; --i) {
    const from = folders[random(folders.length)], name = path.join(from, `link-${i}`);
    const to = random(3) === 0 ? folders[1 + random(folders.length - 1)] : files[random(files.length || 1)] ?? "nowhere";
    // Folders that hold themselves, also by way of others, make trees of any number of files, and nothing else.
    if (holds(to, from, links)) continue;
    fs.symlinkSync(path.relative(from, to), path.join(cwd, name));
    links.push({ from, to });
  }
}

/** Whether `folder` below itself or below what links in it lead to has `inner`. */
function holds(folder, inner, links) {
  const below = (name) => `${name}/`.startsWith(`${folder}/`);
  return below(inner) || links.some((link) => below(link.from) && holds(link.to, inner, links));
}

function ask(questions) {
  const run = spawnSync(oracle, { input: questions.map((q) => JSON.stringify(q) + "\n").join(""), maxBuffer: 1 << 30 });
  if (run.status !== 0) throw new Error(`${oracle} ended with ${run.status ?? run.signal}: ${run.stderr}`);
  return run.stdout.toString().trim().split("\n").map((line) => JSON.parse(line));
}

function check(what, where, expected, got) {
  if (JSON.stringify(expected) === JSON.stringify(got)) return;
  if (differences++ >= 10) return;
  console.log(`${what} of ${JSON.stringify(where)}`);
  for (const name of new Set([...Object.keys(expected), ...Object.keys(got)]))
    if (expected[name] !== got[name]) console.log(`  ${name}\n    original: ${expected[name]?.slice(0, 100)}\n    ours:     ${got[name]?.slice(0, 100)}`);
}

const hash = "abcdef0123456789abcdef0123456789abcdef01";
const original = (root, cwd) =>
  getCacheStorageProvider({ provider: "local" }, path.relative(cwd, path.join(root, "node_modules/.cache/lage/cache", hash.slice(0, 4))), logger, cwd, false);
const entryOf = (root) => path.join(root, "node_modules/.cache/lage/cache", hash.slice(0, 4), hash);

/** What of an entry comes back as a link: what leads to no file of the entry. The original loses it. */
function lostLinks(entry) {
  return Object.keys(treeOf(entry)).filter((name) => {
    const full = path.join(entry, name);
    return fs.lstatSync(full).isSymbolicLink() && !(fs.existsSync(full) && fs.realpathSync(full).startsWith(fs.realpathSync(entry) + "/"));
  });
}

try {
  for (const seed of seeds) {
    console.log(`seed ${seed}: ${packages} packages`);
    const random = randomNumbers(seed);
    const cases = [];
    for (let i = 0; i < Number(packages); ++i) {
      const one = { theirs: path.join(top, `${seed}-${i}-theirs`), ours: path.join(top, `${seed}-${i}-ours`), outputs: kGlobs[random(kGlobs.length)] };
      makePackage(random, path.join(one.theirs, "packages/a"));
      fs.cpSync(one.theirs, one.ours, { recursive: true, verbatimSymlinks: true });
      cases.push(one);
    }
    const question = (what, root, outputs) => ({ do: what, root, cwd: path.join(root, "packages/a"), hash, outputs });
    for (const { theirs, outputs } of cases) {
      process.chdir(theirs); // where lage runs
      await original(theirs, path.join(theirs, "packages/a")).put(hash, outputs);
    }
    ask(cases.map(({ ours, outputs }) => question("put", ours, outputs))).forEach((answer, i) => {
      if (answer !== true) check("put", cases[i], { answer: "true" }, { answer: JSON.stringify(answer) });
    });
    for (const one of cases) check("entry", one, treeOf(entryOf(one.theirs)), treeOf(entryOf(one.ours)));
    // Each restores what the other one stored: the originals get our entries, and we get theirs.
    for (const { theirs, ours } of cases) {
      for (const root of [theirs, ours]) fs.rmSync(path.join(root, "packages"), { recursive: true });
      for (const root of [theirs, ours]) fs.mkdirSync(path.join(root, "packages/a"), { recursive: true });
      fs.renameSync(entryOf(theirs), path.join(theirs, "entry"));
      fs.renameSync(entryOf(ours), entryOf(theirs));
      fs.renameSync(path.join(theirs, "entry"), entryOf(ours));
    }
    const fetched = ask(cases.map(({ ours, outputs }) => question("fetch", ours, outputs)));
    for (const [i, one] of cases.entries()) {
      const hit = await original(one.theirs, path.join(one.theirs, "packages/a")).fetch(hash);
      check("fetch", one, { hit: String(hit) }, { hit: JSON.stringify(fetched[i]) });
      const got = treeOf(path.join(one.ours, "packages/a"));
      const links = lostLinks(entryOf(one.ours));
      const expected = { ...treeOf(path.join(one.theirs, "packages/a")) };
      for (const link of links) {
        if (got[link]?.startsWith("link to ")) delete got[link];
        delete expected[link];
      }
      check("restored tree", one, expected, got);
    }
  }
} finally {
  process.chdir("/");
  fs.rmSync(top, { recursive: true, force: true });
}
console.log(`${differences} differences`);
process.exit(differences === 0 ? 0 : 1);
