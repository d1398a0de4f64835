"""A remote cache whose line, server or content is broken: the build goes on, is right, and says so once."""
import contextlib
import shutil
import signal
import sys
import time

from harness import SOURCE, StillageTest, scale
from servers import Nginx

sys.path.insert(0, str(SOURCE / "tests/support"))
from fault_proxy import FaultProxy  # noqa: E402

WEB_PAGE = {"status": 200, "headers": {"Content-Type": "text/html"}, "body": "<html>Please log in</html>"}
REDIRECT = {"status": 302, "headers": {"Location": "http://other.invalid/key"}}
# What may become of requests that should read, and of those that should write. Deadlines are those that users have.
BROKEN_READS = [
    ("refuse", {}), ("unroutable", {}), ("silent", {}), ("drop", {}), ("reset", {}), ("stall", {"at": 200_000}),
    ("truncate", {"at": 0}), ("truncate", {"at": 200_000}), ("flip", {"at": 100_000}), ("length", {"by": 1000}),
    ("length", {"by": -1000}), ("status", WEB_PAGE), ("status", REDIRECT),
    ("status", {"status": 401, "body": "the token has expired"}),
    *(("status", {"status": code}) for code in (403, 409, 429, 500, 503)),
]
BROKEN_WRITES = [
    ("silent", {}), ("drop", {}), ("reset", {}), ("stall", {"of": "request", "at": 1000}), ("status", WEB_PAGE),
    ("status", REDIRECT), *(("status", {"status": code}) for code in (401, 403, 404, 429, 500, 503)),
]
TRICKLE = ("trickle", {"bytes": 100, "seconds": 1})


