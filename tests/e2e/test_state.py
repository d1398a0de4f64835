"""What is remembered of a checkout never shows in a result: whatever becomes of it, and of the tree meanwhile, keys, hits
and outputs are those of a process that remembers nothing."""
import os
import pathlib
import shutil
import struct

from harness import Repo, StillageTest, scale, seeded

PACKAGES = {"base": (), "core": ("base",), "side": (), "app": ("core", "side")}
FAKETIME = next((str(p) for p in pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)
JS_CONFIG = """const shared = require("./config.shared.js");
module.exports = { pipeline: { build: { dependsOn: ["^build"], outputs: ["dist/**"], environmentGlob: shared.glob },
  test: { dependsOn: ["build"] } }, cacheOptions: { environmentGlob: process.env.GLOB ? [process.env.GLOB] : shared.glob } };
"""
JSON_CONFIG = {"pipeline": {"build": {"dependsOn": ["^build"], "outputs": ["dist/**"], "env": ["FLAVOUR"]},
                            "test": {"dependsOn": ["build"]}}}
HOUR = 3_600_000_000_000


class Tree:
    """A repository under random change, and what its builds must leave."""

    def __init__(self, base, rng, name, home):
        self.rng = rng
        self.repo = repo = Repo(base, name, home=home)
        self.flavour = "plain"
        self.count = 0
        for package, deps in PACKAGES.items():
            # Reads what is an input in any case; the names are few and sorted, so that the result can be foretold.
            reads = " ".join(["src/*.txt", *(f"../{d}/dist/out" for d in deps)])
            repo.package(package, {"build": f"mkdir -p dist && cat {reads} > dist/out && echo $FLAVOUR >> dist/out",
                                   "test": "test -f dist/out"}, deps)
            for file in ("one", "two"):
                repo.write(f"packages/{package}/src/{file}.txt", f"{file} of {package}\n")
            repo.write(f"packages/{package}/data/a.md", "a\n")
            repo.write(f"packages/{package}/data/b.md", "b\n")
            os.symlink("../data/a.md", repo.path(f"packages/{package}/src/zlink.txt"))
        self.set_lock("1.0.0")
        repo.npm_root(dependencies={"left": "*"})
        repo.write(".gitignore", "node_modules\ndist\n*.skip\n")
        if rng.random() < 0.3:
            repo.write("lage.config.js", JS_CONFIG)
            repo.write("config.shared.js", 'module.exports = { glob: ["package.json"] };\n')
        else:
            repo.write("stillage.config.json", JSON_CONFIG)
        repo.commit("first")

    def set_lock(self, version):
        self.repo.write("package-lock.json", {"name": "root", "lockfileVersion": 3, "packages": {
            "node_modules/left": {"version": version, "integrity": "sha512-" + version}}})

    def sources(self, glob="packages/*/src/*.txt"):
        return sorted(p for p in self.repo.root.glob(glob) if p.is_file() and not p.is_symlink())

    def expected(self):
        """Every package's output, by its path."""
        out = {}
        for package, deps in PACKAGES.items():
            folder = self.repo.path(f"packages/{package}")
            text = "".join(p.read_text() for p in sorted((folder / "src").glob("*.txt")))
            text += "".join(out[f"packages/{d}/dist/out"] for d in deps)
            out[f"packages/{package}/dist/out"] = text + self.flavour + "\n"
        return out

    def env(self, state=None, clock=0):
        env = {"FLAVOUR": self.flavour, "STILLAGE_CACHE_DIR": str(self.repo.base / "store")}
        if state:
            env["XDG_CACHE_HOME"] = str(state)
        if clock and FAKETIME:
            env.update(LD_PRELOAD=FAKETIME, FAKETIME=f"{clock:+d}s", NO_FAKE_STAT="1", DONT_FAKE_MONOTONIC="1")
        return env

    def step(self):
        """One random change; gives its name."""
        actions = [name for name in dir(self) if name.startswith("do_")]
        action = self.rng.choice(actions)
        self.count += 1
        getattr(self, action)()
        return action[3:]

    # of files

    def do_edit(self):
        path = self.rng.choice(self.sources())
        path.write_text(path.read_text() + f"line {self.count}\n")

    def do_edit_without_a_trace(self):
        """Of the same length, and with the old time of modification."""
        path = self.rng.choice(self.sources())
        stat = path.stat()
        path.write_text(path.read_text()[::-1].strip() + "\n" if self.rng.random() < 0.5 else
                        "".join(self.rng.sample(path.read_text(), stat.st_size)))
        if path.stat().st_size == stat.st_size:
            os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))

    def do_replace(self):
        """By a file of the same size and times, renamed over it."""
        path = self.rng.choice(self.sources())
        stat = path.stat()
        other = path.with_name("replacement.skip")
        other.write_text("".join(self.rng.sample(path.read_text(), stat.st_size)))
        os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        other.rename(path)

    def do_add(self):
        folder = self.rng.choice(list(PACKAGES))
        self.repo.write(f"packages/{folder}/src/n{self.count}.txt", f"new {self.count}\n")

    def do_rename(self):
        path = self.rng.choice(self.sources())
        if path.stem not in ("one", "two"):
            path.rename(path.with_name(f"r{self.count}.txt"))

    def do_move_to_another_package(self):
        path = self.rng.choice(self.sources())
        if path.stem not in ("one", "two"):
            path.rename(self.repo.path(f"packages/{self.rng.choice(list(PACKAGES))}/src/m{self.count}.txt"))

    def do_swap(self):
        one, two = self.rng.sample(self.sources(), 2)
        aside = one.with_name("aside.skip")
        one.rename(aside)
        two.rename(one)
        aside.rename(two)

    def do_delete(self):
        path = self.rng.choice(self.sources())
        if path.stem not in ("one", "two"):
            path.unlink()

    def do_touch(self):
        path = self.rng.choice(self.sources("packages/*/**/*"))
        time = path.stat().st_mtime_ns + self.rng.choice([-HOUR, 0, 1, 1_000_000_000, HOUR])
        os.utime(path, ns=(time, time))

    def do_chmod(self):
        path = self.rng.choice(self.sources())
        path.chmod(path.stat().st_mode ^ 0o100)

    def do_retarget(self):
        link = self.repo.path(f"packages/{self.rng.choice(list(PACKAGES))}/src/zlink.txt")
        link.unlink()
        os.symlink(self.rng.choice(["../data/a.md", "../data/b.md"]), link)

    def do_edit_what_a_link_leads_to(self):
        path = self.rng.choice(self.sources("packages/*/data/*.md"))
        path.write_text(f"data {self.count}\n")

    def do_folder(self):
        folder = self.repo.path(f"packages/{self.rng.choice(list(PACKAGES))}/more")
        if folder.exists():
            folder.rename(folder.with_name("moved")) if not folder.with_name("moved").exists() else shutil.rmtree(folder)
        else:
            (folder / "deep").mkdir(parents=True)
            (folder / "deep/file").write_text(f"{self.count}\n")

    # of git

    def do_commit(self):
        self.repo.commit(f"step {self.count}")

    def do_stage(self):
        self.repo.git("add", "-A")

    def do_checkout(self):
        self.repo.git("stash", "-u", "-q", check=False)
        branch = self.rng.choice(["one", "two"])
        known = self.repo.git("branch", "--list", branch).strip()
        self.repo.git("checkout", "-q", *([] if known else ["-b"]), branch, check=False)

    def do_stash(self):
        if not self.repo.git("stash", "list").strip():
            self.repo.git("stash", "-u", "-q", check=False)
            return
        self.repo.git("stash", "pop", check=False)
        if self.repo.git("ls-files", "-u").strip():
            self.repo.git("reset", "-q", "--hard")

    def do_reset(self):
        self.repo.git("reset", "-q", "--hard")

    def do_untrack(self):
        path = self.rng.choice(self.sources())
        self.repo.git("rm", "-q", "--cached", "--ignore-unmatch", str(path), check=False)

    def do_lie_to_git(self):
        path = str(self.rng.choice(self.sources()))
        bit = self.rng.choice(["assume-unchanged", "no-assume-unchanged", "skip-worktree", "no-skip-worktree"])
        self.repo.git("update-index", f"--{bit}", path, check=False)

    def do_refresh_index(self):
        self.repo.git("status", "--porcelain")

    def do_ignore(self):
        """What was untracked becomes ignored, or the other way round."""
        place = self.rng.choice(["", "packages/core/", "packages/app/src/"])
        rules = self.rng.choice(["", "*.extra\n", "more\n", "!*.skip\n"])
        self.repo.write(place + ".gitignore", ("node_modules\ndist\n*.skip\n" if not place else "") + rules)

    def do_exclude(self):
        self.repo.write(".git/info/exclude", self.rng.choice(["", "*.extra\n"]))

    def do_add_extra(self):
        self.repo.write(f"packages/{self.rng.choice(list(PACKAGES))}/src/x{self.count % 3}.{self.rng.choice(['extra', 'skip'])}",
                        f"extra {self.count}\n")

    # of what else is in a key

    def do_lock(self):
        self.set_lock(self.rng.choice(["1.0.0", "1.0.1", "2.0.0"]))

    def do_variable(self):
        if self.repo.exists("stillage.config.json"):
            self.flavour = self.rng.choice(["plain", "sweet", "sour"])

    def do_script(self):
        name = f"packages/{self.rng.choice(list(PACKAGES))}/package.json"
        self.repo.write(name, self.repo.read(name).replace('"test -f dist/out"', '"test -s dist/out"')
                        if self.rng.random() < 0.5 else
                        self.repo.read(name).replace('"test -s dist/out"', '"test -f dist/out"'))

    def do_config(self):
        if self.repo.exists("config.shared.js"):
            self.repo.write("config.shared.js", f'module.exports = {{ glob: ["package.json", "{self.rng.choice("xy")}"] }};\n')
        elif self.repo.exists("stillage.config.json"):
            config = {**JSON_CONFIG, "cacheOptions": {"cacheKey": self.rng.choice("ab")}}
            self.repo.write("stillage.config.json", config)

    # of outputs

    def do_damage_an_output(self):
        outputs = sorted(p for p in self.repo.root.glob("packages/*/dist/*") if p.is_file())
        if outputs:
            victim = self.rng.choice(outputs)
            how = self.rng.randrange(3)
            if how == 0:
                victim.unlink()
            elif how == 1:
                stat = victim.stat()
                victim.write_bytes(bytes(reversed(victim.read_bytes())))
                os.utime(victim, ns=(stat.st_atime_ns, stat.st_mtime_ns))
            else:
                victim.with_name("stray").write_text("stray\n")

    def do_remove_outputs(self):
        shutil.rmtree(self.repo.path(f"packages/{self.rng.choice(list(PACKAGES))}/dist"), ignore_errors=True)


