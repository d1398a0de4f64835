"""Whose entries of a shared remote are used: signatures, zones, and the local store that all checkouts share."""
import json
import pathlib
import re
import stat

from harness import StillageTest


class Trust(StillageTest):
    def setUp(self):
        super().setUp()
        self.remote = pathlib.Path(self.base) / "remote"
        self.remote.mkdir()

    def machine(self, name, options=None, home=None):
        """A checkout of one and the same repository, with a home of its own, and the remote configured."""
        repo = self.repo(name, home)
        repo.home.mkdir(exist_ok=True)
        if home is None:
            repo.home = pathlib.Path(self.base) / f"home of {name}"
            repo.home.mkdir()
            repo.env["HOME"] = str(repo.home)
        for package, deps in (("lib", []), ("app", ["lib"])):
            inputs = " ".join(["src/*", *(f"../{d}/dist/out" for d in deps)])
            repo.package(package, {"build": f"mkdir -p dist && cat {inputs} > dist/out"}, deps)
            repo.write(f"packages/{package}/src/text", f"source of {package}\n")
        repo.npm_root()
        repo.write(".gitignore", "node_modules\ndist\n")
        repo.write("stillage.config.json", {"cacheOptions": {
            "cacheStorageConfig": {"provider": "folder", "options": {"path": str(self.remote)}}, **(options or {})}})
        repo.commit()
        return repo

    def keys(self, repo, *args):
        """Makes a key: its file's text, and the configuration that is printed."""
        file = pathlib.Path(self.base) / f"key {len(list(pathlib.Path(self.base).glob('key *')))}"
        printed = repo.stillage("keys", "generate", "--out", str(file), *args).stdout
        config = json.loads("{" + printed[printed.index('"cacheOptions"'):] + "}")["cacheOptions"]
        return file, config

    def build(self, repo, writes=False, env=None):
        env = {**({"STILLAGE_WRITE_REMOTE_CACHE": "true", "LAGE_WRITE_CACHE": "true"} if writes else {}), **(env or {})}
        return repo.run("build", env=env)

    def blobs(self, zone=None):
        folder = self.remote / "zones" / zone / "v1" if zone else self.remote / "v1"
        return {path.name: path for path in folder.glob("*")} if folder.exists() else {}

    def outputs(self, repo):
        return [repo.read(f"packages/{name}/dist/out") for name in ("lib", "app")]

    def poison(self, name, options=None, writes_env=None):
        """Well-formed entries under the very keys that others look up, with other content: made by a run on a
        machine whose tools are not what they seem."""
        honest = self.machine(f"{name} honest", options)
        wanted = honest.hashes("build")
        evil = self.machine(name, options)
        marker = evil.home / "bin"
        marker.mkdir()
        # The same command, on a machine where `cat` is another program.
        cat = marker / "cat"
        cat.write_text("#!/bin/sh\necho poisoned\n")
        cat.chmod(0o755)
        done = self.build(evil, writes=True, env={"PATH": f"{marker}:{evil.env['PATH']}", **(writes_env or {})})
        self.assertEqual({i: done.key(i) for i in wanted}, wanted)
        self.assertEqual(evil.read("packages/lib/dist/out"), "poisoned\n")
        return wanted

    GOOD = ["source of lib\n", "source of app\nsource of lib\n"]

    def refusals(self, summary):
        return [line for line in summary.output.splitlines() if "that can't be used" in line]

    def test_doctor_and_verify_look_at_keys_and_signatures(self):
        ci = self.machine("ci")
        key, config = self.keys(ci)
        ci.write("stillage.config.json", {"cacheOptions": {
            "cacheStorageConfig": {"provider": "folder", "options": {"path": str(self.remote)}}, **config}})
        ci.commit()
        signs = {"STILLAGE_WRITE_REMOTE_CACHE": "true", "STILLAGE_SIGNING_KEY_FILE": str(key)}

        def doctor(status, env=None):
            done = ci.stillage("doctor", "--json", env=env, status=status)
            self.assertNotIn(key.read_text().strip(), done.stdout + done.stderr)
            return {row["check"]: row for row in json.loads(done.stdout)["findings"] if row["section"] == "remote"}

        found = doctor(0, signs)
        self.assertIn("its signatures are taken here", found["signing"]["text"])
        self.assertIn("none yet", found["entries"]["text"])
        self.build(ci, env=signs)
        found = doctor(0, signs)
        self.assertEqual(found["entries"]["verdict"], "good", found)
        self.assertIn("2 entries", found["entries"]["text"])
        verified = ci.stillage("cache", "verify", "--remote").stdout
        self.assertIn("2 entries signed by a key of verify.keys, 0 by none, 0 refused", verified)
        # Who uploads and has no key, or one that others can read, hears of it.
        found = doctor(1, {"STILLAGE_WRITE_REMOTE_CACHE": "true"})
        self.assertIn("STILLAGE_SIGNING_KEY is not there", found["signing"]["text"])
        self.assertEqual(doctor(0)["signing"]["verdict"], "note")
        key.chmod(0o644)
        self.assertIn("chmod 600", doctor(1, signs)["signing"]["text"])
        # A key that nobody has listed; and entries that it has signed.
        strange, _ = self.keys(ci, "--id", "strange")
        self.assertIn("not among those that verify",
                      doctor(1, {**signs, "STILLAGE_SIGNING_KEY_FILE": str(strange)})["signing"]["text"])
        for path in self.blobs().values():
            path.unlink()
        self.build(self.machine("mallory"), writes=True)
        self.assertIn("2 of 2 entries", doctor(1)["entries"]["text"])
        done = ci.stillage("cache", "verify", "--remote", status=1)
        self.assertIn("2 refused", done.stdout)
        self.assertEqual(done.stdout.count("refused: v1/"), 2, done.stdout)
        # Without requireSignature they are used, and told apart.
        del config["requireSignature"]
        ci.write("stillage.config.json", {"cacheOptions": {
            "cacheStorageConfig": {"provider": "folder", "options": {"path": str(self.remote)}}, **config}})
        self.assertEqual(doctor(0)["entries"]["verdict"], "note")
        self.assertIn("0 entries signed by a key of verify.keys, 2 by none, 0 refused",
                      ci.stillage("cache", "verify", "--remote").stdout)

    def test_an_entry_without_the_right_signature_is_never_restored(self):
        ci = self.machine("ci")
        key, config = self.keys(ci)
        wanted = self.poison("mallory")
        self.assertLessEqual(set(wanted.values()), set(self.blobs()))
        # Who trusts the remote blindly gets what lies there: the entries are well-formed.
        careless = self.machine("careless")
        self.assertEqual(self.build(careless).executed, set())
        self.assertEqual(self.outputs(careless)[0], "poisoned\n")
        # Who wants signatures builds by itself, and says so once.
        del config["signing"]
        careful = self.machine("careful", config)
        done = self.build(careful)
        self.assertEqual(done.executed, {"lib#build", "app#build"})
        self.assertEqual(self.outputs(careful), self.GOOD)
        self.assertEqual(len(self.refusals(done)), 1, done.output)
        self.assertIn("it is not signed", done.output)
        # A stranger's signature, under the right id, is no better.
        _, other = self.keys(ci, "--id", config["verify"]["keys"][0]["id"])
        for path in self.blobs().values():
            path.unlink()
        stranger_key = sorted(pathlib.Path(self.base).glob("key *"))[-1]
        self.poison("stranger", {**other}, {"STILLAGE_SIGNING_KEY_FILE": str(stranger_key)})
        second = self.machine("careful too", config)
        done = self.build(second)
        self.assertEqual(done.executed, {"lib#build", "app#build"})
        self.assertEqual(self.outputs(second), self.GOOD)
        self.assertEqual(len(self.refusals(done)), 1, done.output)
        # The holder of the key replaces them; then everybody hits.
        signed = self.machine("signing", {**config, "signing": {}})
        self.build(signed, writes=True, env={"STILLAGE_SIGNING_KEY": key.read_text()})
        third = self.machine("careful three", config)
        done = self.build(third)
        self.assertEqual(done.executed, set(), done.output)
        self.assertEqual(self.outputs(third), self.GOOD)

    def test_who_has_no_key_uploads_nothing(self):
        repo = self.machine("dev")
        _, config = self.keys(repo)
        dev = self.machine("keyless", config)
        done = self.build(dev, writes=True)
        self.assertEqual(self.blobs(), {})
        self.assertEqual(done.output.count("nothing is uploaded"), 1, done.output)
        self.assertEqual(self.outputs(dev), self.GOOD)

    def test_zones_keep_writers_apart(self):
        self.poison("of pr", {"zone": "pr"})
        self.assertEqual(self.blobs(), {})
        self.assertEqual(len(self.blobs("pr")), 2)
        main = self.machine("of main", {"zone": "main"})
        self.assertEqual(self.build(main).executed, {"lib#build", "app#build"})
        self.assertEqual(self.outputs(main), self.GOOD)
        both = self.machine("of both", {"zone": "pr", "readZones": ["main", "pr"]})
        self.assertEqual(self.build(both).executed, set())
        self.assertEqual(self.outputs(both)[0], "poisoned\n")
        self.build(self.machine("writer of main", {"zone": "main"}), writes=True)
        later = self.machine("later", {"zone": "pr", "readZones": ["main", "pr"]})
        self.assertEqual(self.build(later).executed, set())
        self.assertEqual(self.outputs(later), self.GOOD)
        # From the environment as well.
        other = self.machine("by variables")
        self.assertEqual(self.build(other, env={"STILLAGE_READ_ZONES": "main"}).executed, set())

    def test_the_shared_local_store_does_not_pass_on_what_one_checkout_trusts(self):
        ci = self.machine("ci")
        _, config = self.keys(ci)
        del config["signing"]
        self.poison("mallory")
        trusting = self.machine("trusting")
        self.assertEqual(self.build(trusting).executed, set())
        self.assertEqual(self.outputs(trusting)[0], "poisoned\n")
        # What is made on top of it is no better than that.
        trusting.write("packages/app/src/more", "more\n")
        self.assertEqual(self.build(trusting).executed, {"app#build"})
        same_home = self.machine("careful", config, home=trusting.home)
        same_home.write("packages/app/src/more", "more\n")
        done = self.build(same_home)
        self.assertEqual(done.executed, {"lib#build", "app#build"}, done.output)
        self.assertEqual(same_home.read("packages/lib/dist/out"), "source of lib\n")
        # What it made itself is for every checkout of that user.
        third = self.machine("third", config, home=trusting.home)
        third.write("packages/app/src/more", "more\n")
        self.assertEqual(self.build(third).executed, set())

    def test_keys_are_made_once_and_kept_private(self):
        repo = self.machine("repo")
        file, config = self.keys(repo, "--algorithm", "hmac-sha256", "--id", "team")
        self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)
        self.assertRegex(file.read_text(), r"^stillage-private-key:hmac-sha256:team:[A-Za-z0-9+/=]{44}\n$")
        self.assertEqual(config["verify"]["keys"], [{"id": "team", "algorithm": "hmac-sha256",
                                                     "keyEnv": "STILLAGE_SIGNING_KEY"}])
        again = repo.stillage("keys", "generate", "--out", str(file), status=1)
        self.assertIn("exists already", again.stderr)
        repo.stillage("keys", "generate", "--id", "a b", status=1)
        printed = repo.stillage("keys", "generate", "--id", "mine").stdout
        default = repo.home / ".config/stillage/keys/mine.key"
        self.assertEqual(stat.S_IMODE(default.stat().st_mode), 0o600)
        secret = default.read_text().strip().split(":")[-1]
        self.assertNotIn(secret, printed)
        # The scripts of a build never see it, and the secret of a team verifies as it signs.
        env = {"STILLAGE_SIGNING_KEY": file.read_text()}
        spying = "mkdir -p dist && (env | grep -c ^STILLAGE_SIGNING_KEY=; true) > dist/out"
        spy = self.machine("spy", config)
        spy.package("lib", {"build": spying})
        spy.commit()
        done = self.build(spy, writes=True, env=env)
        self.assertEqual(spy.read("packages/lib/dist/out"), "0\n")
        self.assertNotIn(file.read_text().strip().split(":")[-1], done.output + json.dumps(done.data))
        reader = self.machine("spy too", config)
        reader.package("lib", {"build": spying})
        reader.commit()
        self.assertEqual(self.build(reader, env=env).executed, set())
        # Without it nothing is believed.
        keyless = self.machine("keyless", config)
        self.assertEqual(self.build(keyless).executed, {"lib#build", "app#build"})

    def test_bad_key_files_are_named(self):
        repo = self.machine("repo")
        file, config = self.keys(repo)
        dev = self.machine("dev", config)
        file.chmod(0o644)
        env = {"STILLAGE_SIGNING_KEY_FILE": str(file), "STILLAGE_WRITE_REMOTE_CACHE": "true", "LAGE_WRITE_CACHE": "true"}
        done = dev.stillage("run", "build", env=env, status=1)
        self.assertIn("chmod 600", done.stderr)
        file.chmod(0o600)
        file.write_text("garbage")
        done = dev.stillage("run", "build", env=env, status=1)
        self.assertRegex(done.stderr, re.escape(str(file)) + " is no private key")
        # Who does not upload needs no key.
        dev.stillage("run", "build", env={"STILLAGE_SIGNING_KEY_FILE": str(file)})
        dev.write("stillage.config.json", {"cacheOptions": {"signing": {"key": "stillage-private-key:ed25519:ci:AAAA"}}})
        done = dev.stillage("run", "build", status=1)
        self.assertIn("does not belong into a configuration", done.stderr)
        self.assertNotIn("AAAA", done.stderr)
