"""Lines over time or over a number: several series in one picture, told apart by more than their colour."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import altair as alt

from minett.planes.documents import labels
from minett.planes.documents.blocks import Table
from minett.planes.documents.drawing import WIDTH, Chart, distinct, draw, finite, need, sentence
from minett.planes.documents.palette import PALETTES, Palette, Theme
from minett.planes.documents.plain import one_line

MOST_SERIES = 5
MOST_POINTS = 5_000
# Above this many points a line carries no marks, and its table shows evenly spaced rows only.
FEW = 60
ONE_DAY, ONE_SEASON = 1.5, 120
DASHES = ([1, 0], [7, 3], [2, 3], [9, 3, 2, 3], [4, 4])
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross")

Across = date | float


@dataclass(frozen=True, slots=True)
class Series:
    """One line. Points are (date, aware time or number; value), in any order and all of one kind."""

    name: str
    points: tuple[tuple[Across, float], ...]


def _kind(x: Across) -> str:
    if isinstance(x, datetime):
        need(x.tzinfo is not None, "a time does not say its time zone")
        return "time"
    if isinstance(x, date):
        return "date"
    finite([x])
    return "number"


def _stored(x: Across) -> str | float:
    """Write a date or time as UTC, because the engine would read a bare time as the machine's own."""
    if isinstance(x, datetime):
        return x.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return x.isoformat() if isinstance(x, date) else x


def _writer(kind: str, across: Sequence[Across], language: str) -> Callable[[Across], str]:
    places = labels.decimals(x for x in across if not isinstance(x, date)) if kind == "number" else 0

    def write(x: Across) -> str:
        if isinstance(x, datetime):
            return x.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
        return x.isoformat() if isinstance(x, date) else labels.number(x, language, places)

    return write


def line(
    series: Sequence[Series],
    *,
    unit: str,
    title: str,
    across: str = "",
    language: str = "en",
    theme: Theme = "both",
    width: int = WIDTH,
    height: int = 220,
) -> Chart:
    """Draw up to five lines over dates, times or numbers. `across` names the horizontal axis.

    Raises BadChart for no points or too many, numbers that are not finite, and unlike horizontal positions.
    """
    points = [point for one in series for point in one.points]
    need(0 < len(series) <= MOST_SERIES, f"it needs 1 to {MOST_SERIES} lines")
    need(0 < len(points) <= MOST_POINTS, f"it needs 1 to {MOST_POINTS} points")
    kinds = {_kind(x) for x, _ in points}
    need(len(kinds) == 1, "dates, times and numbers share one axis")
    finite(y for _, y in points)
    kind, names, palette = kinds.pop(), distinct(one.name for one in series), PALETTES[theme]
    ordered = [(name, sorted(one.points)) for name, one in zip(names, series, strict=True)]
    rows = [{"name": name, "x": _stored(x), "y": y} for name, pairs in ordered for x, y in pairs]
    layers = _layers(names, palette, _axes(_form(kind, [x for x, _ in points]), unit, across), few=len(rows) <= FEW)
    chart = alt.LayerChart(data={"values": rows}, layer=layers, width=width, height=height)
    write = _writer(kind, [x for x, _ in points], language)
    table = _table(
        ordered,
        write,
        one_line(across) or labels.label("place" if kind == "number" else "date", language),
        unit,
        title,
        language,
    )
    description = _description(ordered, write, unit, language)
    return draw(chart, palette=palette, table=table, language=language, description=description)


def _form(kind: str, across: Sequence[Across]) -> str | None:
    """Return how the axis writes its ticks: the hour for one day, the day for a season, then the month."""
    if kind == "number":
        return None
    days = [x.timestamp() / 86_400 if isinstance(x, datetime) else x.toordinal() for x in across if isinstance(x, date)]
    span = max(days) - min(days)
    return "%H:%M" if kind == "time" and span <= ONE_DAY else "%-d %b" if span <= ONE_SEASON else "%b %Y"


def _axes(form: str | None, unit: str, across: str) -> dict[str, Any]:
    look: dict[str, Any] = {} if form is None else {"format": form}
    x_axis = alt.Axis(title=one_line(across) or None, grid=False, tickCount=5, labelOverlap=True, **look)
    y_axis = alt.Axis(
        title=one_line(unit),
        tickCount=5,
        domain=False,
        ticks=False,
        titleAngle=0,
        titleAlign="left",
        titleAnchor="end",
        titleX=0,
        titleY=-12,
        titleBaseline="bottom",
    )
    number = alt.X("x:Q", scale=alt.Scale(zero=False, nice=False), axis=x_axis)
    x = number if form is None else alt.X("x:T", scale=alt.Scale(type="utc"), axis=x_axis)
    return {"x": x, "y": alt.Y("y:Q", axis=y_axis, scale=alt.Scale(zero=True, nice=True))}


def _layers(names: Sequence[str], palette: Palette, axes: dict[str, Any], *, few: bool) -> list[alt.Chart]:
    """Return lines, and marks on them when there is room; the legend shows what tells the lines apart."""
    domain, several = list(names), len(names) > 1
    look = {"symbolStrokeWidth": 0} if few else {"symbolType": "stroke"}
    legend = alt.Legend(title=None, **look) if several else None
    colours = alt.Scale(domain=domain, range=list(palette.series[: len(names)]))
    dashes = alt.Scale(domain=domain, range=[list(dash) for dash in DASHES[: len(names)]])
    shapes = alt.Scale(domain=domain, range=list(SHAPES[: len(names)]))
    base = alt.Chart().encode(**axes, color=alt.Color("name:N", scale=colours, legend=legend))
    dash = alt.StrokeDash("name:N", scale=dashes, legend=None if few else legend)
    lines = base.mark_line(strokeWidth=2.25).encode(strokeDash=dash)
    marks = base.mark_point(filled=True, size=45, opacity=1)
    return [lines, marks.encode(shape=alt.Shape("name:N", scale=shapes, legend=legend))] if few else [lines]


Ordered = Sequence[tuple[str, Sequence[tuple[Across, float]]]]


def _table(
    ordered: Ordered, write: Callable[[Across], str], across: str, unit: str, title: str, language: str
) -> Table:
    """Return one row for each position and one column for each line, thinned evenly when there are many."""
    places = labels.decimals(y for _, pairs in ordered for _, y in pairs)
    found = [dict(pairs) for _, pairs in ordered]
    every = sorted({x for pairs in found for x in pairs})
    step = -(-len(every) // FEW)
    shown = every[::step] if every[-1] in every[::step] else [*every[::step], every[-1]]
    nothing = labels.label("nothing", language)
    rows = tuple(
        (write(x), *(labels.number(pairs[x], language, places) if x in pairs else nothing for pairs in found))
        for x in shown
    )
    if len(shown) < len(every):
        extract = labels.label("extract", language).replace("{shown}", str(len(shown)))
        title = f"{title} ({extract.replace('{all}', str(len(every)))})"
    columns = (across, *(f"{name} ({unit})" for name, _ in ordered))
    return Table(columns, rows, title, tuple(range(1, len(columns))))


def _description(ordered: Ordered, write: Callable[[Across], str], unit: str, language: str) -> str:
    places = labels.decimals(y for _, pairs in ordered for _, y in pairs)
    ends = [(name, (pairs[0], pairs[-1])) for name, pairs in ordered if pairs]
    return sentence(
        (name, " → ".join(f"{write(x)} {labels.number(y, language, places)} {unit}" for x, y in pair))
        for name, pair in ends
    )