class Tampering:
    """Does to the files of a state folder what disks, crashes and people do."""

    def __init__(self, rng, state, others):
        self.rng, self.state, self.others = rng, pathlib.Path(state), pathlib.Path(others)
        self.older = []  # copies of the whole state

    @staticmethod
    def files(state):
        """The files of caches: not the locks, nor what says which processes are alive."""
        kept = ("lock", "locks")
        return sorted(p for p in pathlib.Path(state).rglob("*")
                      if p.is_file() and p.name not in kept and p.parent.name != "running" and "store" not in p.parts)

    def remember(self):
        if len(self.older) > 3:
            shutil.rmtree(self.older.pop(0))
        copy = f"{self.state}.older{len(self.older)}.{self.rng.randrange(1 << 30)}"
        shutil.copytree(self.state, copy)
        self.older.append(copy)

    def act(self):
        files = self.files(self.state)
        if not files:
            return "nothing"
        kinds = {}
        for path in files:  # each cache as often as another, however many files it has
            kinds.setdefault(path.parent.parent.name if path.parent.parent.name == "snapshots" else
                             path.parent.name + path.suffix if path.suffix else path.name, []).append(path)
        path = self.rng.choice(kinds[self.rng.choice(sorted(kinds))])
        action = self.rng.choice(["delete", "truncate", "flip", "empty", "version", "foreign", "older", "all", "swap"])
        data = bytearray(path.read_bytes())
        if action == "delete":
            path.unlink()
        elif action == "truncate":
            path.write_bytes(data[:self.rng.randrange(len(data) or 1)])
        elif action == "flip" and data:
            data[self.rng.randrange(len(data))] ^= 1 << self.rng.randrange(8)
            path.write_bytes(data)
        elif action == "empty":
            path.write_bytes(b"")
        elif action == "version" and data[:4] == b"STLG":
            data[8:12] = struct.pack("<I", struct.unpack("<I", data[8:12])[0] + self.rng.choice([-1, 1]) & 0xffffffff)
            path.write_bytes(data)
        elif action == "foreign":
            self.take_from(self.others, path)
        elif action == "older" and self.older:
            self.take_from(self.rng.choice(self.older), path)
        elif action == "swap":
            path.write_bytes(self.rng.choice(files).read_bytes())
        elif action == "all":
            shutil.rmtree(self.state / "stillage", ignore_errors=True)
        return f"{action} {path.name}"

    def take_from(self, other, path):
        """The file of the same name from the state of another checkout, or of an earlier time."""
        inside = path.relative_to(self.state).parts
        candidates = [p for p in self.files(other) if p.relative_to(other).parts[-2:] == inside[-2:] and p.name != "root"]
        if candidates:
            path.write_bytes(self.rng.choice(candidates).read_bytes())


