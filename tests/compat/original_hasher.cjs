// lage's own TargetHasher, out of the published command (npm package lage), which does not export it.
//   node original_hasher.cjs LAGE_DIR: reads {root, hasher, targets} as JSON from its standard input, prints
//   {initError} or {targets: [{id, hash} | {id, error}], ms: {initialize, hash, cleanup}}
const fs = require("fs");
const path = require("path");
const Module = require("module");

function loadTargetHasher(lageDir) {
  const file = path.join(lageDir, "dist", "lage.js");
  const source = fs.readFileSync(file, "utf8").replace(/^#!.*/, "");
  const names = [...source.slice(0, source.indexOf("TargetHasher is not initialized")).matchAll(/([\w$]+)=class\{/g)];
  const name = names[names.length - 1][1];
  // Its main program runs when it is loaded, and goes on later: it is let print its version to nobody, and not
  // let end the process.
  process.argv = [process.argv[0], file, "--version"];
  process.stdout.write = () => true;
  process.exit = () => {
    throw new Error("exit");
  };
  process.on("unhandledRejection", () => {});
  const loaded = new Module(file, null);
  loaded.filename = file;
  loaded.paths = Module._nodeModulePaths(path.dirname(file));
  try {
    // Right behind the class, as the main program at the end of the file may not come to its own end.
    const mark = "TargetHasher is not initialized";
    const start = source.indexOf(`${name}=class{`, source.indexOf(mark) - 2000);
    loaded._compile(`${source.slice(0, start)}${name}=globalThis.OriginalTargetHasher=class{${source.slice(start + name.length + "=class{".length)}`, file);
  } catch (error) {
    if (error.message !== "exit") throw error;
  }
  return globalThis.OriginalTargetHasher;
}

async function answer(TargetHasher, { root, hasher: options, targets }) {
  const hasher = new TargetHasher({ root, ...options });
  const times = {};
  const timed = async (name, work) => {
    const start = process.hrtime.bigint();
    const result = await work();
    times[name] = (times[name] ?? 0) + Number(process.hrtime.bigint() - start) / 1e6;
    return result;
  };
  try {
    await timed("initialize", () => hasher.initialize());
  } catch (error) {
    return { initError: error.message };
  }
  const answers = [];
  for (const target of targets) {
    const full = { cache: true, dependencies: [], ...target, cwd: target.cwd ? `${root}/${target.cwd}` : root };
    try {
      answers.push({ id: target.id, hash: await timed("hash", () => hasher.hash(full)) });
    } catch (error) {
      answers.push({ id: target.id, error: error.message.split("\n")[0] });
    }
  }
  await timed("cleanup", () => hasher.cleanup());
  return { targets: answers, ms: times };
}

if (require.main === module) {
  const end = process.exit.bind(process);
  const TargetHasher = loadTargetHasher(path.resolve(process.argv[2]));
  answer(TargetHasher, JSON.parse(fs.readFileSync(0, "utf8"))).then((result) => {
    fs.writeSync(1, JSON.stringify(result) + "\n");
    end(0);
  });
}
