"""The benchmarks of single pieces (bench/micro, by Google Benchmark), where they have been built."""
import json
import pathlib
import subprocess

from .clock import BenchError
from .repos import remove
from .works.common import repo_of

PROGRAMS = ("store_bench",)


def run(bench, folder):
    """Rows of texts: program and benchmark, milliseconds, CPU milliseconds, rates."""
    rows = []
    for name in PROGRAMS:
        program = pathlib.Path(folder) / name
        if program.exists():
            rows += [cells(name, figure) for figure in figures_of(bench, program)]
    return rows


def figures_of(bench, program):
    repo = repo_of(bench, bench.main_size)
    bench.ours[0].settle(repo)
    place = bench.work / "micro"
    words = [str(program), f"--monorepo={repo.root}", f"--place={place}", "--benchmark_format=json"]
    done = subprocess.run(words, capture_output=True, text=True, env=bench.environment())
    remove(place)
    if done.returncode:
        raise BenchError(f"{program.name} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)["benchmarks"]


def cells(program, figure):
    in_milliseconds = {"ns": 1e-6, "us": 1e-3, "ms": 1.0, "s": 1e3}[figure["time_unit"]]
    rates = [f"{figure['bytes_per_second'] / 1e6:,.0f} MB/s"] if "bytes_per_second" in figure else []
    rates += [f"{figure['items_per_second']:,.0f} files/s"] if "items_per_second" in figure else []
    name = figure["name"].split("/iterations:")[0].replace("_", " ").replace("/", ", ").replace(":", " ")
    times = [f"{figure[field] * in_milliseconds:,.1f}" for field in ("real_time", "cpu_time")]
    return [f"{program}: {name}", *times, ", ".join(rates)]
