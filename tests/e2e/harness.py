"""What the end-to-end tests share: a repository of their own, the built CLI, and its summary as data."""
import json
import os
import pathlib
import random
import shutil
import subprocess
import tempfile
import unittest

BINARY = os.environ["STILLAGE_BIN"]
SOURCE = pathlib.Path(os.environ["STILLAGE_SOURCE"])
SOAK = os.environ.get("STILLAGE_SOAK") == "1"


def scale(normal, soak):
    """How often, or how much: the soak number where that is asked for."""
    return soak if SOAK else normal


def seeded(seed=None):
    """A random generator whose seed is printed, so that a failure can be had again."""
    seed = int(os.environ.get("STILLAGE_SEED", seed if seed is not None else random.SystemRandom().randrange(1 << 32)))
    print(f"seed: {seed} (STILLAGE_SEED={seed} repeats it)", flush=True)
    return random.Random(seed)


def test_root():
    chosen = os.environ.get("STILLAGE_TEST_DIR")
    if chosen:
        os.makedirs(chosen, exist_ok=True)
        return chosen
    try:
        return "/dev/shm" if shutil.disk_usage("/dev/shm").free >= 2 << 30 else None
    except OSError:
        return None


class Summary:
    """The JSON summary of one run."""

    def __init__(self, data, output):
        self.data, self.output = data, output
        self.targets = {row["id"]: row for row in data["targets"]}

    def ids(self, **wanted):
        return {i for i, row in self.targets.items() if all(row[k] == v for k, v in wanted.items())}

    @property
    def executed(self):
        """Targets whose command ran."""
        return {i for i, row in self.targets.items() if row["status"] in ("success", "failed") and row["hit"] is None}

    @property
    def hits(self):
        return {i for i, row in self.targets.items() if row["hit"] is not None}

    def key(self, target):
        return self.targets[target]["hash"]


class Repo:
    """A git repository with workspaces, in a folder of its own, beside a home of its own."""

    def __init__(self, base, name="repo", home=None):
        self.base = pathlib.Path(base)
        self.root = self.base / name
        self.root.mkdir(parents=True, exist_ok=True)
        self.home = pathlib.Path(home) if home else self.base / "home"
        self.home.mkdir(exist_ok=True)
        self.env = {
            "PATH": os.environ["PATH"], "HOME": str(self.home), "LANG": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@localhost",
            "GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t@localhost",
        }
        for kept in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "STILLAGE_TEST_DIR"):
            if kept in os.environ:
                self.env[kept] = os.environ[kept]

    # files

    def path(self, name):
        return self.root / name

    def write(self, name, content, mode=None):
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, (dict, list)):
            content = json.dumps(content, indent=2) + "\n"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        if mode is not None:
            path.chmod(mode)

    def read(self, name):
        return self.path(name).read_text()

    def remove(self, name):
        path = self.path(name)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()

    def exists(self, name):
        return os.path.lexists(self.path(name))

    def package(self, name, scripts=None, deps=(), folder=None, **more):
        folder = folder or f"packages/{name}"
        self.write(f"{folder}/package.json", {"name": name, "version": "1.0.0", "scripts": scripts or {},
                                              "dependencies": {d: "*" for d in deps}, **more})
        return folder

    def npm_root(self, **more):
        """The root of an npm workspace; call it once the packages are there."""
        self.write("package.json", {"name": "root", "version": "1.0.0", "private": True,
                                    "workspaces": ["packages/*"], **more})
        if not self.exists("package-lock.json"):
            self.write("package-lock.json", {"name": "root", "lockfileVersion": 3, "packages": {}})

    def git(self, *args, check=True):
        return subprocess.run(["git", "-c", "gc.auto=0", *args], cwd=self.root, env=self.env, check=check,
                              capture_output=True, text=True).stdout

    def commit(self, message="change"):
        if not self.exists(".git"):
            self.git("init", "-q", "-b", "main")
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)

    # the CLI

    def stillage(self, *args, env=None, cwd=None, status=0, timeout=600, binary=BINARY, **more):
        """Runs the CLI; fails unless it exits with `status` (None: anything goes)."""
        done = subprocess.run([binary, *args], cwd=cwd or self.root, env={**self.env, **(env or {})},
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, **more)
        done.stdout, done.stderr = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        if status is not None and done.returncode != status:
            raise AssertionError(f"stillage {' '.join(args)} exited with {done.returncode}, not {status}\n"
                                 f"--- stdout\n{done.stdout}\n--- stderr\n{done.stderr}")
        return done

    def start(self, *args, env=None, cwd=None, **more):
        """Starts the CLI and returns the process."""
        return subprocess.Popen([BINARY, *args], cwd=cwd or self.root, env={**self.env, **(env or {})},
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)

    def run(self, *args, **more):
        """`stillage run … --summary`, as a Summary."""
        with tempfile.NamedTemporaryFile(dir=self.base, suffix=".json", delete=False) as file:
            pass
        os.chmod(file.name, 0o666)
        own, rest = (args[:args.index("--")], args[args.index("--"):]) if "--" in args else (args, ())
        done = self.stillage("run", *own, "--summary", file.name, *rest, **more)
        with open(file.name) as text:
            data = json.load(text)
        os.unlink(file.name)
        return Summary(data, done.stdout + done.stderr)

    def hashes(self, *args, **more):
        return json.loads(self.stillage("hash", *args, "--json", **more).stdout)["targets"]

    def store_entries(self):
        """The files of the store that are entries."""
        store = self.home / ".cache/stillage/store"
        return sorted(p for p in store.rglob("*") if p.is_file() and p.parent.parent.name == "v1")


