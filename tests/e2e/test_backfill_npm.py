"""Plain backfill and the published one on one npm registry: what either puts the other fetches, and what npm or the original
would lose on the way is there again with ours."""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess

from harness import BINARY, SOURCE, StillageTest, tree
from servers import PATIENT_NPM, Verdaccio

ORIGINAL = SOURCE / "tests/compat/node_modules/backfill/bin/backfill.js"
NAME = "@team/cache"
LONG = "d" * 60 + "/" + "e" * 60 + "/" + "n" * 90
# What both keep: plain files, whatever their names, sizes and modes.
PLAIN = ("mkdir -p lib/deep && cat src/* > lib/out && cp lib/out 'lib/deep/a name' && chmod 755 lib/out && : > lib/empty && "
         f"mkdir -p lib/{os.path.dirname(LONG)} && echo long > lib/{LONG} && echo e > lib/é.js && "
         "head -c 3000000 /dev/zero > lib/large && echo name > lib/package.json && echo '*' > lib/npmignore && ")
# What the original loses: names that start with a dot, links, what npm never packs.
DIFFICULT = ("echo dot > lib/.hidden && mkdir -p lib/.folder && echo dot > lib/.folder/file && ln -sfn out lib/link && "
             "ln -sfn ../src/one.txt lib/up && echo '*' > lib/.npmignore && echo '*' > lib/.gitignore && "
             "mkdir -p lib/node_modules/x && echo x > lib/node_modules/x/index.js && echo rc > lib/.npmrc && "
             "echo lock > lib/package-lock.json && echo orig > lib/a.orig && mkdir -p .stillage && echo m > .stillage/more.tar && ")
GLOBS = ["lib/**", ".stillage/**", "package.json"]


