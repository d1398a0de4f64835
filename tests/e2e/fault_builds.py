"""What tests of broken remote caches share: a small repository, and what is to be true of a build of it, whatever breaks."""
import concurrent.futures
import os
import shutil
import traceback

from harness import StillageTest


class FaultsTest(StillageTest):
    def three_packages(self, remote, name="repo"):
        """a <- b <- c; each build makes a file that does not compress and is its own for each state of the sources.
        `remote.configure(repo)` makes it the repository's remote cache."""
        repo = self.repo(name, home=f"{self.base}/home of {name}")
        for name, deps in (("a", []), ("b", ["a"]), ("c", ["b"])):
            inputs = " ".join(["src/*", *(f"../{d}/dist/out" for d in deps)])
            repo.package(name, {"build": f"mkdir -p dist && cat {inputs} > dist/out && python3 ../../noise.py"}, deps)
            repo.write(f"packages/{name}/src/{name}.txt", f"source of {name}\n")
        repo.write("noise.py", "import random\nnoise = random.Random(open('dist/out').read())\n"
                               "open('dist/big', 'wb').write(noise.randbytes(400_000))\n")
        repo.npm_root()
        repo.write(".gitignore", "node_modules\ndist\n")
        repo.env["npm_config_update_notifier"] = "false"
        remote.configure(repo)
        return repo

    def fresh(self, repo):
        """As a clone on another machine."""
        shutil.rmtree(repo.home / ".cache", ignore_errors=True)
        repo.git("clean", "-xdfq")

    def outputs(self, repo):
        return {f"{name}/{file}": (repo.root / f"packages/{name}/dist/{file}").read_bytes()
                for name in "abc" for file in ("out", "big")}

    def warnings(self, done):
        return [line for line in done.stderr.splitlines() if line.startswith(("warning", "error"))]

    def build(self, repo, **more):
        """A run; what the local cache holds after it is whole."""
        done = repo.stillage("run", "build", **more)
        if "lage" not in repo.read("stillage.config.json"):
            repo.stillage("cache", "verify")
            return done
        # Entries in lage's format have nothing to be verified by but what they restore.
        made = self.outputs(repo)
        for name in "abc":
            repo.remove(f"packages/{name}/dist")
        self.assertEqual(len(repo.run("build").hits), 3)
        self.assertEqual(self.outputs(repo), made)
        return done

    def each(self, faults, work):
        """work(number, fault, options) for each of them, some at a time: most of it is waiting."""
        def one(case):
            number, (fault, more) = case
            try:
                work(number, fault, more)
                return None
            except Exception:
                return f"{fault} {more}: {traceback.format_exc()}"

        with concurrent.futures.ThreadPoolExecutor(2 * os.cpu_count()) as pool:
            failed = [f for f in pool.map(one, enumerate(faults)) if f]
        if failed:
            self.fail("\n".join(failed))

    def expect_warning(self, done, words):
        """Exactly one, with these words."""
        told = self.warnings(done)
        self.assertEqual(len(told), 1, told)
        self.assertIn(words, told[0])
