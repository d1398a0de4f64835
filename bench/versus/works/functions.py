"""A JavaScript configuration with functions, which have to be called in every run: Node's start is the limit."""
from ..rounds import Contestant
from .common import peer_contestant, peers_for, repo_of

PLAIN = 'build: { dependsOn: ["^build"], outputs: ["lib/**"] }'
WITH_FUNCTIONS = 'build: { dependsOn: ["^build"], outputs: ["lib/**"], weight: () => 1, shouldRun: () => true }'


def rows(bench):
    size = bench.main_size
    repo = repo_of(bench, size)
    config = repo.root / "lage.config.js"
    text = config.read_text()
    config.write_text(text.replace(PLAIN, WITH_FUNCTIONS))
    try:
        for tool in bench.ours:
            tool.settle(repo)
        contestants = [tool.contestant(lambda tool=tool: tool.build(repo), before=lambda tool=tool: tool.settle(repo))
                       for tool in bench.ours]
        contestants += [peer_contestant(peer, repo) for peer in peers_for(bench, repo, size) if peer.name == "lage"]
        contestants.append(node_start(bench))
        yield bench.compare("functions", f"No-op, the configuration has functions, {size}", repo.size_text, contestants)
    finally:
        config.write_text(text)


def node_start(bench):
    run = lambda: bench.clock.measure(["node", "-e", "0"], bench.work, bench.environment())
    return Contestant("`node -e 0`", "limit", run, before=run)
