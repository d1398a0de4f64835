"""Stillage in lage's format beside the published lage: one cache, two tools, in repositories of every kind."""
import json
import os
import re
import subprocess

from harness import SOURCE, StillageTest, scale, seeded, tree

LAGE = SOURCE / "tests/compat/node_modules/.bin/lage"
CLIENTS = SOURCE / "tests/clients/node_modules/.bin"
CACHE = "node_modules/.cache/lage"

# Outputs of every sort that lage can store: links, executables, dot files, deep folders, odd names. Arguments go to `:`.
BUILD = ("mkdir -p lib/deep/er && cat src/* > lib/out && cp lib/out 'lib/deep/er/a name' && chmod +x lib/deep/er/* "
         "&& ln -sfn deep/er lib/folder && ln -sfn out lib/link && echo dot > lib/.hidden && echo built && echo noted >&2 && :")
USE = BUILD + " && cat {} >> lib/out && :"


def lock_npm(version):
    return lambda names: {"package-lock.json": {
        "name": "root", "lockfileVersion": version, "requires": True,
        "packages": {"node_modules/left": {"version": "1.0.0", "resolved": "r", "integrity": "sha512-x"}},
        "dependencies": {"left": {"version": "1.0.0", "requires": {"right": "^2.0.0"}}, "right": {"version": "2.1.0"}}}}


def lock_yarn(names):
    return {"yarn.lock": "# yarn lockfile v1\n\n\nleft@1.0.0:\n  version \"1.0.0\"\n  resolved \"r#1\"\n  dependencies:\n"
                         "    right \"^2.0.0\"\n\nright@^2.0.0:\n  version \"2.1.0\"\n"}


def lock_berry(names):
    packages = "".join(f'\n"{n}@*, {n}@workspace:packages/{n}":\n  version: 0.0.0-use.local\n'
                       f'  resolution: "{n}@workspace:packages/{n}"\n  languageName: unknown\n  linkType: soft\n' for n in names)
    return {"yarn.lock": "__metadata:\n  version: 6\n\n\"left@npm:1.0.0\":\n  version: 1.0.0\n  resolution: \"left@npm:1.0.0\"\n"
                         "  dependencies:\n    right: ^2.0.0\n  languageName: node\n  linkType: hard\n" + packages}


def lock_pnpm(names):
    return {"pnpm-lock.yaml": "lockfileVersion: '9.0'\n\nimporters:\n\n  .: {}\n\npackages:\n\n  left@1.0.0:\n"
                              "    resolution: {integrity: sha512-x}\n\nsnapshots:\n\n  left@1.0.0:\n    dependencies:\n      right: 2.1.0\n",
            "pnpm-workspace.yaml": "packages:\n  - packages/*\n", ".npmrc": "verify-deps-before-run=false\n"}


KINDS = {
    "npm": (lock_npm(3), {}),
    "npm-v2": (lock_npm(2), {"cacheOptions": {"outputGlob": ["lib/**"], "cacheKey": "v7"}}),
    "yarn": (lock_yarn, {"npmClient": "yarn"}),
    "berry": (lock_berry, {}),
    "pnpm": (lock_pnpm, {"npmClient": "pnpm"}),
    "rooted": (lock_npm(3), {"cacheOptions": {"outputGlob": ["lib/**"], "environmentGlob": ["*.env", "config/**", "package.json"]}}),
    "single": (lock_npm(3), {}),
}


