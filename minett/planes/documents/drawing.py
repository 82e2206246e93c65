"""The drawing engine behind the charts: house style, the marks of each language, and a finished picture.

Altair describes a chart and vl-convert draws it, without a browser, a network or a script in the result. The
first chart of a process takes about half a second to start the engine (measured on two shared cores); every
further one 50 to 110 ms. Nothing is kept between calls. What a chart shows is decided by its caller.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import altair as alt
import vl_convert

from minett.kernel.content import gettext_noop
from minett.kernel.errors import BadInput
from minett.planes.documents import labels
from minett.planes.documents.blocks import Figure, Table
from minett.planes.documents.palette import FONT, Palette
from minett.planes.documents.plain import one_line
from minett.planes.documents.svg import complete

WIDTH = 520
LABEL_LETTERS = 72
MONTHS: Mapping[str, tuple[str, ...]] = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "fr": (
        "janv.",
        "févr.",
        "mars",
        "avr.",
        "mai",
        "juin",
        "juill.",
        "août",
        "sept.",
        "oct.",
        "nov.",
        "déc.",
    ),
    "de": ("Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."),
    "lb": ("Jan.", "Feb.", "Mäe.", "Abr.", "Mee", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."),
}


class BadChart(BadInput):
    """Data: why (an English clause)."""

    code = "bad-chart"
    sentence = gettext_noop("This cannot be drawn: %(why)s.")


@dataclass(frozen=True, slots=True)
class Chart:
    """A finished picture and its numbers."""

    svg: str
    table: Table
    title: str
    description: str

    def figure(self, *, with_table: bool = True) -> Figure:
        """Return the chart as a block of a document."""
        return Figure(self.svg, self.title, self.table if with_table else None, self.description)


def need(holds: bool, why: str) -> None:
    """Raise BadChart unless `holds`."""
    if not holds:
        raise BadChart(why=why)


def distinct(names: Iterable[str]) -> list[str]:
    """Shorten names, and number those that would otherwise fall onto one row."""
    seen: dict[str, int] = {}
    result = []
    for whole in map(one_line, names):
        name = whole if len(whole) <= LABEL_LETTERS else whole[: LABEL_LETTERS - 1].rstrip() + "…"
        seen[name] = seen.get(name, 0) + 1
        result.append(name or "–" if seen[name] == 1 else f"{name} ({seen[name]})")
    return result


def finite(values: Iterable[float | None]) -> None:
    """Raise BadChart unless every value is finite; None is an unknown one and may stand."""
    need(all(value is None or math.isfinite(value) for value in values), "a value is not a finite number")


def sentence(pairs: Iterable[tuple[str, str]]) -> str:
    """Say pairs of (name, value) in one line, for those who hear the picture."""
    return "; ".join(f"{one_line(name)}: {value}" for name, value in pairs) + "."


def _config(palette: Palette) -> dict[str, Any]:
    words = {"labelColor": palette.ink, "titleColor": palette.ink, "labelFont": FONT, "titleFont": FONT}
    axis = {
        **words,
        "labelFontSize": 13,
        "titleFontSize": 13,
        "titleFontWeight": "normal",
        "gridColor": palette.line,
        "domainColor": palette.muted,
        "tickColor": palette.muted,
        "titlePadding": 8,
        "labelPadding": 6,
    }
    return {
        "font": FONT,
        "background": None,
        "view": {"stroke": None},
        "axis": axis,
        "text": {"color": palette.ink, "font": FONT, "fontSize": 13},
        "legend": {
            **words,
            "labelFontSize": 13,
            "orient": "bottom",
            "symbolSize": 90,
            "symbolStrokeWidth": 2,
            "columns": 3,
        },
    }


def _number_locale(language: str) -> dict[str, Any]:
    group, point = labels.MARKS.get(language, labels.MARKS["en"])
    return {
        "decimal": point,
        "thousands": group,
        "grouping": [3],
        "currency": ["", "\u00a0€"],
        "minus": "\u2212",
    }


def _time_locale(language: str) -> dict[str, Any]:
    months = list(MONTHS.get(language, MONTHS["en"]))
    week = ["1", "2", "3", "4", "5", "6", "7"]
    return {
        "dateTime": "%Y-%m-%d %H:%M",
        "date": "%Y-%m-%d",
        "time": "%H:%M",
        "periods": ["AM", "PM"],
        "days": week,
        "shortDays": week,
        "months": months,
        "shortMonths": months,
    }


def draw(chart: alt.LayerChart, *, palette: Palette, table: Table, language: str, description: str) -> Chart:
    """Return the finished picture; its title is the caption of its table."""
    spec = chart.to_dict()
    svg = vl_convert.vegalite_to_svg(
        spec,
        config=_config(palette),
        allowed_base_urls=[],
        format_locale=_number_locale(language),
        time_format_locale=_time_locale(language),
    )
    title, description = one_line(table.caption), one_line(description)
    return Chart(complete(svg, title=title, description=description, language=language), table, title, description)
