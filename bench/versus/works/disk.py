"""Restoring and storing once more on a disk, where everything else is in memory."""
import pathlib
import tempfile

from .. import machine
from ..repos import remove
from .common import repo_of
from .restore import restore_all
from .store import cold_run

BUILD = pathlib.Path(__file__).resolve().parents[3] / "build"


def rows(bench):
    BUILD.mkdir(exist_ok=True)
    kind = machine.file_system(BUILD)
    if kind == machine.file_system(bench.work):
        return
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bench-disk-", dir=BUILD))
    where = f" on a disk ({kind})"
    quick_ones = [peer for peer in bench.peers if peer.name == "turbo" and not bench.quick]
    try:
        with bench.working_in(folder, quick_ones):
            repo = repo_of(bench, bench.main_size)
            yield restore_all(bench, repo, bench.main_size, "disk-restore", where)
            yield cold_run(bench, repo, bench.main_size, "disk-store", where)
    finally:
        remove(folder)
