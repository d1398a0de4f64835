"""Everything is cached, and outputs are gone, all or some of them."""
from ..clock import BenchError
from ..rounds import Contestant, compare
from .common import peer_contestant, peers_for, repo_of

SOME = 100  # every so many-th output


def rows(bench):
    size = bench.main_size
    repo = repo_of(bench, size)
    for tool in bench.ours:
        tool.settle(repo)
    yield compare("restore", f"Restore all outputs, {size}", f"{repo.output_count:,} outputs", all_gone(bench, repo, size), bench.rounds, bench.budget)
    repo.forget_aside()
    yield compare("restore-some", f"Restore where 1 % of the outputs differ, {size}", f"{-(-repo.output_count // SOME):,} of {repo.output_count:,} outputs",
                  some_changed(bench, repo, size), bench.rounds, bench.budget)


def all_gone(bench, repo, size):
    def without_outputs(tool):
        def before():
            repo.forget_aside()
            tool.settle(repo)
            repo.move_outputs_aside()

        return before

    def only_create():
        repo.forget_aside()
        repo.move_outputs_aside()

    def copy():
        source = next(repo.aside().iterdir())
        return bench.clock.measure(["cp", "-R", str(source), str(repo.aside() / "copy")], bench.work, bench.environment())

    for tool in bench.ours:
        yield tool.contestant(lambda tool=tool: tool.build(repo), before=without_outputs(tool), check=repo.check_outputs)
    for peer in peers_for(bench, repo, size):
        yield peer_contestant(peer, repo, before=without_outputs(peer), check=repo.check_outputs)
    create = lambda: bench.clock.create(repo.source_and_output_folders())
    yield Contestant("files made from memory", "limit", create, before=only_create)
    yield Contestant("`cp -R` of them", "limit", copy, before=lambda: (only_create(), create()))


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
    for peer in peers_for(bench, repo, size):
        yield peer_contestant(peer, repo, before=change_after(peer), check=check)
    first = bench.ours[0]
    yield Contestant(f"{first.name}, no-op", "variant", lambda: first.build(repo), before=lambda: first.settle(repo))
