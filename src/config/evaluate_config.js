// SPDX-License-Identifier: MIT
// What runs inside Node to evaluate JavaScript and TypeScript configurations. One JSON request per line comes in on
// descriptor 4, one JSON line per answer goes out on descriptor 3; whatever a configuration prints goes elsewhere.
//
//   {"load": "/repo/lage.config.js"}              -> {"value": ..., "facts": ...}, without value for undefined;
//                                                    what facts are, witness_config.js says
//   {"call": [{"id", "target", "maxWorkers"}],    -> {"values": [...]}
//    "targets": [...]}                               "target" being a number in "targets"
//   either may fail                               -> {"error": "...", "line": 12, "id": "..."}
//
// Functions in a configuration are kept here; in the value an object with a single odd key stands for each. What
// witness_config.js declares is in scope.
const net = require('node:net');
const url = require('node:url');

const FUNCTION_KEY = '\u0001function';
const root = process.cwd();
const functions = new Map();
const require_ = require;
const { webcrypto } = require('node:crypto');
// Configurations get to see another one.
const node = process;
const witness = watchConfiguration();

// That a feature of Node is experimental is nothing that the user of a build cache could act on.
const emit = node.emit;
node.emit = function (name, data, ...rest) {
  if (name === 'warning' && data?.name === 'ExperimentalWarning') return false;
  return emit.call(this, name, data, ...rest);
};

/** A copy of `value` that JSON can hold; `owner` is what its functions see as `this`. */
function plain(value, where, owner, parents) {
  switch (typeof value) {
    case 'undefined':
      return undefined;
    case 'function': {
      const id = `${functions.size}:${where}`;
      functions.set(id, { call: value, owner });
      return { [FUNCTION_KEY]: id };
    }
    case 'bigint':
    case 'symbol':
      throw new TypeError(`${where} is a ${typeof value}, which a configuration can't hold`);
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`${where} is ${value}, not a finite number`);
      return value;
    case 'string':
      // JSON here holds Unicode; halves of surrogate pairs become U+FFFD.
      return /[\ud800-\udfff]/.test(value) ? Buffer.from(value).toString() : value;
    case 'object':
      break;
    default:
      return value;
  }
  if (value === null) return null;
  if (parents.includes(value)) throw new TypeError(`${where || 'it'} holds itself`);
  if (typeof value.toJSON === 'function') return plain(value.toJSON(), where, owner, [...parents, value]);
  const inside = [...parents, value];
  if (Array.isArray(value)) return value.map((item, i) => plain(item, `${where}[${i}]`, value, inside) ?? null);
  const copy = Object.create(null);
  for (const key of Object.keys(value)) {
    const member = plain(value[key], where ? `${where}.${key}` : key, value, inside);
    if (member !== undefined) copy[key] = member;
  }
  return copy;
}

/** The module that resolves hooks for TypeScript: transpiles with what the repository has. */
const TYPESCRIPT_HOOKS = `
  import { readFileSync } from 'node:fs';
  import { createRequire } from 'node:module';
  import { fileURLToPath } from 'node:url';
  let transpile;
  export function initialize({ root, compiler }) {
    const tool = createRequire(root + '/package.json')(compiler);
    transpile = compiler === 'typescript'
      ? (text, fileName) => tool.transpileModule(text, {
          fileName,
          compilerOptions: { module: tool.ModuleKind.ESNext, target: tool.ScriptTarget.ES2022, esModuleInterop: true },
        }).outputText
      : (text, sourcefile) => tool.transformSync(text, { loader: 'ts', format: 'esm', target: 'es2022', sourcefile }).code;
  }
  export async function resolve(specifier, context, next) {
    try {
      return await next(specifier, context);
    } catch (error) {
      if (!/^\\.{0,2}\\//.test(specifier)) throw error;
      const stem = specifier.replace(/\\.[cm]?js$/, '');
      for (const ending of ['.ts', '.mts', '.cts', '.js', '/index.ts'])
        try {
          return await next(stem + ending, context);
        } catch {}
      throw error;
    }
  }
  export async function load(address, context, next) {
    if (!/^file:.*\\.[cm]?ts(\\?|$)/.test(address)) return next(address, context);
    const file = fileURLToPath(address.split('?')[0]);
    return { format: 'module', shortCircuit: true, source: transpile(readFileSync(file, 'utf8'), file) };
  }
`;

function findCompiler() {
  const require_ = module_.createRequire(path.join(root, 'package.json'));
  return ['typescript', 'esbuild'].find((name) => {
    try {
      require_.resolve(name);
      return true;
    } catch {
      return false;
    }
  });
}

