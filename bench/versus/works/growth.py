"""How time and memory of a no-op grow with files, and with targets."""
from ..repos import make_repo, remove
from .common import git_contestant, peer_contestant
from .noop import ours

FILES_EACH = 40
BY_FILES = {"tiny": [40, 80], "R": [500, 4_000], "M": [1_000, 3_000, 10_000, 30_000, 100_000]}
BY_TARGETS = {"tiny": [5, 10], "R": [50, 200], "M": [100, 300, 1_000, 3_000, 10_000]}
ROUNDS = 3
MOST_FOR_PEERS = {"growth-files": 30_000, "growth-targets": 3_000}  # to fill their caches takes minutes beyond


def rows(bench):
    scale = bench.main_size if bench.main_size in BY_FILES else "R"
    for files in BY_FILES[scale]:
        yield one(bench, "growth-files", f"No-op, {files:,} source files", files, files // FILES_EACH, FILES_EACH)
    for targets in BY_TARGETS[scale]:
        yield one(bench, "growth-targets", f"No-op, {targets:,} targets", targets, targets, 2)


def one(bench, work, title, count, packages, files):
    repo = make_repo(bench.work, f"{work}-{count}", packages, files)
    tool = bench.ours[0]
    contestants = [ours(tool, repo)]
    if bench.git:
        contestants.append(git_contestant(bench, repo, "status", "--porcelain"))
    if count <= MOST_FOR_PEERS[work] and not bench.quick:
        contestants += [peer_contestant(peer, repo) for peer in bench.peers if peer.name == "turbo"]
    row = bench.compare(work, title, repo.size_text, contestants, most_rounds=ROUNDS)
    row.count = count
    tool.forget_cache()
    remove(repo.root)
    return row
