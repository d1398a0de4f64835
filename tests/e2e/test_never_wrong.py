"""Never a wrong hit: what was measured to go wrong elsewhere."""
import os
import random
import signal
import subprocess
import time

from harness import BINARY, StillageTest, scale, seeded, tree


class NeverWrong(StillageTest):
    def one_package(self, script="mkdir -p dist && cp -R src/. dist", **config):
        repo = self.repo()
        repo.package("a", {"build": script})
        repo.write("packages/a/src/one.txt", "1\n")
        repo.write("packages/a/src/two.txt", "2\n")
        repo.write("stillage.config.json", {"pipeline": {"build": {"outputs": ["dist/**"], **config}}})
        repo.npm_root()
        repo.write(".gitignore", "dist\n")
        repo.commit()
        return repo

    def assert_misses(self, repo, change, *args, env=None):
        self.assertEqual(repo.run("build", *args).executed, {"a#build"})
        self.assertEqual(repo.run("build", *args).executed, set())
        change()
        self.assertEqual(repo.run("build", *args, env=env).executed, {"a#build"})

    def test_a_renamed_input_misses(self):
        repo = self.one_package()
        self.assert_misses(repo, lambda: repo.path("packages/a/src/one.txt").rename(repo.path("packages/a/src/three.txt")))
        self.assertEqual(sorted(os.listdir(repo.path("packages/a/dist"))), ["three.txt", "two.txt"])

    def test_two_inputs_with_swapped_contents_miss(self):
        repo = self.one_package()

        def swap():
            repo.write("packages/a/src/one.txt", "2\n")
            repo.write("packages/a/src/two.txt", "1\n")
        self.assert_misses(repo, swap)
        self.assertEqual(repo.read("packages/a/dist/one.txt"), "2\n")

    def test_content_moved_between_files_misses(self):
        repo = self.one_package()

        def move():
            repo.write("packages/a/src/one.txt", "")
            repo.write("packages/a/src/two.txt", "1\n2\n")
        self.assert_misses(repo, move)

    def test_chmod_of_an_input_misses(self):
        repo = self.one_package()
        self.assert_misses(repo, lambda: repo.path("packages/a/src/one.txt").chmod(0o755))

    def test_a_retargeted_link_misses(self):
        repo = self.one_package()
        os.symlink("one.txt", repo.path("packages/a/src/link"))
        repo.commit()

        def retarget():
            repo.remove("packages/a/src/link")
            os.symlink("two.txt", repo.path("packages/a/src/link"))
        self.assert_misses(repo, retarget)

    def test_an_empty_variable_is_not_an_absent_one(self):
        repo = self.one_package(env=["FLAVOUR"])
        self.assert_misses(repo, lambda: None, env={"FLAVOUR": ""})
        self.assertEqual(repo.run("build", env={"FLAVOUR": "x"}).executed, {"a#build"})
        self.assertEqual(repo.run("build", env={"UNDECLARED": "x"}).executed, set())

    def test_an_edit_within_the_same_tick_and_of_the_same_size_misses(self):
        repo = self.one_package()
        for i in range(scale(20, 200)):
            text = f"{i % 10}{i // 10 % 10}\n"
            path = repo.path("packages/a/src/one.txt")
            stamp = os.stat(path)
            with open(path, "r+") as file:
                file.write(text)
                file.truncate()
            os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
            repo.run("build")
            self.assertEqual(repo.read("packages/a/dist/one.txt"), text)

    def test_two_root_targets_with_equal_inputs_stay_apart(self):
        repo = self.repo()
        repo.package("a", {})
        repo.npm_root(scripts={"gen1": "mkdir -p out; echo 1 > out/1", "gen2": "mkdir -p out; echo 2 > out/2"})
        repo.write("stillage.config.json", {"pipeline": {
            "#gen1": {"type": "npmScript", "inputs": ["package.json"], "outputs": ["out/1"]},
            "#gen2": {"type": "npmScript", "inputs": ["package.json"], "outputs": ["out/2"]}}})
        repo.write(".gitignore", "out\n")
        repo.commit()
        self.assertEqual(repo.run("gen1", "gen2").executed, {"#gen1", "#gen2"})
        self.assertEqual((repo.read("out/1"), repo.read("out/2")), ("1\n", "2\n"))
        repo.remove("out")
        self.assertEqual(repo.run("gen1", "gen2").executed, set())
        self.assertEqual((repo.read("out/1"), repo.read("out/2")), ("1\n", "2\n"))

    def test_every_flip_and_every_truncation_of_an_entry_is_a_miss(self):
        repo = self.one_package()
        repo.run("build")
        (entry,) = repo.store_entries()
        whole = entry.read_bytes()
        want = tree(repo.path("packages/a/dist"))
        rng = seeded()
        flips = [("flip", i) for i in range(len(whole))] + [("cut", i) for i in range(len(whole))]
        chosen = flips if scale(0, 1) else rng.sample(flips, 60)
        print(f"{len(chosen)} of {len(flips)} damages")
        for kind, at in chosen:
            bad = whole[:at] if kind == "cut" else whole[:at] + bytes([whole[at] ^ (1 << rng.randrange(8))]) + whole[at + 1:]
            entry.write_bytes(bad)
            if rng.random() < 0.7:
                repo.remove("packages/a/dist")
            done = repo.run("build")
            self.assertEqual(done.executed, {"a#build"}, (kind, at))
            self.assertEqual(tree(repo.path("packages/a/dist")), want)
            self.assertEqual(done.output.count("is damaged"), 1, done.output)
            self.assertEqual(repo.run("build").executed, set())

    def test_a_stale_output_is_removed_on_a_hit(self):
        repo = self.one_package()
        repo.run("build")
        repo.write("packages/a/src/three.txt", "3\n")
        repo.run("build")
        repo.remove("packages/a/src/three.txt")
        self.assertEqual(repo.run("build").executed, set())
        self.assertEqual(sorted(os.listdir(repo.path("packages/a/dist"))), ["one.txt", "two.txt"])

    def test_a_stale_output_is_not_stored_by_the_next_run(self):
        repo = self.one_package()
        repo.run("build")
        repo.path("packages/a/src/one.txt").rename(repo.path("packages/a/src/uno.txt"))
        repo.run("build")
        self.assertEqual(sorted(os.listdir(repo.path("packages/a/dist"))), ["two.txt", "uno.txt"])
        repo.remove("packages/a/dist")
        self.assertEqual(repo.run("build").executed, set())
        self.assertEqual(sorted(os.listdir(repo.path("packages/a/dist"))), ["two.txt", "uno.txt"])

    def test_a_users_file_is_never_removed(self):
        repo = self.one_package()
        repo.write(".gitignore", "dist/*\n!dist/mine.txt\n")
        repo.write("packages/a/dist/mine.txt", "by hand\n")
        repo.commit()
        repo.write("packages/a/dist/new-and-mine.txt", "ignored by git, though\n")
        repo.run("build")
        self.assertEqual(repo.read("packages/a/dist/mine.txt"), "by hand\n")
        repo.run("build")
        self.assertEqual(repo.read("packages/a/dist/mine.txt"), "by hand\n")

    def test_a_users_file_with_a_name_like_ours_is_an_input_and_stays(self):
        repo = self.one_package("mkdir -p dist && cat .stillage-env > dist/out")
        repo.write("packages/a/.stillage-env", "one\n")
        os.utime(repo.path("packages/a/.stillage-env"), (1, 1))
        repo.commit()

        def edit():
            repo.write("packages/a/.stillage-env", "two\n")
            os.utime(repo.path("packages/a/.stillage-env"), (2, 2))
        self.assert_misses(repo, edit)
        self.assertEqual(repo.read("packages/a/dist/out"), "two\n")
        self.assertTrue(repo.exists("packages/a/.stillage-env"))

    def test_inputs_of_dependencies_of_a_root_target_are_an_error(self):
        repo = self.one_package()
        repo.npm_root(scripts={"lint": "true"})
        repo.write("stillage.config.json", {"pipeline": {"#lint": {"inputs": ["^src/**"], "outputs": []}}})
        self.assertIn("^", repo.stillage("run", "#lint", status=1).stderr)

    def test_an_input_edited_while_its_target_runs_is_not_stored(self):
        repo = self.one_package("mkdir -p dist && cp -R src/. dist && touch ../../started && sleep 1")
        repo.package("b", {"build": "mkdir -p dist && cat ../a/dist/one.txt > dist/out"}, ["a"])
        repo.write("stillage.config.json", {"pipeline": {"build": {"dependsOn": ["^build"], "outputs": ["dist/**"]}}})
        repo.write(".gitignore", "dist\nstarted\n")
        repo.commit()
        process = repo.start("run", "build")
        while not repo.exists("started"):
            time.sleep(0.02)
        repo.write("packages/a/src/one.txt", "edited\n")
        output = process.communicate(timeout=60)[0].decode()
        self.assertEqual(process.returncode, 0, output)
        self.assertIn("changed", output)
        self.assertEqual(repo.store_entries(), [])
        self.assertEqual(repo.run("build").executed, {"a#build", "b#build"})
        self.assertEqual(repo.read("packages/b/dist/out"), "edited\n")

    def test_undeclared_outputs_that_git_would_list_are_not_stored(self):
        repo = self.repo()
        repo.package("a", {"build": "mkdir -p dist gen && echo 1 > dist/1 && echo 2 > gen/2"})
        repo.npm_root()
        repo.write(".gitignore", "dist\n")
        repo.commit()
        done = repo.run("build")
        self.assertIn("packages/a/gen/2", done.output)
        self.assertIn("outputs", done.output)
        self.assertEqual(repo.store_entries(), [])

    def test_a_run_that_deletes_a_tracked_file_of_its_outputs_is_not_stored(self):
        repo = self.one_package("rm -f dist/kept; mkdir -p dist; cp -R src/. dist")
        repo.write("packages/a/dist/kept", "by hand\n")
        repo.git("add", "-f", "packages/a/dist/kept")
        repo.commit()
        done = repo.run("build")
        self.assertIn("deleted the tracked file packages/a/dist/kept", done.output)
        repo.git("checkout", "packages/a/dist/kept")
        self.assertEqual(repo.run("build").executed, {"a#build"})
        self.assertFalse(repo.exists("packages/a/dist/kept"))

    def test_a_run_that_deletes_an_output_of_its_dependency_is_not_stored(self):
        repo = self.one_package()
        repo.package("a", {"build": "mkdir -p dist && cp -R src/. dist", "trim": "rm dist/one.txt"})
        repo.write("stillage.config.json", {"pipeline": {"build": {"outputs": ["dist/**"]},
                                                         "trim": {"dependsOn": ["build"], "outputs": []}}})
        repo.commit()
        for executed in ({"a#build", "a#trim"}, {"a#trim"}, {"a#trim"}):
            done = repo.run("trim")
            self.assertEqual(done.executed, executed)
            self.assertIn("deleted packages/a/dist/one.txt, an output of a#build", done.output)
            self.assertEqual(os.listdir(repo.path("packages/a/dist")), ["two.txt"])

    def test_a_new_file_that_keeps_a_result_from_being_stored_is_named_with_the_remedy(self):
        repo = self.one_package("mkdir -p dist gen; echo $$ > gen/left; if [ ! -e ../../second ]; then touch ../../started; sleep 60; fi; "
                                "rm -rf gen; cp -R src/. dist; [ ! -e ../../third ] || echo x > new")
        repo.write(".gitignore", "dist\nstarted\nsecond\nthird\n")
        repo.commit()
        process = repo.start("run", "build")
        while not repo.exists("started"):
            time.sleep(0.02)
        time.sleep(0.1)
        process.kill()
        process.communicate()
        repo.write("second", "")
        # What the killed script left is an input, as any new file is; the script takes it away.
        self.assertIn("packages/a/gen/left disappeared while it ran; if the task makes it, add it to \"outputs\" in "
                      "stillage.config.json", repo.run("build").output)
        self.assertEqual(repo.run("build").executed, {"a#build"})
        self.assertEqual(repo.run("build").executed, set())
        repo.write("third", "")
        self.assertIn("packages/a/new appeared while it ran; if the task makes it, add it to \"outputs\" in stillage.config.json",
                      repo.run("build", "--reset-cache").output)

    def test_kill_while_storing_never_leaves_a_wrong_entry(self):
        files = scale(1000, 20000)
        rounds = scale(12, 200)
        print(f"{rounds} kills while storing {files} files")
        rng = seeded()
        repo = self.one_package(f"mkdir -p dist/d && for i in $(seq {files}); do echo content $i > dist/d/$i; done")
        first = time.time()
        repo.run("build")
        want = tree(repo.path("packages/a/dist"))
        self.assertEqual(len(want), files + 1)
        length = time.time() - first
        # A script that is quick from the second time on, so that most kills meet the store and not the script.
        repo.path("packages/a/dist").rename(repo.base / "made")
        repo.package("a", {"build": f"rm -rf dist && cp -a {repo.base}/made dist && touch {repo.base}/ran"})
        repo.commit()
        start = time.time()
        repo.run("build", "--reset-cache")
        length = time.time() - start
        for _ in range(rounds):
            for entry in repo.store_entries():
                entry.unlink()
            repo.remove("packages/a/dist")
            process = subprocess.Popen([BINARY, "run", "build"], cwd=repo.root, env=repo.env, stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
            time.sleep(length * rng.uniform(0.2, 1.05))
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            # The next run meets whatever was left, with a script of the killed one perhaps still at work.
            repo.run("build")
            self.assertEqual(tree(repo.path("packages/a/dist")), want)
            repo.remove("packages/a/dist")
            self.assertEqual(repo.run("build").executed, set())
            self.assertEqual(tree(repo.path("packages/a/dist")), want)

    def test_kill_while_restoring_is_mended_by_the_next_run(self):
        files = scale(1000, 20000)
        rounds = scale(10, 100)
        print(f"{rounds} kills while restoring {files} files")
        rng = seeded()
        repo = self.one_package(f"mkdir -p dist/d && for i in $(seq {files}); do echo content $i > dist/d/$i; done")
        repo.run("build")
        want = tree(repo.path("packages/a/dist"))
        repo.remove("packages/a/dist")
        start = time.time()
        repo.run("build")
        length = time.time() - start
        for _ in range(rounds):
            for name in rng.sample(range(1, files + 1), files // 2):
                if repo.exists(f"packages/a/dist/d/{name}"):
                    repo.remove(f"packages/a/dist/d/{name}")
            process = repo.start("run", "build")
            time.sleep(length * rng.uniform(0, 1))
            process.kill()
            process.communicate()
            self.assertEqual(repo.run("build").executed, set())
            self.assertEqual(tree(repo.path("packages/a/dist")), want)
