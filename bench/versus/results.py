"""All figures of a run of the benchmarks, as a file of JSON and back."""
import dataclasses
import json

from .clock import Sample
from .rounds import Result, Row


@dataclasses.dataclass
class Figures:
    machine: dict  # what it was run on
    versions: dict  # of us and of the peers
    rows: list
    micro: list  # rows of text: benchmark, milliseconds, CPU milliseconds, counters

    def row(self, work, size=""):
        """The first row of that work, and of that size if one is given."""
        return next((row for row in self.rows if row.work == work and (not size or row.title.endswith(size))), None)


def save(figures, path):
    path.write_text(json.dumps(dataclasses.asdict(figures), indent=1) + "\n")


def load(path):
    data = json.loads(path.read_text())
    data["rows"] = [read_row(row) for row in data["rows"]]
    return Figures(**data)


def join(parts):
    """The figures of several runs on one machine."""
    versions = {name: version for part in parts for name, version in part.versions.items()}
    rows = [row for part in parts for row in part.rows]
    return Figures(parts[0].machine, versions, rows, [row for part in parts for row in part.micro])


def read_row(data):
    results = [Result(**{**result, "samples": [Sample(**sample) for sample in result["samples"]]}) for result in data["results"]]
    return Row(**{**data, "results": results, "load": tuple(data["load"])})
