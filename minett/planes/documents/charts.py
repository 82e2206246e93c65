"""Charts in the colours of the house, each with the table of its numbers: before and after, bars, lines.

This room counts and estimates nothing; it shows what it is given, and refuses what would mislead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from minett.planes.documents import labels
from minett.planes.documents.blocks import Table
from minett.planes.documents.drawing import WIDTH, BadChart, Chart, distinct, draw, finite, need, sentence
from minett.planes.documents.lines import Series, line
from minett.planes.documents.palette import PALETTES, Theme
from minett.planes.documents.plain import one_line

__all__ = ["BadChart", "Bar", "Chart", "Measured", "Series", "bars", "before_after", "line"]

MOST_ROWS = 60


@dataclass(frozen=True, slots=True)
class Measured:
    """One measured value with the interval it lies in. An unknown interval is None, never zero wide."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar. `note` goes into the table; `marked` draws it in the accent."""

    label: str
    value: float
    note: str = ""
    marked: bool = False


def _picture(rows: Sequence[Mapping[str, Any]], *layers: alt.Chart, width: int, step: int) -> alt.LayerChart:
    return alt.LayerChart(data={"values": list(rows)}, layer=list(layers), width=width, height=step * len(rows))


def _rows() -> alt.Y:
    return alt.Y("label:N", sort=None, axis=None)


def _names(lift: int, width: int) -> alt.Chart:
    """Write the name of each row above it, from the left edge, where long names and phones have room."""
    words = alt.Chart().mark_text(align="left", dy=-lift, limit=width)
    written: alt.Chart = words.encode(y=_rows(), x=alt.value(0), text="label:N")
    return written


def _values(field: str, unit: str, *, zero: bool, room: int | None) -> alt.X:
    """Return the value axis, with `room` pixels beside the outermost values for what is written there."""
    axis = alt.Axis(title=one_line(unit), tickCount=5, domain=False, ticks=False)
    return alt.X(
        f"{field}:Q", scale=alt.Scale(zero=zero, nice=True, padding=alt.Undefined if room is None else room), axis=axis
    )


def _interval(point: Measured) -> tuple[float, float]:
    low = point.value if point.low is None else point.low
    high = point.value if point.high is None else point.high
    need(low <= point.value <= high, "a value lies outside its own interval")
    return low, high


def before_after(
    points: Sequence[Measured | tuple[str, float, float | None, float | None]],
    *,
    unit: str,
    title: str,
    language: str = "en",
    theme: Theme = "both",
    width: int = WIDTH,
) -> Chart:
    """Draw values with their intervals, one row each; the last one, the state after, carries the accent.

    Raises BadChart without points, for numbers that are not finite, and for a value outside its interval.
    """
    known = [point if isinstance(point, Measured) else Measured(*point) for point in points]
    need(0 < len(known) <= MOST_ROWS, f"it needs 1 to {MOST_ROWS} points")
    finite(number for point in known for number in (point.value, point.low, point.high))
    places = labels.decimals(n for point in known for n in (point.value, point.low, point.high) if n is not None)
    written = [labels.number(point.value, language, places) for point in known]
    palette = PALETTES[theme]
    rows = [
        _measured_row(point, name, text, palette.accent if point is known[-1] else palette.muted)
        for point, name, text in zip(known, distinct(p.label for p in known), written, strict=True)
    ]
    chart = _picture(rows, *_intervals(rows, unit, width), width=width, step=66)
    table = _measured_table(known, unit, title, language, places)
    description = sentence((p.label, f"{text} {unit}") for p, text in zip(known, written, strict=True))
    return draw(chart, palette=palette, table=table, language=language, description=description)


def _measured_row(point: Measured, name: str, text: str, colour: str) -> dict[str, Any]:
    low, high = _interval(point)
    return {"label": name, "value": point.value, "low": low, "high": high, "text": text, "colour": colour}


