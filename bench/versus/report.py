"""docs/performance.md, with its charts and figures beside it."""
import pathlib

from . import chart, results
from .goals import judged
from .table import as_markdown, ratio

DISTURBED = 0.1  # share of the processors that others used
CHARTED = ("noop", "watch", "leaf", "hash", "restore", "restore-some", "store", "remote", "spawn")

HEAD = """# Performance

Written by `scripts/bench`; the figures are in [performance.json](performance.json). What each work is, and what is compared with
what, is in [bench/README.md](../bench/README.md).

![Wall time of each work](performance.svg)

## How to read this

Every row was measured in turns: each tool once, then all again in the reverse order, on the same tree. A tool's timed run comes
after an untimed one of its own (and after what the work needs: an edit, outputs moved away), so that it does not pay for what the
tool before it has done. Shown are medians; `least` is the least wall time. CPU is that of the tool and all processes that it
waited for, memory that of the largest single process. Columns `of ours` are medians of the ratios within each turn: 10 x means
that the tool takes ten times as long as Stillage, 0.5 x that it takes half. Where others use the processors, wall times are too
long, and CPU seconds say more.

The repositories are those of `bench/gen_monorepo.py`. Their builds copy a folder, so that nearly all time is the tool's own. lage,
nx, wireit and turbo start scripts through a stand-in for `yarn run` that takes some milliseconds; the real one takes about 0.4 s
for each script. Stillage starts them directly, as it does where the real yarn is in use. The page cache is warm, and there is no
remote cache but where that is the work.
"""

REPRODUCE = """## How to reproduce

On a Debian 12 machine that does nothing else, as root or with sudo:

```sh
scripts/bench            # everything here, about an hour; writes this page
scripts/bench --quick    # smaller, at most 3 minutes; writes build/bench/performance.md
scripts/bench --only noop --sizes M --peers git,turbo --rounds 15    # one work, more often
```

It installs what is missing from Debian's and npm's registries (the peers' versions are pinned in bench/peers), and works below
/dev/shm where there is room, else below build.
"""


def write(figures, folder):
    """The page, its charts and its figures."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    results.save(figures, folder / "performance.json")
    charted = [row for row in figures.rows if row.work in CHARTED]
    if charted:
        (folder / "performance.svg").write_text(chart.bars(charted, "Wall time (logarithmic scale, shorter is better)"))
    panels = growth_panels(figures)
    if panels:
        (folder / "performance-growth.svg").write_text(chart.curves(panels, "No-op `run build`: how time and memory grow"))
    (folder / "performance.md").write_text("\n".join(sections(figures, panels)))


def sections(figures, panels):
    yield HEAD
    yield circumstances(figures)
    yield disturbance(figures)
    if goals := list(judged(figures)):
        yield goals_table(goals)
    yield behind(figures)
    for row in figures.rows:
        if not row.count:
            yield f"## {row.title}\n\n{as_markdown(row)}"
    if panels:
        yield growth(figures)
    if figures.micro:
        yield micro(figures.micro)
    yield REPRODUCE


def circumstances(figures):
    facts = {**figures.machine, **figures.versions}
    lines = [f"| {name} | {value} |" for name, value in facts.items()]
    return "## Machine and versions\n\n| | |\n|---|---|\n" + "\n".join(lines) + "\n"


def disturbance(figures):
    """A plain word where the machine had other work, too."""
    shares = sorted(row.others for row in figures.rows)
    if not shares or shares[-1] < DISTURBED:
        return ""
    return ("## Disturbed\n\nThe machine was busy with other work: that used up to "
            f"{shares[-1]:.0%} of the processors (median of the rows: {shares[len(shares) // 2]:.0%}).\n"
            "Wall times here are too long, by as much and more, and not alike in all rows. Ratios and CPU seconds are what to go\n"
            "by, and even those suffer. On a machine that does nothing else all times are shorter.\n")


def goals_table(goals):
    lines = [f"| {goal.work} | {goal.aim} | {goal.measured} | {'yes' if goal.met else '**no**'} |" for goal in goals]
    return ("## What we aim for\n\n| Work | Aim | Measured | Met |\n|---|---|---|---|\n" + "\n".join(lines) + "\n")


def behind(figures):
    """Peers that need less than ours for something: nobody should have to look for them."""
    lines = []
    for row in figures.rows:
        for peer in row.results:
            if peer.kind != "peer" or not peer.samples or not row.ours.samples:
                continue
            for what, unit in (("wall", "time"), ("cpu", "CPU")):
                if (times := peer.times(row.ours, what)) < 1:
                    lines.append(f"- {row.title}: {peer.name} needs {ratio(times)} of our {unit}.")
            if peer.rss_mb < row.ours.rss_mb:
                lines.append(f"- {row.title}: {peer.name} needs {peer.rss_mb:.0f} MB of memory, we {row.ours.rss_mb:.0f} MB.")
    return "## Where a peer is ahead\n\n" + ("\n".join(lines) if lines else "In nothing that was measured here.") + "\n"


def growth_panels(figures):
    panels = []
    for work, of in (("growth-files", "source files"), ("growth-targets", "targets")):
        rows = [row for row in figures.rows if row.work == work]
        if not rows:
            continue
        for unit, read in (("s", lambda result: result.median("wall")), ("MB", lambda result: result.rss_mb)):
            series = {}
            for row in rows:
                for result in row.results:
                    if result.samples:
                        series.setdefault(result.name, (result.kind, []))[1].append((row.count, read(result)))
            panels.append((f"{'Wall time' if unit == 's' else 'Memory'} over {of}", unit, series))
    return panels


def growth(figures):
    lines = ["## Growth", "", "![Time and memory over files and targets](performance-growth.svg)", "",
             "| | tool | wall s | CPU s | peak MB |", "|---|---|---:|---:|---:|"]
    for row in figures.rows:
        for result in row.results if row.count else ():
            if result.samples:
                figures_of = f"{result.median('wall'):.3f} | {result.median('cpu'):.3f} | {result.rss_mb:.0f}"
                lines.append(f"| {row.title} | {result.name} | {figures_of} |")
    return "\n".join(lines) + "\n"


def micro(rows):
    lines = ["## Single pieces", "",
             "Of `bench/micro`: pieces of the program beside the least that the machine needs for the same.", "",
             "| Benchmark | ms | CPU ms | |", "|---|---:|---:|---|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"
