"""Many targets that do nothing: what a target costs besides its process."""
from ..plain_repo import PlainRepo
from ..rounds import Contestant

COUNTS = {"tiny": 20, "S": 100, "R": 100, "M": 2000, "L": 2000}


def rows(bench):
    count = COUNTS[bench.main_size]
    repo = PlainRepo(bench.work / f"trues-{count}", count, "true")
    contestants = [tool.contestant(lambda tool=tool: tool.build(repo, "--no-cache"),
                                   check=lambda tool=tool: tool.check_executed(count)) for tool in bench.ours]
    first = bench.ours[0]
    stored = lambda: first.build(repo, "--reset-cache")
    contestants.append(Contestant(f"{first.name}, results stored", "variant", stored, prepare=stored))
    environment = bench.environment()
    spawn = lambda: bench.clock.spawn(count, bench.parallel, ["sh", "-c", "true"], environment)
    contestants.append(Contestant("posix_spawn and wait, `sh -c true`", "limit", spawn))
    for peer in bench.peers:
        if peer.name == "turbo":
            forced = lambda peer=peer: bench.clock.measure([*peer.command(repo), "--force"], repo.root, peer.environment(repo))
            contestants.append(Contestant("turbo", "peer", forced, prepare=forced))
    yield bench.compare("spawn", f"{count:,} targets of `true`", f"{count:,} packages", contestants)