async function importTypeScript(address) {
  const compiler = findCompiler();
  if (node.features.typescript) {
    try {
      return await import(address);
    } catch (error) {
      const may_be_syntax = ['ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX', 'ERR_INVALID_TYPESCRIPT_SYNTAX', 'ERR_MODULE_NOT_FOUND'];
      if (!compiler || !may_be_syntax.includes(error?.code)) throw error;
    }
  }
  if (!compiler || typeof module_.register !== 'function')
    throw new Error(
      `TypeScript needs the package typescript or esbuild in the repository, or Node.js 22.18 (this is ${node.version})`
    );
  module_.register(`data:text/javascript,${encodeURIComponent(TYPESCRIPT_HOOKS)}`, { data: { root, compiler } });
  // Another address: the first attempt may have left its failure in Node's cache of modules.
  return import(`${address}?transpiled`);
}

/** Takes away what `node -e` alone has as globals, all of Node's modules too: no configuration may rely on them. */
function removeGlobals() {
  for (const name of ['require', 'exports', '__filename', '__dirname', ...module_.builtinModules])
    if (name !== 'process' && name !== 'console') delete globalThis[name];
  Object.defineProperty(globalThis, 'crypto', { configurable: true, get: () => webcrypto });
}

/** Whether the file is surely CommonJS: so by its name and package.json, and without a word of ES modules in it. */
function isCommonJs(file) {
  if (!/\.c?js$/.test(file)) return false;
  const text = fs.readFileSync(file, 'utf8');
  if (witness.mayImport(text) || /\bexport\b/.test(text)) return false;
  if (file.endsWith('.cjs')) return true;
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    const scope = path.join(folder, 'package.json');
    if (fs.existsSync(scope)) return /"type"\s*:\s*"module"/.test(fs.readFileSync(scope, 'utf8')) === false;
    if (folder === path.dirname(folder)) return true;
  }
}

/**
 * What the file exports by default. Where Node's loader of ES modules is not needed it is left alone: it takes some
 * 10 ms to begin.
 */
async function importDefault(file) {
  const real = fs.realpathSync(file);
  const address = url.pathToFileURL(real).href;
  if (/\.[cm]?ts$/.test(file)) return (await importTypeScript(address)).default;
  if (isCommonJs(real)) return module_._load(real, undefined, false);
  return (await import(address)).default;
}

async function load(file) {
  removeGlobals();
  const pnp = path.join(root, '.pnp.cjs');
  if (!node.versions.pnp && fs.existsSync(pnp)) require_(pnp).setup();
  witness.start();
  let value = await importDefault(file);
  // What compilers to CommonJS make of "export default".
  if (value?.__esModule && value.default !== undefined) value = await value.default;
  return { value: plain(value, '', undefined, []), facts: witness.facts(file) };
}

async function call(calls, targets) {
  const values = [];
  for (const { id, target, maxWorkers } of calls) {
    const known = functions.get(id);
    try {
      values.push((await known.call.call(known.owner, targets[target], maxWorkers)) ?? null);
    } catch (error) {
      return { ...describe(error), id };
    }
  }
  return { values };
}

/** An error as an answer: its message, and the line of `file` that it tells of. */
function describe(error, file) {
  const answer = { error: String(error?.message ?? error).split('\n')[0] };
  const stack = String(error?.stack ?? '');
  if (file) {
    const real = fs.existsSync(file) ? fs.realpathSync(file) : file;
    for (const name of [url.pathToFileURL(real).href, real, file]) {
      const at = stack.indexOf(`${name}:`);
      const line = at < 0 ? NaN : parseInt(stack.slice(at + name.length + 1), 10);
      if (line > 0) return { ...answer, line };
    }
  }
  return answer;
}

/**
 * What `work` gives; an error when nothing is left that could ever settle it. For as long, our own connection does not
 * keep Node alive.
 */
async function settled(work) {
  let giveUp;
  const never = new Promise((_, reject) => {
    giveUp = () => {
      questions.ref();
      reject(new Error('it waits for a promise that nothing will ever settle'));
    };
  });
  node.once('beforeExit', giveUp);
  questions.unref();
  try {
    return await Promise.race([work, never]);
  } finally {
    questions.ref();
    node.removeListener('beforeExit', giveUp);
  }
}

async function answer(line) {
  const request = JSON.parse(line);
  let result;
  try {
    result = await settled(request.load ? load(request.load) : call(request.call, request.targets));
    result = JSON.stringify(result);
  } catch (error) {
    result = JSON.stringify(describe(error, request.load));
  }
  fs.writeSync(3, `${result}\n`);
}

let received = '';
let last = Promise.resolve();
const questions = new net.Socket({ fd: 4, readable: true, writable: false });
questions.setEncoding('utf8');
questions.on('data', (text) => {
  received += text;
  for (let end = received.indexOf('\n'); end >= 0; end = received.indexOf('\n')) {
    const line = received.slice(0, end);
    received = received.slice(end + 1);
    last = last.then(() => answer(line));
  }
});
questions.on('close', () => node.exit(0));