def _intervals(rows: Sequence[Mapping[str, Any]], unit: str, width: int) -> list[alt.Chart]:
    smallest, largest = min(row["low"] for row in rows), max(row["high"] for row in rows)
    # Zero in sight shows how large a change is; a far zero would only flatten the intervals.
    zero = smallest <= largest / 2
    colour = alt.Color("colour:N", scale=None)
    base = alt.Chart().encode(y=_rows(), x=_values("value", unit, zero=zero, room=24))
    line = alt.Chart().mark_rule(strokeWidth=3, strokeCap="round", opacity=0.55, yOffset=14)
    return [
        line.encode(y=_rows(), x=_values("low", unit, zero=zero, room=24), x2="high:Q", color=colour),
        base.mark_point(filled=True, size=130, opacity=1, yOffset=14).encode(color=colour),
        base.mark_text(dy=-4, fontWeight="bold", fontSize=14).encode(text="text:N"),
        _names(22, width),
    ]


def _measured_table(points: Sequence[Measured], unit: str, title: str, language: str, places: int) -> Table:
    def cell(value: float | None) -> str:
        return labels.label("nothing", language) if value is None else labels.number(value, language, places)

    rows = tuple((p.label, cell(p.value), cell(p.low), cell(p.high)) for p in points)
    item, value, low, high = (labels.label(key, language) for key in ("item", "value", "low", "high"))
    return Table((item, f"{value} ({unit})", low, high), rows, title, (1, 2, 3))


def bars(
    values: Sequence[Bar | tuple[str, float]],
    *,
    unit: str,
    title: str,
    language: str = "en",
    theme: Theme = "both",
    width: int = WIDTH,
) -> Chart:
    """Draw horizontal bars from zero, in the order given, each with its number. Raises BadChart."""
    known = [value if isinstance(value, Bar) else Bar(*value) for value in values]
    need(0 < len(known) <= MOST_ROWS, f"it needs 1 to {MOST_ROWS} bars")
    finite(bar.value for bar in known)
    places = labels.decimals(bar.value for bar in known)
    written = [labels.number(bar.value, language, places) for bar in known]
    palette, marked = PALETTES[theme], any(bar.marked for bar in known)
    rows = [
        {"label": name, "value": bar.value, "text": text, "colour": palette.muted}
        | ({"colour": palette.accent} if bar.marked or not marked else {})
        for bar, name, text in zip(known, distinct(bar.label for bar in known), written, strict=True)
    ]
    chart = _picture(rows, *_bar_layers(rows, unit, width), width=width, step=50)
    table = _bar_table(known, written, unit, title, language)
    description = sentence((bar.label, f"{text} {unit}") for bar, text in zip(known, written, strict=True))
    return draw(chart, palette=palette, table=table, language=language, description=description)


def _bar_layers(rows: Sequence[Mapping[str, Any]], unit: str, width: int) -> list[alt.Chart]:
    colour = alt.Color("colour:N", scale=None)
    signs = [any(row["value"] >= 0 for row in rows), any(row["value"] < 0 for row in rows)]
    # Only where bars point both ways must the axis itself make room for the numbers beside them.
    base = alt.Chart().encode(y=_rows(), x=_values("value", unit, zero=True, room=56 if all(signs) else None))
    bar = base.mark_bar(height=18, cornerRadiusEnd=2, yOffset=10).encode(color=colour)
    right = base.mark_text(align="left", dx=6, dy=10, fontWeight="bold").encode(text="text:N")
    left = base.mark_text(align="right", dx=-6, dy=10, fontWeight="bold").encode(text="text:N")
    words = [right.transform_filter("datum.value >= 0"), left.transform_filter("datum.value < 0")]
    return [bar, *(layer for layer, wanted in zip(words, signs, strict=True) if wanted), _names(12, width)]


def _bar_table(known: Sequence[Bar], written: Sequence[str], unit: str, title: str, language: str) -> Table:
    item, value, note = (labels.label(key, language) for key in ("item", "value", "note"))
    rows = tuple((bar.label, text, bar.note) for bar, text in zip(known, written, strict=True))
    if any(bar.note for bar in known):
        return Table((item, f"{value} ({unit})", note), rows, title, (1,))
    return Table((item, f"{value} ({unit})"), tuple(row[:2] for row in rows), title, (1,))
