"""Charts as SVG, without any library: bars of what each tool needs for a work, and curves of growth."""
import html
import math

COLORS = {"ours": "#0b7a75", "variant": "#7fc8c4", "limit": "#9aa5b1"}
PEER_COLORS = {"lage": "#d1495b", "turbo": "#edae49", "nx": "#2e6f95", "nx with its daemon": "#8d6a9f", "moon": "#66a182",
               "wireit": "#c97b63", "backfill": "#2e4057"}
FONT = 'font-family="system-ui, sans-serif"'


class Drawing:
    def __init__(self, width):
        self.width, self.height, self.parts = width, 0, []

    def text(self, x, y, text, size=12, anchor="start", weight="normal", color="#1f2933"):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" font-weight="{weight}" '
                          f'fill="{color}" {FONT}>{html.escape(text.replace("`", ""))}</text>')

    def bar(self, x, y, width, height, color):
        self.parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 1):.1f}" height="{height}" rx="2" fill="{color}"/>')

    def line(self, points, color, width=1.0, dashed=False):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dashes = ' stroke-dasharray="3 3"' if dashed else ""
        self.parts.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="{width}"{dashes}/>')

    def dot(self, x, y, color):
        self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{color}"/>')

    def finish(self):
        return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{self.height:.0f}" '
                f'viewBox="0 0 {self.width} {self.height:.0f}">\n<rect width="100%" height="100%" fill="#ffffff"/>\n'
                + "\n".join(self.parts) + "\n</svg>\n")


class Scale:
    """Logarithmic, from one power of ten to another."""

    def __init__(self, values, start, length):
        self.low, self.high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)) + 1e-9)
        self.start, self.length = start, length

    def __call__(self, value):
        return self.start + self.length * (math.log10(value) - self.low) / max(1, self.high - self.low)

    def marks(self):
        return [10.0 ** power for power in range(self.low, self.high + 1)]


def amount(value, unit):
    if unit == "s" and value < 1:
        return f"{value * 1000:.3g} ms"
    return f"{value:,.3g} {unit}" if value < 1000 else f"{value:,.0f} {unit}"


def color_of(name, kind):
    return COLORS.get(kind) or PEER_COLORS.get(name, "#555555")


def bars(rows, title):
    """A group of bars for each row: wall time on a logarithmic scale."""
    drawing = Drawing(860)
    label, right, thick = 250, 90, 15
    shown = [(row, [result for result in row.results if result.samples]) for row in rows]
    scale = Scale([result.median("wall") for _, results in shown for result in results], label, drawing.width - label - right)
    drawing.text(16, 28, title, 16, weight="bold")
    y = top = 48
    bottom = top + sum(28 + len(results) * (thick + 4) for _, results in shown)
    for mark in scale.marks():
        drawing.line([(scale(mark), top), (scale(mark), bottom + 6)], "#cbd2d9", dashed=True)
        drawing.text(scale(mark), bottom + 22, amount(mark, "s"), 11, "middle", color="#616e7c")
    for row, results in shown:
        y += 20
        drawing.text(16, y, row.title, 13, weight="bold")
        y += 8
        for result in results:
            wall = result.median("wall")
            drawing.text(label - 8, y + thick - 3, result.name, anchor="end")
            drawing.bar(label, y, scale(wall) - label, thick, color_of(result.name, result.kind))
            drawing.text(scale(wall) + 6, y + thick - 3, amount(wall, "s"))
            y += thick + 4
    drawing.height = bottom + 40
    return drawing.finish()


def curves(panels, title):
    """panels: (title, unit, {name: (kind, [(count, value)])}); two beside each other."""
    drawing = Drawing(860)
    width, height, left = 330, 230, 70
    colors = {name: color_of(name, kind) for _, _, series in panels for name, (kind, _) in series.items()}
    drawing.text(16, 28, title, 16, weight="bold")
    for i, (name, unit, series) in enumerate(panels):
        x, y = left + (i % 2) * (width + 90), 70 + (i // 2) * (height + 80)
        panel(drawing, x, y, width, height, name, unit, series, colors)
    bottom = 70 + (len(panels) + 1) // 2 * (height + 80)
    place = left
    for name, color in colors.items():
        drawing.bar(place, bottom - 12, 12, 12, color)
        drawing.text(place + 18, bottom - 2, name)
        place += 40 + 8 * len(name)
    drawing.height = bottom + 20
    return drawing.finish()


def panel(drawing, x, y, width, height, name, unit, series, colors):
    points = [point for _, line in series.values() for point in line]
    across = Scale([count for count, _ in points], x, width)
    up = Scale([value for _, value in points], y + height, -height)
    drawing.text(x, y - 12, name, 13, weight="bold")
    for mark in across.marks():
        drawing.line([(across(mark), y), (across(mark), y + height)], "#cbd2d9", dashed=True)
        drawing.text(across(mark), y + height + 16, f"{mark:,.0f}", 11, "middle", color="#616e7c")
    for mark in up.marks():
        drawing.line([(x, up(mark)), (x + width, up(mark))], "#cbd2d9", dashed=True)
        drawing.text(x - 6, up(mark) + 4, amount(mark, unit), 11, "end", color="#616e7c")
    for label, (_, line) in series.items():
        drawing.line([(across(count), up(value)) for count, value in line], colors[label], 2)
        for count, value in line:
            drawing.dot(across(count), up(value), colors[label])
