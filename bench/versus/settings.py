"""What a run of the benchmarks was asked for, and what all works need."""
import contextlib
import dataclasses
import os
import pathlib

from . import rounds
from .clock import Clock

HERE = pathlib.Path(__file__).resolve().parent
CLIENT = HERE / "client"


@dataclasses.dataclass
class Bench:
    work: pathlib.Path  # the folder that everything is in
    clock: Clock
    ours: list  # of Stillage
    peers: list  # of Peer, those that were asked for and are installed
    git: bool
    rounds: int
    budget: float  # seconds for one contestant of one work
    sizes: list  # of the no-op
    main_size: str  # of the other works
    quick: bool
    parallel: int  # how many scripts at a time
    until: float = float("inf")  # of time.monotonic(): the work that is going on gets no further round after that

    @contextlib.contextmanager
    def working_in(self, folder, peers):
        """Everything that is made meanwhile is there, and only these peers take part."""
        before = self.work, self.peers
        self.work, self.peers = folder, peers
        try:
            yield
        finally:
            self.work, self.peers = before

    def compare(self, work, title, size, contestants, note="", most_rounds=100):
        return rounds.compare(work, title, size, contestants, min(self.rounds, most_rounds), self.budget, self.until, note)

    def environment(self, **more):
        """The same for all tools: nothing of the user's, and a home of its own."""
        home = self.work / "home"
        home.mkdir(exist_ok=True)
        return {"PATH": f"{CLIENT}:{os.environ['PATH']}", "HOME": str(home), "LANG": "C.UTF-8", "NO_COLOR": "1", "CI": "1",
                "GIT_CONFIG_NOSYSTEM": "1", **more}
