"""Remote caches in Stillage's own format: what several users of one remote meet."""
import os
import pathlib
import signal
import subprocess
import time

from harness import Repo, StillageTest, scale, seeded, tree
from held_back import HeldBack
from servers import Nginx, free_port


def config(provider, options, **more):
    return {"pipeline": {"build": {"dependsOn": ["^build"], "outputs": ["dist/**"]}},
            "cacheOptions": {"writeRemoteCache": True,
                             "cacheStorageConfig": {"provider": provider, "options": options}, **more}}


def blobs(folder):
    return sorted(p for p in pathlib.Path(folder).rglob("*") if p.is_file() and ".incoming" not in p.parts)


class Remote(StillageTest):
    def shared_folder(self, name="remote"):
        folder = os.path.join(self.base, name)
        os.makedirs(folder)
        return folder

    def team_repo(self, settings):
        repo = self.small_repo()
        repo.write("stillage.config.json", settings)
        repo.commit()
        return repo

    def colleague(self, repo, name):
        """Another user: a clone elsewhere, and a home without anything."""
        clone = Repo(self.base, name, os.path.join(self.base, name + "-home"))
        clone.root.rmdir()
        subprocess.run(["git", "clone", "-q", str(repo.root), str(clone.root)], check=True, env=clone.env)
        return clone

    def restart(self, repo):
        """As on a fresh machine: no home, no outputs."""
        subprocess.run(["rm", "-rf", str(repo.home / ".cache")], check=True)
        for package in "abc":
            if repo.exists(f"packages/{package}/dist"):
                repo.remove(f"packages/{package}/dist")

    def warnings(self, output):
        return [line for line in output.splitlines() if line.startswith("warning")]

    def one_builds_and_the_other_restores(self, settings, remote_files):
        first = self.team_repo(settings)
        built = first.run("build")
        self.assertEqual(len(built.executed), 3)
        self.assertEqual(built.data["remote"]["stored"], 3)
        self.assertEqual(built.data["remote"]["misses"], 3)
        self.assertGreater(built.data["remote"]["bytesSent"], 0)

        second = self.colleague(first, "second")
        # No build made this, so it enters no store by way of a hit.
        second.write("packages/a/dist/mine", "not built")
        restored = second.run("build")
        self.assertEqual(restored.ids(hit="remote"), {"a#build", "b#build", "c#build"})
        self.assertEqual(restored.executed, set())
        self.assertEqual(restored.data["remote"]["hits"], 3)
        self.assertEqual(restored.data["remote"]["failures"], 0)
        for package in "abc":
            self.assertEqual(tree(first.path(f"packages/{package}/dist")), tree(second.path(f"packages/{package}/dist")))
        # The same bytes everywhere, though what was fetched lies under a name that says from where.
        entries = sorted(p.read_bytes() for p in first.store_entries())
        self.assertEqual(len(entries), 3)
        self.assertTrue(sorted(p.read_bytes() for p in second.store_entries()) == entries)
        self.assertTrue(sorted(p.read_bytes() for p in blobs(remote_files)) == entries)
        again = second.run("build")
        self.assertEqual(again.ids(hit="local"), {"a#build", "b#build", "c#build"})
        self.assertEqual(again.data["remote"]["hits"] + again.data["remote"]["misses"], 0)

    def test_through_a_folder_one_user_restores_what_another_built(self):
        folder = self.shared_folder()
        self.one_builds_and_the_other_restores(config("folder", {"path": folder}), folder)

    def test_through_nginx_one_user_restores_what_another_built(self):
        nginx = self.enterContext(Nginx())
        self.one_builds_and_the_other_restores(config("http", {"url": nginx.url}), nginx.files)
        # A miss, a put and a hit of each: one request for one thing, no HEAD.
        verbs = [line.split()[0] for line in nginx.access_log()]
        self.assertEqual({verb: verbs.count(verb) for verb in verbs}, {"GET": 6, "PUT": 3})

    def test_without_leave_to_write_nothing_is_uploaded(self):
        folder = self.shared_folder()
        repo = self.team_repo(config("folder", {"path": folder}, writeRemoteCache=False))
        summary = repo.run("build")
        self.assertEqual(summary.data["remote"]["misses"], 3)
        self.assertEqual(summary.data["remote"]["stored"], 0)
        self.assertEqual(blobs(folder), [])

    def test_a_dry_run_asks_the_remote_and_fetches_nothing(self):
        nginx = self.enterContext(Nginx())
        repo = self.team_repo(config("http", {"url": nginx.url}))
        repo.run("build")
        self.restart(repo)
        repo.write("packages/c/src/c.txt", "changed\n")
        before = len(nginx.access_log())
        lines = [line.split() for line in repo.stillage("run", "build", "--dry-run").stdout.splitlines()]
        self.assertEqual({id: verdict for _, verdict, id in lines},
                         {"a#build": "hit", "b#build": "hit", "c#build": "miss"})
        self.assertEqual({line.split()[0] for line in nginx.access_log()[before:]}, {"HEAD"})
        self.assertEqual(len(nginx.access_log()), before + 3)
        self.assertEqual(repo.store_entries(), [])
        self.assertFalse(repo.exists("packages/a/dist"))
        # What is near is not asked for, nor anything where all is to run anew.
        self.assertEqual(len(repo.run("build").ids(hit="remote")), 2)
        before = len(nginx.access_log())
        repo.stillage("run", "build", "--dry-run")
        self.assertEqual(repo.stillage("run", "build", "--dry-run", "--force").stdout.count("miss"), 3)
        self.assertEqual(len(nginx.access_log()), before)

    def test_a_local_store_that_cant_be_written_does_not_keep_results_from_the_remote(self):
        folder = self.shared_folder()
        os.chmod(folder, 0o777)
        first = self.team_repo(config("folder", {"path": folder}))
        self.open_to_all()
        first.home.chmod(0o555)
        output = self.as_nobody(first, "run", "build")
        self.assertEqual(output.count("there is no local cache"), 1, output)
        self.assertIn("serves alone", output)
        self.assertEqual(len(blobs(folder)), 3)

        # A store that is there already, as one that an image came with: it is read, and everything else goes on.
        second = self.colleague(first, "second")
        store = second.home / ".cache/stillage/store"
        self.assertEqual(len(second.run("build").ids(hit="remote")), 3)
        for path in blobs(folder):
            path.unlink()
        second.write("packages/c/src/c.txt", "changed\n")
        second.git("clean", "-xdfq")
        self.open_to_all()
        for path in [*store.rglob("*"), store]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        output = self.as_nobody(second, "run", "build")
        told = self.warnings(output)
        self.assertEqual(len(told), 1, output)
        self.assertIn("can't be written", told[0])
        self.assertEqual(len(blobs(folder)), 1)
        reader = self.colleague(second, "third")
        reader.write("packages/c/src/c.txt", "changed\n")
        self.assertEqual(reader.run("build").ids(hit="remote"), {"c#build"})

    def test_a_target_may_keep_away_from_the_remote(self):
        folder = self.shared_folder()
        settings = config("folder", {"path": folder})
        settings["pipeline"]["b#build"] = {"dependsOn": ["^build"], "outputs": ["dist/**"],
                                           "cache": True, "options": {}, "skipRemoteCache": True}
        repo = self.team_repo(settings)
        summary = repo.run("build")
        self.assertEqual(summary.data["remote"]["stored"], 2)
        self.restart(repo)
        self.assertEqual(repo.run("build").ids(hit="remote"), {"a#build", "c#build"})

    def test_without_a_local_cache_the_remote_alone_serves(self):
        folder = self.shared_folder()
        repo = self.team_repo(config("folder", {"path": folder}, skipLocalCache=True))
        self.assertEqual(repo.run("build").data["remote"]["stored"], 3)
        for package in "abc":
            repo.remove(f"packages/{package}/dist")
        restored = repo.run("build")
        self.assertEqual(restored.ids(hit="remote"), {"a#build", "b#build", "c#build"})
        self.assertEqual(repo.read("packages/c/dist/out").count("source of"), 3)
        self.assertFalse((repo.home / ".cache/stillage/store").exists())
        self.assertEqual(list((repo.home / ".cache/stillage/spool").iterdir()), [])

    def test_damaged_blobs_are_misses_told_once_and_replaced(self):
        folder = self.shared_folder()
        repo = self.team_repo(config("folder", {"path": folder}))
        repo.run("build")
        want = {p: p.read_bytes() for p in blobs(folder)}
        for damage in (lambda b: b[:len(b) // 2], lambda b: b[:40] + bytes([b[40] ^ 1]) + b[41:],
                       lambda b: b"<!DOCTYPE html><html>log in</html>", lambda b: b""):
            self.restart(repo)
            for path, content in want.items():
                path.write_bytes(damage(content))
            summary = repo.run("build")
            self.assertEqual(len(summary.executed), 3)
            self.assertEqual(summary.output.count("can't be used"), 1, summary.output)
            self.assertEqual(summary.data["remote"]["damaged"], 3)
            self.restart(repo)
            self.assertEqual(len(repo.run("build").ids(hit="remote")), 3)

    def test_a_remote_that_is_not_there_is_told_once_and_costs_little(self):
        repo = self.team_repo(config("http", {"url": f"http://127.0.0.1:{free_port()}"}))
        start = time.monotonic()
        summary = repo.run("build")
        self.assertLess(time.monotonic() - start, 20)
        self.assertEqual(len(summary.executed), 3)
        self.assertEqual(len(self.warnings(summary.output)), 1, summary.output)
        self.assertIn("127.0.0.1", self.warnings(summary.output)[0])
        # What it made is in the local cache all the same.
        self.assertEqual(len(repo.run("build").ids(hit="local")), 3)

    def test_slow_answers_hold_up_only_who_needs_them(self):
        server = HeldBack(self)
        repo = self.team_repo(config("http", {"url": server.url}))
        repo.run("build")
        server.holds["GET"] = 3.0
        repo.write("packages/c/src/c.txt", "changed\n")
        repo.remove("packages/a/dist")
        before = server.answered
        process = repo.start("run", "build")
        while not repo.exists("packages/a/dist/out"):
            self.assertEqual(server.answered, before)
            time.sleep(0.01)
        self.assertEqual(process.wait(timeout=60), 0)
        process.stdout.close()

    def test_a_failed_build_ends_the_look_ups_that_nobody_wants(self):
        server = HeldBack(self)
        server.holds["GET"] = 0.0
        repo = self.small_repo()
        repo.package("d", {"build": "exit 3"})
        repo.write("stillage.config.json", {
            "pipeline": {"build": {"dependsOn": ["^build"], "outputs": ["dist/**"]},
                         "d#build": {"cache": False}},
            "cacheOptions": {"cacheStorageConfig": {"provider": "http", "options": {"url": server.url}}}})
        repo.commit()
        server.holds["GET"] = None
        done = repo.stillage("run", "build", status=1)
        # Nor did they end because they had waited for too long.
        self.assertEqual(self.warnings(done.stderr), [])

    def test_ctrl_c_while_uploads_are_waited_for_drops_them_at_once(self):
        server = HeldBack(self)
        server.holds["PUT"] = None
        repo = self.team_repo(config("http", {"url": server.url}))
        process = repo.start("run", "build")
        server.wait_for("PUT", 3)
        time.sleep(0.5)  # the build itself is over by now
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 0, output)  # the build's
        self.assertIn(b"dropped", output)
        self.assertNotIn(b"nothing moved", output)
        self.assertEqual(len(repo.run("build", "--no-deps").ids(hit="local")), 3)

    def test_uploads_that_do_not_move_are_dropped_and_told_in_one_line(self):
        server = HeldBack(self)
        server.holds["PUT"] = None
        repo = self.team_repo(config("http", {"url": server.url}))
        start = time.monotonic()
        summary = repo.run("build")
        self.assertLess(time.monotonic() - start, 25)
        self.assertEqual(len(self.warnings(summary.output)), 1, summary.output)
        self.assertEqual(summary.data["remote"]["dropped"], 3)

    def test_how_long_uploads_are_waited_for_is_the_users_choice(self):
        server = HeldBack(self)
        server.holds["PUT"] = None
        repo = self.team_repo(config("http", {"url": server.url}, uploadWait=0))
        summary = repo.run("build")
        self.assertEqual(summary.data["remote"]["dropped"], 3)
        self.assertIn("took too long", "".join(self.warnings(summary.output)))
        # By default the same uploads are given up because nothing moves; a variable goes before the file.
        self.restart(repo)
        summary = repo.run("build", env={"STILLAGE_UPLOAD_WAIT": "60"})
        self.assertIn("nothing moved", "".join(self.warnings(summary.output)))

    def test_kill_while_uploading_leaves_no_half_entry(self):
        folder = self.shared_folder()
        repo = self.team_repo(config("folder", {"path": folder}))
        for package in "abc":
            size = scale(6, 40) << 20
            repo.write(f"packages/{package}/big.py", f"import os; open('dist/big', 'wb').write(os.urandom({size}))\n")
            repo.package(package, {"build": "mkdir -p dist && python3 big.py"})
        repo.commit()
        random = seeded()
        for _ in range(scale(5, 100)):
            self.restart(repo)
            for path in blobs(folder):
                path.unlink()
            process = repo.start("run", "build")
            time.sleep(random.uniform(0.05, 0.6))
            process.kill()
            process.communicate()
            seen = self.colleague(repo, f"reader-{random.randrange(1 << 60)}").run("build")
            self.assertNotIn("can't be used", seen.output)
            self.assertEqual(seen.data["remote"]["damaged"], 0)
            self.assertEqual(len(seen.ids(hit="remote")) + len(seen.executed), 3)

    def test_two_processes_download_an_entry_once(self):
        nginx = self.enterContext(Nginx())
        repo = self.team_repo(config("http", {"url": nginx.url}))
        repo.run("build")
        home = os.path.join(self.base, "shared-home")
        clones = []
        for name in ("one", "two", "three"):
            clone = self.colleague(repo, name)
            clone.env["XDG_CACHE_HOME"] = home
            clones.append(clone)
        before = len(nginx.access_log())
        processes = [clone.start("run", "build") for clone in clones]
        for process in processes:
            output, _ = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0, output)
        found = [line for line in nginx.access_log()[before:] if line.startswith("GET") and " 200 " in line]
        self.assertEqual(len(found), 3, found)
