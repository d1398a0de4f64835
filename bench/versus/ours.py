"""Stillage as a contestant: one binary with a cache of its own."""
import os
import pathlib
import re
import subprocess

from .clock import BenchError
from .repos import remove
from .rounds import Contestant


class Stillage:
    def __init__(self, name, binary):
        self.name, self.binary = name, os.path.abspath(binary)
        if not os.access(self.binary, os.X_OK):
            raise SystemExit(f"error: no program {self.binary}")
        self.bench = None

    @property
    def version(self):
        return subprocess.run([self.binary, "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]

    def has_command(self, name):
        return name in subprocess.run([self.binary, "--help"], capture_output=True, text=True).stdout.split()

    def cache(self, part=""):
        return self.bench.work / f"cache-{self.name.replace(' ', '-')}" / part

    def environment(self, **more):
        return self.bench.environment(**{"XDG_CACHE_HOME": str(self.cache()), **more})

    def forget_cache(self):
        remove(self.cache())

    def forget_state(self):
        """What is remembered of checkouts; the store of entries stays."""
        for name in os.listdir(self.cache("stillage")) if self.cache("stillage").exists() else ():
            if name != "store":
                remove(self.cache("stillage") / name)

    def run(self, repo, *words, **more):
        return self.bench.clock.measure([self.binary, *words], repo.root, self.environment(**more))

    def build(self, repo, *words, **more):
        return self.run(repo, "run", "build", *words, **more)

    def settle(self, repo, **more):
        """Everything cached and in place. Twice: what another tool has just written is read again in the first run, and may
        be too young to be trusted in the second."""
        self.build(repo, **more)
        self.build(repo, **more)

    def check_executed(self, wanted):
        """How many targets the last run executed, as it says itself."""
        found = re.search(r"targets?: (\d+) ran", self.bench.clock.last_output())
        if not found or int(found.group(1)) != wanted:
            raise BenchError(f"{self.name} was to run {wanted} targets, and says:\n{self.bench.clock.last_output()}")

    def resident_mb(self, word):
        """Memory of a process of this program that was started with that word."""
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                is_ours = os.path.realpath(folder / "exe") == os.path.realpath(self.binary)
                if is_ours and word.encode() in (folder / "cmdline").read_bytes():
                    return int(re.search(r"VmRSS:\s*(\d+)", (folder / "status").read_text()).group(1)) / 1024
            except (OSError, AttributeError):
                pass
        return 0

    def contestant(self, run, **more):
        return Contestant(self.name, "ours", run, **more)
