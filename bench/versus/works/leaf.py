"""One file of one package is edited, whose build is `true`: the no-op, and one process."""
from ..rounds import Contestant
from .common import peer_contestant, peers_for, repo_of


def rows(bench):
    size = bench.main_size
    repo = repo_of(bench, size)
    contestants = [ours(tool, repo) for tool in bench.ours]
    contestants += [peer_contestant(peer, repo, before=edited_after(peer, repo)) for peer in peers_for(bench, repo, size)]
    first = bench.ours[0]
    contestants.append(Contestant(f"{first.name}, nothing edited", "variant", lambda: first.build(repo),
                                  before=lambda: first.settle(repo)))
    environment = bench.environment()
    contestants.append(Contestant("`sh -c true`", "limit", lambda: bench.clock.spawn(1, 1, ["sh", "-c", "true"], environment)))
    for tool in bench.ours:
        tool.settle(repo)
    yield bench.compare("leaf", f"One leaf file edited, its target is `true`, {size}", repo.size_text, contestants)
    repo.undo_edits()


def ours(tool, repo):
    return tool.contestant(lambda: tool.build(repo), before=edited_after(tool, repo), check=lambda: tool.check_executed(1))


def edited_after(tool, repo):
    def before():
        tool.settle(repo)
        repo.edit_leaf()

    return before
