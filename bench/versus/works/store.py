"""A cold run: everything is executed, and stored. What counts is the time above that of the bare scripts."""
from ..repos import remove
from ..rounds import Contestant
from .common import peer_contestant, peers_for, repo_of


def rows(bench):
    size = bench.main_size
    yield cold_run(bench, repo_of(bench, size), size)


def cold_run(bench, repo, size, work="store", where=""):
    row = bench.compare(work, f"Cold run, everything is stored{where}, {size}", f"{repo.output_count:,} outputs",
                        contestants(bench, repo, size))
    repo.forget_aside()
    return row


def contestants(bench, repo, size):
    def cold(forget):
        def before():
            forget()
            repo.move_outputs_aside()

        return before

    for tool in bench.ours:
        yield tool.contestant(lambda tool=tool: tool.build(repo), before=cold(tool.forget_cache), check=repo.check_outputs)
    for peer in peers_for(bench, repo, size, daemons=False):
        yield peer_contestant(peer, repo, prepare=lambda: None, before=cold(lambda peer=peer: peer.forget_cache(repo)),
                              check=repo.check_outputs)
    yield Contestant("bare scripts", "limit", lambda: bare(bench, repo), before=cold(lambda: None), check=repo.check_outputs)
    yield Contestant("outputs read, compressed, written", "limit", lambda: pack(bench, repo))


def bare(bench, repo):
    """The scripts alone, as many at a time as there are processors, in any order."""
    packages = " ".join(package.name for package in repo.building)
    script = f"printf '%s\\n' {packages} | xargs -P {bench.parallel} -I{{}} sh -c 'cd packages/{{}} && rm -rf lib && cp -R src lib'"
    return bench.clock.measure(["sh", "-c", script], repo.root, bench.environment())


def pack(bench, repo):
    packed = bench.work / "packed"
    packed.mkdir(exist_ok=True)
    sample = bench.clock.pack([(package / "lib", packed / package.name) for package in repo.building])
    remove(packed)
    return sample
