"""The no-op while the watcher service knows of no change."""
import pathlib

from ..rounds import Contestant
from .common import git_contestant, repo_of


def rows(bench):
    tools = [tool for tool in bench.ours if tool.has_command("watch-service")]
    if not tools:
        return
    for size in bench.sizes:
        repo = repo_of(bench, size)
        for tool in tools:
            tool.settle(repo)
            tool.run(repo, "watch-service", "start")
            known(tool, repo)  # once more than between rounds: watches have to be set up in the meantime
        try:
            yield bench.compare("watch", f"No-op with the watcher service, {size}", repo.size_text,
                                contestants(bench, tools, repo), memory(tools[0]))
        finally:
            for tool in tools:
                tool.run(repo, "watch-service", "stop")
            repo.undo_edits()


def contestants(bench, tools, repo):
    for tool in tools:
        yield tool.contestant(lambda tool=tool: tool.build(repo), before=lambda tool=tool: known(tool, repo),
                              check=lambda tool=tool: tool.check_executed(0))
    first = tools[0]

    def edited():
        known(first, repo)
        repo.edit_leaf()

    yield Contestant(f"{first.name}, one leaf edited", "variant", lambda: first.build(repo), before=edited)
    yield Contestant(f"{first.name}, without the service", "variant", lambda: first.build(repo, STILLAGE_WATCH_SERVICE="0"),
                     before=lambda: first.build(repo, STILLAGE_WATCH_SERVICE="0"))
    if bench.git:
        yield git_contestant(bench, repo, "status", "--porcelain")


def known(tool, repo):
    """The service knows what there is to watch after one run, and that all was in place after another."""
    for _ in range(3):
        tool.build(repo)


def memory(tool):
    megabytes = tool.resident_mb("watch-service")
    limit = pathlib.Path("/proc/sys/fs/inotify/max_user_watches").read_text().strip()
    return f"The service itself has {megabytes:.0f} MB; fs.inotify.max_user_watches is {int(limit):,}." if megabytes else ""
