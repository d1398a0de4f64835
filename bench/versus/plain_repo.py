"""Repositories of many small packages that do not depend on each other."""
import json
import pathlib
import random
import subprocess

CONFIGS = {
    "package.json": {"name": "plain", "version": "1.0.0", "private": True, "packageManager": "yarn@1.22.22",
                     "workspaces": ["packages/*"]},
    "stillage.config.json": {"pipeline": {"build": {"outputs": ["lib/**"]}}},
    "turbo.json": {"tasks": {"build": {"outputs": ["lib/**"]}}},
}


class PlainRepo:
    """Made if it is not there yet. Every package has the same build, and a source of random bytes of that size, the same in
    every repository made so."""

    def __init__(self, root, count, build, source_size=10):
        self.root = pathlib.Path(root)
        self.packages = [self.root / f"packages/p{i:05}" for i in range(count)]
        if (self.root / ".git").exists():
            return
        source = random.Random(count)
        for package in self.packages:
            (package / "src").mkdir(parents=True)
            (package / "src/data.bin").write_bytes(source.randbytes(source_size))
            write_json(package / "package.json", {"name": package.name, "version": "1.0.0", "scripts": {"build": build}})
        for name, content in CONFIGS.items():
            write_json(self.root / name, content)
        (self.root / "yarn.lock").write_text("# yarn lockfile v1\n")
        (self.root / ".gitignore").write_text("node_modules/\nlib/\n.turbo/\n")
        for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "generated"]):
            subprocess.run(["git", "-c", "gc.auto=0", "-c", "user.name=bench", "-c", "user.email=bench@localhost", *words],
                           cwd=self.root, check=True)


def write_json(path, content):
    path.write_text(json.dumps(content, indent=2) + "\n")