def tree(folder, skip=(".git", "node_modules")):
    """Everything below a folder as {path: (kind, content, executable)}."""
    found = {}
    for top, dirs, files in os.walk(folder):
        dirs[:] = [d for d in dirs if d not in skip]
        for name in dirs + files:
            path = os.path.join(top, name)
            key = os.path.relpath(path, folder)
            if os.path.islink(path):
                found[key] = ("link", os.readlink(path), False)
            elif os.path.isdir(path):
                found[key] = ("dir", "", False)
            else:
                with open(path, "rb") as file:
                    found[key] = ("file", file.read(), os.access(path, os.X_OK) if os.getuid() else bool(os.stat(path).st_mode & 0o100))
    return found


class StillageTest(unittest.TestCase):
    maxDiff = 4000

    def setUp(self):
        self.base = tempfile.mkdtemp(prefix="stillage-e2e-", dir=test_root())
        self.addCleanup(shutil.rmtree, self.base, ignore_errors=True)

    def repo(self, name="repo", home=None):
        return Repo(self.base, name, home)

    def as_nobody(self, repo, *args, status=0, env=None):
        """Runs the CLI as the user nobody, where this test runs as root."""
        prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.getuid() == 0 else []
        done = subprocess.run([*prefix, BINARY, *args], cwd=repo.root, env={**repo.env, **(env or {})},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def open_to_all(self):
        """Everybody may read and write what this test has made."""
        subprocess.run(["chmod", "-R", "a+rwX", self.base], check=True)

    def small_repo(self):
        """a <- b <- c, each with a build that copies its sources and notes the dependencies'; ignored dist."""
        repo = self.repo()
        for name, deps in (("a", []), ("b", ["a"]), ("c", ["b"])):
            inputs = " ".join(["src/*", *(f"../{d}/dist/out" for d in deps)])
            repo.package(name, {"build": f"mkdir -p dist && cat {inputs} > dist/out && echo built {name}"}, deps)
            repo.write(f"packages/{name}/src/{name}.txt", f"source of {name}\n")
        repo.npm_root()
        repo.write(".gitignore", "node_modules\ndist\n")
        repo.commit()
        return repo
