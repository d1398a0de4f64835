"""A remote cache whose line, server or content is broken: the build goes on, is right, and says so once."""
import contextlib
import signal
import subprocess
import sys
import tempfile
import time

from fault_builds import FaultsTest
from harness import SOURCE, scale
from servers import Azurite, Nginx, Verdaccio, free_port

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


class Remote:
    """A server behind a proxy of one's own: `kind` is "http", "https", "azure", "lage" (Azure in lage's format) or "npm"."""

    def __init__(self, server, kind):
        self.server, self.kind = server, kind
        self.proxy = FaultProxy(server.port, raw=kind == "https")

    def storage(self, **options):
        address = f"{'https' if self.kind == 'https' else 'http'}://127.0.0.1:{self.proxy.port}"
        if self.kind in ("http", "https"):
            return {"provider": "http", "options": {"url": address, **options}}
        if self.kind == "npm":
            return {"provider": "npm", "options": {"npmPackageName": "cache", "registryUrl": address, **options}}
        return {"provider": "azure-blob", "options": {
            "connectionString": "${CACHE_CONNECTION}", "container": self.server.container, **options}}

    def configure(self, repo, **options):
        """Makes it the repository's remote cache."""
        if self.kind in ("azure", "lage"):
            repo.env["CACHE_CONNECTION"] = self.server.connection_string().replace(
                self.server.url, f"http://127.0.0.1:{self.proxy.port}")
        repo.write("stillage.config.json", {
            "pipeline": {"build": {"dependsOn": ["^build"], "outputs": ["dist/**"]}},
            "cacheOptions": {"writeRemoteCache": True, "cacheStorageConfig": self.storage(**options),
                             **({"compat": "lage"} if self.kind == "lage" else {})},
        })
        repo.commit()


