"""Plain backfill beside the published one: the same keys, the same entries, and each hits on what the other stored."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

from harness import BINARY, SOURCE, Repo, StillageTest, scale, seeded, tree

ORIGINAL = SOURCE / "tests/compat/node_modules/backfill/bin/backfill.js"
CACHE = "node_modules/.cache/backfill"
BUILD = "mkdir -p lib/deep && cat src/* > lib/out && cp lib/out lib/deep/.copy && chmod 755 lib/out && echo built"

YARN_LOCK = """# yarn lockfile v1


left@^1.0.0:
  version "1.2.0"
  resolved "https://registry.example/left/-/left-1.2.0.tgz#0"
  dependencies:
    right "~2.0.0"

right@~2.0.0:
  version "2.0.5"
  resolved "https://registry.example/right/-/right-2.0.5.tgz#0"
"""
BERRY_LOCK = """__metadata:
  version: 8
  cacheKey: 10

"left@npm:^1.0.0":
  version: 1.2.0
  resolution: "left@npm:1.2.0"
  dependencies:
    right: "npm:~2.0.0"
  checksum: 10/0
  languageName: node
  linkType: hard

"right@npm:~2.0.0":
  version: 2.0.5
  resolution: "right@npm:2.0.5"
  checksum: 10/0
  languageName: node
  linkType: hard
"""
PNPM_LOCK = """lockfileVersion: '9.0'

importers:
  packages/a:
    dependencies:
      left:
        specifier: 1.2.0
        version: 1.2.0

packages:
  left@1.2.0:
    resolution: {integrity: sha512-0}
  right@2.0.5:
    resolution: {integrity: sha512-0}

snapshots:
  left@1.2.0:
    dependencies:
      right: 2.0.5
  right@2.0.5: {}
