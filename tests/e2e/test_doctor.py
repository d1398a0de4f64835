"""`stillage doctor` against real servers: what it says when all is well, and of each thing that can be wrong."""
import json
import unittest

from harness import StillageTest
from servers import Nginx, free_port

TOKEN = "a-token-that-nobody-may-see"
NEEDS_TOKEN = f'if ($http_authorization != "Bearer {TOKEN}") {{ return 401; }}'


class DoctorTest(StillageTest):
    def setUp(self):
        super().setUp()
        self.tree = self.repo()
        self.tree.package("a", {"build": "true"})
        self.tree.npm_root()
        self.tree.commit()

    def doctor(self, *args, status, remote=None, env=None, options=None):
        """What it found, by section and check. Nothing that it prints may hold the token."""
        if options is not None:
            remote = json.dumps({"provider": "http", "options": options})
        env = {**(env or {}), **({"STILLAGE_REMOTE": remote} if remote else {})}
        done = self.tree.stillage("doctor", "--json", *args, env=env, status=status)
        told = self.tree.stillage("doctor", *args, env=env, status=status)
        for text in (done.stdout, done.stderr, told.stdout, told.stderr):
            self.assertNotIn(TOKEN, text)
        answer = json.loads(done.stdout)
        self.assertEqual(answer["ok"], status == 0)
        return {(row["section"], row["check"]): row for row in answer["findings"]}

    def problem(self, found, check):
        row = found[("remote", check)]
        self.assertEqual(row["verdict"], "problem", row)
        return row["text"] + " | " + row["remedy"]

    def test_without_a_remote(self):
        found = self.doctor(status=0)
        self.assertIn("none is configured", found[("remote", "configuration")]["text"])
        self.assertIn("entries", found[("local", "store")]["text"])
        self.assertGreater(found[("local", "disk")]["figures"]["freeBytes"], 0)
        self.assertEqual(found[("programs", "git")]["verdict"], "good")
        self.assertIn("Node.js v", found[("programs", "node")]["text"])
        self.assertIn("npm ", found[("programs", "npm client")]["text"])

    def test_a_good_remote_is_measured_and_left_empty(self):
        with Nginx() as nginx:
            found = self.doctor(status=0, remote=nginx.url, env={"STILLAGE_WRITE_REMOTE_CACHE": "true"})
            self.assertIn(nginx.url, found[("remote", "place")]["text"])
            self.assertGreater(found[("remote", "read")]["figures"]["latencyMs"], 0)
            self.assertGreater(found[("remote", "write")]["figures"]["putBytesPerSecond"], 0)
            self.assertGreater(found[("remote", "read back")]["figures"]["getBytesPerSecond"], 0)
            self.assertLess(abs(found[("remote", "clock")]["figures"]["clockAheadSeconds"]), 30)
            self.assertEqual([p for p in nginx.files.rglob("*") if p.is_file()], [])

    def test_writing_is_tried_only_where_it_is_on_or_asked_for(self):
        with Nginx() as nginx:
            self.assertEqual(self.doctor(status=0, remote=nginx.url)[("remote", "write")]["verdict"], "note")
            self.assertFalse(any("PUT" in line for line in nginx.access_log()))
            found = self.doctor("--write", "--zone", "pr", status=0, remote=nginx.url)
            self.assertEqual(found[("remote", "write")]["verdict"], "good")
            self.assertTrue((nginx.files / "zones/pr/v1").is_dir())

    def test_a_server_that_only_reads(self):
        with Nginx(more="if ($request_method = PUT) { return 403; }") as nginx:
            found = self.doctor("--write", status=1, remote=nginx.url)
            self.assertEqual(found[("remote", "read")]["verdict"], "good")
            self.assertIn("give a credential that may", self.problem(found, "write"))

    def test_a_wrong_token(self):
        with Nginx(more=NEEDS_TOKEN) as nginx:
            self.doctor(status=0, options={"url": nginx.url, "bearerToken": TOKEN})
            found = self.doctor(status=1, options={"url": nginx.url, "bearerToken": TOKEN[:-1]})
            self.assertIn("401", self.problem(found, "read"))
            self.assertIn("check the credential", self.problem(found, "read"))

    def test_a_token_from_a_variable(self):
        with Nginx(more=NEEDS_TOKEN) as nginx:
            self.tree.write("stillage.config.json", {"cacheOptions": {"cacheStorageConfig": {
                "provider": "http", "options": {"url": nginx.url, "bearerToken": "${CACHE_TOKEN}"}}}})
            self.doctor(status=0, env={"CACHE_TOKEN": TOKEN})
            self.assertIn("CACHE_TOKEN", self.problem(self.doctor(status=1), "configuration"))

    def test_a_token_in_the_file_gives_a_hint(self):
        with Nginx(more=NEEDS_TOKEN) as nginx:
            self.tree.write("stillage.config.json", {"cacheOptions": {"cacheStorageConfig": {
                "provider": "http", "options": {"url": nginx.url, "bearerToken": TOKEN}}}})
            found = self.doctor(status=0)
            self.assertIn("bearerToken looks like a secret", found[("configuration", "hint")]["text"])

    def test_nobody_listens(self):
        found = self.doctor(status=1, remote=f"http://127.0.0.1:{free_port()}/")
        self.assertIn("check the address and port", self.problem(found, "read"))

    def test_a_certificate_that_nobody_vouches_for(self):
        with Nginx(tls=True) as nginx:
            self.assertIn("caFile", self.problem(self.doctor(status=1, remote=nginx.url), "read"))
            self.doctor(status=0, options={"url": nginx.url, "caFile": str(nginx.ca_file)})
            unverified = self.tree.stillage("doctor", env={"STILLAGE_REMOTE": json.dumps(
                {"provider": "http", "options": {"url": nginx.url, "tlsVerify": False}})})
            self.assertEqual(unverified.stderr.count("tlsVerify is false"), 1, unverified.stderr)

    def test_a_folder_that_is_missing(self):
        missing = self.tree.base / "not-mounted"
        self.assertIn(str(missing), self.problem(self.doctor(status=1, remote=f"file://{missing}"), "read"))
        missing.mkdir()
        self.doctor("--write", status=0, remote=f"file://{missing}")

    def test_an_unknown_provider(self):
        found = self.doctor(status=1, remote='{"provider": "floppy"}')
        self.assertIn("known providers: ", self.problem(found, "configuration"))

    def test_a_local_store_that_others_may_write_to(self):
        folder = self.tree.base / "open"
        folder.mkdir()
        folder.chmod(0o777)
        found = self.doctor(status=1, env={"STILLAGE_CACHE_DIR": str(folder)})
        self.assertIn("chmod o-w", found[("local", "store")]["text"])


if __name__ == "__main__":
    unittest.main()
