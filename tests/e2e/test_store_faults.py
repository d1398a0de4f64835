"""A folder, a program or a registry that breaks while it is a remote cache: the build goes on, is right, and says so once."""
import contextlib
import os
import pathlib
import subprocess
import sys

from fault_builds import FaultsTest
from harness import BINARY, SOURCE, scale
from servers import PATIENT_NPM, Verdaccio

sys.path.insert(0, str(SOURCE / "tests/support"))
from fault_proxy import FaultProxy  # noqa: E402

PROGRAM = """#!/bin/sh
cd {blobs}
{fault}
case $1 in
  capabilities) echo overwrite ;;
  get) [ -e $2 ] || exit 3; cat $2 ;;
  put) mkdir -p $(dirname $2); cat > $2.$$; [ $(stat -c %s $2.$$) = $STILLAGE_BLOB_SIZE ] || exit 1; mv $2.$$ $2 ;;
esac
"""
# What becomes of a read, and of a write. The timeout is one second.
BROKEN_READS = ["exit 1", "exit 5", "exit 75", "kill -9 $$", "exec sleep 60", "head -c 100000 $2; exit 1", "head -c 100000 $2; exit 0",
                "head -c 100000 $2; exec sleep 60", "tr a b < $2; exit 0", "echo '<html>Please log in</html>'; exit 0",
                "cat $2 $2; exit 0", "exec yes"]
