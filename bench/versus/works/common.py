"""What several works share: peers that come along at a size, and git's own commands as limits."""
from ..repos import SIZES, make_repo
from ..rounds import Contestant


def repo_of(bench, size):
    return make_repo(bench.work, size, *SIZES[size])


def peers_for(bench, repo, size, daemons=True):
    """Those that are not too slow for this size, ready to run. Daemons are of no use where all work is that of files."""
    order = list(SIZES)
    for peer in bench.peers:
        if peer.daemon and not daemons:
            continue
        if order.index(size) <= order.index(peer.largest_quick if bench.quick else peer.largest):
            peer.prepare(repo)
            yield peer


def peer_contestant(peer, repo, **more):
    more = {"prepare": lambda: peer.settle(repo), "before": lambda: peer.settle(repo), **more}
    return Contestant(peer.name, "peer", lambda: peer.build(repo), close=lambda: peer.close(repo), **more)


def git_contestant(bench, repo, *words):
    """A command of git in the same tree, once untimed before, as all others."""
    run = lambda: bench.clock.measure(["git", *words], repo.root, bench.environment())
    return Contestant("git " + words[0], "limit", run, before=run)
