"""Pictures for pages: drawn by the documents plane, kept in memory by what they show, each with its table.

Only pictures that this plane has drawn and checked are put into a page as they are. Nothing is counted here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from minett.journeys import model_lineage
from minett.planes.documents import charts
from minett.planes.documents.charts import Bar, Chart, Measured
from minett.planes.documents.document import Table
from minett.planes.documents.svg import read_svg
from minett.web.pages import Cell, Heading

# Drawing takes 50 to 110 ms and the same picture is shown to everybody, so the newest few hundred stay in memory.
KEPT = 300
# In pixels: drawn so that words can still be read where a phone shows the picture smaller.
WIDTH = 400


@dataclass(frozen=True, slots=True)
class Dense:
    """A table of a document as `components/table.html` takes it."""

    caption: str
    headings: list[Heading]
    rows: list[list[Cell]]


@dataclass(frozen=True, slots=True)
class Picture:
    """`svg` can stand in the page as it is; `table` has the same numbers."""

    svg: SafeString
    title: str
    table: Dense


def dense(table: Table) -> Dense:
    headings = [Heading(name, numeric=place in table.numeric) for place, name in enumerate(table.columns)]
    return Dense(table.caption, headings, [[Cell(cell) for cell in row] for row in table.rows])


def _picture(chart: Chart) -> Picture:
    # Reading it again is the wall: whatever is not on the plane's lists never reaches the page.
    read_svg(chart.svg)
    svg = mark_safe(chart.svg)  # noqa: S308 - drawn by the house and checked element by element.
    return Picture(svg, chart.title, dense(chart.table))


@lru_cache(maxsize=KEPT)
def before_after(points: tuple[Measured, ...], *, unit: str, title: str, language: str) -> Picture:
    """Return values with their intervals, one row each; the last one carries the accent."""
    return _picture(charts.before_after(points, unit=unit, title=title, language=language, width=WIDTH))


@lru_cache(maxsize=KEPT)
def bars(values: tuple[Bar, ...], *, unit: str, title: str, language: str) -> Picture:
    """Return horizontal bars from zero."""
    return _picture(charts.bars(values, unit=unit, title=title, language=language, width=WIDTH))


def lineage(told: dict[str, Any], *, name: str, sha256: str, language: str) -> Picture:
    """Return the way from the need to the model; the page's language is the active one."""
    return _lineage(json.dumps(told, sort_keys=True), name, sha256, language)


@lru_cache(maxsize=KEPT)
def _lineage(told: str, name: str, sha256: str, language: str) -> Picture:
    return _picture(model_lineage.picture(json.loads(told), name=name, model_sha256=sha256, language=language))