"""


class Backfill(StillageTest):
    def setUp(self):
        super().setUp()
        self.bin = pathlib.Path(self.base) / "bin"
        self.bin.mkdir()
        os.symlink(os.path.abspath(BINARY), self.bin / "backfill")

    def make(self, manager="npm", name="repo"):
        """c <- b <- a by dependencies, with a package of its own inside of a, and a folder that is none."""
        repo = self.repo(name)
        repo.package("a", deps=["b"], devDependencies={"left": "1.2.0" if manager == "pnpm" else "^1.0.0"})
        repo.package("b", deps=["c"])
        repo.package("c", peerDependencies={"left": "*"})
        repo.package("lone")
        for package in ("a", "b", "c", "lone"):
            repo.write(f"packages/{package}/src/one.txt", f"one of {package}\n")
            repo.write(f"packages/{package}/src/two.txt", f"two of {package}\n")
        repo.write("packages/a/nested/readme.md", "nested\n")
        repo.write("shared/settings.txt", "outside of every package\n")
        if manager == "yarn":
            repo.write("yarn.lock", YARN_LOCK)
        if manager == "berry":
            repo.write("yarn.lock", BERRY_LOCK)
        if manager == "pnpm":
            repo.write("pnpm-lock.yaml", PNPM_LOCK)
            repo.write("pnpm-workspace.yaml", "packages:\n  - packages/*\n")
        repo.npm_root()
        if manager != "npm":
            repo.remove("package-lock.json")
        repo.write(".gitignore", "node_modules\nlib\n")
        repo.commit()
        return repo

    def dirty(self, repo):
        repo.write("packages/b/src/one.txt", "changed\n")
        repo.write("packages/a/src/untracked.txt", "new\n")
        repo.remove("packages/c/src/two.txt")
        repo.write("packages/c/src/ünicode ß.txt", "staged\n")
        repo.git("add", "packages/c/src/ünicode ß.txt")

    def original(self, repo, package, *words, status=0, **env):
        return self.perform(["node", str(ORIGINAL), *words], repo, package, status, env)

    def ours(self, repo, package, *words, status=0, **env):
        return self.perform([str(self.bin / "backfill"), *words], repo, package, status, env)

    def perform(self, argv, repo, package, status, env):
        done = subprocess.run(argv, cwd=repo.path(f"packages/{package}" if package else "."), env={**repo.env, **env}, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
        if status is not None:
            self.assertEqual(done.returncode, status, f"{argv}\n{done.stdout}\n{done.stderr}")
        return done

    def entries(self, repo, package):
        """The entries of a package, to the last bit that is the same for both: names, contents, modes."""
        folder = repo.path(f"packages/{package}/{CACHE}")
        if not folder.exists():
            return {}
        found = {}
        for path, entry in tree(folder, skip=()).items():
            self.assertNotIn(".stillage", path, "nothing of ours may be left in an entry")
            found[path] = entry if entry[0] == "dir" else (*entry, os.stat(folder / path).st_mode & 0o777)
        return found

    def clean_outputs(self, repo, package):
        shutil.rmtree(repo.path(f"packages/{package}/lib"), ignore_errors=True)

    def assert_hit(self, done, wanted=True):
        self.assertIn("Cache hit!" if wanted else "Cache miss!", done.stdout)
        self.assertEqual("built" in done.stdout, not wanted, done.stdout)

    def agree(self, manager, is_dirty):
        """Either tool runs in a clone of its own, and the other one hits there; the entries are equal."""
        first = self.make(manager)
        second = Repo(self.base, "clone", home=first.home)
        second.root.rmdir()
        first.git("clone", "-q", str(first.root), str(second.root))
        if is_dirty:
            self.dirty(first)
            self.dirty(second)
        for package in ("a", "b", "c", "lone"):
            command = ("--", "sh", "-c", f"'{BUILD}'")
            self.assert_hit(self.original(first, package, *command), False)
            made = tree(first.path(f"packages/{package}/lib"))
            self.clean_outputs(first, package)
            self.assert_hit(self.ours(first, package, *command))
            self.assertEqual(tree(first.path(f"packages/{package}/lib")), made)

            self.assert_hit(self.ours(second, package, *command), False)
            self.assertEqual(tree(second.path(f"packages/{package}/lib")), made)
            self.clean_outputs(second, package)
            self.assert_hit(self.original(second, package, *command))
            self.assertEqual(tree(second.path(f"packages/{package}/lib")), made)
            entries = self.entries(first, package)
            self.assertEqual(len([path for path in entries if "/" not in path]), 1)
            self.assertEqual(self.entries(second, package), entries)

    def test_agrees_in_a_clean_npm_repository(self):
        self.agree("npm", False)

    def test_agrees_in_a_dirty_npm_repository(self):
        self.agree("npm", True)

    def test_agrees_in_a_clean_yarn_repository(self):
        self.agree("yarn", False)

    def test_agrees_in_a_dirty_yarn_repository(self):
        self.agree("yarn", True)

    def test_agrees_in_a_clean_pnpm_repository(self):
        self.agree("pnpm", False)

    def test_agrees_in_a_dirty_pnpm_repository(self):
        self.agree("pnpm", True)

    def test_agrees_in_a_clean_berry_repository(self):
        self.agree("berry", False)

    def test_agrees_where_the_repository_is_the_package(self):
        for number, (first, second) in enumerate(((self.original, self.ours), (self.ours, self.original))):
            repo = self.repo(f"single{number}")
            repo.write("package.json", {"name": "single", "version": "1.0.0", "dependencies": {"left": "^1.0.0"}})
            repo.write("yarn.lock", YARN_LOCK)
            repo.write("src/one.txt", "one\n")
            repo.write(".gitignore", "node_modules\nlib\n")
            repo.commit()
            repo.write("src/two.txt", "two\n")
            self.assert_hit(first(repo, "", "--", BUILD), False)
            shutil.rmtree(repo.path("lib"))
            self.assert_hit(second(repo, "", "--", BUILD))
            self.assertTrue(repo.exists("lib/deep/.copy"))

    def test_agrees_where_outputs_are_not_ignored(self):
        """They enter the key, which then changes with the first run, and settles."""
        for number, (first, second) in enumerate(((self.original, self.ours), (self.ours, self.original))):
            repo = self.make(name=f"repo{number}")
            repo.write(".gitignore", "node_modules\n")
            repo.commit()
            self.assert_hit(first(repo, "a", "--", BUILD), False)
            self.assert_hit(second(repo, "a", "--", BUILD), False)
            self.assert_hit(first(repo, "a", "--", BUILD))
            self.clean_outputs(repo, "a")
            self.assert_hit(second(repo, "a", "--", BUILD))

    def test_agrees_on_odd_outputs(self):
        """Links, modes, dot files, empty folders and odd names: as stored, and as brought back."""
        command = ("mkdir -p lib/.dot lib/empty lib/real 'lib/a b' && echo 1 > lib/.dot/file && echo 2 > 'lib/a b/ü [x].js' && "
                   "echo 3 > lib/real/x && chmod 750 lib/real/x && ln -s real/x lib/link && ln -s real lib/folder && "
                   "ln -s nowhere lib/dangling && echo 4 > lib/secret && chmod 600 lib/secret && : > lib/nothing && "
                   "head -c 3000000 /dev/zero > lib/big; echo built")
        stored, restored = [], []
        for number, (first, second) in enumerate(((self.original, self.ours), (self.ours, self.original))):
            repo = self.make(name=f"repo{number}")
            self.assert_hit(first(repo, "a", "--", command), False)
            stored.append(self.entries(repo, "a"))
            self.clean_outputs(repo, "a")
            self.assert_hit(second(repo, "a", "--", command))
            lib = repo.path("packages/a/lib")
            restored.append({path: (*entry, os.lstat(lib / path).st_mode & 0o777) for path, entry in tree(lib).items()})
        self.assertEqual(stored[0], stored[1])
        self.assertEqual(restored[0], restored[1])

    def test_agrees_on_random_edits(self):
        """Random changes; who runs first alternates, and the other one must hit."""
        rng = seeded()
        repos = [self.make(manager, manager) for manager in ("npm", "yarn", "pnpm")]
        for step in range(scale(5, 120)):
            repo = rng.choice(repos)
            package = rng.choice(["a", "b", "c", "lone"])
            source = repo.path(f"packages/{rng.choice(['a', 'b', 'c', 'lone'])}/src")
            action = rng.choice(["edit", "add", "delete", "rename", "commit", "stage", "root", "version"])
            files = sorted(path for path in source.iterdir() if path.name != "one.txt")
            if action == "edit":
                (source / "one.txt").write_text(f"{rng.random()}\n")
            elif action == "add":
                (source / f"{rng.choice(['n', 'Ñ', 'a b'])}{step}.txt").write_text("added\n")
            elif action == "delete" and files:
                rng.choice(files).unlink()
            elif action == "rename" and files:
                rng.choice(files).rename(source / f"renamed{step}.txt")
            elif action == "commit":
                repo.commit(f"step {step}")
            elif action == "stage":
                repo.git("add", "-A")
            elif action == "root":
                repo.write("shared/settings.txt", f"{rng.random()}\n")
            elif action == "version":
                file = source.parent / "package.json"
                data = json.loads(file.read_text())
                data["dependencies"][f"left{step}"] = f"^1.{step}.0"
                file.write_text(json.dumps(data))
            with self.subTest(step=step, action=action, repo=repo.root.name, package=package):
                tools = [self.original, self.ours]
                rng.shuffle(tools)
                before = set(self.entries(repo, package))
                tools[0](repo, package, "--", BUILD)
                made = self.entries(repo, package)
                self.clean_outputs(repo, package)
                self.assert_hit(tools[1](repo, package, "--", BUILD))
                self.assertEqual(self.entries(repo, package), made, f"{len(before)} entries before")

    def test_logs_the_same_hashes(self):
        repo = self.make("yarn")
        env = {"BACKFILL_LOG_LEVEL": "silly", "BACKFILL_MODE": "READ_ONLY", "BACKFILL_VALIDATE_OUTPUT": "true"}

        def lines(tool, words):
            told = tool(repo, "a", *words, **env).stdout.splitlines()
            return [line for line in told if line.startswith("backfill:") and "Profiling" not in line]

        for words in (("--", "true"), ("--audit", "--", "true"), ("true", "--", "x"), ("--", "echo", "a  b", "ü")):
            self.assertEqual(lines(self.ours, words), lines(self.original, words))

    def test_exec_in_compat_mode_is_backfill(self):
        repo = self.make()
        self.original(repo, "a", "--", BUILD)
        folder = repo.path("packages/a")
        self.clean_outputs(repo, "a")
        self.assert_hit(repo.stillage("exec", "--compat", "lage", "--", BUILD, cwd=folder))
        self.assert_hit(repo.stillage("--compat", "lage", "exec", "--", BUILD, cwd=folder))
        self.assert_hit(repo.stillage("exec", "--cwd", "packages/a", "--", BUILD, env={"STILLAGE_COMPAT": "lage"}))
        rerun = repo.stillage("exec", "--compat=lage", "--reset-cache", "--", BUILD, cwd=folder)
        self.assertIn("built", rerun.stdout)
        passed = repo.stillage("exec", "--compat=lage", "--no-cache", "--", "echo passed", cwd=folder)
        self.assertIn("passed", passed.stdout)
        other = repo.stillage("exec", "--compat", "lage", "--outputs", "../x", "--", BUILD, cwd=folder, status=1)
        self.assertIn("leads out of the package", other.stderr)
        for words in (("--inputs", "src/**"), ("--env", "CI")):
            refused = repo.stillage("exec", "--compat", "lage", *words, "--", BUILD, cwd=folder, status=1)
            self.assertIn("no meaning in compat mode", refused.stderr)
        self.assertIn("needs --compat lage", repo.stillage("exec", "--audit", "--", "true", status=1).stderr)

    def test_a_folder_within_a_package(self):
        """The package is hashed and its outputs are kept; the command runs in the folder."""
        repo = self.make()
        command = ("--", "mkdir -p ../lib && cat *.txt > ../lib/out; pwd > ../lib/where; echo built")
        for first, second, folder in ((self.original, self.ours, "a"), (self.ours, self.original, "b")):
            self.assert_hit(first(repo, f"{folder}/src", *command), False)
            self.clean_outputs(repo, folder)
            self.assert_hit(second(repo, f"{folder}/src", *command))
            self.assertEqual(repo.read(f"packages/{folder}/lib/where"), f"{repo.path('packages')}/{folder}/src\n")
            self.assertFalse(repo.exists(f"packages/{folder}/src/node_modules"))

    def test_modes(self):
        repo = self.make()

        def run(mode, tool=self.ours, **env):
            done = tool(repo, "a", "--", BUILD, BACKFILL_MODE=mode, BACKFILL_LOG_LEVEL="verbose", **env)
            self.assertIn(f"Running in {mode} mode.", done.stdout)
            return done

        self.assert_hit(run("READ_ONLY"), False)
        self.assertEqual(self.entries(repo, "a"), {})
        self.assertIn("built", run("PASS").stdout)
        self.assertEqual(self.entries(repo, "a"), {})
        self.assertIn("built", run("WRITE_ONLY").stdout)
        self.assertNotEqual(self.entries(repo, "a"), {})
        self.assert_hit(run("READ_ONLY"))
        self.assert_hit(run("READ_ONLY", self.original))
        self.assertIn("built", run("WRITE_ONLY").stdout, "write only never looks up")
        self.assertNotIn("Running in READ_ONLY", self.ours(repo, "a", "--", BUILD, BACKFILL_MODE="READ_ONLY").stdout)

    def test_a_failing_command_stores_nothing(self):
        repo = self.make()
        command = ("--", "echo partial > lib.txt; exit 7")
        failed = self.ours(repo, "a", *command, status=1)
        self.assertIn('backfill: x Failed while running: "echo partial > lib.txt; exit 7"', failed.stderr)
        self.assertIn("Command failed with exit code 7", failed.stderr)
        self.assertEqual(self.entries(repo, "a"), {})
        self.assertEqual(self.original(repo, "a", *command, status=1).returncode, failed.returncode)

    def test_an_interrupted_command_stores_nothing(self):
        repo = self.make()
        started = repo.path("packages/a/started")
        process = subprocess.Popen([str(self.bin / "backfill"), "--", "mkdir lib; echo x > lib/x; touch started; sleep 60"],
                                   cwd=repo.path("packages/a"), env=repo.env, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for _ in range(600):
            if started.exists():
                break
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 130)
        self.assertIn("Command was stopped", told)
        self.assertEqual(self.entries(repo, "a"), {})

    def test_options_of_the_command_line(self):
        repo = self.make()
        self.assertIn("--audit", self.ours(repo, "a", "--help").stdout)
        self.assertIn("stillage ", self.ours(repo, "a", "--version").stdout)
        for tool in (self.ours, self.original):
            refused = tool(repo, "a", "--foo", "--", "true", status=1)
            self.assertIn("foo", refused.stderr)
            self.assertIn("--audit", refused.stderr, "the help is shown")
            self.assertIn("Command not provided", tool(repo, "a", status=1).stderr)
        self.assertIn("--foo bar", self.ours(repo, "a", "--", "echo", "--foo", "bar").stdout)

    def test_words_that_look_like_numbers_stay(self):
        repo = self.make()
        words = ("--", "echo", "1.0", "0x10", "1e3", "-0", "built", ">", "lib.txt;", BUILD)
        self.original(repo, "a", *words)
        self.assertEqual(repo.read("packages/a/lib.txt"), "1 16 1000 0 built\n", "which is why we differ")
        repo.remove("packages/a/lib.txt")
        self.assert_hit(self.ours(repo, "a", *words))
        self.ours(repo, "a", *words, BACKFILL_MODE="PASS")
        self.assertEqual(repo.read("packages/a/lib.txt"), "1.0 0x10 1e3 -0 built\n")

    def test_what_the_command_sees(self):
        """A shell in the working folder, the caller's variables and those of .env, and nothing to read."""
        repo = self.make()
        repo.write("packages/.env", "FROM_FILE='a b'\nMINE=file\nBACKFILL_NAME=named\n")
        command = 'pwd; echo "$FROM_FILE $MINE"; cat; echo out; echo err >&2'
        done = self.ours(repo, "a", "--", command, MINE="mine")
        self.assertIn("Package name: named", done.stdout)
        self.assertIn(f"{repo.path('packages/a')}\na b mine\nout\n", done.stdout)
        self.assertEqual(done.stderr, "err\n")
        self.assertNotIn("named", self.ours(repo, "b", "--", command, NODE_ENV="test").stdout)

    def test_configurations_are_those_of_the_original(self):
        repo = self.make()
        repo.write("backfill.config.js", "module.exports = {name: 'far', outputGlob: ['none'], mode: 'READ_ONLY'};\n")
        repo.write("packages/a/backfill.config.js", "module.exports = {outputGlob: ['lib/deep/**', 'src/one.txt'], "
                   "mode: 'READ_WRITE', logLevel: 'verbose', internalCacheFolder: 'cache'};\n")
        repo.write(".gitignore", "node_modules\nlib\ncache\n")
        repo.commit()
        self.assertIn("Package name: far", self.original(repo, "a", "--", BUILD).stdout)
        stored = tree(repo.path("packages/a/cache"))
        self.assertEqual(sorted(p.split("/", 1)[1] for p, e in stored.items() if e[0] == "file"),
                         ["lib/deep/.copy", "src/one.txt"])
        self.clean_outputs(repo, "a")
        self.assert_hit(self.ours(repo, "a", "--", BUILD))
        shutil.rmtree(repo.path("packages/a/cache"))
        self.assert_hit(self.ours(repo, "a", "--", BUILD), False)
        self.assertEqual(tree(repo.path("packages/a/cache")), stored)

    def test_complaints_are_those_of_the_original(self):
        repo = self.make()
        for variable, value in (("BACKFILL_MODE", "x"), ("BACKFILL_LOG_LEVEL", "loud"), ("BACKFILL_OUTPUT_GLOB", "lib")):
            wanted = self.original(repo, "a", "--", "true", status=1, **{variable: value}).stderr
            self.assertIn("Expected: ", wanted)
            given = self.ours(repo, "a", "--", "true", status=1, **{variable: value}).stderr
            for line in wanted.splitlines()[:3]:
                self.assertIn(line.replace("backfill: x BackfillConfigError: ", "").strip(), given)
        for provider, reason in (("azure-blob", "options.connectionString"), ("npm", "npm")):
            options = json.dumps({"connectionString": "topsecret", "container": "c", "npmPackageName": "p",
                                  "registryUrl": "http://localhost:1"})
            refused = self.ours(repo, "a", "--", BUILD, status=1, BACKFILL_CACHE_PROVIDER=provider,
                                BACKFILL_CACHE_PROVIDER_OPTIONS=options)
            self.assertIn(reason, refused.stderr)
            self.assertNotIn("topsecret", refused.stderr + refused.stdout)
            self.assertNotIn("built", refused.stdout)
        self.assertIn("Ignoring unknown BACKFILL_CACHE_PROVIDER", self.ours(
            repo, "a", "--", BUILD, BACKFILL_CACHE_PROVIDER="floppy").stderr)

    def test_performance_logs(self):
        repo = self.make()
        env = {"BACKFILL_PRODUCE_PERFORMANCE_LOGS": "true", "BACKFILL_LOG_FOLDER": "logs", "BACKFILL_NAME": "@scope/a",
               "BACKFILL_VALIDATE_OUTPUT": "true"}
        kinds = {}
        for tool in (self.original, self.ours):
            for mode, command in (("READ_WRITE", BUILD), ("READ_WRITE", BUILD), ("WRITE_ONLY", BUILD), ("PASS", BUILD)):
                tool(repo, "b", "--", command, BACKFILL_MODE=mode, **env)
                (log,) = repo.path("packages/b/logs").iterdir()
                data = json.loads(log.read_text())
                self.assertEqual(log.name, f"perf-@scope!a-{data['timestamp']}.json")
                self.assertTrue(log.read_text().endswith("\n}\n"))
                kinds.setdefault(tool, []).append([(key, type(value), value if key in ("name", "mode", "cacheProvider",
                                                    "hash", "hit", "hashOfOutput") else None) for key, value in data.items()])
                log.unlink()
                log.parent.rmdir()
            shutil.rmtree(repo.path(f"packages/b/{CACHE}"))
            self.clean_outputs(repo, "b")
        self.assertEqual(kinds[self.ours], kinds[self.original])

    def test_audit(self):
        repo = self.make()
        repo.write("packages/b/lib/kept", "x")
        outside = "mkdir -p lib && echo 1 > lib/x && echo 2 > src/made && echo 3 >> ../b/src/one.txt && rm src/two.txt"
        warned = self.ours(repo, "a", "--audit", "--", outside)
        self.assertIn(f"backfill: ■ [audit] Watching file changes in: {repo.root}\n", warned.stdout)
        self.assertIn("backfill: ■ [audit] Backfill will cache folder: lib/**\n", warned.stdout)
        self.assertEqual([line for line in warned.stderr.splitlines() if "▲ -" in line],
                         ["backfill: ▲ - packages/a/src/made (add)", "backfill: ▲ - packages/a/src/two.txt (unlink)",
                          "backfill: ▲ - packages/b/src/one.txt (change)"])
        # The original polls, and is slower to start than the command to end: what happens late it sees.
        repo.git("checkout", "-q", ".")
        repo.git("clean", "-qfdx")
        late = self.original(repo, "a", "--audit", "--", f"sleep 3; {outside}; sleep 1")
        for line in warned.stderr.splitlines()[:4]:
            self.assertIn(line, late.stderr)
        for tool in (self.original, self.ours):
            fine = tool(repo, "a", "--audit", "--", "mkdir -p lib; echo 1 > lib/fine")
            self.assertIn("[audit] All observed file changes were within the scope of the folder to be cached.",
                          fine.stdout)

    def test_clear_output(self):
        for number, tool in enumerate((self.original, self.ours)):
            repo = self.make(name=f"repo{number}")
            repo.write("packages/a/lib/stale", "x")
            repo.write("packages/a/lib/deep/stale", "x")
            repo.write("packages/a/lib/.hidden", "x")
            repo.write("packages/a/other", "x")
            repo.write("elsewhere/kept", "x")
            tool(repo, "a", "--", BUILD, BACKFILL_CLEAR_OUTPUT="true")
            self.assertEqual(sorted(tree(repo.path("packages/a/lib"))), [".hidden", "deep", "deep/.copy", "out"])
            self.assertTrue(repo.exists("packages/a/other"))
        os.symlink(repo.path("elsewhere"), repo.path("packages/a/lib/link"))
        refused = self.ours(repo, "a", "--", f"{BUILD}; true", status=1, BACKFILL_CLEAR_OUTPUT="true")
        self.assertIn("link", refused.stderr)
        self.assertTrue(repo.exists("elsewhere/kept"), "links must not lead out of the package")

    def test_local_skip(self):
        repo = self.make()
        env = {"BACKFILL_CACHE_PROVIDER": "local-skip"}
        self.assert_hit(self.original(repo, "a", "--", BUILD, **env), False)
        marker = repo.read(f"packages/a/{CACHE}/skip-cache/hash")
        self.clean_outputs(repo, "a")
        self.assert_hit(self.ours(repo, "a", "--", BUILD, **env))
        self.assertFalse(repo.exists("packages/a/lib"), "nothing is brought back")
        repo.write("packages/a/src/one.txt", "changed\n")
        self.assert_hit(self.ours(repo, "a", "--", BUILD, **env), False)
        self.assertNotEqual(repo.read(f"packages/a/{CACHE}/skip-cache/hash"), marker)
        self.assert_hit(self.original(repo, "a", "--", BUILD, **env))

    def test_incremental_caching(self):
        trees = []
        for number, tool in enumerate((self.original, self.ours)):
            repo = self.make(name=f"repo{number}")
            repo.write("packages/a/lib/unchanged", "x")
            repo.write("packages/a/lib/out", "old")
            tool(repo, "a", "--", BUILD, BACKFILL_INCREMENTAL_CACHING="true")
            trees.append(self.entries(repo, "a"))
        self.assertEqual(trees[0], trees[1])
        self.assertFalse([path for path in trees[0] if path.endswith("unchanged")])

    def test_an_entry_that_cannot_be_used_is_a_miss(self):
        repo = self.make()
        self.ours(repo, "a", "--", BUILD)
        self.clean_outputs(repo, "a")
        repo.write("packages/a/lib", "a file in the way\n")
        done = self.ours(repo, "a", "--", BUILD, status=None)
        self.assertIn("Cache miss!", done.stdout)
        self.assertIn("can't be used", done.stderr)

    def test_without_configuration_node_is_not_needed(self):
        repo = self.make()
        tools = pathlib.Path(self.base) / "tools"
        tools.mkdir()
        for tool in ("sh", "git", "cat", "mkdir", "cp", "chmod"):
            os.symlink(shutil.which(tool), tools / tool)
        self.assert_hit(self.ours(repo, "a", "--", BUILD, PATH=str(tools)), False)
        repo.write("packages/a/backfill.config.js", "module.exports = {};\n")
        self.assertIn("Node.js", self.ours(repo, "a", "--", BUILD, status=1, PATH=str(tools)).stderr)
