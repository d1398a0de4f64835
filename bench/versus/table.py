"""Rows as text for a terminal, and as markdown."""
from .rounds import Row

COLUMNS = ["", "wall s", "least", "CPU s", "user", "system", "peak MB", "runs", "wall of ours", "CPU of ours"]


def ratio(value):
    return f"{value:.1f} x" if value >= 10 else f"{value:.2f} x"


def seconds(value):
    return f"{value:.2f}" if value >= 10 else f"{value:.3f}"


def cells(row: Row):
    """Ours first, then peers, then limits; each as a list of texts."""
    ours = row.ours
    for result in row.results:
        if not result.samples:
            yield [result.name, *["-"] * (len(COLUMNS) - 4), "0", "-", "-"]
            continue
        yield [result.name, seconds(result.median("wall")), seconds(result.least("wall")), seconds(result.median("cpu")),
               seconds(result.median("user")), seconds(result.median("system")),
               f"{result.rss_mb:.0f}" if result.rss_mb else "-", str(len(result.samples)),
               *(ratio(result.times(ours, what)) if ours and ours.samples else "-" for what in ("wall", "cpu"))]


def circumstances(row: Row):
    return f"load {row.load[0]:.1f} to {row.load[1]:.1f}, {row.others:.0%} of the processors used by others"


def notes(row: Row):
    return [f"{result.name}: {result.note}" for result in row.results if result.note] + ([row.note] if row.note else [])


def as_text(row: Row):
    lines = [COLUMNS, *cells(row)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(COLUMNS))]
    text = [f"\n{row.title}; {row.size}", f"({circumstances(row)})"]
    for line in lines:
        text.append("  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                              for i, (cell, width) in enumerate(zip(line, widths))))
    return "\n".join(text + [f"  {note}" for note in notes(row)])


def micro_as_text(rows):
    lines = [f"{name.ljust(60)} {wall.rjust(12)} {cpu.rjust(12)}  {rates}" for name, wall, cpu, rates in rows]
    return "\n".join(["\nSingle pieces (ms, CPU ms)", *lines])


def as_markdown(row: Row):
    lines = ["| " + " | ".join(COLUMNS) + " |", "|---|" + "---:|" * (len(COLUMNS) - 1)]
    for line in cells(row):
        lines.append("| " + " | ".join(line) + " |")
    text = "\n".join(lines) + f"\n\n{row.size}; {circumstances(row)}.\n"
    return text + "".join(f"\n- {note}" for note in notes(row)) + ("\n" if notes(row) else "")