class State(StillageTest):
    def compare(self, tree, state, history):
        """What a process says that remembers, and one that does not."""
        cold = pathlib.Path(self.base) / "cold"
        clock = tree.rng.choice([0, 0, 0, -7200, 7200])
        said = []
        for folder, at in ((state, clock), (cold, 0)):
            env = tree.env(folder, at)
            said.append((tree.repo.hashes("build", "test", env=env),
                         tree.repo.stillage("run", "build", "test", "--dry-run", env=env).stdout))
            self.assertEqual(len(said[-1][0]), 2 * len(PACKAGES), history)
        shutil.rmtree(cold)
        self.assertEqual(said[0][0], said[1][0], history)
        self.assertEqual(said[0][1], said[1][1], history)

    def build(self, tree, state, history):
        done = tree.repo.run("build", "test", env=tree.env(state))
        self.assertEqual(done.data["result"], "success", (history, done.output))
        for path, text in tree.expected().items():
            self.assertEqual(tree.repo.read(path), text, (path, history))
        for package in PACKAGES:
            self.assertEqual(os.listdir(tree.repo.path(f"packages/{package}/dist")), ["out"], history)
        again = tree.repo.run("build", "test", env=tree.env(state))
        self.assertEqual(again.executed, set(), history)

    def sequence(self, rng, steps):
        state, others = f"{self.base}/state", f"{self.base}/others"
        tree = Tree(self.base, rng, "repo", f"{self.base}/home")
        other = Tree(self.base, rng, "other", f"{self.base}/home")
        history = []
        self.build(tree, state, history)
        for _ in range(2):
            other.do_edit()
            self.build(other, others, history)
        tampering = Tampering(rng, state, others)
        for _ in range(steps):
            history.append([tree.step() for _ in range(rng.randrange(1, 4))])
            if rng.random() < 0.3:
                tampering.remember()
            history[-1] += [tampering.act() for _ in range(rng.choice([0, 1, 1, 3]))]
            self.compare(tree, state, history)
            if rng.random() < 0.6:
                history.append("build")
                self.build(tree, state, history)
        for name in os.listdir(self.base):
            path = f"{self.base}/{name}"
            shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)

    def test_whatever_becomes_of_it_results_are_those_of_the_cold_path(self):
        sequences, steps = scale(3, 500), scale(6, 10)
        print(f"{sequences} sequences of {steps} steps" + ("" if FAKETIME else ", without steps of the clock"))
        rng = seeded()
        for done in range(sequences):
            self.sequence(rng, steps)
            if (done + 1) % 50 == 0:
                print(f"{done + 1} sequences", flush=True)
