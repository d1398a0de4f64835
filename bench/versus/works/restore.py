"""Everything is cached, and outputs are gone, all or some of them."""
from ..clock import BenchError
from ..rounds import Contestant
from .common import peer_contestant, peers_for, repo_of

SOME = 100  # every so many-th output


def rows(bench):
    size = bench.main_size
    repo = repo_of(bench, size)
    yield restore_all(bench, repo, size)
    some = f"{-(-repo.output_count // SOME):,} of {repo.output_count:,} outputs"
    yield bench.compare("restore-some", f"Restore where 1 % of the outputs differ, {size}", some, some_changed(bench, repo, size))


def restore_all(bench, repo, size, work="restore", where=""):
    for tool in bench.ours:
        tool.settle(repo)
    row = bench.compare(work, f"Restore all outputs{where}, {size}", f"{repo.output_count:,} outputs", all_gone(bench, repo, size))
    repo.forget_aside()
    return row


def all_gone(bench, repo, size):
    def without_outputs(tool):
        def before():
            tool.settle(repo)
            repo.move_outputs_aside()

        return before

    def create():
        return bench.clock.create(repo.source_and_output_folders())

    copied = []

    def before_copy():
        copied[:] = [repo.move_outputs_aside()]
        create()

    def copy():
        return bench.clock.measure(["cp", "-R", str(copied[0]), str(repo.aside / "copy")], bench.work, bench.environment())

    for tool in bench.ours:
        yield tool.contestant(lambda tool=tool: tool.build(repo), before=without_outputs(tool), check=repo.check_outputs)
    for peer in peers_for(bench, repo, size, daemons=False):
        yield peer_contestant(peer, repo, before=without_outputs(peer), check=repo.check_outputs)
    yield Contestant("files made from memory", "limit", create, before=repo.move_outputs_aside)
    away = lambda: (repo.aside / "copy").rename(copied[0] / "copy")
    yield Contestant("`cp -R` of them", "limit", copy, before=before_copy, check=away)


def some_changed(bench, repo, size):
    chosen = sorted(repo.output_files())[::SOME]

    def change_after(tool):
        def before():
            tool.settle(repo)
            for path in chosen:
                path.write_text("something else\n")

        return before

    def check():
        for path in chosen:
            if path.read_bytes() != repo.source_of(path).read_bytes():
                raise BenchError(f"{path} was not restored")

    for tool in bench.ours:
        yield tool.contestant(lambda tool=tool: tool.build(repo), before=change_after(tool), check=check)
    for peer in peers_for(bench, repo, size, daemons=False):
        yield peer_contestant(peer, repo, before=change_after(peer), check=check)
    first = bench.ours[0]
    yield Contestant(f"{first.name}, no-op", "variant", lambda: first.build(repo), before=lambda: first.settle(repo))
