"""The command line; see scripts/bench."""
import argparse
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time

from . import machine, micro, peers, report, table
from .clock import BenchError, Clock
from .ours import Stillage
from .results import Figures, join, load
from .repos import SIZES
from .settings import Bench
from .works import disk, functions, growth, hash, leaf, noop, remote, restore, spawn, store, watch

PROJECT = pathlib.Path(__file__).resolve().parent.parent.parent
QUICK_SECONDS = 110  # in which first rounds fit; what is left of it is for further ones
WORKS = {"noop": noop, "watch": watch, "leaf": leaf, "functions": functions, "hash": hash, "restore": restore, "store": store,
         "disk": disk, "remote": remote, "spawn": spawn, "growth": growth, "micro": micro}


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench", formatter_class=argparse.RawDescriptionHelpFormatter,
                                     description="Measures Stillage beside its peers and beside what the machine can do.")
    parser.add_argument("--quick", action="store_true", help="small sizes and few rounds: at most 3 minutes on two processors")
    parser.add_argument("--only", metavar="WORKS", help=f"some of: {','.join(WORKS)}")
    sizes = ", ".join(f"{name} ({packages} packages of {files} files)" for name, (packages, files) in SIZES.items())
    parser.add_argument("--sizes", help=f"some of: {sizes}")
    parser.add_argument("--peers", metavar="TOOLS", help=f"all (default), none, or some of: git,{','.join(peers.ALL)}")
    parser.add_argument("--binary", action="append", metavar="[NAME=]PATH", default=[],
                        help="measure this program instead of building one; several are measured side by side")
    parser.add_argument("--rounds", type=int, help="how often each is run")
    parser.add_argument("--budget", type=float, metavar="SECONDS", help="who has had so much time for a work gets no further round")
    parser.add_argument("--work-dir", metavar="DIR", help="where to work; made if need be, and kept with its repositories")
    parser.add_argument("--page", metavar="DIR", 
                        help="where the page with its charts and figures goes (default: docs for a whole run, else build/bench)")
    parser.add_argument("--again", metavar="FILES", nargs="+", type=pathlib.Path,
                        help="measure nothing: make the page from the figures of these performance.json, one after the other")
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


def wanted_peers(options):
    wanted = options.peers or "all"
    if wanted == "all":
        return ["git", *(name for name in peers.ALL if not (options.quick and name in peers.NOT_QUICK))]
    return [] if wanted == "none" else chosen(wanted, ["git", *peers.ALL], "peer")


def make_bench(options, work):
    tools = [peers.ALL[name]() for name in wanted_peers(options) if name != "git"]
    for tool in tools:
        if not tool.installed:
            print(f"{tool.name} is not installed in bench/peers and is left out", file=sys.stderr)
    sizes = chosen(options.sizes, SIZES, "size") if options.sizes else ["S", "R"] if options.quick else ["M", "L", "S"]
    bench = Bench(work=work, clock=Clock(options.limits, work), ours=binaries(options.binary),
                  peers=[tool for tool in tools if tool.installed], git="git" in wanted_peers(options),
                  rounds=options.rounds or (3 if options.quick else 7), budget=options.budget or (4 if options.quick else 45),
                  sizes=sizes, main_size=sizes[-1] if options.quick else sizes[0], quick=options.quick, parallel=os.cpu_count())
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


def page_folder(options, works):
    """docs holds what a whole run has shown, and nothing else."""
    changed = (options.quick, options.sizes, options.peers, options.binary, options.rounds, options.budget)
    whole = works == list(WORKS) and not any(changed)
    return pathlib.Path(options.page) if options.page else PROJECT / ("docs" if whole else "build/bench")


def measure(options, works, work, folder):
    """Measures and writes the page, anew after each work. Returns whether all works were done."""
    bench = make_bench(options, work)
    versions = {tool.name: tool.version for tool in [*bench.ours, *bench.peers]}
    figures = Figures(machine.describe(work), versions, [], [])
    complete = True
    end = time.monotonic() + QUICK_SECONDS
    for done, name in enumerate(works):
        if options.quick:
            now = time.monotonic()
            bench.until = now + max(0, end - now) / (len(works) - done)
        try:
            measure_one(bench, name, figures)
        except BenchError as error:
            print(f"error: {name}: {error}", file=sys.stderr)
            complete = False
        report.write(figures, folder)
    return complete


def measure_one(bench, name, figures):
    if name == "micro":
        figures.micro = micro.run(bench, bench.clock.program_folder)
        print(table.micro_as_text(figures.micro), flush=True)
        return
    for row in WORKS[name].rows(bench):
        figures.rows.append(row)
        print(table.as_text(row), flush=True)


def stop(*_):
    """Ends the program so that what is open is closed, undisturbed."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(143)


def main():
    options = arguments()
    works = chosen(options.only, WORKS, "work") if options.only else list(WORKS)
    folder = page_folder(options, works)
    if options.again:
        report.write(join([load(file) for file in options.again]), folder)
        return
    work = work_folder(options)
    signal.signal(signal.SIGTERM, stop)
    try:
        complete = measure(options, works, work, folder)
    finally:
        if not options.work_dir:
            shutil.rmtree(work, ignore_errors=True)
    print(f"\nwritten: {folder}/performance.md")
    sys.exit(0 if complete else 1)


if __name__ == "__main__":
    main()