class RemoteFaults(StillageTest):
    def setUp(self):
        super().setUp()
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)

    def server(self, raw=False, **options):
        self.nginx = self.stack.enter_context(Nginx(**options))
        self.proxy = FaultProxy(self.nginx.port, raw=raw)
        self.stack.callback(self.proxy.close)
        self.url = f"{'https' if options.get('tls') else 'http'}://127.0.0.1:{self.proxy.port}"

    def configure(self, repo, **more):
        """The repository's remote cache, behind the proxy."""
        repo.write("stillage.config.json", {
            "pipeline": {"build": {"dependsOn": ["^build"], "outputs": ["dist/**"]}},
            "cacheOptions": {"writeRemoteCache": True, "cacheStorageConfig": {"provider": "http", "options": {"url": self.url}},
                             **more},
        })
        repo.commit()

    def three_packages(self):
        """a <- b <- c; each build makes a file that does not compress and is its own for each state of the sources."""
        repo = self.repo()
        for name, deps in (("a", []), ("b", ["a"]), ("c", ["b"])):
            inputs = " ".join(["src/*", *(f"../{d}/dist/out" for d in deps)])
            repo.package(name, {"build": f"mkdir -p dist && cat {inputs} > dist/out && python3 ../../noise.py"}, deps)
            repo.write(f"packages/{name}/src/{name}.txt", f"source of {name}\n")
        repo.write("noise.py", "import random\nnoise = random.Random(open('dist/out').read())\n"
                               "open('dist/big', 'wb').write(noise.randbytes(400_000))\n")
        repo.npm_root()
        repo.write(".gitignore", "node_modules\ndist\n")
        self.configure(repo)
        return repo

    def fresh(self, repo):
        """As a clone on another machine."""
        shutil.rmtree(repo.home / ".cache", ignore_errors=True)
        repo.git("clean", "-xdfq")

    def outputs(self, repo):
        return {f"{name}/{file}": (repo.root / f"packages/{name}/dist/{file}").read_bytes()
                for name in "abc" for file in ("out", "big")}

    def warnings(self, done):
        return [line for line in done.stderr.splitlines() if line.startswith(("warning", "error"))]

    def build(self, repo, **more):
        done = repo.stillage("run", "build", **more)
        repo.stillage("cache", "verify")
        return done

    def expect_whole(self, repo, made, fault):
        """Another machine finds whole entries, or none, and nothing to complain of."""
        self.proxy.set()
        self.fresh(repo)
        done = self.build(repo)
        self.assertEqual(self.warnings(done), [], fault)
        self.assertEqual(self.outputs(repo), made, fault)

    def test_reads_that_fail_are_misses_told_once(self):
        self.server()
        repo = self.three_packages()
        repo.stillage("run", "build")
        made = self.outputs(repo)
        for fault, more in BROKEN_READS + scale([], [TRICKLE]):
            with self.subTest(fault=fault, **more):
                self.fresh(repo)
                self.proxy.set(fault, method="GET", **more)
                done = self.build(repo)
                self.assertEqual(self.outputs(repo), made)
                told = self.warnings(done)
                self.assertEqual(len(told), 1, told)
                self.assertIn(str(self.proxy.port), told[0])
                self.expect_whole(repo, made, fault)

    def test_writes_that_fail_are_told_once_and_leave_no_part(self):
        self.server()
        repo = self.three_packages()
        for number, (fault, more) in enumerate(BROKEN_WRITES):
            with self.subTest(fault=fault, **more):
                self.fresh(repo)
                repo.write("packages/a/src/a.txt", f"state {number}\n")
                self.proxy.set(fault, method="PUT", **more)
                done = self.build(repo)
                made = self.outputs(repo)
                told = self.warnings(done)
                self.assertEqual(len(told), 1, told)
                self.assertIn(str(self.proxy.port), told[0])
                self.expect_whole(repo, made, fault)

    def test_an_entry_damaged_on_its_way_up_is_told_once_and_replaced(self):
        self.server()
        repo = self.three_packages()
        self.proxy.set("flip", of="request", at=100_000)
        self.assertEqual(self.warnings(self.build(repo)), [])
        made = self.outputs(repo)
        self.proxy.set()
        self.fresh(repo)
        done = self.build(repo)
        self.assertEqual(len(self.warnings(done)), 1, done.stderr)
        self.assertEqual(self.outputs(repo), made)
        self.fresh(repo)
        summary = repo.run("build")
        self.assertEqual(len(summary.hits), 3)
        self.assertEqual(self.outputs(repo), made)

    def test_what_passes_is_not_told(self):
        self.server()
        repo = self.three_packages()
        repo.stillage("run", "build")
        made = self.outputs(repo)
        for fault, more in (("status", {"status": 503, "times": 2}), ("reset", {"times": 2}), ("truncate", {"at": 1000, "times": 2}),
                            ("delay", {"seconds": 0.3}), ("trickle", {"bytes": 50_000, "seconds": 0.05}),
                            ("status", {"status": 429, "headers": {"Retry-After": "1"}, "times": 1})):
            with self.subTest(fault=fault, **more):
                self.fresh(repo)
                self.proxy.set(fault, **more)
                summary = repo.run("build")
                self.assertEqual(len(summary.hits), 3, summary.output)
                self.assertNotIn("warning", summary.output)
                self.assertEqual(self.outputs(repo), made)

    def test_slow_tls(self):
        self.server(raw=True, tls=True)
        trust = {"SSL_CERT_FILE": str(self.nginx.ca_file)}
        repo = self.three_packages()
        self.assertEqual(self.warnings(self.build(repo, env=trust)), [])
        made = self.outputs(repo)
        for fault, more in (("delay", {"seconds": 5}), ("trickle", {"bytes": 10, "seconds": 0.1}), ("silent", {}),
                            ("stall", {"at": 100}), ("truncate", {"at": 100}), ("truncate", {"at": 100_000})):
            with self.subTest(fault=fault, **more):
                self.fresh(repo)
                self.proxy.set(fault, **more)
                done = self.build(repo, env=trust)
                self.assertEqual(self.outputs(repo), made)
                self.assertEqual(len(self.warnings(done)), 1, done.stderr)
        # A server that cannot prove who it is.
        self.fresh(repo)
        self.proxy.set()
        done = self.build(repo)
        self.assertEqual(self.outputs(repo), made)
        self.assertEqual(len(self.warnings(done)), 1, done.stderr)
        self.assertIn("certificate", done.stderr)

    def many(self, count=50):
        """So many packages, of which none depends on another."""
        repo = self.repo()
        for i in range(count):
            repo.package(f"p{i}", {"build": "mkdir -p dist && cp src.txt dist/"})
            repo.write(f"packages/p{i}/src.txt", f"{i}\n")
        repo.npm_root()
        repo.write(".gitignore", "node_modules\ndist\n")
        return repo

    def test_a_black_hole_costs_fifty_targets_at_most_five_seconds(self):
        self.server()
        repo = self.many()
        self.configure(repo)

        def timed(*args):
            self.fresh(repo)
            start = time.monotonic()
            done = repo.stillage("run", "build", *args)
            return time.monotonic() - start, done

        for fault in ("unroutable", "silent"):
            self.proxy.set(fault)
            took, done = timed()
            self.assertEqual(len(self.warnings(done)), 1, done.stderr)
            repo.write("stillage.config.json", {"pipeline": {"build": {"dependsOn": ["^build"], "outputs": ["dist/**"]}}})
            without, done = timed()
            self.assertEqual(self.warnings(done), [])
            print(f"{fault}: {took:.2f} s, without the remote {without:.2f} s", flush=True)
            self.assertLessEqual(took, without + 5)
            self.configure(repo)

    def test_a_miss_is_one_request_and_a_hit_too(self):
        self.server()
        repo = self.three_packages()
        repo.stillage("run", "build")
        self.assertEqual(sorted(r.split()[0] for r in self.proxy.requests()), ["GET"] * 3 + ["PUT"] * 3)
        self.assertEqual(len(set(self.proxy.requests())), 6)
        self.fresh(repo)
        before = len(self.proxy.requests())
        self.assertEqual(len(repo.run("build").hits), 3)
        self.assertEqual([r.split()[0] for r in self.proxy.requests()[before:]], ["GET"] * 3)
        # What is here is not asked for.
        before = len(self.proxy.requests())
        repo.run("build")
        self.assertEqual(len(self.proxy.requests()), before)

    def test_max_size_costs_no_request(self):
        self.server()
        repo = self.three_packages()
        repo.stillage("run", "build")
        before = len(self.proxy.requests())
        self.fresh(repo)
        storage = {"provider": "http", "options": {"url": self.url}, "maxSize": 100_000}
        self.configure(repo, cacheStorageConfig=storage)
        done = self.build(repo)
        self.assertEqual(self.warnings(done), [])
        # Too large both ways: asked for once each, and not sent.
        self.assertEqual([r.split()[0] for r in self.proxy.requests()[before:]], ["GET"] * 3)

    def test_interrupt_while_uploads_hang_ends_at_once_without_a_word(self):
        self.server()
        repo = self.three_packages()
        self.proxy.set("stall", of="request", at=1000, method="PUT")
        process = repo.start("run", "build")
        deadline = time.monotonic() + 20
        while not any(r.startswith("PUT") for r in self.proxy.requests()) and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.5)
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=30)
        self.assertLess(time.monotonic() - started, 1.5, output)
        self.assertNotIn(b"warning", output)
        self.proxy.set()
        # What was under way is not there, or whole.
        self.fresh(repo)
        done = self.build(repo)
        self.assertEqual(self.warnings(done), [])

    def test_uploads_that_stall_hold_the_exit_up_for_five_seconds_at_most(self):
        self.server()
        repo = self.three_packages()
        self.proxy.set("stall", of="request", at=1000, method="PUT")
        started = time.monotonic()
        done = self.build(repo)
        self.assertLess(time.monotonic() - started, 8)
        self.assertEqual(len(self.warnings(done)), 1, done.stderr)

    def test_a_failed_build_fails_as_such_whatever_the_remote_does(self):
        self.server()
        repo = self.three_packages()
        repo.package("b", {"build": "exit 3"}, ["a"])
        for fault in ("refuse", "silent"):
            self.fresh(repo)
            self.proxy.set(fault)
            done = repo.stillage("run", "build", status=1)
            self.assertEqual(len([w for w in self.warnings(done) if str(self.proxy.port) in w]), 1, done.stderr)
