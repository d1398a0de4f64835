"""Places and company that a build meets: two runs at once, killed runs, other users, odd paths, no git."""
import os
import shutil
import signal
import subprocess
import time

from harness import BINARY, Repo, StillageTest, tree


def wait_for(condition, seconds=30):
    deadline = time.time() + seconds
    while not condition():
        if time.time() > deadline:
            raise AssertionError("waited too long")
        time.sleep(0.02)


class Places(StillageTest):
    def test_two_runs_at_once_run_each_target_once(self):
        repo = self.small_repo()
        for name, deps in (("a", []), ("b", ["a"]), ("c", ["b"])):
            repo.package(name, {"build": f"echo {name} >> ../../runs; sleep 0.5; mkdir -p dist; cat src/* > dist/out"}, deps)
        repo.write(".gitignore", "dist\nruns\n")
        repo.commit()
        processes = [repo.start("run", "build") for _ in range(3)]
        outputs = [p.communicate(timeout=60)[0].decode() for p in processes]
        self.assertEqual([p.returncode for p in processes], [0, 0, 0], outputs)
        self.assertEqual(sorted(repo.read("runs").split()), ["a", "b", "c"])

    def overlapping(self, **tasks):
        """One package, whose tasks all write into dist; each writes down when it starts and ends."""
        repo = self.repo()
        for name in tasks:
            tasks[name] = f"echo {name} starts >> ../../order; {tasks[name]}; echo {name} ends >> ../../order"
        repo.package("a", tasks)
        repo.write("packages/a/src/x", "1\n")
        repo.write("stillage.config.json", {"pipeline": {name: {"outputs": ["dist/**"]} for name in tasks}})
        repo.npm_root()
        repo.write(".gitignore", "dist\norder\n")
        repo.commit()
        return repo

    def test_two_runs_of_tasks_with_overlapping_outputs_take_turns(self):
        repo = self.overlapping(one="mkdir -p dist; echo 1 > dist/1; sleep 1.5; echo 1 > dist/one",
                                two="mkdir -p dist; echo 2 > dist/2; sleep 1.5; echo 2 > dist/two")
        processes = [repo.start("run", task, "--verbose") for task in ("one", "two")]
        outputs = [p.communicate(timeout=60)[0].decode() for p in processes]
        self.assertEqual([p.returncode for p in processes], [0, 0], outputs)
        order = repo.read("order").split("\n")[:4]
        self.assertEqual(order[0].split()[0], order[1].split()[0], order)
        self.assertEqual(sum("packages/a/dist" in output and "another run" in output for output in outputs), 1, outputs)
        self.assertEqual(sorted(os.listdir(repo.path("packages/a/dist"))), ["1", "2", "one", "two"])
        for task, want in (("one", ["1", "one"]), ("two", ["2", "two"])):
            shutil.rmtree(repo.path("packages/a/dist"))
            self.assertEqual(repo.run(task).executed, set())
            self.assertEqual(sorted(os.listdir(repo.path("packages/a/dist"))), want)

    def test_a_hit_waits_for_a_run_with_overlapping_outputs(self):
        repo = self.overlapping(one="mkdir -p dist; echo 1 > dist/1; touch ../../started; sleep 1; test -e dist/1",
                                two="mkdir -p dist; echo 2 > dist/2")
        repo.write(".gitignore", "dist\norder\nstarted\n")
        repo.commit()
        repo.run("two")
        process = repo.start("run", "one")
        wait_for(lambda: repo.exists("started"))
        self.assertEqual(repo.run("two").hits, {"a#two"})
        output = process.communicate(timeout=60)[0].decode()
        self.assertEqual(process.returncode, 0, output)
        self.assertEqual(sorted(os.listdir(repo.path("packages/a/dist"))), ["1", "2"])

    def test_a_hit_waits_for_a_command_of_its_own_run_with_overlapping_outputs(self):
        repo = self.overlapping(one="mkdir -p dist; echo 1 > dist/1; sleep 1.5; test -e dist/1",
                                two="mkdir -p dist; echo 2 > dist/2", slow="sleep 0.5")
        repo.write("stillage.config.json", {"pipeline": {
            "one": {"outputs": ["dist/**"], "inputs": ["src/**", "seed"]}, "slow": {"outputs": [], "cache": False, "inputs": []},
            "two": {"outputs": ["dist/**"], "inputs": ["src/**"], "dependsOn": ["slow"]}}})
        repo.run("two")
        repo.write("packages/a/seed", "x")
        done = repo.run("one", "two", "--concurrency", "4")
        self.assertEqual(done.hits, {"a#two"})
        self.assertEqual(sorted(os.listdir(repo.path("packages/a/dist"))), ["1", "2"])

    def test_runs_whose_outputs_do_not_overlap_go_on_side_by_side(self):
        repo = self.overlapping(one="mkdir -p dist; touch ../../one; while [ ! -e ../../two ]; do sleep 0.05; done",
                                two="mkdir -p lib; touch ../../two; while [ ! -e ../../one ]; do sleep 0.05; done")
        repo.write("stillage.config.json", {"pipeline": {"one": {"outputs": ["dist/**"]}, "two": {"outputs": ["lib/**"]}}})
        repo.write(".gitignore", "dist\nlib\norder\none\ntwo\n")
        repo.commit()
        processes = [repo.start("run", task) for task in ("one", "two")]
        outputs = [p.communicate(timeout=30)[0].decode() for p in processes]
        self.assertEqual([p.returncode for p in processes], [0, 0], outputs)

    def test_a_script_may_start_a_build_of_the_same_outputs(self):
        repo = self.overlapping(one="$STILLAGE run two && $STILLAGE exec --outputs 'dist/**' -- true", two="mkdir -p dist; echo 2 > dist/2")
        repo.stillage("run", "one", env={"STILLAGE": BINARY}, timeout=60)
        self.assertEqual(repo.read("packages/a/dist/2"), "2\n")

    def test_two_checkouts_do_not_wait_for_each_other_and_share_entries(self):
        one = self.small_repo()
        one.run("build")
        two = Repo(self.base, "second", home=one.home)
        shutil.rmtree(two.root)
        subprocess.run(["git", "clone", "-q", one.root, two.root], check=True, env=one.env)
        self.assertEqual(two.run("build").executed, set())
        self.assertEqual(two.read("packages/c/dist/out"), one.read("packages/c/dist/out"))

    def test_a_worktree_shares_entries(self):
        one = self.small_repo()
        one.run("build")
        two = Repo(self.base, "tree", home=one.home)
        shutil.rmtree(two.root)
        one.git("worktree", "add", "-q", str(two.root))
        self.assertEqual(two.run("build").executed, set())

    def test_scripts_of_a_killed_run_are_ended_by_the_next(self):
        repo = self.small_repo()
        repo.package("a", {"build": "echo $$ >> ../../pids; mkdir -p dist; cat src/* > dist/out; if [ ! -e ../../second ]; then sleep 60; "
                                    "echo late > dist/out; fi"})
        repo.write(".gitignore", "dist\npids\nsecond\n")
        repo.commit()
        process = repo.start("run", "build")
        wait_for(lambda: repo.exists("pids"))
        time.sleep(0.2)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        first = repo.read("pids").split()[0]
        self.assertTrue(os.path.exists(f"/proc/{first}"))
        repo.write("second", "")
        done = repo.run("build")
        self.assertEqual(done.executed, {"a#build", "b#build", "c#build"})
        wait_for(lambda: not os.path.exists(f"/proc/{first}"), 5)
        self.assertEqual(repo.read("packages/a/dist/out"), "source of a\n")

    def test_a_read_only_home_means_a_run_without_a_cache_that_says_so(self):
        repo = self.small_repo()
        self.open_to_all()
        repo.home.chmod(0o555)
        output = self.as_nobody(repo, "run", "build")
        self.assertTrue(repo.exists("packages/c/dist/out"))
        self.assertIn("cache", output)
        self.assertEqual(list(repo.home.iterdir()), [])

    def test_another_user_of_the_same_checkout_has_a_store_of_their_own(self):
        repo = self.small_repo()
        repo.run("build")
        self.open_to_all()
        other = self.base + "/other-home"
        os.mkdir(other)
        os.chmod(other, 0o777)
        self.as_nobody(repo, "run", "build", env={"HOME": other})
        store = os.stat(other + "/.cache/stillage/store")
        self.assertEqual(store.st_mode & 0o777, 0o700)
        self.as_nobody(repo, "run", "build", env={"HOME": other})

    def test_read_only_folders_of_outputs_are_no_hindrance(self):
        repo = self.repo()
        repo.package("a", {"build": "mkdir -p dist/deep/er && cp -R src/. dist/deep/er && echo x > dist/deep/x && "
                                    "touch dist/$(cat src/one) && chmod 555 dist/deep/er dist/deep dist"})
        repo.write("packages/a/src/one", "1")
        repo.write("stillage.config.json", {"pipeline": {"build": {"outputs": ["dist/**"]}}})
        repo.npm_root()
        repo.write(".gitignore", "dist\n")
        repo.commit()
        # As somebody whom permissions bind.
        subprocess.run(["chmod", "-R", "a+rwX", self.base], check=True)
        if os.getuid() == 0:
            subprocess.run(["chown", "-R", "65534:65534", self.base], check=True)
        repo.write("packages/a/src/one", "1")
        dist = repo.path("packages/a/dist")
        want, modes = {}, {"": 0o555, "deep": 0o555, "deep/er": 0o555}
        for text, how in (("1", "ran"), ("2", "ran"), ("1", "hit"), ("2", "hit"), ("2", "wiped"), ("1", "hit")):
            repo.write("packages/a/src/one", text)
            if how == "wiped":
                subprocess.run(["chmod", "-R", "u+w", str(dist)], check=True)
                shutil.rmtree(dist)
            output = self.as_nobody(repo, "run", "build", "--verbose")
            self.assertNotIn("warning", output)
            self.assertIn("a#build runs" if how == "ran" else "a#build hit", output)
            found = tree(dist)
            self.assertEqual(found, want.setdefault(text, found), how)
            self.assertEqual(sorted(p for p in found if "/" not in p), sorted(["deep", text]))
            self.assertEqual({p: os.stat(dist / p).st_mode & 0o777 for p in modes}, modes, how)
        self.assertEqual(len(repo.store_entries()), 2)

    def test_odd_paths_everywhere(self):
        repo = self.repo("a répo with späces 'and' \"quotes\" $x")
        folder = repo.package("a", {"build": "mkdir -p \"di st\" && cp -R src/. \"di st\""}, folder="packages/pack äge")
        names = ["spa ce", "ünï", "quo'te", 'double"quote', "new\nline", "tab\there", "-dash", "#hash", "back\\slash", "*star", "[x]"]
        for name in names:
            repo.write(f"{folder}/src/{name}", name)
        with open(os.fsencode(str(repo.path(folder))) + b"/src/not\xffutf8", "wb") as file:
            file.write(b"raw")
        repo.write("stillage.config.json", {"pipeline": {"build": {"outputs": ["di st/**"]}}})
        repo.npm_root()
        repo.write(".gitignore", "di st\n")
        repo.commit()
        self.assertEqual(repo.run("build").executed, {"a#build"})
        want = tree(repo.path(folder))
        repo.remove(f"{folder}/di st")
        self.assertEqual(repo.run("build").executed, set())
        self.assertEqual(tree(repo.path(folder)), want)
        self.assertEqual(len(os.listdir(repo.path(folder) / "di st")), len(names) + 1)

    def test_without_git_declared_outputs_are_cached(self):
        repo = self.small_repo()
        repo.remove(".git")
        repo.write("stillage.config.json", {"pipeline": {"build": {"dependsOn": ["^build"], "outputs": ["dist/**"]}}})
        self.assertEqual(len(repo.run("build").executed), 3)
        self.assertEqual(repo.run("build").executed, set())
        repo.remove("packages/b/dist")
        self.assertEqual(repo.run("build").executed, set())
        repo.write("packages/a/src/a.txt", "changed\n")
        self.assertEqual(len(repo.run("build").executed), 3)

    def test_without_git_undeclared_outputs_are_not_stored(self):
        repo = self.small_repo()
        repo.remove(".git")
        self.assertIn("outputs", repo.run("build").output)
        self.assertEqual(repo.store_entries(), [])

    def test_all_state_may_be_deleted(self):
        repo = self.small_repo()
        repo.run("build")
        shutil.rmtree(repo.home / ".cache/stillage/checkouts")
        self.assertEqual(repo.run("build").executed, set())
        shutil.rmtree(repo.home / ".cache")
        self.assertEqual(len(repo.run("build").executed), 3)
        self.assertEqual(repo.read("packages/c/dist/out"), "source of c\nsource of b\nsource of a\n")

    def test_all_state_may_be_damaged(self):
        repo = self.small_repo()
        repo.run("build")
        for path in (repo.home / ".cache/stillage/checkouts").rglob("*"):
            if path.is_file():
                data = path.read_bytes()
                path.write_bytes(data[:len(data) // 2] + b"?" + data[len(data) // 2 + 1:])
        repo.write("packages/b/src/b.txt", "changed\n")
        self.assertEqual(repo.run("build").executed, {"b#build", "c#build"})
        self.assertEqual(repo.read("packages/c/dist/out"), "source of c\nchanged\nsource of a\n")
