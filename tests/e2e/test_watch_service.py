"""Runs with a watcher service at work: quick where nothing has changed, and never a stale answer. Whatever was done, after
a run with the service there is nothing left to do for one without."""
import os
import re
import shutil
import signal
import subprocess
import time

from harness import BINARY, StillageTest, scale, seeded, tree

#: System calls on files of a quick run, whatever the size of the repository.
QUICK = 500
WITHOUT = {"STILLAGE_WATCH_SERVICE": "0"}


class WatchService(StillageTest):
    def make(self, **more):
        repo = self.small_repo()
        self.start(repo)
        return repo

    def start(self, repo):
        repo.stillage("watch-service", "start")
        self.addCleanup(repo.stillage, "watch-service", "stop", status=None)

    def pid(self, repo):
        return int(re.search(r"process (\d+)", repo.stillage("watch-service", "status").stdout).group(1))

    def calls(self, repo, *args, trace="openat", env=None, cwd=None):
        """The output of a run, and what it asked the system for, in lines of strace."""
        log = self.base + "/strace"
        done = subprocess.run(["strace", "-f", "--seccomp-bpf", "-qq", "-y", "-e", f"trace={trace}", "-o", log, BINARY, "run",
                               "build", *args], cwd=cwd or repo.root, env={**repo.env, **(env or {})},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        with open(log) as lines:
            return done.stdout + done.stderr, lines.read().splitlines()

    def is_quick(self, repo, *args, **more):
        output, lines = self.calls(repo, *args, **more)
        self.assertIn("from the cache", output)
        return not any('/.git/index"' in line for line in lines)  # every run in full opens it

    def settle(self, repo, *args, **more):
        """Runs until nothing is left to do and the service knows it."""
        for _ in range(20):
            if self.is_quick(repo, *args, **more):
                return
        self.fail("no run became quick")

    def check(self, repo, what):
        """A run with the service, after which one in full finds nothing to do."""
        done = repo.stillage("run", "build")
        summary = repo.run("build", env=WITHOUT)
        self.assertEqual(summary.executed, set(), f"{what}: {done.stdout}{done.stderr}{summary.output}")
        for row in summary.data["targets"]:
            self.assertEqual((row["restored"]["written"], row["restored"]["removed"]), (0, 0), f"{what}: {row}")

    def test_the_third_run_is_quick_and_says_the_same(self):
        repo = self.make()
        repo.stillage("run", "build")
        full = repo.stillage("run", "build").stdout
        self.settle(repo)
        quick = repo.stillage("run", "build").stdout
        plain = lambda text: re.sub(r"[0-9.]+ ?m?s", "T", text)
        self.assertEqual(plain(quick), plain(full))
        before = repo.stillage("why", "c#build", env=WITHOUT).stdout
        self.assertIn("c#build", before)
        status = repo.stillage("watch-service", "status").stdout
        self.assertRegex(status, r"process \d+, \d+ watches\n$")

    def test_every_kind_of_change_is_seen(self):
        repo = self.make()
        repo.write("packages/a/src/link.d/x", "x")
        os.symlink("a.txt", repo.path("packages/a/src/l"))
        repo.write("packages/a/package.json", {"name": "a", "version": "1.0.0", "scripts": {
            "build": "mkdir -p dist && cat src/*.txt > dist/out"}})
        repo.commit()
        store = repo.home / ".cache/stillage/store/v1"
        state = repo.home / ".cache/stillage/checkouts"
        source = repo.path("packages/a/src/a.txt")

        def swap_folders():
            repo.path("packages/a/src").rename(repo.base / "old")
            shutil.copytree(repo.base / "old", repo.path("packages/a/src"), symlinks=True)
            repo.write("packages/a/src/a.txt", "in the other folder\n")

        def hard_link():
            os.link(source, repo.base / "other")
            (repo.base / "other").write_text("by the other name\n")

        def same_size_and_time():
            stat = source.stat()
            source.write_bytes(source.read_bytes().swapcase())
            os.utime(source, ns=(stat.st_atime_ns, stat.st_mtime_ns))

        changes = {
            "an edit": lambda: repo.write("packages/a/src/a.txt", "edited\n"),
            "an edit of the same size and time": same_size_and_time,
            "a new file": lambda: repo.write("packages/a/src/b.txt", "new\n"),
            "a renamed file": lambda: repo.path("packages/a/src/b.txt").rename(repo.path("packages/a/src/c.txt")),
            "a removed file": lambda: repo.remove("packages/a/src/c.txt"),
            "a mode": lambda: source.chmod(0o755),
            "a touch": lambda: os.utime(source),
            "another hard link": hard_link,
            "another folder": swap_folders,
            "a link": lambda: (repo.remove("packages/a/src/l"), os.symlink("link.d/x", repo.path("packages/a/src/l"))),
            "an output": lambda: repo.write("packages/b/dist/out", "spoilt\n"),
            "a removed output": lambda: repo.remove("packages/b/dist/out"),
            "a removed folder of outputs": lambda: repo.remove("packages/b/dist"),
            "a stale output": lambda: repo.write("packages/b/dist/more", "stale\n"),
            "no stale output any more": lambda: repo.remove("packages/b/dist/more"),
            "a new package": lambda: repo.package("d", {"build": "mkdir -p dist && echo d > dist/out"}),
            "a script": lambda: repo.package("d", {"build": "mkdir -p dist && echo e > dist/out"}),
            "a removed package": lambda: repo.remove("packages/d"),
            "the lockfile": lambda: repo.write("package-lock.json", {"name": "root", "lockfileVersion": 3, "packages": {"": {}}}),
            "a configuration": lambda: repo.write("stillage.config.json", {"pipeline": {"build": ["^build"]}}),
            "a file in the root": lambda: repo.write("tsconfig.json", "{}"),
            "git add": lambda: repo.git("add", "-A"),
            "a commit": lambda: repo.commit(),
            "a checkout of what was": lambda: repo.git("checkout", "-q", "HEAD~1"),
            "a checkout back": lambda: repo.git("checkout", "-q", "main"),
            "a stash": lambda: (repo.write("packages/a/src/a.txt", "to be stashed\n"), repo.git("stash", "-q")),
            "git's exclude": lambda: repo.write(".git/info/exclude", "ignored.txt\n"),
            "a file of the user's git": lambda: (repo.home / ".gitconfig").write_text("[core]\n\texcludesFile = ~/ign\n"),
            "the user's ignored files": lambda: (repo.home / "ign").write_text("a.txt\n"),
            "no entry any more": lambda: [p.unlink() for p in store.rglob("*") if p.is_file()],
            "no store any more": lambda: shutil.rmtree(store.parent),
            "no snapshots any more": lambda: [shutil.rmtree(p) for p in state.glob("*/snapshots")],
        }
        quick = 0
        for what, change in changes.items():
            with self.subTest(what):
                self.settle(repo)
                change()
                self.assertFalse(self.is_quick(repo), what)
                self.check(repo, what)
                quick += 1
        self.assertEqual(quick, len(changes))

    def test_inputs_in_ignored_folders_are_seen(self):
        repo = self.make()
        repo.write(".gitignore", "node_modules\ndist\ngen\n")
        repo.write("stillage.config.json", {"pipeline": {"build": {"dependsOn": ["^build"],
                                                                   "inputs": ["src/**", "gen/deep/in.txt"]}}})
        repo.write("packages/a/gen/deep/in.txt", "ignored, but an input\n")
        repo.write("packages/b/gen/folder/x", "behind a link\n")
        repo.path("packages/b/src").mkdir(exist_ok=True)
        os.symlink("../gen/folder", repo.path("packages/b/src/l"))
        repo.package("b", {"build": "mkdir -p dist && cat src/*.txt src/l/* > dist/out"}, ["a"])
        repo.commit()
        for name in ("packages/a/gen/deep/in.txt", "packages/b/gen/folder/x", "packages/b/gen/folder/y"):
            self.settle(repo)
            repo.write(name, "changed\n")
            self.assertFalse(self.is_quick(repo), name)
            self.check(repo, name)

    def test_what_is_asked_differently_is_not_known(self):
        repo = self.make()
        self.settle(repo)
        self.assertFalse(self.is_quick(repo, "--scope", "a"))
        self.assertFalse(self.is_quick(repo, env={"ANY_VARIABLE": "1"}))
        self.assertFalse(self.is_quick(repo, env=WITHOUT))
        self.assertFalse(self.is_quick(repo, cwd=repo.path("packages/a")))
        self.assertTrue(self.is_quick(repo))
        # Each is known for itself, and none takes another's watches away.
        self.settle(repo, "--scope", "a")
        self.settle(repo, cwd=repo.path("packages/a"))
        self.settle(repo)
        self.assertTrue(self.is_quick(repo, "--scope", "a"))
        self.assertFalse(self.is_quick(repo, "--", "--argument"))

    def test_a_killed_service_knows_nothing_and_the_next_only_its_own_time(self):
        repo = self.make()
        self.settle(repo)
        os.kill(self.pid(repo), signal.SIGKILL)
        self.assertFalse(self.is_quick(repo))
        repo.write("packages/a/src/a.txt", "while nobody watched\n")
        self.start(repo)
        self.assertFalse(self.is_quick(repo))
        self.check(repo, "a killed service")
        self.settle(repo)

    def test_a_stopped_process_holds_nobody_up(self):
        repo = self.make()
        self.settle(repo)
        pid = self.pid(repo)
        os.kill(pid, signal.SIGSTOP)
        try:
            repo.write("packages/a/src/a.txt", "while it slept\n")
            self.check(repo, "a stopped service")
        finally:
            os.kill(pid, signal.SIGCONT)
        self.check(repo, "a service that woke up")
        self.settle(repo)

    def test_a_moved_checkout_and_one_in_its_place(self):
        repo = self.make()
        self.settle(repo)
        moved = repo.base / "moved"
        repo.root.rename(moved)
        shutil.copytree(moved, repo.root, symlinks=True)
        repo.write("packages/a/src/a.txt", "in the copy\n")
        self.assertFalse(self.is_quick(repo))
        self.check(repo, "a copy in the place of the checkout")
        deadline = time.monotonic() + 30
        while repo.stillage("watch-service", "status", status=None).returncode == 0:
            self.assertLess(time.monotonic(), deadline)
        # Moved back, with an edit of the time away.
        shutil.rmtree(repo.root)
        moved.rename(repo.root)
        repo.write("packages/a/src/a.txt", "moved back\n")
        self.start(repo)
        self.check(repo, "a checkout moved back")
        self.settle(repo)

    def test_a_parent_that_is_moved_away(self):
        base = self.base
        repo = self.repo("above/repo", home=None)
        other = self.small_repo()
        shutil.copytree(other.root, repo.root, dirs_exist_ok=True, symlinks=True)
        self.start(repo)
        self.settle(repo)
        os.rename(base + "/above", base + "/away")
        shutil.copytree(base + "/away", base + "/above", symlinks=True)
        repo.write("packages/a/src/a.txt", "beneath another parent\n")
        self.assertFalse(self.is_quick(repo))
        self.check(repo, "another parent")

    def test_two_checkouts_know_their_own(self):
        one = self.make()
        self.settle(one)
        shutil.copytree(one.root, self.base + "/two", symlinks=True)
        two = self.repo("two")
        self.start(two)
        self.settle(two)
        self.assertTrue(self.is_quick(one))
        two.write("packages/a/src/a.txt", "in two only\n")
        self.assertFalse(self.is_quick(two))
        self.assertTrue(self.is_quick(one))  # entries of other keys don't matter
        one.write("packages/b/src/b.txt", "in one only\n")
        self.check(one, "two checkouts")
        self.check(two, "two checkouts")

    def test_there_is_one_service(self):
        repo = self.make()
        first = self.pid(repo)
        self.assertIn("already", repo.stillage("watch-service", "start").stdout)
        self.assertEqual(self.pid(repo), first)
        self.assertIn("has ended", repo.stillage("watch-service", "stop").stdout)
        repo.stillage("watch-service", "status", status=1)
        self.assertIn("no watcher service", repo.stillage("watch-service", "stop").stdout)

    def test_damaged_plans_lists_and_sockets_are_as_good_as_none(self):
        repo = self.make()
        self.settle(repo)
        cache = repo.home / ".cache/stillage"
        for name in ["plans/*", "checkouts/*/watch/list", "checkouts/*/watch/looks"]:
            for damage in (lambda data: data[:-1], lambda data: data[:40], lambda data: b"",
                           lambda data: data[:60] + bytes([data[60] ^ 1]) + data[61:]):
                for path in cache.glob(name):
                    path.write_bytes(damage(path.read_bytes()))
                repo.write("packages/a/src/a.txt", f"{name} {damage}\n")
                self.check(repo, name)
                self.settle(repo)
        for path in cache.glob("checkouts/*/watch/socket"):
            path.unlink()
        self.assertFalse(self.is_quick(repo))
        self.check(repo, "no socket")

    def test_links_that_lead_out_make_runs_in_full(self):
        repo = self.make()
        (repo.base / "elsewhere").write_text("outside\n")
        os.symlink(repo.base / "elsewhere", repo.path("packages/a/src/out.txt"))
        for _ in range(4):
            self.assertFalse(self.is_quick(repo))
        (repo.base / "elsewhere").write_text("changed outside\n")
        self.check(repo, "a link that leads out")

    def settled(self, packages):
        """A repository of so many packages with ten inputs each, of which the service knows everything."""
        repo = self.repo(f"size-{packages}")
        for number in range(packages):
            name = f"p{number:02}"
            repo.package(name, {"build": "mkdir -p dist && cat src/* > dist/out"})
            for file in range(10):
                repo.write(f"packages/{name}/src/{file}", f"{number} {file}\n")
        repo.npm_root()
        repo.write(".gitignore", "node_modules\ndist\n")
        repo.commit()
        self.start(repo)
        self.settle(repo)
        return repo

    def test_a_quick_run_asks_for_no_more_in_a_larger_repository(self):
        counts = []
        for size in (2, 30):
            repo = self.settled(size)
            counts.append(len(self.calls(repo, trace="%file,read,getdents64,mmap")[1]))
            self.assertLess(counts[-1], QUICK)
        self.assertLessEqual(abs(counts[1] - counts[0]), 5, counts)

    def test_after_an_edit_a_run_looks_at_nothing_that_did_not_change(self):
        repo = self.settled(30)

        def inputs(lines):
            return {path for path in self.paths_in(lines) if re.search(r"/p\d\d/src(/\d)?$", path)}

        self.assertEqual(len(inputs(self.calls(repo, trace="%%stat", env=WITHOUT)[1])), 30 * 11)
        for turn in range(3):
            repo.write("packages/p07/src/3", f"edited {turn}\n")
            output, lines = self.calls(repo, trace="%%stat")
            self.assertIn("29 from the cache", output)
            touched = {os.path.relpath(path, repo.root) for path in inputs(lines)}
            self.assertLessEqual(touched, {"packages/p07/src"} | {f"packages/p07/src/{n}" for n in range(10)})
            self.assertIn("packages/p07/src/3", touched)
            self.settle(repo)

    def test_what_a_configuration_does_to_outputs_is_seen(self):
        repo = self.make()
        config = 'module.exports = { pipeline: { build: { dependsOn: ["^build"], outputs: ["dist/**"] } } };\n'
        repo.write("lage.config.js", config)
        repo.commit()
        self.settle(repo)
        repo.write("lage.config.js", 'require("fs").rmSync("packages/b/dist", { recursive: true, force: true });\n' + config)
        repo.stillage("run", "build")
        self.assertTrue(repo.exists("packages/b/dist/out"))

    def test_nothing_that_a_run_stands_on_is_left_unwatched(self):
        """Every path that a run in full asks the system for is either watched, or looked at by quick runs."""
        repo = self.make()
        repo.write("packages/b/.gitignore", "*.log\n")
        repo.write(".gitattributes", "*.bin binary\n")
        repo.commit()
        self.settle(repo)
        # Other arguments are another plan: this one is made in full while all is watched.
        full = self.paths_in(self.calls(repo, "--continue", trace="%file", env=WITHOUT)[1])
        looked_at = self.paths_in(self.calls(repo, trace="%file")[1])
        cache = repo.home / ".cache/stillage"
        [watched] = cache.glob("checkouts/*/watch/list")
        data = watched.read_bytes()
        ours = re.compile(r"/(plans|watch|runs|locks|store/tmp|store/quarantine|configs|digests[^/]*|summaries)(/|$)")
        system = ("/proc/", "/sys/", "/dev/", "/usr/", "/lib", "/etc/ld.so", "/etc/passwd", "/etc/nsswitch")
        left = []
        for path in sorted(full - looked_at):
            if path.startswith(system) or ours.search(path.removeprefix(str(cache))):
                continue
            if any(other.startswith(path + "/") for other in looked_at):
                continue  # looked at when the plan was made, to tell for how long the other was absent
            if f"{path}".encode() in data or f"{os.path.dirname(path)}".encode() in data:
                continue
            left.append(path)
        self.assertEqual(left, [])

    def paths_in(self, lines):
        found = set()
        for line in lines:
            match = re.search(r"\w+\((?:(?:AT_FDCWD|\d+)(?:<([^>]*)>)?, )?\"([^\"]*)\"", line)
            if match:
                found.add(os.path.normpath(os.path.join(match.group(1) or "/", match.group(2))))
        return found

    def test_random_edits_leave_nothing_for_a_run_in_full(self):
        repo = self.make()
        rng = seeded()
        steps = scale(25, 2000)
        print(f"{steps} steps", flush=True)
        quick = 0
        for step in range(steps):
            files = sorted(p for p in repo.root.glob("packages/*/*/*") if p.is_file())
            what = rng.choice(["edit", "new", "remove", "rename", "output", "none", "touch", "git", "restart", "kill"])
            if what == "edit" and files:
                rng.choice(files).write_text(f"edit {step}\n")
            elif what == "new":
                repo.write(f"packages/{rng.choice('abc')}/src/n{rng.randrange(5)}", f"{step}\n")
            elif what == "remove" and files:
                rng.choice(files).unlink()
            elif what == "rename" and files:
                # Not of outputs: one under a new name is in the way of storing, of every run alike.
                chosen = rng.choice([p for p in files if p.parent.name != "dist"])
                chosen.rename(chosen.with_name(f"r{rng.randrange(5)}"))
            elif what == "output":
                shutil.rmtree(repo.path(f"packages/{rng.choice('abc')}/dist"), ignore_errors=True)
            elif what == "touch" and files:
                os.utime(rng.choice(files))
            elif what == "git":
                rng.choice([lambda: repo.commit(), lambda: repo.git("stash", "-q", "-u", check=False),
                            lambda: repo.git("stash", "pop", "-q", check=False)])()
            elif what == "restart":
                repo.stillage("watch-service", "stop")
                repo.stillage("watch-service", "start")
            elif what == "kill":
                os.kill(self.pid(repo), signal.SIGKILL)
                repo.stillage("watch-service", "start")
            for name in "abc":  # what git or chance took away
                if not list(repo.path(f"packages/{name}").glob("src/*")):
                    repo.write(f"packages/{name}/src/{name}.txt", f"again {step}\n")
            if rng.random() < 0.5:
                for _ in range(3):
                    quick += repo.stillage("run", "build").stdout.count("3 from the cache")
            self.check(repo, f"step {step}: {what}")
        self.assertGreater(quick, 0)
