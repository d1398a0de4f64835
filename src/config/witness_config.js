// SPDX-License-Identifier: MIT
// Notes what a configuration looks at while it is evaluated, so that its value can be remembered for as long as nothing
// of that changes: files that it is made of, variables of the environment. Whatever else could make it come out
// otherwise another time (files that it reads itself, other programs, the network, clock, chance) makes it `unsure`:
// such a configuration is evaluated each time. Comes before evaluate_config.js, in the same scope.
'use strict';

const fs = require('node:fs');
const module_ = require('node:module');
const path = require('node:path');

function watchConfiguration() {
  const actual = { process, Date, console };

  // Modules of Node whose functions say the same each time.
  const PURE = new Set(['path', 'path/posix', 'path/win32', 'url', 'util', 'util/types', 'assert', 'assert/strict', 'events',
    'querystring', 'string_decoder', 'buffer', 'punycode']);
  // Of `process`: what the caller compares anyway, or what no value can depend on.
  const STEADY = new Set(['env', 'platform', 'arch', 'version', 'versions', 'release', 'features', 'execPath', 'cwd', 'argv',
    'nextTick', 'emitWarning', 'exitCode']);
  const UNSTEADY_GLOBALS = ['performance', 'crypto', 'fetch', 'WebSocket', 'EventSource', 'navigator', 'localStorage',
    'sessionStorage', 'Intl', 'Temporal', 'gc'];

  const files = new Set();
  const absent = new Set();
  const variables = new Set();
  let everyVariable = false;
  let unsure;
  let hookWorks = false;
  let expected;
  const note = (why) => {
    unsure ??= why;
  };

  /** What decides how Node reads the file: the package.json nearest to it. */
  function addPackageScope(file) {
    for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
      const scope = path.join(folder, 'package.json');
      if (fs.existsSync(scope)) return files.add(scope);
      absent.add(scope);
      if (folder === path.dirname(folder)) return;
    }
  }

  /** Only what is named by its path, without links and folders on the way, is known to come from there again. */
  function addModule(request, parent, file) {
    files.add(file);
    addPackageScope(file);
    const named = path.resolve(path.dirname(parent?.filename ?? file), request);
    if (!path.isAbsolute(request) && !/^\.{1,2}\//.test(request)) note(`the package ${request}`);
    if (file === named) return;
    if (file === `${named}.js`) absent.add(named);
    else note(`the way to ${request}`);
  }

  const load = module_._load;
  const resolve = module_._resolveFilename;

  function start() {
    module_._load = function (request, parent, isMain) {
      hookWorks = true;
      expected = request;
      if (module_.isBuiltin(request)) {
        if (!PURE.has(request.replace(/^node:/, ''))) note(`Node's module ${request}`);
        return load.call(this, request, parent, isMain);
      }
      try {
        addModule(request, parent, resolve.call(module_, request, parent, isMain));
        return load.call(this, request, parent, isMain);
      } catch (error) {
        note(`a module that failed to load: ${request}`);
        throw error;
      }
    };
    // Loading a module resolves its name once more; whoever else asks wants to know what is there.
    module_._resolveFilename = function (request, ...rest) {
      if (request !== expected) note('require.resolve');
      expected = undefined;
      return resolve.call(this, request, ...rest);
    };
    module_.createRequire(path.join(actual.process.cwd(), 'package.json'))('node:path');

    const environment = new Proxy(actual.process.env, {
      get(target, name) {
        if (typeof name === 'string') variables.add(name);
        return target[name];
      },
      has(target, name) {
        if (typeof name === 'string') variables.add(name);
        return name in target;
      },
      getOwnPropertyDescriptor(target, name) {
        if (typeof name === 'string') variables.add(name);
        return Reflect.getOwnPropertyDescriptor(target, name);
      },
      ownKeys(target) {
        everyVariable = true;
        return Reflect.ownKeys(target);
      },
      set(target, name, value) {
        note('a change of the environment');
        target[name] = value;
        return true;
      },
      deleteProperty(target, name) {
        note('a change of the environment');
        return delete target[name];
      },
    });
    globalThis.process = new Proxy(actual.process, {
      get(target, name) {
        if (name === 'env') return environment;
        if (typeof name === 'string' && !STEADY.has(name)) note(`process.${name}`);
        const value = target[name];
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    globalThis.Date = new Proxy(actual.Date, {
      construct(target, given, newTarget) {
        if (given.length === 0) note('the clock');
        return Reflect.construct(target, given, newTarget === globalThis.Date ? target : newTarget);
      },
      apply(target) {
        note('the clock');
        return target();
      },
      get(target, name) {
        if (name === 'now') note('the clock');
        return target[name];
      },
    });
    // What it prints would be missing the next time.
    globalThis.console = new Proxy(actual.console, {
      get(target, name) {
        note('the console');
        return target[name];
      },
    });
    const random = Math.random;
    Math.random = () => {
      note('chance');
      return random();
    };
    for (const name of UNSTEADY_GLOBALS) {
      const described = Object.getOwnPropertyDescriptor(globalThis, name);
      if (!described?.configurable) continue;
      Object.defineProperty(globalThis, name, {
        configurable: true,
        get() {
          note(name);
          return described.get ? described.get.call(globalThis) : described.value;
        },
      });
    }
  }

  /** Whether a module's text may import others: nobody could see which. Types in comments import nothing. */
  function mayImport(text) {
    const bare = text
      .replace(/^\s*\/\*\*?\s*@type\s*\{import\([^)$*]*\)[^}$*]*\}\s*\*\/\s*$/gm, '')
      .replace(/^\s*\*\s*@type\s*\{import\([^)$*]*\)[^}$*]*\}\s*$/gm, '');
    return /\bimport\b/.test(bare);
  }

  /** What the value of this file was made of: {"file", "files", "absent", "variables"}, or {"unsure": "why"}. */
  function facts(file) {
    const real = fs.realpathSync(file);
    const isCommon = real in module_._cache;
    if (!hookWorks) note('an unknown Node');
    if (!/\.[cm]?js$/.test(real) && isCommon === false) note('a language that has to be translated');
    for (const loaded of Object.keys(module_._cache)) if (!files.has(loaded)) note('modules loaded unseen');
    files.add(real);
    addPackageScope(real);
    for (const each of files) {
      if (unsure || path.basename(each) === 'package.json') continue;
      const text = fs.readFileSync(each, 'utf8');
      if (mayImport(text)) note('imports');
      if (!isCommon && /\brequire\b/.test(text)) note('require in an ES module');
    }
    if (unsure) return { unsure };
    return {
      file: real,
      files: [...files],
      absent: [...absent].filter((each) => !files.has(each)),
      variables: everyVariable ? null : [...variables],
    };
  }

  return { start, facts, mayImport };
}
