"""Contestants in turns: A B C, C B A, ... so that whatever else the machine does meets all of them alike."""
import dataclasses
import os
import statistics
import time
from typing import Callable

from .clock import BenchError, Sample


KINDS = ("ours", "variant", "peer", "limit")  # in the order in which they are shown; a variant is ours, run otherwise


def nothing():
    pass


@dataclasses.dataclass
class Contestant:
    name: str
    kind: str  # of KINDS
    run: Callable[[], Sample]
    prepare: Callable[[], None] = nothing  # not timed, once
    before: Callable[[], None] = nothing  # not timed, before each run
    check: Callable[[], None] = nothing  # after each run
    close: Callable[[], None] = nothing  # after the last one
    note: str = ""


@dataclasses.dataclass
class Result:
    """What one contestant needed for one work."""

    name: str
    kind: str
    samples: list
    note: str = ""
    failed: bool = False

    def median(self, what):
        return statistics.median(getattr(sample, what) for sample in self.samples)

    def least(self, what):
        return min(getattr(sample, what) for sample in self.samples)

    @property
    def rss_mb(self):
        return max(sample.rss_mb for sample in self.samples)

    def times(self, other, what="wall"):
        """How many times as much as the other: the median over the rounds that both were in."""
        pairs = zip(self.samples, other.samples)
        return statistics.median(getattr(mine, what) / max(getattr(theirs, what), 1e-6) for mine, theirs in pairs)


@dataclasses.dataclass
class Row:
    """One work of one size."""

    work: str
    title: str
    size: str
    results: list
    load: tuple = (0.0, 0.0)  # least and most load average of a minute
    others: float = 0.0  # share of the processors that the rest of the machine used while something was timed
    note: str = ""
    count: int = 0  # what grows, in rows of growth

    @property
    def ours(self):
        return next((result for result in self.results if result.kind == "ours"), None)

    def named(self, name):
        return next((result for result in self.results if result.name == name), None)


def compare(work, title, size, contestants, rounds, budget, until, note=""):
    """Runs all contestants `rounds` times; one that has had `budget` seconds gets no further round, and after `until`
    (time.monotonic()) nobody does.
    A peer or a limit that fails is left out and says why; ours must not fail."""
    contestants = list(contestants)
    results = {one.name: Result(one.name, one.kind, [], one.note) for one in contestants}
    spent = dict.fromkeys(results, 0.0)
    loads = [os.getloadavg()[0]]
    try:
        for one in contestants:
            attempt(one, results, one.prepare)
        for i in range(rounds):
            for one in contestants if i % 2 == 0 else reversed(contestants):
                late = i > 0 and time.monotonic() > until
                if late or spent[one.name] > budget or results[one.name].failed:
                    continue
                start = time.monotonic()
                attempt(one, results, lambda one=one: one_round(one, results[one.name]))
                spent[one.name] += time.monotonic() - start
                loads.append(os.getloadavg()[0])
    finally:
        for one in contestants:
            one.close()
    found = sorted(results.values(), key=lambda result: KINDS.index(result.kind))
    return Row(work, title, size, found, (min(loads), max(loads)), others_share(found), note)


def attempt(one, results, action):
    """Whatever becomes of peers and limits, the others go on."""
    try:
        action()
    except BenchError as error:
        if one.kind == "ours":
            raise
        results[one.name] = Result(one.name, one.kind, [], f"failed: {str(error).splitlines()[0]}", True)


def one_round(one, result):
    one.before()
    result.samples.append(one.run())
    one.check()


def others_share(results):
    samples = [sample for result in results for sample in result.samples]
    available = sum(sample.wall for sample in samples) * os.cpu_count()
    foreign = sum(sample.machine - sample.cpu for sample in samples)
    return max(0.0, foreign / available) if available else 0.0