class RemoteFaults(FaultsTest):
    def remote(self, kind="http"):
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        server = stack.enter_context(Azurite() if kind in ("azure", "lage") else Verdaccio() if kind == "npm"
                                     else Nginx(tls=kind == "https"))
        remote = Remote(server, kind)
        stack.callback(remote.proxy.close)
        return remote

    def expect_whole(self, remote, repo, made):
        """Another machine finds whole entries, or none, and nothing to complain of."""
        remote.proxy.set()
        self.fresh(repo)
        self.assertEqual(self.warnings(self.build(repo)), [])
        self.assertEqual(self.outputs(repo), made)

    def expect_one_warning(self, remote, done):
        self.expect_warning(done, str(remote.proxy.port))

    def faults_for(self, kind, faults):
        """All over plain HTTP; of those that wear Azure's clothes, each its part."""
        return scale({"azure": faults[::3], "lage": faults[1::3]}.get(kind, faults), faults)

    def reads_that_fail(self, kind):
        first = self.remote(kind)
        repo = self.three_packages(first)
        repo.stillage("run", "build")
        made = self.outputs(repo)

        def work(number, fault, more):
            if kind == "lage" and fault == "flip":
                return  # a tar has no checksum
            remote = Remote(first.server, kind)
            own = self.three_packages(remote, f"repo{number}")
            remote.proxy.set(fault, method="GET", **more)
            done = self.build(own)
            self.assertEqual(self.outputs(own), made)
            self.expect_one_warning(remote, done)
            self.expect_whole(remote, own, made)

        self.each(self.faults_for(kind, BROKEN_READS) + scale([], [TRICKLE]), work)

    def writes_that_fail(self, kind):
        server = self.remote(kind).server

        def work(number, fault, more):
            remote = Remote(server, kind)
            repo = self.three_packages(remote, f"repo{number}")
            repo.write("packages/a/src/a.txt", f"state {number}\n")
            remote.proxy.set(fault, method="PUT", **more)
            done = self.build(repo)
            self.expect_one_warning(remote, done)
            self.expect_whole(remote, repo, self.outputs(repo))

        self.each(self.faults_for(kind, BROKEN_WRITES), work)

    def test_reads_that_fail_are_misses_told_once_http(self):
        self.reads_that_fail("http")

    def test_reads_that_fail_are_misses_told_once_azure(self):
        self.reads_that_fail("azure")

    def test_reads_that_fail_are_misses_told_once_lage(self):
        self.reads_that_fail("lage")

    def test_writes_that_fail_are_told_once_and_leave_no_part_http(self):
        self.writes_that_fail("http")

    def test_writes_that_fail_are_told_once_and_leave_no_part_azure(self):
        self.writes_that_fail("azure")

    def test_writes_that_fail_are_told_once_and_leave_no_part_lage(self):
        self.writes_that_fail("lage")

    def test_an_entry_damaged_on_its_way_up_is_told_once_and_replaced(self):
        remote = self.remote()
        repo = self.three_packages(remote)
        remote.proxy.set("flip", of="request", at=100_000)
        self.assertEqual(self.warnings(self.build(repo)), [])
        made = self.outputs(repo)
        remote.proxy.set()
        self.fresh(repo)
        self.expect_one_warning(remote, self.build(repo))
        self.assertEqual(self.outputs(repo), made)
        self.fresh(repo)
        self.assertEqual(len(repo.run("build").hits), 3)
        self.assertEqual(self.outputs(repo), made)

    def test_what_passes_is_not_told(self):
        remote = self.remote()
        repo = self.three_packages(remote)
        repo.stillage("run", "build")
        made = self.outputs(repo)
        for fault, more in (("status", {"status": 503, "times": 2}), ("reset", {"times": 2}), ("truncate", {"at": 1000, "times": 2}),
                            ("delay", {"seconds": 0.3}), ("trickle", {"bytes": 50_000, "seconds": 0.05}),
                            ("status", {"status": 429, "headers": {"Retry-After": "1"}, "times": 1})):
            with self.subTest(fault=fault, **more):
                self.fresh(repo)
                remote.proxy.set(fault, **more)
                summary = repo.run("build")
                self.assertEqual(len(summary.hits), 3, summary.output)
                self.assertNotIn("warning", summary.output)
                self.assertEqual(self.outputs(repo), made)

    def test_slow_tls(self):
        first = self.remote("https")
        trust = {"SSL_CERT_FILE": str(first.server.ca_file)}
        repo = self.three_packages(first)
        self.assertEqual(self.warnings(self.build(repo, env=trust)), [])
        made = self.outputs(repo)

        def work(number, fault, more):
            remote = Remote(first.server, "https")
            own = self.three_packages(remote, f"repo{number}")
            remote.proxy.set(fault, **more)
            done = self.build(own, env=trust)
            self.assertEqual(self.outputs(own), made)
            self.expect_one_warning(remote, done)

        self.each([("delay", {"seconds": 5}), ("trickle", {"bytes": 10, "seconds": 0.1}), ("silent", {}),
                   ("stall", {"at": 100}), ("truncate", {"at": 100}), ("truncate", {"at": 100_000})], work)
        # A server that cannot prove who it is.
        self.fresh(repo)
        done = self.build(repo)
        self.assertEqual(self.outputs(repo), made)
        self.expect_one_warning(first, done)
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

    def time_of_npm(self):
        """What the npm client takes on this machine to find out that nobody listens: nearly all of it is its start."""
        with tempfile.TemporaryDirectory(dir=self.base) as folder:
            start = time.monotonic()
            subprocess.run(["npm", "view", "cache", "--registry", f"http://127.0.0.1:{free_port()}/", "--cache", folder,
                            "--fetch-retries", "0"], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
            return time.monotonic() - start

    def black_hole(self, kind, start_of_client=lambda: 0):
        """What fifty targets lose by a remote that answers nothing, on the clock, and beyond the start of a client."""
        remote = self.remote(kind)
        repo = self.many()

        def timed(*args):
            self.fresh(repo)
            start = time.monotonic()
            done = repo.stillage("run", "build", *args)
            return time.monotonic() - start, done

        for fault in ("unroutable", "silent"):
            remote.configure(repo)
            remote.proxy.set(fault)
            took, done = timed()
            self.expect_one_warning(remote, done)
            repo.write("stillage.config.json", {"pipeline": {"build": {"dependsOn": ["^build"], "outputs": ["dist/**"]}}})
            without, done = timed()
            self.assertEqual(self.warnings(done), [])
            client = start_of_client()
            print(f"{fault}: {took:.2f} s, without the remote {without:.2f} s, start of the client {client:.2f} s", flush=True)
            # The five are exact where tests bring a clock of their own; here a busy machine may add to them.
            self.assertLessEqual(took, without + client + 8)

    def test_a_black_hole_costs_fifty_targets_at_most_five_seconds(self):
        self.black_hole("http")

    def test_a_registry_that_is_a_black_hole_costs_fifty_targets_at_most_five_seconds(self):
        self.black_hole("npm", self.time_of_npm)

    def test_a_miss_is_one_request_and_a_hit_too(self):
        remote = self.remote()
        repo = self.three_packages(remote)
        repo.stillage("run", "build")
        self.assertEqual(sorted(r.split()[0] for r in remote.proxy.requests()), ["GET"] * 3 + ["PUT"] * 3)
        self.assertEqual(len(set(remote.proxy.requests())), 6)
        self.fresh(repo)
        before = len(remote.proxy.requests())
        self.assertEqual(len(repo.run("build").hits), 3)
        self.assertEqual([r.split()[0] for r in remote.proxy.requests()[before:]], ["GET"] * 3)
        # What is here is not asked for.
        before = len(remote.proxy.requests())
        repo.run("build")
        self.assertEqual(len(remote.proxy.requests()), before)

    def test_max_size_costs_no_request(self):
        remote = self.remote()
        repo = self.three_packages(remote)
        repo.stillage("run", "build")
        before = len(remote.proxy.requests())
        self.fresh(repo)
        remote.configure(repo, maxSize=100_000)
        done = self.build(repo)
        self.assertEqual(self.warnings(done), [])
        # Too large both ways: asked for once each, and not sent.
        self.assertEqual([r.split()[0] for r in remote.proxy.requests()[before:]], ["GET"] * 3)

    def test_a_server_that_takes_no_large_entries_is_told_once(self):
        with Nginx(more="client_max_body_size 100k;") as nginx:
            remote = Remote(nginx, "http")
            self.addCleanup(remote.proxy.close)
            repo = self.three_packages(remote)
            done = self.build(repo)
            self.expect_warning(done, "maxSize")
            made = self.outputs(repo)
            self.fresh(repo)
            remote.configure(repo, maxSize=100_000)
            self.expect_whole(remote, repo, made)

    def test_interrupt_while_uploads_hang_ends_at_once_without_a_word(self):
        remote = self.remote()
        repo = self.three_packages(remote)
        remote.proxy.set("stall", of="request", at=1000, method="PUT")
        process = repo.start("run", "build")
        deadline = time.monotonic() + 20
        while not any(r.startswith("PUT") for r in remote.proxy.requests()) and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=30)
        self.assertNotIn(b"warning", output)  # such as that nothing moved for too long
        remote.proxy.set()
        # What was under way is not there, or whole.
        self.fresh(repo)
        done = self.build(repo)
        self.assertEqual(self.warnings(done), [])

    def test_uploads_that_stall_hold_the_exit_up_for_five_seconds_at_most(self):
        remote = self.remote()
        repo = self.three_packages(remote)
        remote.proxy.set("stall", of="request", at=1000, method="PUT")
        started = time.monotonic()
        done = self.build(repo)
        self.assertLess(time.monotonic() - started, 20)
        self.expect_one_warning(remote, done)

    def test_a_failed_build_fails_as_such_whatever_the_remote_does(self):
        remote = self.remote()
        repo = self.three_packages(remote)
        repo.package("b", {"build": "exit 3"}, ["a"])
        for fault in ("refuse", "silent"):
            self.fresh(repo)
            remote.proxy.set(fault)
            done = repo.stillage("run", "build", status=1)
            self.assertEqual(len([w for w in self.warnings(done) if str(remote.proxy.port) in w]), 1, done.stderr)
