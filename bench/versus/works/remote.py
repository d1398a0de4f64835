"""Entries fetched from a web server over a long line. The limit is curl, which only receives, with 32 transfers at a time."""
import shutil

from ..clock import BenchError
from ..plain_repo import PlainRepo
from ..repos import remove
from ..rounds import Contestant
from ..servers import Line, Nginx

MILLISECONDS = 20  # there and back
IN_FLIGHT = 32
SIZE = 100_000  # of an output, which does not compress
COUNTS = {"tiny": 20, "S": 300, "R": 300, "M": 1000, "L": 1000}


def rows(bench):
    if not Nginx.available:
        return
    count = COUNTS[bench.main_size]
    repo = PlainRepo(bench.work / f"blobs-{count}", count, "mkdir -p lib && cp src/data.bin lib", SIZE)
    with Nginx(bench.work / "nginx") as server:
        for tool in bench.ours:
            tool.forget_cache()
            tool.build(repo, STILLAGE_REMOTE=f"http://127.0.0.1:{server.port}/cache", STILLAGE_WRITE_REMOTE_CACHE="true")
        with Line(bench.clock, server.port, MILLISECONDS) as line:
            title = f"Fetch {count:,} entries of {SIZE // 1000} KB, {MILLISECONDS} ms away"
            yield bench.compare("remote", title, f"{count:,} targets", contestants(bench, repo, count, server, line), note(count))
    remove(bench.work / "nginx")


def note(count):
    turns = -(-count // IN_FLIGHT)
    seconds = turns * MILLISECONDS / 1000
    return (f"Latency alone, {IN_FLIGHT} at a time: {turns} turns of {MILLISECONDS} ms are {seconds:.2f} s, and one for connecting. The line, the server and the client share the processors.")


def contestants(bench, repo, count, server, line):
    url = f"http://127.0.0.1:{line.port}/cache"

    def without_outputs():
        remove(*(package / "lib" for package in repo.packages))

    def before(tool):
        tool.forget_cache()
        without_outputs()

    def check(tool):
        tool.check_executed(0)
        if not all((package / "lib/data.bin").exists() for package in repo.packages):
            raise BenchError("outputs that were fetched are not there")

    for tool in bench.ours:
        yield tool.contestant(lambda tool=tool: tool.build(repo, STILLAGE_REMOTE=url), before=lambda tool=tool: before(tool),
                              check=lambda tool=tool: check(tool))
    if shutil.which("curl"):
        yield Contestant(f"curl, {IN_FLIGHT} at a time", "limit", lambda: fetch_by_curl(bench, line, server.paths()))
    first = bench.ours[0]

    def before_local():
        first.build(repo, STILLAGE_REMOTE=url)
        without_outputs()

    # The store hands out what came from a remote cache only where that is configured.
    yield Contestant(f"{first.name}, from its local store", "variant", lambda: first.build(repo, STILLAGE_REMOTE=url),
                     before=before_local, check=lambda: first.check_executed(0))


def fetch_by_curl(bench, line, paths):
    config = bench.work / "curl.conf"
    config.write_text("".join(f'url = "http://127.0.0.1:{line.port}/{path}"\noutput = "/dev/null"\n' for path in paths))
    return bench.clock.measure(["curl", "-sf", "--parallel", "--parallel-max", str(IN_FLIGHT), "--config", str(config)], bench.work,
                               bench.environment())
