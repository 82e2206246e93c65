"""The parts a document is made of. Every part checks and cleans what it is given when it is made.

Texts are plain and already in the reader's language. Nothing in here is markup; the renderers escape.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from minett.kernel.content import gettext_noop
from minett.kernel.errors import BadInput
from minett.planes.documents.plain import clean, one_line
from minett.planes.documents.svg import canonical, read_svg, size

DEEPEST = 3


class BadDocument(BadInput):
    """Data: where (which part) and why (an English clause)."""

    code = "bad-document"
    sentence = gettext_noop("This document cannot be laid out: %(where)s %(why)s.")


class State(StrEnum):
    """What is known of one claim. OPEN means nobody has looked yet, which is neither good nor bad."""

    PASS = "pass"  # noqa: S105 - a state, no secret.
    FAIL = "fail"
    WARN = "warn"
    OPEN = "open"


def put(part: object, **values: object) -> None:
    """Set fields of a frozen part while it is being made."""
    for name, value in values.items():
        object.__setattr__(part, name, value)


def need(holds: bool, where: str, why: str) -> None:
    """Raise BadDocument unless `holds`."""
    if not holds:
        raise BadDocument(where=where, why=why)


def pairs(rows: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Clean rows of (label, value)."""
    return tuple((one_line(name), clean(value)) for name, value in rows)


@dataclass(frozen=True, slots=True)
class Heading:
    """Level 1 opens a chapter of the document; the title itself stands above all levels."""

    kind: ClassVar[str] = "heading"
    level: int
    text: str

    def __post_init__(self) -> None:
        need(1 <= self.level <= DEEPEST, "heading", f"needs a level from 1 to {DEEPEST}")
        put(self, text=one_line(self.text))
        need(bool(self.text), "heading", "needs words")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Empty lines inside the text start new paragraphs."""

    kind: ClassVar[str] = "paragraph"
    text: str

    def __post_init__(self) -> None:
        put(self, text=clean(self.text))


@dataclass(frozen=True, slots=True)
class Bullets:
    kind: ClassVar[str] = "bullets"
    items: tuple[str, ...]

    def __post_init__(self) -> None:
        put(self, items=tuple(clean(item) for item in self.items))


@dataclass(frozen=True, slots=True)
class Facts:
    """Rows of (label, value), read one by one, not compared down a column."""

    kind: ClassVar[str] = "facts"
    rows: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        put(self, rows=pairs(self.rows))


@dataclass(frozen=True, slots=True)
class Table:
    """Cells are ready to read; `numeric` holds the positions of columns whose digits line up, from 0."""

    kind: ClassVar[str] = "table"
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    numeric: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        put(self, columns=tuple(one_line(column) for column in self.columns), caption=one_line(self.caption))
        put(self, rows=tuple(tuple(clean(cell) for cell in row) for row in self.rows))
        width = len(self.columns)
        need(width > 0, "table", "needs a column")
        need(all(len(row) == width for row in self.rows), "table", "has rows of another width than its head")
        put(self, numeric=tuple(sorted(set(self.numeric))))
        need(all(0 <= place < width for place in self.numeric), "table", "names a numeric column it lacks")


@dataclass(frozen=True, slots=True)
class Checks:
    """Rows of (state, claim, proof). The proof says where anybody can see it again."""

    kind: ClassVar[str] = "checks"
    rows: tuple[tuple[State, str, str], ...]

    def __post_init__(self) -> None:
        known = frozenset(State)
        need(all(row[0] in known for row in self.rows), "check", "has an unknown state")
        rows = ((State(state), clean(claim), clean(proof)) for state, claim, proof in self.rows)
        put(self, rows=tuple(rows))


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture with its table. `alt` says what is to be seen; without it the caption must do."""

    kind: ClassVar[str] = "figure"
    svg: str
    caption: str
    table: Table | None = None
    alt: str = ""

    def __post_init__(self) -> None:
        root = read_svg(self.svg)
        size(root)
        put(self, svg=canonical(root))
        put(self, caption=one_line(self.caption), alt=one_line(self.alt) or one_line(self.caption))
        need(bool(self.caption), "figure", "needs a caption")


@dataclass(frozen=True, slots=True)
class Quote:
    kind: ClassVar[str] = "quote"
    text: str
    source: str = ""

    def __post_init__(self) -> None:
        put(self, text=clean(self.text), source=one_line(self.source))


@dataclass(frozen=True, slots=True)
class PageBreak:
    kind: ClassVar[str] = "pagebreak"


Block = Heading | Paragraph | Bullets | Facts | Table | Checks | Figure | Quote | PageBreak
