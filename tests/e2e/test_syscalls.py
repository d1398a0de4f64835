"""How much a run asks of the system: counts of calls, which say the same on every machine, instead of times."""
import collections
import json
import os
import pathlib
import re
import subprocess

from harness import BINARY, StillageTest, scale

STATS = ("stat", "lstat", "newfstatat", "statx")
OPENS = ("open", "openat", "openat2", "creat")
STARTS = ("execve", "execveat")
# Files that say what there is to do; all other inputs are known by their stat.
DESCRIBING = {"package.json", "package-lock.json", "stillage.config.json", "lage.config.js", ".gitignore", ".gitattributes",
              ".npmrc"}
CALL = re.compile(r'^(?P<pid>\d+) +(?P<name>\w+)\((?:(?P<fd>AT_FDCWD|\d+)(?:<(?P<dir>[^>]*)>)?, )?"(?P<path>(?:[^"\\]|\\.)*)"')


class Trace:
    """The calls of one run, each with the absolute path that it was about."""

    def __init__(self, text, cwd):
        self.calls = collections.Counter()
        self.paths = {kind: collections.Counter() for kind in ("stat", "open", "start")}
        for line in text.splitlines():
            call = CALL.match(line)
            if not call:
                continue
            name = call["name"]
            self.calls[name] += 1
            kind = "stat" if name in STATS else "open" if name in OPENS else "start" if name in STARTS else None
            if kind:
                folder = call["dir"] or cwd
                self.paths[kind][os.path.normpath(os.path.join(folder, call["path"]))] += 1

    def below(self, kind, root):
        """Counts by path relative to `root`."""
        return {os.path.relpath(path, root): count for path, count in self.paths[kind].items()
                if path == str(root) or path.startswith(f"{root}/")}


class Syscalls(StillageTest):
    def make(self, script=None):
        """With a JSON configuration, or a script that is given the pipeline."""
        repo = self.repo()
        self.packages, self.files = scale(50, 500), scale(10, 40)
        for number in range(self.packages):
            deps = [f"p{number - 1}"] if number % 5 else []
            folder = repo.package(f"p{number}", {"build": "rm -rf lib && cp -R src lib", "test": "test -d lib"}, deps)
            for file in range(self.files):
                repo.write(f"{folder}/src/d{file % 3}/f{file}.ts", f"export const n = {number * 1000 + file};\n")
        repo.npm_root()
        repo.write(".gitignore", "node_modules\nlib\n")
        pipeline = {"build": {"dependsOn": ["^build"], "outputs": ["lib/**"]}, "test": {"dependsOn": ["build"], "outputs": []}}
        if script:
            repo.write("lage.config.js", script.format(json.dumps(pipeline)))
        else:
            repo.write("stillage.config.json", {"pipeline": pipeline})
        repo.commit()
        # As old as files are in life: right after a checkout, git cannot be sure of any of them.
        for path in repo.root.rglob("*"):
            if ".git" not in path.parts and path.is_file():
                os.utime(path, (1_600_000_000, 1_600_000_000))
        repo.git("status")
        return repo

    def settle(self, repo):
        """Runs until nothing more is to be remembered."""
        for _ in range(3):
            done = repo.run("build", "test")
        self.assertEqual(done.executed, set())

    def trace(self, repo):
        log = pathlib.Path(self.base) / "trace"
        # Without looking at every call the traced threads are much faster.
        subprocess.run(["strace", "-f", "-y", "-qq", "--seccomp-bpf", "-s", "4096", "-o", log,
                        "-e", "trace=%file", "-e", "signal=none", BINARY, "run", "build", "test"],
                       cwd=repo.root, env=repo.env, check=True, stdout=subprocess.DEVNULL)
        return Trace(log.read_text(errors="replace"), repo.root)

    def check(self, repo, trace):
        tracked = set(repo.git("ls-files", "-z").split("\0")) - {""}
        inputs = {path for path in tracked if os.path.basename(path) not in DESCRIBING}
        outputs = {str(p.relative_to(repo.root)) for p in repo.root.glob("packages/*/lib/**/*")}
        outputs |= {str(p.relative_to(repo.root)) for p in repo.root.glob("packages/*/lib")}
        self.assertGreater(len(inputs), self.packages * self.files - 1)
        self.assertGreaterEqual(len(outputs), self.packages * (self.files + 4))
        stats, opens = trace.below("stat", repo.root), trace.below("open", repo.root)
        print(f"{len(inputs)} inputs, {len(outputs)} outputs and their folders; "
              f"{sum(stats.values())} stats and {sum(opens.values())} opens below the root; calls: {dict(trace.calls)}")
        self.assertEqual({path: n for path, n in stats.items() if path in inputs | outputs and n > 1}, {},
                         "more than one stat of a file")
        # What they say and that they are inputs are two questions, asked side by side.
        self.assertEqual({path: n for path, n in stats.items() if path in tracked and "/" in path and n > 2}, {},
                         "more than two stats of a package.json")
        self.assertLess(sum(n for path, n in stats.items() if path in tracked and "/" not in path), 40)
        self.assertEqual({path: n for path, n in opens.items() if path in inputs | outputs and
                          repo.path(path).is_file()}, {}, "an input or output was opened")

    def test_a_no_op_run_stats_each_file_once_and_opens_no_input(self):
        repo = self.make()
        self.settle(repo)
        trace = self.trace(repo)
        self.check(repo, trace)
        self.assertEqual(list(trace.paths["start"]), [BINARY], "a process was started")

    def test_node_is_started_for_a_configuration_at_first_only(self):
        repo = self.make("module.exports = {{ pipeline: {} }};")
        self.settle(repo)
        trace = self.trace(repo)
        self.check(repo, trace)
        self.assertEqual(list(trace.paths["start"]), [BINARY], "a process was started")

    def test_node_is_started_once_for_functions(self):
        repo = self.make("const weigh = () => 1; module.exports = {{ pipeline: {{ ...{}, lint: {{ weight: weigh }} }} }};")
        self.settle(repo)
        trace = self.trace(repo)
        self.check(repo, trace)
        self.assertEqual([os.path.basename(path) for path in trace.paths["start"]], [os.path.basename(BINARY), "node"])
        self.assertEqual(trace.calls["execve"], 2)
