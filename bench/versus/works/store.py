"""A cold run: everything is executed, and stored. What counts is the time above that of the bare scripts."""
from ..repos import remove
from ..rounds import Contestant, compare
from .common import peer_contestant, peers_for, repo_of


def rows(bench):
    size = bench.main_size
    repo = repo_of(bench, size)

    def cold(forget):
        def before():
            forget()
            repo.forget_aside()
            repo.move_outputs_aside()

        return before

    contestants = [tool.contestant(lambda tool=tool: tool.build(repo), before=cold(tool.forget_cache), check=repo.check_outputs)
                   for tool in bench.ours]
    contestants.append(Contestant("bare scripts", "limit", lambda: bare(bench, repo), before=cold(lambda: None), check=repo.check_outputs))
    contestants.append(Contestant("outputs read, compressed, written", "limit", lambda: pack(bench, repo)))
    contestants += [peer_contestant(peer, repo, prepare=lambda: None, before=cold(lambda peer=peer: peer.forget_cache(repo)), check=repo.check_outputs)
                    for peer in peers_for(bench, repo, size)]
    yield compare("store", f"Cold run, everything is stored, {size}", f"{repo.output_count:,} outputs", contestants, bench.rounds, bench.budget)
    repo.forget_aside()


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
