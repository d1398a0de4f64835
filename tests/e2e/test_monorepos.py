"""Generated monorepos of several package managers: what runs equals what the graph says must run."""
import json
import subprocess
import sys

from harness import SOURCE, StillageTest, scale


def packages_of(repo):
    """{name: (folder, names it depends on)}, read from the package.json files alone."""
    found = {}
    for path in repo.root.glob("packages/*/package.json"):
        data = json.loads(path.read_text())
        found[data["name"]] = (path.parent, {**data.get("dependencies", {}), **data.get("devDependencies", {})})
    return {name: (folder, {d for d in deps if d in found}) for name, (folder, deps) in found.items()}


def with_dependents(packages, name):
    affected = {name}
    while True:
        more = {n for n, (_, deps) in packages.items() if deps & affected} - affected
        if not more:
            return affected
        affected |= more


class Monorepos(StillageTest):
    def check(self, manager, packages, files):
        repo = self.repo()
        subprocess.run([sys.executable, SOURCE / "bench/gen_monorepo.py", repo.root, "--packages", str(packages), "--files",
                        str(files), "--pm", manager, "--force"], check=True, env={**repo.env}, stdout=subprocess.DEVNULL)
        info = json.loads(repo.read("bench-info.json"))
        graph = packages_of(repo)
        self.assertEqual(len(graph), packages)

        def targets(names):
            return {f"{name}#{task}" for name in names for task in ("build", "test")}

        first = repo.run("build", "test")
        self.assertEqual(first.executed, targets(graph))
        self.assertEqual(repo.run("build", "test").executed, set())
        for where in ("leaf", "root"):
            folder = repo.path(info[where])
            (name,) = [n for n, (f, _) in graph.items() if f == folder]
            source = folder / "src/index.ts"
            source.write_text(source.read_text() + "// edited\n")
            self.assertEqual(repo.run("build", "test").executed, targets(with_dependents(graph, name)))
            self.assertEqual(repo.run("build", "test").executed, set())
        for folder, _ in graph.values():
            self.assertEqual((folder / "lib/index.ts").read_bytes(), (folder / "src/index.ts").read_bytes())
        repo.git("checkout", "-q", ".")
        subprocess.run(["find", "packages", "-name", "lib", "-prune", "-exec", "rm", "-rf", "{}", "+"], cwd=repo.root, check=True)
        self.assertEqual(repo.run("build", "test").executed, set())
        for folder, _ in graph.values():
            self.assertEqual((folder / "lib/index.ts").read_bytes(), (folder / "src/index.ts").read_bytes())

    def test_small_npm(self):
        self.check("npm", 50, 20)

    def test_small_yarn(self):
        self.check("yarn", 50, 20)

    def test_small_pnpm(self):
        self.check("pnpm", 50, 20)

    def test_medium_yarn(self):
        self.check("yarn", scale(60, 500), scale(20, 40))

    def test_medium_pnpm(self):
        self.check("pnpm", scale(60, 500), scale(20, 40))
