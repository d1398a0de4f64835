"""Everything is cached, and every output in place: what a developer waits for most often."""
from ..rounds import Contestant
from .common import git_contestant, peer_contestant, peers_for, repo_of


def rows(bench):
    for size in bench.sizes:
        repo = repo_of(bench, size)
        contestants = [ours(tool, repo) for tool in bench.ours]
        if bench.git:
            contestants += [git_contestant(bench, repo, "status", "--porcelain"), git_contestant(bench, repo, "ls-files", "-z")]
        look = lambda repo=repo: bench.clock.look(repo.packages)
        contestants.append(Contestant("a look at each file and folder", "limit", look, before=look))
        contestants += [peer_contestant(peer, repo, check=repo.check_outputs) for peer in peers_for(bench, repo, size)]
        yield bench.compare("noop", f"No-op `run build`, {size}", repo.size_text, contestants)
        repo.check_outputs()


def ours(tool, repo):
    settle = lambda: tool.settle(repo)
    return tool.contestant(lambda: tool.build(repo), prepare=settle, before=settle, check=lambda: tool.check_executed(0))