class BackfillNpm(StillageTest):
    def setUp(self):
        super().setUp()
        self.registry = Verdaccio()
        self.registry.__enter__()
        self.addCleanup(self.registry.__exit__)
        self.bin = pathlib.Path(self.base) / "backfill"
        os.symlink(os.path.abspath(BINARY), self.bin)

    def make(self, script, globs=("lib/**",)):
        repo = self.repo()
        repo.package("a")
        repo.write("packages/a/src/one.txt", "one\n")
        repo.write("packages/a/build.sh", script + "echo built\n")
        repo.npm_root()
        repo.write(".gitignore", "node_modules\nlib\n.stillage\n")
        repo.commit()
        npmrc = self.registry.npmrc(self.base)
        repo.env.update({
            "BACKFILL_CACHE_PROVIDER": "npm", "BACKFILL_OUTPUT_GLOB": json.dumps(list(globs)),
            "BACKFILL_CACHE_PROVIDER_OPTIONS": json.dumps(
                {"npmPackageName": NAME, "registryUrl": self.registry.url, "npmrcUserconfig": npmrc, **PATIENT_NPM}),
            # Without a tag new versions of npm publish nothing that backfill asks them to.
            "npm_config_tag": "backfill"})
        return repo

    def publish_something(self, repo):
        """The original takes a registry without the package for broken, and runs nothing."""
        repo.base.joinpath("first").mkdir()
        repo.base.joinpath("first/package.json").write_text(json.dumps({"name": NAME, "version": "0.0.0-first"}))
        subprocess.run(["npm", "publish", "--registry", self.registry.url, "--userconfig", self.registry.npmrc(self.base)],
                       cwd=repo.base / "first", env=repo.env, check=True, capture_output=True)

    def run_tool(self, repo, tool, **env):
        argv = ["node", str(ORIGINAL)] if tool == "original" else [str(self.bin)]
        done = subprocess.run([*argv, "--", "sh", "build.sh"], cwd=repo.path("packages/a"), env={**repo.env, **env}, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=180, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def fetch(self, repo, tool, **env):
        said = self.run_tool(repo, tool, **env)
        self.assertIn("Cache hit!", said)
        self.assertNotIn("built\n", said)
        return said

    def outputs(self, repo):
        """All outputs but empty folders: what they are, their content, whether they may be executed."""
        package, found = repo.path("packages/a"), {}
        for top in ("lib", ".stillage"):
            for path, entry in tree(package / top, skip=()).items():
                if entry[0] != "dir":
                    what = hashlib.sha1(entry[1]).hexdigest()[:8] if entry[0] == "file" else entry[1]
                    found[f"{top}/{path}"] = (entry[0], what, entry[2])
        return found

    def forget(self, repo):
        """What a fresh clone would not have."""
        for name in ("lib", ".stillage", "node_modules"):
            shutil.rmtree(repo.path("packages/a") / name, ignore_errors=True)
        repo.git("checkout", "-q", ".")

    def assert_nothing_left(self, repo):
        self.assertEqual([str(p) for p in repo.root.rglob(".stillage-*")], [])
        self.assertEqual(repo.git("status", "--short"), "")

    def test_backfill_puts_and_we_fetch(self):
        repo = self.make(PLAIN + "echo dot > lib/.hidden && ")
        self.publish_something(repo)
        self.assertIn("Cache miss!", self.run_tool(repo, "original"))
        self.assertEqual(len(self.registry.versions(NAME)), 2)
        made = self.outputs(repo)
        self.forget(repo)
        self.fetch(repo, "ours")
        self.assertEqual(self.outputs(repo), made)
        self.assert_nothing_left(repo)

    def test_we_put_and_backfill_fetches(self):
        repo = self.make(PLAIN + DIFFICULT)
        self.assertIn("Cache miss!", self.run_tool(repo, "ours"))
        self.assertEqual(len(self.registry.versions(NAME)), 1)
        made = self.outputs(repo)
        self.forget(repo)
        self.fetch(repo, "original")
        # It passes by what starts with a dot, and npm unpacks no links.
        seen = {path: entry for path, entry in made.items() if entry[0] == "file" and "/." not in "/" + path}
        self.assertEqual(self.outputs(repo), seen)
        self.assertIn("lib/package.json", seen)
        # Its own defect: the package's is the cache's now. With ours it is left alone.
        self.assertEqual(json.loads(repo.read("packages/a/package.json"))["name"], NAME)

    def test_we_put_and_fetch_all(self):
        repo = self.make(PLAIN + DIFFICULT, GLOBS)
        own = repo.read("packages/a/package.json")
        self.run_tool(repo, "ours")
        made = self.outputs(repo)
        self.assertIn("lib/.folder/file", made)
        self.assertEqual(made["lib/link"], ("link", "out", False))
        self.forget(repo)
        self.fetch(repo, "ours")
        self.assertEqual(self.outputs(repo), made)
        self.assertEqual(repo.read("packages/a/package.json"), own)
        self.assert_nothing_left(repo)
        # Published already is no failure.
        said = self.run_tool(repo, "ours", BACKFILL_MODE="WRITE_ONLY")
        self.assertIn("built", said)
        self.assertNotIn("403", said)
        self.assertEqual(len(self.registry.versions(NAME)), 1)

    def test_a_registry_that_refuses_or_is_gone_breaks_no_build(self):
        repo = self.make(PLAIN)
        token = self.registry.token
        wrong = pathlib.Path(self.base) / "wrong"
        wrong.write_text(f"//127.0.0.1:{self.registry.port}/:_authToken=wrong-{token}\n")
        options = json.loads(repo.env["BACKFILL_CACHE_PROVIDER_OPTIONS"])
        said = self.run_tool(repo, "ours", BACKFILL_CACHE_PROVIDER_OPTIONS=json.dumps({**options, "npmrcUserconfig": str(wrong)}))
        self.assertIn("built", said)
        self.assertIn("the npm registry", said)
        self.assertNotIn(token, said)
        self.assertEqual(self.registry.versions(NAME), [])
        self.forget(repo)
        self.registry.stop()
        said = self.run_tool(repo, "ours")
        self.assertIn("built", said)
        self.assertIn("ECONNREFUSED", said)
        self.assertTrue(repo.exists("packages/a/lib/out"))
