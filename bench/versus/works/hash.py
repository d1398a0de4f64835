"""All keys in a fresh clone, of which nothing is known."""
from ..repos import Repo, remove
from ..rounds import Contestant
from .common import peers_for, repo_of
from .functions import node_start


def rows(bench):
    size = bench.main_size
    repo = repo_of(bench, size)
    clone = fresh_clone(bench, repo)
    contestants = [ours(bench, tool, clone) for tool in bench.ours]
    for peer in peers_for(bench, clone, size):
        if command := peer.hash_command(clone):
            run = lambda peer=peer, command=command: bench.clock.measure(command, clone.root, peer.environment(clone))
            contestants.append(Contestant(peer.name, "peer", run, before=lambda peer=peer: peer.forget_cache(clone)))
    first = bench.ours[0]
    first.settle(repo)
    contestants.append(Contestant(f"{first.name}, no-op", "variant", lambda: first.build(repo), before=lambda: first.settle(repo)))
    contestants.append(node_start(bench))
    yield bench.compare("hash", f"Hash all targets in a fresh clone, {size}", repo.size_text, contestants,
                        "Of the peers, only turbo has a command that hashes and does no more.")
    remove(clone.root)


def ours(bench, tool, clone):
    cache = bench.work / "fresh-cache"
    return tool.contestant(lambda: tool.run(clone, "hash", "build", XDG_CACHE_HOME=str(cache)), before=lambda: remove(cache))


def fresh_clone(bench, repo):
    root = bench.work / f"{repo.root.name}-clone"
    remove(root)
    repo.git("clone", "-q", "--no-hardlinks", str(repo.root), str(root))
    return Repo(root)
