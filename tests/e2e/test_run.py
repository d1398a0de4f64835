"""The main job on small repositories: order, hits, flags, failures, the summary."""
import json
import os
import signal
import time

from harness import StillageTest

ALL = {"a#build", "b#build", "c#build"}


class Run(StillageTest):
    def test_first_run_misses_and_the_second_hits(self):
        repo = self.small_repo()
        first = repo.run("build")
        self.assertEqual(first.executed, ALL)
        self.assertEqual(repo.read("packages/c/dist/out"), "source of c\nsource of b\nsource of a\n")
        second = repo.run("build")
        self.assertEqual(second.executed, set())
        self.assertEqual(second.ids(status="skipped", hit="local"), ALL)
        self.assertEqual({i: first.key(i) for i in ALL}, {i: second.key(i) for i in ALL})

    def test_deleted_outputs_are_restored(self):
        repo = self.small_repo()
        repo.run("build")
        for name in "abc":
            repo.remove(f"packages/{name}/dist")
        self.assertEqual(repo.run("build").executed, set())
        self.assertEqual(repo.read("packages/c/dist/out"), "source of c\nsource of b\nsource of a\n")

    def test_an_edit_reruns_only_what_depends_on_it(self):
        repo = self.small_repo()
        repo.run("build")
        repo.write("packages/b/src/b.txt", "changed\n")
        self.assertEqual(repo.run("build").executed, {"b#build", "c#build"})
        self.assertEqual(repo.read("packages/c/dist/out"), "source of c\nchanged\nsource of a\n")

    def test_outputs_in_place_are_not_touched(self):
        repo = self.small_repo()
        repo.run("build")
        before = os.stat(repo.path("packages/a/dist/out"))
        time.sleep(0.05)
        repo.run("build")
        after = os.stat(repo.path("packages/a/dist/out"))
        self.assertEqual((before.st_mtime_ns, before.st_ctime_ns, before.st_ino),
                         (after.st_mtime_ns, after.st_ctime_ns, after.st_ino))

    def test_bare_task_names_run_them(self):
        repo = self.small_repo()
        repo.stillage("build")
        self.assertTrue(repo.exists("packages/c/dist/out"))

    def test_from_any_sub_directory(self):
        repo = self.small_repo()
        repo.stillage("run", "build", cwd=repo.path("packages/a/src"))
        self.assertTrue(repo.exists("packages/c/dist/out"))

    def test_a_failure_exits_with_1_and_shows_its_log_last(self):
        repo = self.small_repo()
        repo.package("b", {"build": "echo the reason >&2; exit 3"}, ["a"])
        done = repo.run("build", status=1)
        self.assertEqual(done.targets["a#build"]["status"], "success")
        self.assertEqual(done.targets["b#build"]["status"], "failed")
        self.assertEqual(done.targets["c#build"]["status"], "pending")
        self.assertEqual(done.data["result"], "failed")
        self.assertIn("the reason", done.output)
        repo.package("b", {"build": "mkdir -p dist && echo good > dist/out"}, ["a"])
        again = repo.run("build")
        self.assertEqual(again.executed, {"b#build", "c#build"})

    def test_a_failed_target_is_not_stored(self):
        repo = self.small_repo()
        repo.package("a", {"build": "mkdir -p dist && echo half > dist/out && exit 1"})
        repo.run("build", status=1)
        self.assertEqual(repo.run("build", status=1).targets["a#build"]["status"], "failed")

    def test_continue_goes_on_with_what_does_not_depend_on_a_failure(self):
        repo = self.small_repo()
        repo.package("a", {"build": "exit 1"})
        repo.package("d", {"build": "sleep 0.2; mkdir -p dist && echo d > dist/out"})
        done = repo.run("build", "--continue", status=1)
        self.assertEqual(done.targets["d#build"]["status"], "success")
        self.assertEqual(done.targets["b#build"]["status"], "pending")

    def test_scope_to_and_no_deps_select_targets(self):
        repo = self.small_repo()
        self.assertEqual(set(repo.run("build", "--to", "b").targets), {"a#build", "b#build"})
        self.assertEqual(set(repo.run("build", "--scope", "b").targets), ALL)
        self.assertEqual(set(repo.run("build", "--scope", "b", "--no-deps").targets), {"a#build", "b#build"})

    def test_dry_run_runs_nothing_and_tells_what_would_run(self):
        repo = self.small_repo()
        done = repo.stillage("run", "build", "--dry-run")
        self.assertIn("c#build", done.stdout)
        self.assertFalse(repo.exists("packages/a/dist"))

    def test_no_cache_always_runs_and_stores_nothing(self):
        repo = self.small_repo()
        self.assertEqual(repo.run("build", "--no-cache").executed, ALL)
        self.assertEqual(repo.store_entries(), [])
        self.assertEqual(repo.run("build").executed, ALL)
        self.assertEqual(repo.run("build", "--no-cache").executed, ALL)

    def test_reset_cache_runs_again_and_stores(self):
        repo = self.small_repo()
        repo.run("build")
        self.assertEqual(repo.run("build", "--reset-cache").executed, ALL)
        self.assertEqual(repo.run("build").hits, ALL)

    def test_a_script_less_package_keeps_order_and_invalidation(self):
        repo = self.repo()
        repo.package("d", {"build": "sleep 0.3; mkdir -p dist; cat src > dist/out"})
        repo.write("packages/d/src", "one")
        repo.package("c", {}, ["d"])
        repo.package("b", {}, ["c"])
        repo.package("a", {"build": "mkdir -p dist; cat ../d/dist/out > dist/out"}, ["b"])
        repo.npm_root()
        repo.write(".gitignore", "dist\n")
        repo.commit()
        self.assertEqual(repo.run("build").executed, {"a#build", "d#build"})
        repo.write("packages/d/src", "two")
        self.assertEqual(repo.run("build").executed, {"a#build", "d#build"})
        self.assertEqual(repo.read("packages/a/dist/out"), "two")

    def test_arguments_reach_and_key_the_named_tasks_only(self):
        repo = self.repo()
        repo.write("stillage.config.json", {"pipeline": {"build": {"dependsOn": ["prepare"], "outputs": ["dist/**"]},
                                                         "prepare": {"outputs": []}}})
        repo.package("a", {"build": "mkdir -p dist; printf '%s|' > dist/args", "prepare": "true"})
        repo.npm_root()
        repo.write(".gitignore", "dist\n")
        repo.commit()
        one = repo.run("build", "--", "x y", "z")
        self.assertEqual(repo.read("packages/a/dist/args"), "x y|z|")
        two = repo.run("build", "--", "x", "y z")
        self.assertEqual(repo.read("packages/a/dist/args"), "x|y z|")
        self.assertEqual(two.executed, {"a#build"})
        self.assertEqual(one.key("a#prepare"), two.key("a#prepare"))
        self.assertNotEqual(one.key("a#build"), two.key("a#build"))

    def test_scripts_see_what_npm_run_gives_them(self):
        repo = self.repo()
        repo.package("a", {"prebuild": "echo pre >> ../../log", "build": "tool; env > ../../seen; echo main >> ../../log",
                           "postbuild": "echo post >> ../../log"})
        repo.write("packages/a/node_modules/.bin/tool", "#!/bin/sh\necho own >> ../../log\n", 0o755)
        repo.write("node_modules/.bin/tool", "#!/bin/sh\necho root >> ../../log\n", 0o755)
        repo.npm_root()
        repo.write(".gitignore", "node_modules\nlog\nseen\n")
        repo.commit()
        repo.run("build", "--no-cache")
        self.assertEqual(repo.read("log").split(), ["pre", "own", "main", "post"])
        seen = dict(line.split("=", 1) for line in repo.read("seen").splitlines() if "=" in line)
        self.assertEqual(seen["npm_lifecycle_event"], "build")
        self.assertEqual(seen["npm_package_name"], "a")
        self.assertEqual(seen["INIT_CWD"], str(repo.path("packages/a")))

    def test_the_summary_has_what_it_promises(self):
        repo = self.small_repo()
        data = repo.run("build").data
        self.assertEqual(data["result"], "success")
        self.assertIn("format", data)
        row = data["targets"][0]
        for field in ("id", "hash", "status", "hit", "reason", "seconds"):
            self.assertIn(field, row)
        self.assertRegex(row["hash"], "^[0-9a-f]{64}$")
        self.assertEqual(data["counts"]["success"], 3)

    def test_a_summary_in_the_repository_is_nobodys_input(self):
        repo = self.small_repo()
        for ran in (3, 0, 0):
            repo.stillage("run", "build", "--summary", "summary.json")
            counts = json.loads(repo.read("summary.json"))["counts"]
            self.assertEqual(counts["success"], ran)
        self.assertEqual(repo.run("build").executed, set())

    def test_unknown_tasks_and_scopes_name_the_nearest(self):
        repo = self.small_repo()
        self.assertIn("build", repo.stillage("run", "bulid", status=1).stderr)
        self.assertNotEqual(repo.stillage("run", "build", "--scope", "nothing", status=None).returncode, 0)

    def test_interrupt_ends_the_scripts_and_stores_nothing(self):
        repo = self.small_repo()
        repo.package("a", {"build": "echo $$ > ../../pid; mkdir -p dist; echo half > dist/out; sleep 100; echo more"})
        process = repo.start("run", "build")
        deadline = time.time() + 20
        while not repo.exists("pid") and time.time() < deadline:
            time.sleep(0.02)
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        self.assertNotEqual(process.returncode, 0)
        self.assertFalse(os.path.exists(f"/proc/{repo.read('pid').strip()}"))
        self.assertEqual(repo.store_entries(), [])

    def test_lage_configs_work_as_they_stand(self):
        repo = self.small_repo()
        repo.write("lage.config.js", """module.exports = {
          pipeline: {build: {dependsOn: ["^build"], outputs: ["dist/**"], weight: (t) => t.packageName === "a" ? 2 : 1},
                     test: ["build"], lint: []},
          npmClient: "npm",
          cacheOptions: {outputGlob: ["dist/**"], environmentGlob: ["lage.config.js"]},
        };""")
        self.assertEqual(repo.run("build", "test").executed, ALL)
        self.assertEqual(repo.run("build").hits, ALL)

    def test_hash_runs_nothing_and_equals_the_keys_of_a_run(self):
        repo = self.small_repo()
        hashes = repo.hashes("build")
        self.assertFalse(repo.exists("packages/a/dist"))
        done = repo.run("build")
        self.assertEqual(hashes, {i: done.key(i) for i in ALL})
        self.assertEqual(repo.hashes("b#build"), {i: hashes[i] for i in ("a#build", "b#build")})

    def test_hash_knows_a_target_that_only_groups_others(self):
        repo = self.small_repo()
        repo.write("stillage.config.json", {"pipeline": {"build": ["^build"], "#all": {"dependsOn": ["build"]}}})
        hashes = repo.hashes("build")
        grouped = repo.hashes("#all")
        self.assertEqual(set(grouped), ALL | {"#all"})
        self.assertEqual({i: grouped[i] for i in ALL}, hashes)
        repo.write("packages/c/src/c.txt", "changed\n")
        self.assertNotEqual(repo.hashes("#all")["#all"], grouped["#all"])
        self.assertEqual(repo.run("#all").executed, ALL)

    def test_the_log_is_replayed_in_order(self):
        repo = self.small_repo()
        repo.package("a", {"build": "mkdir -p dist; cp src/* dist/out; echo 1; sleep 0.05; echo 2 >&2; sleep 0.05; echo 3"})
        repo.run("build")
        again = repo.stillage("run", "build", "--verbose", "--grouped").stdout
        self.assertRegex(again.replace("\r", ""), r"(?s)1\n.*2\n.*3\n")
