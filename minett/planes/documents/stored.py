"""Blocks as JSON data, and back. It checks types here; what a block may hold is checked by the block."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from minett.planes.documents.blocks import (
    BadDocument,
    Block,
    Bullets,
    Checks,
    Facts,
    Figure,
    Heading,
    PageBreak,
    Paragraph,
    Quote,
    State,
    Table,
)


def plain(value: Any) -> Any:
    """Return blocks, tuples and enumerations as JSON data; blocks carry their kind."""
    if is_dataclass(value):
        parts = {field.name: plain(getattr(value, field.name)) for field in fields(value)}
        kind = getattr(value, "kind", None)
        return {"kind": kind, **parts} if kind else parts
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    return str(value) if isinstance(value, str) else value


def _wrong(where: str, kind: str) -> BadDocument:
    return BadDocument(where=where, why=f"is not {kind}")


def mapping(raw: Any, where: str) -> Mapping[str, Any]:
    """Return `raw` if it is a mapping. `where` names the part in the error, here and below."""
    if not isinstance(raw, dict):
        raise _wrong(where, "a mapping")
    return raw


def text(raw: Any, where: str) -> str:
    if not isinstance(raw, str):
        raise _wrong(where, "a text")
    return raw


def _whole(raw: Any, where: str) -> int:
    if not isinstance(raw, int) or isinstance(raw, bool):
        raise _wrong(where, "a whole number")
    return raw


def items(raw: Any, where: str) -> list[Any]:
    if not isinstance(raw, list):
        raise _wrong(where, "a list")
    return raw


def texts(raw: Any, where: str) -> tuple[str, ...]:
    return tuple(text(part, where) for part in items(raw, where))


def two_texts(raw: Any, where: str) -> tuple[tuple[str, str], ...]:
    rows = [texts(row, where) for row in items(raw, where)]
    if any(len(row) != 2 for row in rows):  # noqa: PLR2004 - a pair has two.
        raise _wrong(where, "a list of pairs")
    return tuple((row[0], row[1]) for row in rows)


def _state(raw: str) -> State:
    try:
        return State(raw)
    except ValueError as error:
        raise _wrong("check", "in a known state") from error


def _checks(raw: Mapping[str, Any]) -> Checks:
    rows = [texts(row, "check") for row in items(raw.get("rows"), "check")]
    if any(len(row) != 3 for row in rows):  # noqa: PLR2004 - state, claim and proof.
        raise _wrong("check", "a state, a claim and a proof")
    return Checks(tuple((_state(row[0]), row[1], row[2]) for row in rows))


def _table(raw: Mapping[str, Any]) -> Table:
    return Table(
        texts(raw.get("columns"), "table"),
        tuple(texts(row, "table") for row in items(raw.get("rows"), "table")),
        text(raw.get("caption", ""), "table"),
        tuple(_whole(place, "table") for place in items(raw.get("numeric", []), "table")),
    )


def _figure(raw: Mapping[str, Any]) -> Figure:
    table = raw.get("table")
    return Figure(
        text(raw.get("svg"), "figure"),
        text(raw.get("caption"), "figure"),
        None if table is None else _table(mapping(table, "table")),
        text(raw.get("alt", ""), "figure"),
    )


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Block]] = {
    "heading": lambda raw: Heading(_whole(raw.get("level"), "heading"), text(raw.get("text"), "heading")),
    "paragraph": lambda raw: Paragraph(text(raw.get("text"), "paragraph")),
    "bullets": lambda raw: Bullets(texts(raw.get("items"), "bullets")),
    "facts": lambda raw: Facts(two_texts(raw.get("rows"), "facts")),
    "table": _table,
    "checks": _checks,
    "figure": _figure,
    "quote": lambda raw: Quote(text(raw.get("text"), "quote"), text(raw.get("source", ""), "quote")),
    "pagebreak": lambda _raw: PageBreak(),
}


def block(raw: Any) -> Block:
    """Return the block of which `raw` names the kind. Raises BadDocument or UnsafePicture."""
    kind = mapping(raw, "block").get("kind")
    if not isinstance(kind, str) or kind not in _READERS:
        raise _wrong("block", "of a known kind")
    return _READERS[kind](raw)
