"""Entries of any size go to a remote cache and come back in a bounded amount of memory."""
import os
import shutil
import subprocess

from harness import BINARY, StillageTest, scale
from servers import S3, Azurite, Nginx

MIB = 1 << 20
MOST = 150 * MIB


class RemoteMemory(StillageTest):
    def run_measured(self, repo):
        """A run, and the most memory that it took."""
        with open(repo.base / "said", "wb+") as said:
            process = subprocess.Popen([BINARY, "run", "build"], cwd=repo.root, env=repo.env, stdin=subprocess.DEVNULL,
                                       stdout=said, stderr=said)
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            said.seek(0)
            output = said.read().decode(errors="replace")
        self.assertEqual(process.returncode, 0, output)
        self.assertNotIn("warning", output)
        return used.ru_maxrss * 1024, output

    def there_and_back(self, name, storage, env=None, **options):
        size = scale(192, 2048) * MIB
        repo = self.repo(name, home=f"{self.base}/home of {name}")
        # However busy the machine is: this is about memory.
        repo.env.update({"npm_config_update_notifier": "false", "STILLAGE_UPLOAD_WAIT": "1800", **(env or {})})
        # Bytes that do not compress, the same in each run.
        repo.package("a", {"build": f"mkdir -p dist && openssl enc -aes-128-ctr -K 00112233445566778899aabbccddeeff -iv 00 "
                                    f"-in /dev/zero 2>/dev/null | head -c {size} > dist/big"})
        repo.npm_root()
        repo.write(".gitignore", "node_modules\ndist\n")
        repo.write("stillage.config.json", {"pipeline": {"build": {"outputs": ["dist/**"]}},
                                            "cacheOptions": {"writeRemoteCache": True, "cacheStorageConfig": storage, **options}})
        repo.commit()
        up, _ = self.run_measured(repo)
        shutil.rmtree(repo.home / ".cache")
        shutil.rmtree(repo.path("node_modules"), ignore_errors=True)  # lage's local cache
        made = repo.base / "made"
        repo.path("packages/a/dist/big").rename(made)
        down, output = self.run_measured(repo)
        self.assertIn("1 from the cache", output)
        subprocess.run(["cmp", made, repo.path("packages/a/dist/big")], check=True)
        print(f"{name}, {size // MIB} MiB: {up // MIB} MiB up, {down // MIB} MiB down", flush=True)
        self.assertLess(up, MOST)
        self.assertLess(down, MOST)
        shutil.rmtree(repo.root)
        shutil.rmtree(repo.home)
        made.unlink()

    def test_a_big_entry_takes_little_memory_http(self):
        with Nginx() as nginx:
            self.there_and_back("http", {"provider": "http", "options": {"url": nginx.url}}, localCacheSize="8GiB")

    def azure(self, name, **options):
        with Azurite() as azurite:
            self.there_and_back(name, {"provider": "azure-blob", "options": {
                "connectionString": "${CACHE_CONNECTION}", "container": azurite.container}},
                env={"CACHE_CONNECTION": azurite.connection_string()}, **options)

    def test_a_big_entry_takes_little_memory_azure(self):
        self.azure("azure", localCacheSize="8GiB")

    def test_a_big_entry_takes_little_memory_s3(self):
        with S3() as s3:
            self.there_and_back("s3", s3.storage(), env=s3.keys, localCacheSize="8GiB")

    def test_a_big_entry_takes_little_memory_lage(self):
        self.azure("lage", compat="lage")
