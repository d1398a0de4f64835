"""Stillage in lage's format, the published lage and the published backfill on one Azure container: what one puts the other
fetches, byte for byte the same blobs, and no damaged blob is a hit."""
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile

from azurite import Azurite
from harness import BINARY, SOURCE, StillageTest, tree

LAGE = SOURCE / "tests/compat/node_modules/.bin/lage"
BACKFILL = SOURCE / "tests/compat/node_modules/.bin/backfill"
LOCAL = "node_modules/.cache"
LONG = "d" * 60 + "/" + "e" * 60 + "/" + "f" * 60 + "/" + "n" * 90

# Outputs of every sort: links to files, to outside of the outputs, through folders; modes; odd and long names; nothing at all.
BUILD = ("mkdir -p lib/deep/er && cat src/* > lib/out && cp lib/out 'lib/deep/er/a name' && chmod 755 lib/deep/er/* && "
         "ln -sfn out lib/link && ln -sfn ../package.json lib/up && ln -sfn deep lib/folder && echo dot > lib/.hidden && "
         ": > lib/empty && echo o > lib/only && chmod 400 lib/only && echo w > lib/wide && chmod 666 lib/wide && "
         f"mkdir -p lib/{os.path.dirname(LONG)} && echo long > lib/{LONG} && echo plain > lib/{'m' * 120} && "
         "echo e > lib/é.js && echo j > 'lib/日本 語.js' && ln -sfn '日本 語.js' lib/ünï && "
         "head -c 9000000 /dev/zero > lib/large && touch -d 2001-02-03T04:05:06.75Z lib/large")


def forget(root):
    """All that a fresh clone would not have."""
    for folder in [root / LOCAL, *root.glob("packages/*/lib"), *root.glob("packages/*/" + LOCAL)]:
        shutil.rmtree(folder, ignore_errors=True)


