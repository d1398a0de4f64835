"""Generated repositories, and what is done to them between runs."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from . import machine
from .clock import BenchError

GENERATOR = pathlib.Path(__file__).resolve().parent.parent / "gen_monorepo.py"

# Packages, and source files for each of them.
SIZES = {"tiny": (6, 3), "S": (50, 20), "R": (100, 40), "M": (500, 40), "L": (1500, 60)}


class Repo:
    """A monorepo of gen_monorepo.py. Each package's build copies its sources to lib/; that of the leaf, on which nothing
    depends, is `true`."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.info = json.loads((self.root / "bench-info.json").read_text())
        self.leaf = self.root / self.info["leaf"]
        self.packages = sorted((self.root / "packages").iterdir())
        self.building = [package for package in self.packages if package != self.leaf]
        self.output_count = (self.info["packages"] - 1) * self.info["filesPerPackage"]

    @property
    def size_text(self):
        return f"{self.info['packages']:,} packages, {self.info['sourceFiles']:,} source files"

    def git(self, *words):
        subprocess.run(["git", "-c", "gc.auto=0", "-c", "user.name=bench", "-c", "user.email=bench@localhost", *words],
                       cwd=self.root, check=True, stdout=subprocess.DEVNULL)

    def edit_leaf(self):
        """A change in the leaf that no run has seen."""
        with open(self.leaf / "src/index.ts", "a") as file:
            file.write(f"// edited at {time.time_ns()}\n")

    def undo_edits(self):
        self.git("checkout", "-q", "--", self.info["leaf"])

    def move_outputs_aside(self):
        """Outputs are moved, not deleted: ext4 scans over inodes that were freed in the last minutes at each create, which
        would be most of what a restore costs. In memory there is no such thing, but less room. Returns where they are."""
        in_memory = machine.file_system(self.root) == "tmpfs"
        if in_memory:
            self.forget_aside()
        self.aside.mkdir(exist_ok=True)
        place = pathlib.Path(tempfile.mkdtemp(prefix="outputs-", dir=self.aside))
        for package in self.packages:
            if (package / "lib").exists():
                (package / "lib").rename(place / package.name)
        if not in_memory:
            os.sync()  # nobody is to wait for what was written before
        return place

    @property
    def aside(self):
        return self.root.parent / f"{self.root.name}.aside"

    def forget_aside(self):
        remove(self.aside)

    def output_files(self):
        for package in self.building:
            yield from (path for path in (package / "lib").rglob("*") if path.is_file())

    def source_of(self, output):
        folder, name, _, *rest = output.relative_to(self.root).parts
        return self.root.joinpath(folder, name, "src", *rest)

    def check_outputs(self):
        count = sum(1 for _ in self.output_files())
        if count != self.output_count:
            raise BenchError(f"{count} outputs are there, of {self.output_count}")

    def source_and_output_folders(self):
        return [(package / "src", package / "lib") for package in self.building]


def remove(*folders):
    subprocess.run(["rm", "-rf", "--", *map(str, folders)], check=True)


def make_repo(folder, name, packages, files):
    """The repository of that name in the folder, made if it is not there yet."""
    root = pathlib.Path(folder) / name
    if (root / "bench-info.json").exists():
        repo = Repo(root)
        repo.undo_edits()
        return repo
    if root.exists():
        shutil.rmtree(root)
    subprocess.run([sys.executable, GENERATOR, root, "--packages", str(packages), "--files", str(files)], check=True,
                   stdout=subprocess.DEVNULL)
    repo = Repo(root)
    manifest = repo.leaf / "package.json"
    data = json.loads(manifest.read_text())
    data["scripts"]["build"] = "true"
    data["wireit"]["build:wireit"]["command"] = "true"
    manifest.write_text(json.dumps(data, indent=2) + "\n")
    repo.git("commit", "-qam", "the leaf's build is `true`")
    return repo
