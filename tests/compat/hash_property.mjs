// Random lives of repositories, hashed by lage's own TargetHasher and by ours in turn, each in a fresh process.
//   node hash_property.mjs STILLAGE_COMPAT LIVES [SEED]
// Repositories of vectors/repos-random grow odd files and globs, are edited, moved, committed; two copies of each
// live the same life, and the tools change places at random, so that each reads manifests that the other wrote.
// Prints the seed; ends with 1 at the first difference, which it shows with the life that led there.
import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const [tool, lives, givenSeed] = process.argv.slice(2);
const lageDir = process.env.LAGE_DIR ?? path.join(here, "node_modules", "lage");
const seed = givenSeed ? Number(givenSeed) : Math.floor(Math.random() * 2 ** 31);
console.log(`seed ${seed}`);

let state = seed;
function random(bound) {
  // mulberry32
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % bound;
}
const pick = (list) => list[random(list.length)];
const chance = (percent) => random(100) < percent;

const env = { ...process.env, LC_ALL: "C.UTF-8", GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
for (const who of ["AUTHOR", "COMMITTER"]) Object.assign(env, { [`GIT_${who}_NAME`]: "v", [`GIT_${who}_EMAIL`]: "v@example.com" });
const base = ["/dev/shm", os.tmpdir()].find((dir) => fs.existsSync(dir));
const work = fs.mkdtempSync(path.join(process.env.STILLAGE_TEST_DIR ?? base, "hash-property-"));
const vectors = path.join(here, "vectors", "repos-random");

const git = (dir, ...args) => spawnSync("git", args, { cwd: dir, env });
function setTime(file, seconds) {
  fs.lutimesSync(file, 1600000000 + seconds, 1600000000 + seconds);
}

/// Where a folder on the way to `file` is none, what is there goes.
function removeFileAbove(dir, file) {
  const names = file.split("/");
  for (let i = 1; i < names.length; ++i) {
    const above = path.join(dir, ...names.slice(0, i));
    const stat = fs.lstatSync(above, { throwIfNoEntry: false });
    if (!stat) return;
    if (!stat.isDirectory()) return fs.rmSync(above);
  }
}

function writeFile(dir, file, content, seconds) {
  const full = path.join(dir, file);
  removeFileAbove(dir, file);
  fs.rmSync(full, { recursive: true, force: true });
  fs.mkdirSync(path.dirname(full), { recursive: true });
  if (content.constructor === Object) return fs.symlinkSync(content.link, full);
  fs.writeFileSync(full, content);
  setTime(full, seconds);
}

function make(dir, vector) {
  for (const file of vector.files)
    writeFile(dir, file.path, file.symlink !== undefined ? { link: file.symlink } : file.base64 !== undefined ? Buffer.from(file.base64, "base64") : file.content, 0);
  git(dir, "init", "-q", "-b", "main");
  for (const [key, value] of Object.entries(vector.git?.config ?? {})) git(dir, "config", key, value);
  git(dir, "add", "-A");
  git(dir, "commit", "-q", "-m", "first");
}

function randomContent() {
  const ends = pick(["\n", "\n", "\r\n", "\r", "\r\r\n"]);
  let text = "";
  for (let i = random(4); i > 0; --i) text += pick(["a", "let x", "é", "", "\0"]) + random(100) + ends;
  return chance(30) ? text + pick(["end", "\r"]) : text;
}

function randomName(folders) {
  return pick(folders) + pick(["", "", "src/", ".dot/", "sp ace/", "lib/"]) + pick(["a.ts", "b.js", "x.md", "é.ts", "[p].ts", "{b}.ts", "(g).ts", "ü ñ", ".hid", "c.txt", "d.bin", "!n.ts", "'q'.ts", "-d", "README.md", "$v.json"]);
}

/// One change, the same in both copies.
function change(dirs, folders, step) {
  const kind = random(14);
  const file = randomName(folders);
  const both = (what) => dirs.forEach(what);
  if (kind < 4) {
    const content = randomContent();
    both((dir) => writeFile(dir, file, content, step));
    return `write ${file} ${JSON.stringify(content)}`;
  }
  if (kind === 4) {
    both((dir) => {
      removeFileAbove(dir, file);
      fs.rmSync(path.join(dir, file), { recursive: true, force: true });
    });
    return `remove ${file}`;
  }
  if (kind === 5) {
    // A link to a file that is there.
    const target = randomName([""]);
    const there = path.join(path.dirname(file), target);
    both((dir) => writeFile(dir, there, `target ${step}`, step));
    if (there !== file) both((dir) => writeFile(dir, file, { link: target }, step));
    return `link ${file} to ${target}`;
  }
  if (kind === 6) {
    both((dir) => { if (fs.existsSync(path.join(dir, file))) setTime(path.join(dir, file), 1000 + step); });
    return `touch ${file}`;
  }
  if (kind === 7) {
    const to = randomName(folders);
    both((dir) => git(dir, "mv", "-f", file, to));
    return `git mv ${file} ${to}`;
  }
  if (kind === 8) {
    const text = pick(["*.txt text\n", "*.ts text eol=crlf\n", "*.md ident\n", "*.js -text\n", "*.bin binary\n", ""]);
    both((dir) => writeFile(dir, ".gitattributes", text, step));
    return `attributes ${JSON.stringify(text)}`;
  }
  if (kind === 9) {
    both((dir) => fs.rmSync(path.join(dir, "node_modules/.cache"), { recursive: true, force: true }));
    return "forget the manifest";
  }
  const args = kind === 10 ? ["add", file] : kind === 11 ? ["rm", "-q", "--cached", file] : ["add", "-A"];
  both((dir) => git(dir, ...args));
  if (kind === 13) both((dir) => git(dir, "commit", "-qam", `step ${step}`));
  return `git ${args.join(" ")}${kind === 13 ? ", commit" : ""}`;
}

const inputs = ["**/*", "src/**", "*.ts", "^**/*", "!**/*.md", "!^**/*.md", "**/*.{ts,js}", ".*", "./src/*", "!src/**", "{a,b}.*", "**/[a-c]*", "../**/*.ts", "package.json", "^src/**", "**", "!(a|b).ts", "@(a|x).*", "lib", "src/"];
const globs = ["*", "**/*.md", "env/**", "!env/a.txt", "packages/*/package.json", ".*", "*.json", "libs", "!libs", "./package.json", "yarn.lock", "**/*.txt"];
const some = (list, most) => Array.from({ length: random(most) + 1 }, () => pick(list));

function randomTargets(vector) {
  return vector.phases[0].targets.map((target, i, all) => {
    const changed = { ...target };
    if (chance(50)) changed.inputs = some(inputs, 4);
    if (chance(20)) changed.environmentGlob = chance(20) ? [] : some(globs, 3);
    if (chance(50)) changed.dependencies = all.slice(0, i).filter(() => chance(40)).map((one) => one.id);
    return changed;
  });
}

function original(root, phase) {
  const answer = spawnSync("node", [path.join(here, "original_hasher.cjs"), lageDir], { input: JSON.stringify({ root, ...phase }), env, cwd: root });
  if (answer.status !== 0) return { crash: answer.stderr.toString().slice(0, 500) };
  return JSON.parse(answer.stdout.toString());
}

function ours(root, phase) {
  const file = path.join(work, "phase.json");
  fs.writeFileSync(file, JSON.stringify({ phases: [phase] }));
  return JSON.parse(execFileSync(tool, ["--phase", file, "0", root], { env, cwd: root }).toString());
}

let compared = 0;
let refused = 0;
function live(number) {
  const name = pick(fs.readdirSync(vectors));
  const vector = JSON.parse(fs.readFileSync(path.join(vectors, name), "utf8"));
  let dirs = ["a", "b"].map((copy) => fs.mkdtempSync(path.join(work, `${number}${copy}-`)));
  if (chance(20)) vector.git = { config: { "core.autocrlf": pick(["true", "input"]) } };
  dirs.forEach((dir) => make(dir, vector));
  const folders = ["", "env/", ...new Set(vector.phases[0].targets.filter((t) => t.cwd).map((t) => t.cwd + "/"))];
  const story = [`${name} ${JSON.stringify(vector.git ?? {})}`];
  for (let phase = 0; phase < 6; ++phase) {
    for (let i = random(5); i > 0; --i) story.push(change(dirs, folders, 10 * phase + i));
    const question = {
      hasher: { environmentGlob: chance(30) ? [] : some(globs, 3), cliArgs: pick([[], ["--x"], ["é", "\n\"\ud800"]]), cacheKey: pick([undefined, "", "k"]) },
      targets: randomTargets(vector),
    };
    if (chance(40)) {
      dirs = [dirs[1], dirs[0]];
      story.push("change places");
    }
    const theirs = original(dirs[0], question);
    if (theirs.crash || theirs.initError) {
      ++refused;
      break;
    }
    const mine = ours(dirs[1], question);
    theirs.targets.forEach((one, i) => {
      ++compared;
      if (one.error ? !mine.targets?.[i].error && !/ENOENT|mtime/.test(one.error) : one.hash !== mine.targets?.[i].hash) {
        console.log(story.join("\n"));
        console.log(JSON.stringify(question.hasher), JSON.stringify(question.targets[i]));
        console.log(`lage: ${JSON.stringify(one)}\nours: ${JSON.stringify(mine.targets?.[i] ?? mine)}\nin ${dirs} (kept)`);
        process.exit(1);
      }
    });
    story.push("--- equal");
  }
  dirs.forEach((dir) => fs.rmSync(dir, { recursive: true }));
}

for (let number = 0; number < Number(lives); ++number) live(number);
fs.rmSync(work, { recursive: true });
console.log(`${lives} lives, ${compared} hashes compared, ${refused} ended where lage refuses`);