class LageAzure(StillageTest):
    def setUp(self):
        super().setUp()
        self.azure = Azurite(self.base + "/azurite")
        self.addCleanup(self.azure.stop)

    def make(self, name="repo", cache=None, scripts=None):
        repo = self.repo(name)
        repo.package("core", {"build": BUILD, "test": "echo tested", **(scripts or {})})
        repo.package("app", {"build": "mkdir -p lib && cat ../core/lib/out > lib/out", "test": "echo tested"}, ["core"])
        for package in ("core", "app"):
            repo.write(f"packages/{package}/src/index.js", f"{package}\n")
        repo.npm_root()
        repo.write("lage.config.js", "module.exports = " + json.dumps({
            "pipeline": {"build": {"dependsOn": ["^build"], "outputs": ["lib/**"]}, "test": {"dependsOn": ["build"], "outputs": []}},
            "cacheOptions": {"cacheStorageConfig": self.azure.options(), "writeRemoteCache": True, **(cache or {})}}) + ";\n")
        repo.write(".gitignore", "node_modules\nlib\n")
        repo.env.update({"STILLAGE_COMPAT": "lage", "npm_config_update_notifier": "false"})
        repo.path("node_modules").mkdir()
        repo.commit()
        return repo

    def lage(self, repo, env=None):
        """What lage says of its targets: id to status."""
        done = subprocess.run([LAGE, "build", "test", "--reporter", "json", "--verbose"], cwd=repo.root, env={**repo.env, **(env or {})},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        ends = {}
        for line in done.stdout.splitlines():
            data = json.loads(line).get("data", {}) if line.startswith("{") else {}
            if data.get("status") in ("success", "skipped", "failed"):
                ends[data["target"]["id"]] = data["status"]
        return ends

    def ours(self, repo, **more):
        return repo.run("build", "test", **more)

    def outputs(self, repo):
        found = {}
        for package in repo.root.glob("packages/*"):
            for path, entry in tree(package / "lib").items():
                # An empty folder, and what links to folders lead to, are in no entry as they are.
                if entry[0] != "dir" and not path.startswith("folder"):
                    # As both restore it: what the umask forbids comes back with nobody.
                    mode = os.lstat(package / "lib" / path).st_mode & 0o777 & ~0o022
                    what = hashlib.sha1(entry[1]).hexdigest() if entry[0] == "file" else entry[1]
                    found[f"{package.name}/{path}"] = (entry[0], what, oct(mode))
        return found

    def entries(self, tar):
        """A tar's entries as bytes, in an order of their own."""
        found, at = [], 0
        entry = b""
        while tar[at] != 0:
            size = int(tar[at + 124:at + 135], 8)
            block = tar[at:at + 512 + (size + 511) // 512 * 512]
            at += len(block)
            entry += block
            if block[156:157] != b"x":
                found.append(entry)
                entry = b""
        self.assertEqual(tar[at:], bytes(1024))
        return sorted(found)

    def test_lage_puts_and_we_fetch(self):
        repo = self.make()
        self.assertEqual(set(self.lage(repo).values()), {"success"})
        made = self.outputs(repo)
        self.assertEqual(len(self.azure.blobs()), 4)
        forget(repo.root)
        summary = self.ours(repo)
        self.assertEqual(summary.executed, set(), summary.output)
        self.assertEqual({row["hit"] for row in summary.targets.values()}, {"remote"}, summary.output)
        self.assertEqual(self.outputs(repo), made)
        # From here on the local cache has it; a link to a file of the entry is a copy there, as for lage.
        shutil.rmtree(repo.path("packages/core/lib"))
        self.assertEqual({row["hit"] for row in self.ours(repo).targets.values()}, {"local"})
        # And what lage finds remotely is the same tree.
        forget(repo.root)
        self.assertEqual(set(self.lage(repo).values()), {"skipped"})
        self.assertEqual(self.outputs(repo), made)

    def test_we_put_and_lage_fetches(self):
        repo = self.make()
        self.assertEqual(len(self.ours(repo).executed), 4)
        made = self.outputs(repo)
        own = self.azure.blobs()
        self.assertEqual(len(own), 4)
        self.assertEqual(sum(blob == bytes(1024) for blob in own.values()), 2, "an empty set of outputs is a tar with nothing")
        forget(repo.root)
        self.assertEqual(set(self.lage(repo).values()), {"skipped"})
        self.assertEqual(self.outputs(repo), made)

    def test_both_make_the_same_blobs_of_the_same_files(self):
        repo = self.make(scripts={"build": "true"})
        # Both find the same files with the same times, and store them as they are.
        subprocess.run(["sh", "-c", "mkdir -p src; " + BUILD], cwd=repo.path("packages/core"), check=True)
        os.utime(repo.path("packages/core/lib/only"), ns=(10**9, -5 * 10**9))
        os.utime(repo.path("packages/core/lib/out"), ns=(10**9, 1_600_000_000_999_700_000))
        if os.getuid() == 0:
            os.chown(repo.path("packages/core/lib/wide"), 1234, 4321)
            os.chown(repo.path("packages/core/lib/link"), 1234, 4321, follow_symlinks=False)
        self.ours(repo)
        own = self.azure.blobs()
        for name in own:
            self.azure.remove(name)
        shutil.rmtree(repo.path(LOCAL))
        self.assertEqual(set(self.lage(repo).values()), {"success"})
        theirs = self.azure.blobs()
        self.assertEqual(set(own), set(theirs))
        large = next(name for name, blob in own.items() if len(blob) > 9_000_000)
        for name in own:
            if name != large and len(own[name]) > 1024:
                continue  # app's: its script has run twice, at two times
            self.assertEqual(self.entries(own[name]), self.entries(theirs[name]))

    def test_damaged_blobs_are_misses_told_once_and_replaced(self):
        repo = self.make()
        first = self.ours(repo)
        good = self.azure.blobs()
        name = first.key("core#build")
        for damaged in (good[name][:-512], b"", good[name][:512 * 20 + 100], good[name].replace(b"ustar\0", b"ustbr\0", 1)):
            self.azure.put(name, damaged)
            forget(repo.root)
            summary = self.ours(repo)
            self.assertEqual(summary.executed, {"core#build"}, summary.output)
            self.assertEqual(summary.output.count("could not be read (the blob " + name), 1, summary.output)
            self.assertEqual(self.azure.blobs()[name][-1024:], bytes(1024))
            left = [p.name for p in repo.path(LOCAL).rglob(".stillage-*")]
            self.assertEqual(left, [])

    def test_hostile_blobs_write_nothing_outside(self):
        repo = self.make()
        name = self.ours(repo).key("core#build")
        outside = repo.base / "outside"
        outside.mkdir()

        def tar(*members):
            bytes_ = io.BytesIO()
            with tarfile.open(fileobj=bytes_, mode="w", format=tarfile.PAX_FORMAT) as out:
                for path, kind, what in members:
                    member = tarfile.TarInfo(path)
                    member.type, member.mode = kind, 0o644
                    if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
                        member.linkname = what
                    else:
                        member.size = len(what)
                    out.addfile(member, io.BytesIO(what.encode()) if isinstance(what, str) else None)
            return bytes_.getvalue()

        far = str(outside)
        refused = [tar(("lib/x", tarfile.SYMTYPE, far), ("lib/x/owned", tarfile.REGTYPE, "bad")),
                   tar(("lib/x", tarfile.SYMTYPE, ".."), ("lib/x/y", tarfile.SYMTYPE, far), ("lib/x/y/owned", tarfile.REGTYPE, "bad")),
                   tar(("lib/h", tarfile.LNKTYPE, "/etc/passwd")), tar(("lib/fifo", tarfile.FIFOTYPE, "")),
                   tar(("lib/a", tarfile.REGTYPE, "a"), ("lib/a/b", tarfile.REGTYPE, "b"))]
        for blob in refused:
            self.azure.put(name, blob)
            forget(repo.root)
            self.assertEqual(self.ours(repo).executed, {"core#build"})
            self.assertEqual(list(outside.iterdir()), [])
        # What leads upwards counts from the package, as for lage; a link to outside is a link, which writes nothing there.
        self.azure.put(name, tar(("../../../lib/out", tarfile.REGTYPE, "inside"), ("lib/far", tarfile.SYMTYPE, far),
                                 ("lib/far2", tarfile.SYMTYPE, "../../../../outside/new")))
        forget(repo.root)
        summary = self.ours(repo)
        self.assertEqual(summary.executed, set(), summary.output)
        self.assertEqual(repo.read("packages/core/lib/out"), "inside")
        self.assertEqual(os.readlink(repo.path("packages/core/lib/far")), far)
        self.assertEqual(list(outside.iterdir()), [])

    def test_writing_size_limits_and_a_missing_container(self):
        repo = self.make(cache={"writeRemoteCache": False})
        self.ours(repo)
        self.assertEqual(self.azure.blobs(), {}, "not asked for")
        forget(repo.root)
        # Only core's outputs are larger than that.
        limited = self.make("limited", cache={"cacheStorageConfig": self.azure.options(maxSize=1_000_000)})
        summary = self.ours(limited)
        self.assertEqual(len(self.azure.blobs()), 3)
        whole = self.make("whole")
        self.ours(whole)
        self.assertEqual(set(self.azure.blobs()) - {summary.key("core#build")}, {summary.key(t) for t in summary.targets} -
                         {summary.key("core#build")})
        forget(limited.root)
        fetched = self.ours(limited)
        self.assertEqual(fetched.executed, {"core#build"})
        self.assertNotIn("could not be read", fetched.output)
        nowhere = self.make("nowhere", cache={"cacheStorageConfig": self.azure.options(container="nowhere")})
        told = self.ours(nowhere)
        self.assertEqual(len(told.executed), 4)
        self.assertIn('make the container "nowhere" first', told.output)
        self.assertNotIn("Eby8vdM02x", told.output)

    def test_the_environment_names_the_remote_alone(self):
        repo = self.make(cache={"cacheStorageConfig": {"provider": "local"}})
        remote = {"BACKFILL_CACHE_PROVIDER": "azure-blob", "BACKFILL_CACHE_PROVIDER_OPTIONS": json.dumps(self.azure.options()["options"])}
        self.ours(repo, env={**remote, "LAGE_WRITE_CACHE": "false"})
        self.assertEqual(self.azure.blobs(), {})
        self.assertEqual({row["hit"] for row in self.ours(repo, env=remote).targets.values()}, {"local"})
        forget(repo.root)
        self.ours(repo, env={**remote, "LAGE_WRITE_CACHE": "true"})
        self.assertEqual(len(self.azure.blobs()), 4)
        forget(repo.root)
        self.assertEqual({row["hit"] for row in self.ours(repo, env=remote).targets.values()}, {"remote"})
        # Without a local cache there is still the remote one.
        forget(repo.root)
        repo.write("lage.config.js", repo.read("lage.config.js").replace('"writeRemoteCache"', '"skipLocalCache": true, "writeRemoteCache"'))
        repo.commit()
        self.ours(repo, env=remote)
        shutil.rmtree(repo.path("packages/core/lib"))
        summary = self.ours(repo, env=remote)
        self.assertEqual({row["hit"] for row in summary.targets.values()}, {"remote"}, summary.output)
        self.assertFalse(repo.exists(LOCAL + "/lage/cache") and os.listdir(repo.path(LOCAL + "/lage/cache")))

    def test_plain_backfill_both_ways(self):
        repo = self.make()
        package = repo.path("packages/core")
        repo.env.pop("STILLAGE_COMPAT")
        repo.write("packages/core/backfill.config.js", "module.exports = " + json.dumps(
            {"cacheStorageConfig": self.azure.options(), "outputGlob": ["lib/**"]}) + ";\n")
        repo.commit()
        link = self.base + "/backfill"
        os.symlink(BINARY, link)

        def run(tool):
            done = subprocess.run([tool, "--", "sh", "build.sh"], cwd=package, env=repo.env, stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, timeout=120, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            return done.stdout + done.stderr

        repo.write("packages/core/build.sh", BUILD + "\n")
        for putter, fetcher in ((str(BACKFILL), link), (link, str(BACKFILL))):
            for name in self.azure.blobs():
                self.azure.remove(name)
            forget(repo.root)
            self.assertIn("Cache miss!", run(putter))
            made = self.outputs(repo)
            self.assertEqual(len(self.azure.blobs()), 1)
            forget(repo.root)
            self.assertIn("Cache hit!", run(fetcher))
            self.assertEqual(self.outputs(repo), made)
            self.assertEqual([p.name for p in repo.root.rglob(".stillage-*")], [])
