"""The tools that we compare with, as npm has installed them in bench/peers."""
import glob
import json
import os
import pathlib
import signal
import time

from .repos import remove

MODULES = pathlib.Path(__file__).resolve().parent.parent / "peers/node_modules"


class Peer:
    """One tool: how it is started, and where it keeps what it remembers."""

    name = ""
    package = ""  # of npm
    program = ""  # below node_modules
    caches = ()  # patterns below the repository
    largest = "L"  # the largest size for which it is not too slow
    largest_quick = "S"  # the same for a quick run of the benchmarks
    daemon = False  # whether it leaves a process running, which knows what changes

    def __init__(self):
        self.bench = None
        self.parallel = str(os.cpu_count())

    @property
    def installed(self):
        return (MODULES / self.program).exists()

    @property
    def version(self):
        return json.loads((MODULES / self.package / "package.json").read_text())["version"]

    @property
    def start(self):
        program = str(MODULES / self.program)
        return ["node", program] if program.endswith(".js") else [program]

    def command(self, repo):
        """Runs all builds."""
        raise NotImplementedError

    def hash_command(self, repo):
        """Only hashes; None if it can't."""
        return None

    def environment(self, repo):
        return self.bench.environment()

    def prepare(self, repo):
        """What the repository needs for this tool alone."""

    def build(self, repo):
        return self.bench.clock.measure(self.command(repo), repo.root, self.environment(repo))

    def settle(self, repo):
        self.build(repo)

    def forget_cache(self, repo):
        remove(*(path for pattern in self.caches for path in glob.glob(str(repo.root / pattern))))

    def close(self, repo):
        """Ends what it has left running."""


class Lage(Peer):
    name, package, program = "lage", "lage", "lage/dist/lage.js"
    largest_quick = "R"
    caches = ("node_modules/.cache/lage",)

    def command(self, repo):
        return [*self.start, "build", "--concurrency", self.parallel]


class Turbo(Peer):
    name, package, program = "turbo", "turbo", "@turbo/linux-64/bin/turbo"
    largest_quick = "R"
    caches = (".turbo", "node_modules/.cache/turbo", "packages/*/.turbo")

    def command(self, repo):
        return [*self.start, "run", "build", "--concurrency", self.parallel, "--output-logs=errors-only"]

    def hash_command(self, repo):
        return [*self.start, "run", "build", "--dry=json"]

    def environment(self, repo):
        return self.bench.environment(TURBO_TELEMETRY_DISABLED="1", DO_NOT_TRACK="1", TURBO_NO_UPDATE_NOTIFIER="1")


class Nx(Peer):
    name, package, program = "nx", "nx", "nx/dist/bin/nx.js"
    caches = (".nx", "node_modules/.cache/nx")
    largest = "M"

    def command(self, repo):
        return ["node", str(repo.root / "node_modules" / self.program), "run-many", "-t", "build", "--parallel", self.parallel]

    def environment(self, repo):
        # Its cache is below the home folder otherwise, shared by workspaces.
        found = self.bench.environment(NX_DAEMON=str(self.daemon).lower(), NX_NO_CLOUD="true", NX_TUI="false",
                                       NX_SKIP_REMOTE_CACHE="true", NX_CACHE_DIRECTORY=str(repo.root / ".nx/cache"),
                                       NX_WORKSPACE_DATA_DIRECTORY=str(repo.root / ".nx/workspace-data"), DO_NOT_TRACK="1")
        if self.daemon:
            del found["CI"]  # which would switch the daemon off
        return found

    def prepare(self, repo):
        link(repo, self.package)


class NxDaemon(Nx):
    name = "nx with its daemon"
    daemon = True
    SETTLED = 1.5  # seconds for the daemon to see what has changed

    def settle(self, repo):
        super().settle(repo)
        time.sleep(self.SETTLED)

    def forget_cache(self, repo):
        self.close(repo)
        super().forget_cache(repo)

    def close(self, repo):
        for process in self.processes(repo):
            try:
                os.kill(process, signal.SIGTERM)
            except ProcessLookupError:
                pass
        time.sleep(0.3)

    def processes(self, repo):
        """Those of nx that work in this repository."""
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_bytes()
                if b"/nx/" in words and os.readlink(folder / "cwd").startswith(str(repo.root)):
                    yield int(folder.name)
            except OSError:
                pass


class Moon(Peer):
    name, package, program = "moon", "@moonrepo/cli", "@moonrepo/core-linux-x64-gnu/moon"
    caches = (".moon/cache",)
    largest = "R"

    def command(self, repo):
        return [*self.start, "run", ":build", "--concurrency", self.parallel]

    def environment(self, repo):
        return self.bench.environment(MOON_TOOLCHAIN_FORCE_GLOBALS="true", DO_NOT_TRACK="1")


class Wireit(Peer):
    name, package, program = "wireit", "wireit", "wireit/bin/wireit.js"
    caches = (".wireit", "packages/*/.wireit")
    largest = "R"

    def command(self, repo):
        return ["yarn", "-s", "run", "build:wireit"]

    def environment(self, repo):
        return self.bench.environment(WIREIT_PARALLEL=self.parallel)

    def prepare(self, repo):
        link(repo, self.package)
        link(repo, self.package, "node_modules/.bin/wireit", self.program)


class Backfill(Peer):
    """Has no runner: one process for each package, as a runner would start it."""

    name, package, program = "backfill", "backfill", "backfill/bin/backfill.js"
    caches = ("packages/*/node_modules",)
    largest = "S"

    def command(self, repo):
        one = f"cd {{}} && node {MODULES / self.program} -- 'rm -rf lib && cp -R src lib'"
        packages = " ".join(str(package.relative_to(repo.root)) for package in repo.building)
        return ["sh", "-c", f"printf '%s\\n' {packages} | xargs -P {self.parallel} -I{{}} sh -c \"{one}\""]


def link(repo, package, place=None, target=None):
    """Some tools look for themselves in the repository's node_modules."""
    path = repo.root / (place or f"node_modules/{package}")
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_symlink():
        path.symlink_to(MODULES / (target or package))


NOT_QUICK = ("moon", "backfill", "wireit", "nx-daemon")
ALL = {peer.name.split()[0] + ("-daemon" if peer is NxDaemon else ""): peer
       for peer in (Lage, Turbo, Nx, NxDaemon, Moon, Wireit, Backfill)}
