// Compares our globs with the real micromatch and globby on random lists.
//
//   node glob_property.mjs ORACLE LISTS SEARCHES [SEED]
//
// ORACLE is the program that answers for us. Both a fixed seed and a fresh one are used, or just SEED.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import vm from "node:vm";
import globby from "globby";
import micromatch from "micromatch";
import { RandomGlobs } from "./random_globs.mjs";

const [program, lists, searches, onlySeed] = process.argv.slice(2);
const oracle = path.resolve(program);
const seeds = onlySeed ? [Number(onlySeed)] : [20240229, Math.floor(Math.random() * 2 ** 31)];
let differences = 0;

function ask(questions) {
  const input = questions.map((question) => JSON.stringify(question) + "\n").join("");
  const run = spawnSync(oracle, { input, maxBuffer: 1 << 30 });
  if (run.status !== 0) throw new Error(`${oracle} ended with ${run.status ?? run.signal}: ${run.stderr}`);
  return run.stdout.toString().trim().split("\n").map((line) => JSON.parse(line));
}

function report(question, expected, got) {
  if (differences++ >= 10) return;
  console.log(`patterns ${JSON.stringify(question.patterns)} dot ${question.dot}`);
  console.log(`  original: ${JSON.stringify(expected).slice(0, 400)}\n  ours:     ${JSON.stringify(got).slice(0, 400)}`);
}

// Backtracking makes some globs take the original forever; those can't be compared.
let job;
globalThis.runJob = () => job();
const script = new vm.Script("runJob()");
function inTime(work) {
  let result;
  job = () => { result = work(); };
  try {
    script.runInThisContext({ timeout: 1500 });
  } catch (error) {
    if (error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return undefined;
    return { error: error.message };
  }
  return result;
}

function compareLists(seed) {
  const globs = new RandomGlobs(seed);
  const questions = Array.from({ length: Number(lists) }, () => {
    const patterns = globs.random() < 0.6 ? [globs.glob()] : globs.repeat(3, () => globs.glob());
    const files = [...Array(14)].map(() => globs.path()).concat([...Array(14)].map(() => globs.pathLike(globs.pick(patterns))));
    return { patterns, dot: globs.random() < 0.8, files };
  });
  const answers = ask(questions);
  let matched = 0, skipped = 0, refused = 0;
  questions.forEach((question, at) => {
    const expected = inTime(() => {
      const found = new Set(micromatch(question.files, question.patterns, { dot: question.dot }));
      return question.files.flatMap((file, index) => (found.has(file) ? [index] : []));
    });
    const got = answers[at];
    if (expected === undefined) {
      skipped++;
    } else if (got.error) {
      // The one thing that we refuse and the original does not.
      if (!expected.error && !got.error.includes("refers back")) report(question, expected, got);
      refused++;
    } else {
      if (JSON.stringify(expected) !== JSON.stringify(got)) report(question, expected, got);
      matched += got.length;
    }
  });
  console.log(`seed ${seed}: ${questions.length} lists, ${matched} matches, ${refused} refused, ${skipped} too slow in the original`);
  if (matched < questions.length || skipped + refused > questions.length / 50) throw new Error("the cases are not worth much");
}

const FILES = ["a.ts", "b.js", ".env", ".hidden/x.ts", ".hidden/.y", "src/index.ts", "src/index.test.ts", "src/a/b/c.ts",
  "src/a/b/.d.ts", "src/a/x.json", "src/[id]/page.tsx", "src/(group)/p.ts", "src/{x}.ts", "src/!bang.ts", "src/é.ts", "src/日本.ts",
  "lib/index.js", "lib/index.d.ts", "lib/deep/er/z.js.map", "dist/1.txt", "dist/10.txt", "node_modules/m/index.js", "foo", "foo.bar",
  "x/y/z/w/v.ts", "x/y/q.ts", "a/b/c", "a/.b/c", ".a/b", "1/2/3", "{a,b}/x", "[a]/x", "a b/y", "!a/z", "-/1", "apps/web/i"];
const SEARCHES = ["src", "lib", "a", "./src", "./a/**", "src/", "linkdir/**", "*/", ".hidden", "!src", "!src/**", "!**/*.ts",
  "!a", "!./lib", "!lib/", "x/y/loop/*", "x/y/**", "./**", "{a,b}", "{src,lib}/**", "./{a,src}/*", "src/{a,b}/**", "{a,b}/**/x",
  "src/../lib/*", "././a/*", "a//b", "src//*", "**/a", "**/b/**", "*/*", "emptydir", "a.ts", "./a.ts", "./{a,b}.ts", "{./a,a}.ts",
  "a.ts/x", "src/[id]/**", "src/[[]id]/*", "src/\\[id\\]/*", "(src|lib)/*", "src/(group)/p.ts", "**/*", "**", "../*"];

async function compareSearches(seed) {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "stillage-glob-"));
  const root = path.join(scratch, "tree");  // so that ".." is ours, too
  try {
    for (const file of FILES) {
      fs.mkdirSync(path.join(root, path.dirname(file)), { recursive: true });
      fs.writeFileSync(path.join(root, file), "");
    }
    fs.mkdirSync(path.join(root, "emptydir"));
    for (const [link, target] of [["link.ts", "a.ts"], ["linkdir", "x"], ["dangling.ts", "nope"], ["x/y/loop", ".."]])
      fs.symlinkSync(target, path.join(root, link));
    process.chdir(root);  // where globby looks for the folders that '!' patterns name
    const globs = new RandomGlobs(seed);
    const pattern = () => (globs.random() < 0.5 ? globs.pick(SEARCHES) : globs.glob());
    const questions = Array.from({ length: Number(searches) }, () => {
      const patterns = globs.repeat(3, pattern).map((one, at) => (at > 0 && globs.random() < 0.4 ? "!" + one.replace(/^!/, "") : one));
      // Nothing absolute, and nothing random that leaves the tree.
      const safe = patterns.filter((one) => !/^!?\//.test(one) && (!one.includes("..") || SEARCHES.includes(one)) && !/\\{3,}/.test(one));
      return { patterns: safe, dot: globs.random() < 0.5, root };
    });
    const answers = ask(questions);
    let found = 0, refused = 0;
    for (const [at, question] of questions.entries()) {
      const expected = await globby(question.patterns, { cwd: root, dot: question.dot }).then(
        (files) => files.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))), (error) => ({ error: error.message }));
      const got = answers[at];
      if (expected.error && got.error) refused++;
      else if (JSON.stringify(expected) !== JSON.stringify(got)) report(question, expected, got);
      else found += got.length;
    }
    console.log(`seed ${seed}: ${questions.length} searches, ${found} files found, ${refused} refused by both`);
    if (found < questions.length) throw new Error("the cases are not worth much");
  } finally {
    process.chdir(os.tmpdir());
    fs.rmSync(scratch, { recursive: true });
  }
}

for (const seed of seeds) {
  compareLists(seed);
  await compareSearches(seed);
}
console.log(differences === 0 ? "no differences" : `${differences} differences`);
process.exit(differences === 0 ? 0 : 1);