class Lage(StillageTest):
    def make(self, kind):
        """A repository with holes in its chains, own inputs, a file of the environment, outputs of every sort."""
        lock, config = KINDS[kind]
        repo = self.repo(kind)
        pipeline = {"build": {"dependsOn": ["^build"], "outputs": ["lib/**"]},
                    "test": ["build"],
                    "types": {"dependsOn": ["^^build"], "inputs": ["src/**", "^package.json", "!**/*.md"], "outputs": []},
                    "lint": {"cache": False}}
        names = ["core", "mid", "side", "hole", "hole2", "app"]
        if kind == "single":
            repo.write("package.json", {"name": "only", "version": "1.0.0", "dependencies": {"left": "1.0.0"},
                                        "scripts": {"build": BUILD, "test": "echo tested"}})
            repo.write("src/index.js", "one\n")
            pipeline = {"build": {"inputs": ["src/**", "package.json"], "outputs": ["lib/**"]},
                        "test": {"dependsOn": ["build"], "inputs": ["src/**"], "outputs": []}}
            names = []
        else:
            repo.write("package.json", {"name": "root", "version": "1.0.0", "private": True, "workspaces": ["packages/*"],
                                        "scripts": {"check": "echo checked", "stamp": "mkdir -p lib && cat config/* > lib/stamp"}})
            scripts = {"build": BUILD, "test": "echo tested $LAGE_PACKAGE_NAME $LAGE_TASK", "types": "echo typed"}
            repo.package("core", {**scripts, "lint": "echo linted"}, dependencies={"left": "1.0.0"})
            repo.package("mid", {**scripts, "build": USE.format("../core/lib/out")}, ["core"])
            repo.package("side", {"build": BUILD}, devDependencies={"core": "*"}, peerDependencies={"app": "*"})
            repo.package("hole", {"test": "echo tested"}, ["mid"])
            repo.package("hole2", {}, ["hole"])
            repo.package("app", scripts, ["hole2", "side"], optionalDependencies={"right": "^2.0.0"})
            for name in names:
                repo.write(f"packages/{name}/src/index.js", f"{name}\n")
                repo.write(f"packages/{name}/README.md", "# read\n")
            repo.write("config/base.json", {})
            repo.write("ci.env", "X=1\n")
        if kind == "rooted":
            pipeline["#check"] = {"dependsOn": ["build"], "inputs": ["config/**"], "outputs": [], "type": "npmScript"}
            pipeline["#stamp"] = {"inputs": ["config/**", "*.env"], "outputs": ["lib/**"], "type": "npmScript"}
            pipeline["app#build"] = {"dependsOn": ["^build", "#stamp"], "outputs": ["lib/**"], "environmentGlob": ["config/**"]}
        for name, content in lock(names).items():
            repo.write(name, content)
        repo.write("lage.config.js", "module.exports = " + json.dumps(
            {"pipeline": pipeline, "cacheOptions": {"outputGlob": ["lib/**"]}, **config}) + ";\n")
        repo.write(".gitignore", "node_modules\nlib\n")
        repo.tasks = ["build", "test"] if kind == "single" else ["build", "test", "types", "lint"]
        repo.tasks += ["check", "stamp"] if kind == "rooted" else []
        self.adjust(repo)
        repo.commit("first")
        return repo

    def adjust(self, repo):
        repo.env.update({"STILLAGE_COMPAT": "lage", "PATH": f"{CLIENTS}:{repo.env['PATH']}",
                         "npm_config_update_notifier": "false"})
        repo.path("node_modules").mkdir(exist_ok=True)

    def clone(self, repo, name):
        """The same files in another place, as a checkout of its own; what was not committed comes along."""
        other = self.repo(name)
        subprocess.run(["git", "clone", "-q", str(repo.root), str(other.root)], env=repo.env, check=True)
        for line in repo.git("status", "--porcelain", "-z", "-uall").split("\0"):
            if line:
                source, target = repo.path(line[3:]), other.path(line[3:])
                if source.exists():
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(source.read_bytes())
                    target.chmod(source.stat().st_mode)
                else:
                    target.unlink()
        other.tasks = repo.tasks
        self.adjust(other)
        return other

    def lage(self, repo, *args):
        """What lage says of its targets: id to (status, hash or None)."""
        done = subprocess.run([LAGE, *repo.tasks, "--reporter", "json", "--verbose", *args], cwd=repo.root, env=repo.env,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        ends = {}
        for line in done.stdout.splitlines():
            data = json.loads(line).get("data", {}) if line.startswith("{") else {}
            if data.get("status") in ("success", "skipped", "failed"):
                ends[data["target"]["id"]] = (data["status"], data.get("hash"))
        return ends

    def ours(self, repo, *args):
        return repo.run(*repo.tasks, *args)

    def assert_lage_hits(self, repo, args=()):
        ends = self.lage(repo, *args)
        ran = {i for i, (status, _) in ends.items() if status != "skipped" and not i.endswith("#lint")}
        self.assertEqual(ran, set(), f"lage ran these in {repo.root.name}")
        return {i: found for i, (status, found) in ends.items() if status == "skipped"}

    def assert_ours_hit(self, repo, args=()):
        summary = self.ours(repo, *args)
        self.assertEqual({i for i in summary.executed if not i.endswith("#lint")}, set(), summary.output)
        return {i: row["hash"] for i, row in summary.targets.items() if row["hit"]}

    def entries(self, repo):
        return tree(repo.path(CACHE + "/cache"), skip=())

    def logs(self, repo):
        """Logs without what differs from run to run: process ids, how long yarn took, where the checkout lies."""
        root = re.escape(str(repo.root).encode())
        return {name: (re.sub(root + rb"|pid: \d+|Done in [\d.]+s", b"N", content) if kind == "file" else content)
                for name, (kind, content, _) in tree(repo.path(CACHE + "/logs"), skip=()).items()}

    def compare(self, repo):
        """lage here, Stillage in a clone: the same entries; then each hits on all that the other stored."""
        twin = self.clone(repo, repo.root.name + "-twin")
        self.lage(repo)
        self.ours(twin)
        self.assertEqual(self.entries(repo), self.entries(twin))
        self.assertEqual(self.logs(repo), self.logs(twin))
        theirs, own = self.assert_lage_hits(twin), self.assert_ours_hit(repo)
        self.assertEqual(theirs, own)
        self.assertTrue(own)

    def compare_clean_and_dirty(self, kind):
        repo = self.make(kind)
        if kind != "npm":  # one kind shows what all tasks do; for each script lage starts the client
            repo.tasks = scale([task for task in repo.tasks if task not in ("test", "lint")], repo.tasks)
        if kind in scale(("single",), KINDS):  # the others are as good a test of what both agree on when they are dirty
            self.compare(repo)
        dirty = self.clone(repo, kind + "-dirty")
        place = "" if kind == "single" else "packages/core/"
        dirty.write(place + "src/index.js", "edited\n")
        dirty.write(place + "src/new file.js", "not tracked\r\nyet\n")
        self.compare(dirty)

    def test_npm(self):
        self.compare_clean_and_dirty("npm")

    def test_npm_with_a_cache_key(self):
        self.compare_clean_and_dirty("npm-v2")

    def test_yarn(self):
        self.compare_clean_and_dirty("yarn")

    def test_berry(self):
        self.compare_clean_and_dirty("berry")

    def test_pnpm(self):
        self.compare_clean_and_dirty("pnpm")

    def test_root_targets_and_environment_globs(self):
        self.compare_clean_and_dirty("rooted")

    def test_a_single_package(self):
        self.compare_clean_and_dirty("single")

    def test_arguments_enter_every_key(self):
        repo = self.make("npm")
        repo.tasks = ["types"]
        self.lage(repo, "--", "--minify", "a b")
        self.assert_ours_hit(repo, ["--", "--minify", "a b"])
        self.ours(repo, "--", "--other")
        self.assert_lage_hits(repo, ["--", "--other"])

    def test_what_lage_does_not_see_is_told_once(self):
        repo = self.make("rooted")
        repo.write("lage.config.js", "module.exports = " + json.dumps({"pipeline": {
            "build": {"dependsOn": ["^build"], "outputs": ["lib/**"]},
            "#check": {"inputs": ["config/**"], "outputs": [], "type": "npmScript"},
            "#stamp": {"inputs": ["config/**"], "outputs": ["lib/**"], "type": "npmScript"}}}) + ";\n")
        repo.tasks = ["build", "check", "stamp"]
        first = self.ours(repo)
        self.assertEqual(first.output.count("does not tell #"), 1, first.output)
        self.assertNotIn("does not see names", first.output)
        repo.path("packages/core/src/index.js").rename(repo.path("packages/core/src/main.js"))
        second = self.ours(repo)
        self.assertEqual(second.executed, set())
        self.assertEqual(second.output.count("does not see names"), 1, second.output)
        repo.write("packages/core/src/main.js", "windows\r\n")
        third = self.ours(repo)
        self.assertEqual(third.output.count("CRLF line ends"), 1, third.output)

    def test_random_edits_with_both_in_turn(self):
        rng = seeded()
        kinds = rng.sample(sorted(KINDS), scale(2, len(KINDS)))
        repos = [self.make(kind) for kind in kinds]
        edits = scale(6, 200)
        print(f"{edits} edits over repositories of the kinds {', '.join(kinds)}")
        for number in range(edits):
            repo = repos[number % len(repos)]
            self.edit(repo, rng, number)
            if rng.random() < 0.5:
                self.lage(repo)
                self.assert_ours_hit(repo)
            else:
                self.ours(repo)
                self.assert_lage_hits(repo)

    def edit(self, repo, rng, number):
        files = sorted(p for p in [*repo.root.glob("packages/*/src/*"), *repo.root.glob("src/*"), *repo.root.glob("config/*"),
                                   *repo.root.glob("*.env")] if p.is_file())
        place = rng.choice(files)
        action = rng.choice(["edit", "edit", "add", "rename", "delete", "mode", "touch", "commit", "crlf", "stash", "dependency",
                             "lock", "checkout", "forget"])
        if action == "edit":
            place.write_text(place.read_text() + f"{number}\n")
        elif action == "add":
            (place.parent / f"ä new {number}.js").write_text(f"{number}\n")
        elif action == "rename":
            place.rename(place.with_name(f"r{number}{place.suffix}"))
        elif action == "delete" and sum(p.parent == place.parent for p in files) > 1:
            place.unlink()
        elif action == "mode":
            place.chmod(place.stat().st_mode ^ 0o111)
        elif action == "touch":
            os.utime(place)
        elif action == "commit":
            repo.commit(f"change {number}")
        elif action == "crlf":
            place.write_bytes(place.read_bytes() + b"windows\r\n")
        elif action == "stash":
            repo.git("stash", "-u", "-q", check=False)
        elif action == "dependency":
            manifest = rng.choice(sorted([*repo.root.glob("packages/*/package.json"), repo.path("package.json")]))
            data = json.loads(manifest.read_text())
            data["description"] = str(number)
            data.setdefault("dependencies", {})[f"extern{rng.randrange(3)}"] = f"^{number}.0.0"
            manifest.write_text(json.dumps(data))
        elif action == "lock":
            lock = next(repo.path(n) for n in ("yarn.lock", "pnpm-lock.yaml", "package-lock.json") if repo.exists(n))
            lock.write_text(lock.read_text().replace("2.1.0", f"2.1.{number}").replace("2.1.", "2.1.", 1))
        elif action == "checkout":
            repo.commit(f"before {number}")
            repo.git("checkout", "-q", rng.choice(repo.git("rev-list", "HEAD").split()))
            repo.git("checkout", "-q", "-B", f"b{number}")
        elif action == "forget" and repo.exists(CACHE + "/file_hashes.manifest"):
            repo.path(CACHE + "/file_hashes.manifest").unlink()
        files = [p for p in repo.root.glob("packages/*/src/*")]
        for package in repo.root.glob("packages/*"):
            if not any(p.is_relative_to(package) for p in files):
                (package / "src").mkdir(exist_ok=True)
                (package / "src/index.js").write_text("again\n")
