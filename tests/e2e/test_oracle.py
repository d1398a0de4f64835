"""The oracle: for random edits, renames, deletions, checkouts and stashes over a repository whose scripts really
compile, the tree after a cached run equals the tree of a from-scratch run in a fresh clone."""
import os
import random
import shutil

from harness import SOURCE, Repo, StillageTest, scale, seeded, tree

SOURCES = {
    "base": {"index.ts": 'export * from "./one.js";\nexport * from "./two.js";\n', "one.ts": "export const one: number = 1;\n",
             "two.ts": 'export const two = "2";\n'},
    "core": {"index.ts": 'import * as base from "@o/base";\nexport const all = Object.keys(base).length;\n',
            "more.ts": "export const more = true;\n"},
    "app": {"index.ts": 'import { all } from "@o/core";\ndeclare const console: { log(text: unknown): void };\nconsole.log(all);\n'},
}


class Oracle(StillageTest):
    def make(self):
        repo = self.repo()
        modules = SOURCE / "examples/monorepo/node_modules"
        # A bundle step writes into the folder of another target, as they do in the wild.
        for name, deps in (("base", []), ("core", ["@o/base"]), ("app", ["@o/core", "@o/base"])):
            scripts = {"build": "tsc -p ."}
            if name == "app":
                scripts["bundle"] = "esbuild src/index.ts --bundle --platform=node --outfile=lib/bundle.js --log-level=error"
            repo.package(f"@o/{name}", scripts, deps, folder=f"packages/{name}", main="lib/index.js", types="lib/index.d.ts",
                         type="module")
            repo.write(f"packages/{name}/tsconfig.json", {
                # The smallest library that compiles it all: most of a compiler's time goes there.
                "compilerOptions": {"target": "es2022", "lib": ["es5"], "module": "nodenext", "outDir": "lib", "rootDir": "src",
                                    "declaration": True, "incremental": True, "tsBuildInfoFile": "lib/.tsbuildinfo",
                                    "types": [], "skipLibCheck": True}, "include": ["src"]})
            for file, text in SOURCES[name].items():
                repo.write(f"packages/{name}/src/{file}", text)
        repo.write("stillage.config.json", {"pipeline": {
            "build": {"dependsOn": ["^build"], "outputs": ["lib/**", "!lib/bundle.js"]},
            "bundle": {"dependsOn": ["build"], "outputs": ["lib/bundle.js"]}}})
        repo.npm_root()
        repo.write(".gitignore", "node_modules\nlib\n")
        self.link_modules(repo, modules)
        repo.commit("first")
        return repo

    def link_modules(self, repo, modules):
        repo.path("node_modules/@o").mkdir(parents=True)
        for name in SOURCES:
            os.symlink(f"../../packages/{name}", repo.path(f"node_modules/@o/{name}"))
        for name in (".bin", "typescript", "esbuild", "@esbuild"):
            os.symlink(modules / name, repo.path(f"node_modules/{name}"))

    def step(self, repo, rng, number):
        """One random change of the work tree; gives its name."""
        files = sorted(p for p in repo.root.glob("packages/*/src/*.ts") if p.name != "index.ts")
        action = rng.choice(["edit", "edit", "add", "rename", "delete", "swap", "checkout", "stash", "commit", "output",
                             "touch", "revert"])
        folder = repo.path(f"packages/{rng.choice(list(SOURCES))}")
        if action == "edit":
            target = rng.choice(sorted(repo.root.glob("packages/*/src/*.ts")))
            target.write_text(target.read_text() + f"export const e{number} = {rng.randrange(9)};\n")
        elif action == "add":
            (folder / f"src/n{number}.ts").write_text(f"export const n{number} = {rng.randrange(9)};\n")
        elif action == "rename" and files:
            old = rng.choice(files)
            if old.name not in ("one.ts", "two.ts"):
                old.rename(old.with_name(f"r{number}.ts"))
        elif action == "delete" and files:
            old = rng.choice(files)
            if old.name not in ("one.ts", "two.ts"):
                old.unlink()
        elif action == "swap" and len(files) > 1:
            one, two = rng.sample(files, 2)
            if one.parent == two.parent and not {one.name, two.name} & {"one.ts", "two.ts"}:
                first, second = one.read_text(), two.read_text()
                one.write_text(second)
                two.write_text(first)
        elif action == "checkout":
            branch = rng.choice(["one", "two", "three"])
            repo.git("stash", "-u", "-q", check=False)
            if repo.git("branch", "--list", branch).strip():
                repo.git("checkout", "-q", branch)
            else:
                repo.git("checkout", "-q", "-b", branch)
        elif action == "stash":
            if repo.git("stash", "list").strip() and rng.random() < 0.5:
                if "CONFLICT" in repo.git("stash", "pop", check=False):
                    repo.git("checkout", "-q", "-f", "HEAD", check=False)
                if repo.git("ls-files", "-u").strip():
                    repo.git("reset", "-q", "--hard")
            else:
                repo.git("stash", "-u", "-q", check=False)
        elif action == "commit":
            repo.commit(f"step {number}")
        elif action == "output":
            outputs = sorted(p for p in repo.root.glob("packages/*/lib/*") if p.is_file())
            if outputs:
                victim = rng.choice(outputs)
                if rng.random() < 0.5:
                    victim.unlink()
                else:
                    victim.write_text("overwritten\n")
        elif action == "touch" and files:
            os.utime(rng.choice(files))
        elif action == "revert":
            repo.git("checkout", "-q", "--", ".")
        return action

    def from_scratch(self, repo, number):
        """A fresh clone of the work tree as it is, built without any cache."""
        fresh = Repo(self.base, f"fresh{number}", home=self.base + f"/home{number}")
        shutil.rmtree(fresh.root)
        shutil.copytree(repo.root, fresh.root, symlinks=True, ignore=shutil.ignore_patterns("lib"))
        # The path is the same length and the same place for no script: nothing here writes absolute paths.
        done = fresh.run("build", "bundle", "--no-cache", "--continue", status=None)
        built = tree(fresh.root)
        shutil.rmtree(fresh.root)
        shutil.rmtree(fresh.home)
        return built, done

    def test_random_sequences(self):
        sequences, steps = scale(1, 500), scale(4, 3)
        print(f"{sequences} sequences of {steps} steps")
        rng = seeded()
        for sequence in range(sequences):
            repo = self.make()
            history = []
            for number in range(steps):
                for _ in range(rng.randrange(1, 4)):
                    history.append(self.step(repo, rng, sequence * 100 + number))
                done = repo.run("build", "bundle", "--continue", status=None)
                want, fresh = self.from_scratch(repo, number)
                if fresh.ids(status="failed"):
                    # What a failing script leaves behind is nobody's promise; that it fails is.
                    self.assertEqual(fresh.ids(status="failed"), done.ids(status="failed"),
                                     (history, fresh.output, done.output))
                    continue
                self.assertEqual(done.ids(status="failed"), set(), (history, done.output))
                got = tree(repo.root)
                self.assertEqual(sorted(got), sorted(want), history)
                for path in want:
                    self.assertEqual(got[path], want[path], (path, history))
                again = repo.run("build", "bundle", "--continue")
                self.assertEqual(again.executed, set(), history)
            shutil.rmtree(repo.root)
            shutil.rmtree(repo.home)
