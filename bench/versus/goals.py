"""What we aim for at the sizes M and L, and whether a run of the benchmarks shows it."""
import dataclasses


@dataclasses.dataclass
class Goal:
    work: str
    aim: str
    measured: str
    met: bool


def judged(figures):
    """The goals for which there are figures."""
    for size in ("M", "L"):
        yield from noop(figures.row("noop", size), size)
        yield from watched(figures.row("watch", size), size)
    yield from leaf(figures.row("leaf", "M"))
    yield from functions(figures.row("functions", "M"), figures.row("noop", "M"))
    yield from hashing(figures.row("hash", "M"))
    yield from restore(figures.row("restore", "M"), figures.row("noop", "M"))
    yield from store(figures.row("store", "M"))
    yield from remote(figures.row("remote"))
    yield from spawn(figures.row("spawn"))


def measured(row, name):
    """The result of that name, if it has one."""
    result = row.named(name) if row else None
    return result if result and result.samples else None


def at_most(work, aim, value, limit, text):
    return Goal(work, aim, text, value <= limit)


def faster_than(row, work, aims):
    for name, wanted in aims.items():
        if peer := measured(row, name):
            times = peer.times(row.ours)
            yield Goal(work, f"at least {wanted} x faster than {name}", f"{times:.1f} x", times >= wanted)


def milliseconds(seconds):
    return f"{seconds * 1000:.0f} ms"


def of(seconds, allowed):
    return f"{milliseconds(seconds)}, of {milliseconds(allowed)}"


def noop(row, size):
    work = f"no-op, {size}"
    if status := measured(row, "git status"):
        times = row.ours.times(status)
        yield at_most(work, "no longer than `git status`", times, 1.0, f"{times:.2f} x of it")
    if row and size == "M":
        yield from faster_than(row, work, {"lage": 50, "turbo": 8, "nx": 30, "nx with its daemon": 5})
        yield at_most(work, "at most 60 MB of memory", row.ours.rss_mb, 60, f"{row.ours.rss_mb:.0f} MB")


def watched(row, size):
    if row:
        limit = {"M": 0.025, "L": 0.060}[size]
        wall = row.ours.median("wall")
        yield at_most(f"no-op with the watcher service, {size}", f"at most {milliseconds(limit)}", wall, limit, milliseconds(wall))


def leaf(row):
    base = row and next((result for result in row.results if result.name.endswith("nothing edited")), None)
    process = measured(row, "`sh -c true`")
    if base and process:
        more = row.ours.median("wall") - base.median("wall")
        allowed = process.median("wall") + 0.1 * base.median("wall")
        yield at_most("one leaf edited", "the no-op and one process (and 10 % for noise)", more, allowed,
                      f"{milliseconds(more)} more than the no-op; the process takes {milliseconds(process.median('wall'))}")


def functions(row, noop_row):
    node = measured(row, "`node -e 0`")
    if node and noop_row:
        allowed = max(noop_row.ours.median("wall"), node.median("wall") + 0.015)
        wall = row.ours.median("wall")
        yield at_most("configuration with functions", "the no-op, or Node's start and 15 ms", wall, allowed, of(wall, allowed))


def hashing(row):
    node = measured(row, "`node -e 0`")
    base = row and next((result for result in row.results if result.name.endswith("no-op")), None)
    if node and base:
        allowed = 1.3 * base.median("wall") + node.median("wall")
        wall = row.ours.median("wall")
        yield at_most("hash, fresh clone", "1.3 x the no-op and Node's start", wall, allowed, of(wall, allowed))


def restore(row, noop_row):
    create = measured(row, "files made from memory")
    if create and noop_row:
        allowed = 1.3 * create.median("wall") + noop_row.ours.median("wall")
        wall = row.ours.median("wall")
        yield at_most("restore", "1.3 x making the files from memory, and the no-op", wall, allowed, of(wall, allowed))
    yield from faster_than(row, "restore", {"turbo": 3, "lage": 12})


def store(row):
    bare, turbo, packing = (measured(row, name) for name in ("bare scripts", "turbo", "outputs read, compressed, written"))
    if not bare:
        return
    own = row.ours.median("wall") - bare.median("wall")
    if turbo:
        allowed = 0.5 * (turbo.median("wall") - bare.median("wall"))
        yield at_most("cold run", "above the bare scripts, half of turbo's time", own, allowed, of(own, allowed))
    if packing:
        allowed = 1.3 * packing.median("wall")
        yield at_most("cold run", "above the bare scripts, 1.3 x reading, compressing and writing the outputs", own, allowed,
                      of(own, allowed))


def remote(row):
    curl = row and next((result for result in row.results if result.name.startswith("curl") and result.samples), None)
    if curl:
        times = row.ours.times(curl)
        yield at_most("remote fetch", "2 x curl with 32 transfers at a time", times, 2.0, f"{times:.2f} x")


def spawn(row):
    bare = row and next((result for result in row.results if result.name.startswith("posix_spawn")), None)
    if bare:
        count = int(row.title.split()[0].replace(",", ""))
        own = (row.ours.median("cpu") - bare.median("cpu")) / count
        yield at_most("targets of `true`", "1 ms of CPU above posix_spawn and wait", own * 1000, 1.0, f"{own * 1000:.2f} ms")