BROKEN_WRITES = ["exit 1", "exit 5", "exit 75", "kill -9 $$", "exec sleep 60", "head -c 100000 > half; exit 75"]
# What may have become of a file that lies there.
DAMAGES = {
    "empty": lambda data: b"", "cut off": lambda data: data[:len(data) // 2], "last byte": lambda data: data[:-1],
    "flipped early": lambda data: bytes([data[0] ^ 1]) + data[1:],
    "flipped": lambda data: data[:200_000] + bytes([data[200_000] ^ 1]) + data[200_001:],
    "flipped late": lambda data: data[:-1] + bytes([data[-1] ^ 1]), "longer": lambda data: data + b"more",
    "another file": lambda data: b"<html>Please log in</html>",
}


class Program:
    """A program over a folder as the remote cache."""

    def __init__(self, base, name, blobs):
        self.file, self.blobs = pathlib.Path(base) / f"program of {name}", blobs
        self.set("")

    def set(self, fault):
        self.file.write_text(PROGRAM.format(blobs=self.blobs, fault=fault))
        self.file.chmod(0o755)

    def configure(self, repo):
        repo.write("stillage.config.json", {
            "pipeline": {"build": {"dependsOn": ["^build"], "outputs": ["dist/**"]}},
            "cacheOptions": {"writeRemoteCache": True, "cacheStorageConfig": {
                "provider": "command", "options": {"command": [str(self.file)], "timeout": 1}}}})
        repo.commit()


class Folder:
    def __init__(self, path):
        self.path = path
        path.mkdir()

    def configure(self, repo):
        repo.write("stillage.config.json", {
            "pipeline": {"build": {"dependsOn": ["^build"], "outputs": ["dist/**"]}},
            "cacheOptions": {"writeRemoteCache": True, "cacheStorageConfig": {
                "provider": "folder", "options": {"path": str(self.path)}}}})
        repo.commit()

    def blobs(self):
        return {file.name: file.read_bytes() for file in self.path.rglob("v1/*")}


class Registry:
    """verdaccio behind a proxy of one's own."""

    def __init__(self, server, folder, name):
        self.proxy, self.package = FaultProxy(server.port), f"@team/{name}"
        self.npmrc = pathlib.Path(folder) / f"npmrc of {name}"
        self.npmrc.write_text(f"//127.0.0.1:{self.proxy.port}/:_authToken={server.token}\nupdate-notifier=false\n")

    def configure(self, repo):
        repo.write("stillage.config.json", {
            "pipeline": {"build": {"dependsOn": ["^build"], "outputs": ["dist/**"]}},
            "cacheOptions": {"writeRemoteCache": True, "cacheStorageConfig": {"provider": "npm", "options": {
                "npmPackageName": self.package, "registryUrl": f"http://127.0.0.1:{self.proxy.port}/",
                "npmrcUserconfig": str(self.npmrc), **PATIENT_NPM}}}})
        repo.commit()


class StoreFaults(FaultsTest):
    def folder(self, name="remote"):
        return Folder(pathlib.Path(self.base) / name)

    def expect_whole(self, repo, made):
        """Another machine finds whole entries, or none, and nothing to complain of."""
        self.fresh(repo)
        self.assertEqual(self.warnings(self.build(repo)), [])
        self.assertEqual(self.outputs(repo), made)

    def test_a_program_that_does_not_give_is_a_miss_told_once(self):
        blobs = pathlib.Path(self.base) / "blobs"
        blobs.mkdir()
        first = self.three_packages(Program(self.base, "first", blobs), "first")
        first.stillage("run", "build")
        made = self.outputs(first)

        def work(number, fault, _):
            program = Program(self.base, f"repo{number}", blobs)
            repo = self.three_packages(program, f"repo{number}")
            program.set(f"[ $1 = get ] && {{ {fault}; }}")
            done = self.build(repo)
            self.assertEqual(self.outputs(repo), made)
            self.expect_warning(done, "program of")
            program.set("")
            self.expect_whole(repo, made)

        self.each([(fault, None) for fault in BROKEN_READS], work)

    def test_a_program_that_does_not_take_is_told_once_and_leaves_no_part(self):
        def work(number, fault, _):
            blobs = pathlib.Path(self.base) / f"blobs{number}"
            blobs.mkdir()
            program = Program(self.base, f"repo{number}", blobs)
            repo = self.three_packages(program, f"repo{number}")
            program.set(f"[ $1 = put ] && {{ {fault}; }}")
            done = self.build(repo)
            self.expect_warning(done, "program of")
            made = self.outputs(repo)
            program.set("")
            self.expect_whole(repo, made)

        self.each([(fault, None) for fault in BROKEN_WRITES], work)

    def test_a_program_that_is_none_is_told_once(self):
        for number, break_it in enumerate((lambda file: file.unlink(), lambda file: file.chmod(0o644),
                                           lambda file: file.write_bytes(b"\x7fELF and no more"))):
            with self.subTest(number):
                program = Program(self.base, f"repo{number}", self.base)
                repo = self.three_packages(program, f"repo{number}")
                break_it(program.file)
                self.expect_warning(self.build(repo), "program of")

    def test_a_damaged_file_of_a_folder_is_a_miss_told_once_and_replaced(self):
        def work(number, fault, damage):
            folder = self.folder(f"remote{number}")
            repo = self.three_packages(folder, f"repo{number}")
            self.assertEqual(self.warnings(self.build(repo)), [])
            made, good = self.outputs(repo), folder.blobs()
            self.assertEqual(len(good), 3)
            for file in list(folder.path.rglob("v1/*")):
                file.write_bytes(damage(file.read_bytes()))
            self.fresh(repo)
            done = self.build(repo)
            self.expect_warning(done, str(folder.path))
            self.assertEqual(self.outputs(repo), made)
            self.fresh(repo)
            self.assertEqual(len(repo.run("build").hits), 3, fault)
            self.assertEqual(self.outputs(repo), made)

        self.each(DAMAGES.items(), work)

    def in_namespace(self, repo, mount):
        """A run after `mount`, which only that run sees; and what lies in the folder then."""
        script = f'{mount}\n"{BINARY}" run build; status=$?\nfind "$REMOTE" -type f -printf "%s %P\\n" >&3\nexit $status'
        words = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]
        with open(repo.base / "listed", "w+b") as listed:
            done = subprocess.run([*words, "sh", "-c", f"exec 3>&{listed.fileno()}\n{script}"], cwd=repo.root, stdin=subprocess.DEVNULL,
                                  env={**repo.env, "REMOTE": str(repo.base / "remote")}, capture_output=True, text=True,
                                  pass_fds=[listed.fileno()])
            self.assertEqual(done.returncode, 0, done.stderr)
            listed.seek(0)
            return done, listed.read().decode().splitlines()

    def test_a_folder_that_is_full_is_told_once_and_keeps_no_part(self):
        folder = self.folder()
        repo = self.three_packages(folder)
        # Room for one of three.
        done, listed = self.in_namespace(repo, 'mount -t tmpfs -o size=700k none "$REMOTE"')
        self.expect_warning(done, str(folder.path))
        self.assertEqual(len([line for line in listed if "v1/" in line]), 1, listed)
        self.assertEqual([line for line in listed if "v1/" not in line], [])
        made = self.outputs(repo)
        self.assertEqual(self.warnings(self.build(repo)), [])
        self.assertEqual(self.outputs(repo), made)

    def test_a_folder_that_may_not_be_written_is_told_once_and_read(self):
        folder = self.folder()
        repo = self.three_packages(folder)
        self.assertEqual(self.warnings(self.build(repo)), [])
        made = self.outputs(repo)
        for file in sorted(folder.path.rglob("v1/*"))[:1]:
            file.unlink()
        self.fresh(repo)
        read_only = 'mount --bind "$REMOTE" "$REMOTE" && mount -o remount,ro,bind "$REMOTE"'
        done, listed = self.in_namespace(repo, read_only)
        self.expect_warning(done, str(folder.path))
        self.assertEqual(len(listed), 2)
        self.assertEqual(self.outputs(repo), made)

    def test_a_folder_that_is_not_there_is_told_once(self):
        folder = self.folder()
        repo = self.three_packages(folder)
        folder.path.rename(folder.path.with_name("elsewhere"))
        self.expect_warning(self.build(repo), str(folder.path))
        self.assertFalse(folder.path.exists())

    def test_a_registry_behind_a_broken_line_is_told_once(self):
        """Each call starts npm; the store's own tests have all the faults."""
        page = {"status": 200, "headers": {"Content-Type": "text/html"}, "body": "<html>Please log in</html>"}
        faults = [("flip", {"at": 100_000})]
        faults += scale([], [("status", page), ("refuse", {}), ("status", {"status": 401}), ("drop", {}), ("truncate", {"at": 100_000}),
                             ("stall", {"at": 100_000}), ("status", {"status": 503})])
        with contextlib.ExitStack() as stack:
            server = stack.enter_context(Verdaccio())
            for number, (fault, more) in enumerate(faults):
                with self.subTest(fault, **more):
                    registry = Registry(server, self.base, f"cache-{number}")
                    stack.callback(registry.proxy.close)
                    repo = self.three_packages(registry, f"repo{number}")
                    self.assertEqual(self.warnings(self.build(repo)), [])
                    made = self.outputs(repo)
                    registry.proxy.set(fault, **more)
                    self.fresh(repo)
                    done = self.build(repo)
                    self.expect_warning(done, str(registry.proxy.port))
                    self.assertEqual(self.outputs(repo), made)
                    registry.proxy.set()
                    self.fresh(repo)
                    self.assertEqual(len(repo.run("build").hits), 3)
                    self.assertEqual(self.outputs(repo), made)
