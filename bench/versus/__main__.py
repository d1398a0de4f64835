"""The command line; see scripts/bench."""
import argparse
import json
import os
import pathlib
import shutil
import sys
import tempfile

from . import machine, peers, table
from .clock import Clock
from .ours import Stillage
from .repos import SIZES
from .settings import Bench
from .works import noop

PROJECT = pathlib.Path(__file__).resolve().parent.parent.parent
WORKS = {"noop": noop}


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench", formatter_class=argparse.RawDescriptionHelpFormatter,
                                     description="Measures Stillage beside its peers and beside what the machine can do.")
    parser.add_argument("--quick", action="store_true", help="small sizes and few rounds: at most 3 minutes on two processors")
    parser.add_argument("--only", metavar="WORKS", help=f"some of: {','.join(WORKS)}")
    parser.add_argument("--sizes", help=f"some of: {', '.join(f'{name} ({p} packages of {f} files)' for name, (p, f) in SIZES.items())}")
    parser.add_argument("--peers", metavar="TOOLS", help=f"all (default), none, or some of: git,{','.join(peers.ALL)}")
    parser.add_argument("--binary", action="append", metavar="[NAME=]PATH", default=[],
                        help="measure this program instead of building one; several are measured side by side")
    parser.add_argument("--rounds", type=int, help="how often each is run")
    parser.add_argument("--work-dir", metavar="DIR", help="where to work; made if need be, and kept with its repositories")
    parser.add_argument("--json", metavar="FILE", help="write all figures there, too")
    parser.add_argument("--limits", metavar="PATH", default=PROJECT / "build/release/bin/bench_limits", help=argparse.SUPPRESS)
    return parser.parse_args()


def chosen(text, known, what):
    names = text.split(",")
    for name in names:
        if name not in known:
            raise SystemExit(f"error: unknown {what} {name} (known: {', '.join(known)})")
    return names


def binaries(given):
    given = given or [str(PROJECT / "build/release/bin/stillage")]
    pairs = [(one.split("=", 1) if "=" in one else ("stillage", one)) for one in given]
    if len({name for name, _ in pairs}) != len(pairs):
        raise SystemExit("error: each --binary needs a NAME of its own")
    return [Stillage(name, path) for name, path in pairs]


def make_bench(options, work):
    wanted = options.peers or "all"
    names = ["git", *peers.ALL] if wanted == "all" else [] if wanted == "none" else chosen(wanted, ["git", *peers.ALL], "peer")
    tools = [peers.ALL[name]() for name in names if name != "git"]
    for tool in tools:
        if not tool.installed:
            print(f"{tool.name} is not installed in bench/peers and is left out", file=sys.stderr)
    sizes = chosen(options.sizes, SIZES, "size") if options.sizes else ["S", "R"] if options.quick else ["M", "L"]
    bench = Bench(work=work, clock=Clock(options.limits, work), ours=binaries(options.binary),
                  peers=[tool for tool in tools if tool.installed], git="git" in names,
                  rounds=options.rounds or (3 if options.quick else 7), budget=15 if options.quick else 90,
                  sizes=sizes, quick=options.quick)
    for tool in [*bench.ours, *bench.peers]:
        tool.bench = bench
    return bench


def work_folder(options):
    if options.work_dir:
        folder = pathlib.Path(options.work_dir).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        return folder
    needed = (1 if options.quick else 6) << 30
    memory = pathlib.Path("/dev/shm")
    place = memory if memory.is_dir() and machine.free_bytes(memory) > needed else PROJECT / "build"
    return pathlib.Path(tempfile.mkdtemp(prefix="stillage-bench-", dir=place))


def main():
    options = arguments()
    works = chosen(options.only, WORKS, "work") if options.only else list(WORKS)
    work = work_folder(options)
    try:
        bench = make_bench(options, work)
        for name in works:
            for row in WORKS[name].rows(bench):
                print(table.as_text(row), flush=True)
    finally:
        if not options.work_dir:
            shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
