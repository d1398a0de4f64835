"""`stillage cache` on a remote, `cache evict`, and `run --force`, with real runs."""
import json
import unittest

from harness import StillageTest
from servers import Nginx


class CacheRemoteTest(StillageTest):
    def setUp(self):
        super().setUp()
        self.tree = self.repo()
        for name in ("a", "b"):
            self.tree.package(name, {"build": f"mkdir -p dist && date +%s%N > dist/{name}.txt"})
        self.tree.write(".gitignore", "dist\nnode_modules\n")
        self.tree.write("stillage.config.json", {"pipeline": {"build": {"outputs": ["dist/**"]}}})
        self.tree.npm_root()
        self.tree.commit()
        self.folder = self.tree.base / "remote"
        self.folder.mkdir()
        self.tree.env.update({"STILLAGE_REMOTE": f"file://{self.folder}", "STILLAGE_WRITE_REMOTE_CACHE": "true"})
        self.summary = self.tree.run("build")
        self.key = self.summary.key("a#build")
        self.assertEqual(len(self.blobs()), 2)

    def blobs(self):
        return sorted(p for p in (self.folder / "v1").rglob("*") if p.is_file()) if (self.folder / "v1").exists() else []

    def blob(self, key):
        return self.folder / "v1" / key

    def cache(self, *args, status=0, **more):
        return self.tree.stillage("cache", *args, status=status, **more)

    def forget_local(self):
        self.cache("clear")
        for name in ("a", "b"):
            self.tree.remove(f"packages/{name}/dist")

    def test_stats_and_ls(self):
        size = sum(p.stat().st_size for p in self.blobs())
        stats = json.loads(self.cache("stats", "--remote", "--json").stdout)
        self.assertEqual((stats["entries"], stats["bytes"]), (2, size))
        (self.folder / "README").write_text("not ours")
        (self.folder / "zones/pr/v1").mkdir(parents=True)
        (self.folder / "zones/pr/v1" / self.key).write_bytes(self.blob(self.key).read_bytes())
        rows = json.loads(self.cache("ls", "--remote", "--json").stdout)["entries"]
        self.assertEqual(sorted((row["zone"], row["key"]) for row in rows),
                         sorted([("", k) for k in (self.key, self.summary.key("b#build"))] + [("pr", self.key)]))
        self.assertEqual(len(json.loads(self.cache("ls", "--remote", "--zone", "pr", "--json").stdout)["entries"]), 1)
        self.assertIn(self.key[:12], self.cache("ls", "--remote").stdout)
        self.assertIn("3 entries", self.cache("stats", "--remote").stdout)

    def test_clear_asks_for_a_yes_and_spares_what_is_not_ours(self):
        (self.folder / "v1" / "notes.txt").write_text("not ours")
        self.assertIn("--yes", self.cache("clear", "--remote", status=1).stderr)
        self.assertTrue(self.blob(self.key).exists())
        self.assertIn("removed 2 entries", self.cache("clear", "--remote", "--yes").stdout)
        self.assertEqual([p.name for p in self.blobs()], ["notes.txt"])
        # The local cache has them still.
        self.assertEqual(self.tree.run("build").executed, set())

    def test_verify_finds_what_is_damaged_and_evict_removes_it(self):
        self.assertIn("2 entries as stored, 0 damaged", self.cache("verify", "--remote").stdout)
        bytes_of = bytearray(self.blob(self.key).read_bytes())
        bytes_of[len(bytes_of) // 2] ^= 1
        self.blob(self.key).write_bytes(bytes_of)
        done = self.cache("verify", "--remote", status=1)
        self.assertIn(f"damaged: v1/{self.key}: ", done.stdout)
        self.assertIn("1 entry as stored, 1 damaged", done.stdout)
        self.cache("evict", self.key, "--remote")
        self.assertFalse(self.blob(self.key).exists())
        self.assertIn("1 entry as stored, 0 damaged", self.cache("verify", "--remote", "--sample", "5").stdout)

    def test_verify_finds_an_entry_under_the_key_of_another(self):
        self.blob(self.key).write_bytes(self.blob(self.summary.key("b#build")).read_bytes())
        self.assertIn("another key", self.cache("verify", "--remote", status=1).stdout)

    def test_evict_by_target_here_and_there(self):
        done = self.cache("evict", "a#build", "--remote")
        self.assertIn("removed 1 entry of " + self.key[:12], done.stdout)
        self.assertFalse(self.blob(self.key).exists())
        self.assertEqual(self.tree.run("build").executed, {"a#build"})
        self.assertTrue(self.blob(self.key).exists())

    def test_evict_here_alone(self):
        self.cache("evict", self.key[:10])
        self.assertTrue(self.blob(self.key).exists())
        summary = self.tree.run("build")
        self.assertEqual(summary.executed, set())
        self.assertEqual(summary.targets["a#build"]["hit"], "remote")

    def test_evict_says_what_it_does_not_know(self):
        self.assertIn("no entry has a key", self.cache("evict", "deadbeef", status=1).stderr)
        self.assertIn("nope", self.cache("evict", "nope#build", status=1).stderr)

    def test_force_replaces_what_is_there_and_there(self):
        before = self.tree.read("packages/a/dist/a.txt")
        self.assertEqual(self.tree.run("build", "--force").executed, {"a#build", "b#build"})
        after = self.tree.read("packages/a/dist/a.txt")
        self.assertNotEqual(before, after)
        self.forget_local()
        summary = self.tree.run("build")
        self.assertEqual(summary.executed, set())
        self.assertEqual(self.tree.read("packages/a/dist/a.txt"), after)

    def test_a_remote_that_cannot_list(self):
        with Nginx() as nginx:
            env = {"STILLAGE_REMOTE": nginx.url}
            self.assertIn("can't list", self.cache("ls", "--remote", status=1, env=env).stderr)
            self.forget_local()
            self.tree.run("build", env=env)
            self.assertTrue((nginx.files / "v1" / self.key).exists())
            self.assertIn("removed 1 entry", self.cache("evict", "a#build", "--remote", env=env).stdout)
            self.assertFalse((nginx.files / "v1" / self.key).exists())

    def test_a_remote_that_cannot_list_is_asked_in_the_zones_of_the_configuration(self):
        with Nginx() as nginx:
            env = {"STILLAGE_REMOTE": nginx.url, "STILLAGE_ZONE": "main"}
            self.forget_local()
            self.tree.run("build", env=env)
            blob = nginx.files / "zones/main/v1" / self.key
            self.assertTrue(blob.exists())
            self.assertIn("removed 0 entries", self.cache("evict", self.key, "--remote", "--zone", "pr", env=env).stdout)
            self.assertTrue(blob.exists())
            self.cache("evict", self.key, "--remote", env=env)
            self.assertFalse(blob.exists())

    def test_without_a_remote_it_is_said_how_to_name_one(self):
        done = self.cache("ls", "--remote", status=1, env={"STILLAGE_REMOTE": "off"})
        self.assertIn("STILLAGE_REMOTE", done.stderr)


if __name__ == "__main__":
    unittest.main()
