"""How a ledger row becomes text and a hash, and how a chain of rows is checked. It reads and writes no table."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Protocol

GENESIS = "0" * 64
COLUMNS = (
    "number",
    "at_text",
    "actor_key",
    "actor_name",
    "action",
    "noun",
    "noun_id",
    "case_id",
    "before_text",
    "after_text",
    "rule",
    "reason",
    "previous_hash",
)


class Row(Protocol):
    """Anything with the ledger's columns."""

    @property
    def number(self) -> int: ...
    @property
    def previous_hash(self) -> str: ...
    @property
    def hash(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with the chain: the row's number and what is wrong with it."""

    number: int
    what: str


def moment_text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _plain(value: Any) -> Any:
    """Turn a value into JSON that every database gives back unchanged; floats and decimals become text."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(inner) for inner in value]
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, (date, Decimal, float)):
        return str(value)
    if value is None or isinstance(value, (str, int, bool)):
        return value
    return str(value)


def canonical(value: Any) -> str:
    """Return the one spelling of a JSON value: sorted keys, no spaces, no escapes beyond the needed."""
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def hash_of(row: Any) -> str:
    """Return SHA-256, as 64 hexadecimal digits, over all columns but the hash itself."""
    body = json.dumps([getattr(row, name) for name in COLUMNS], separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()


def check(rows: Iterable[Row]) -> Iterator[Finding]:
    """Walk rows in the order of their numbers and yield what is wrong, naming the row.

    A row whose own hash holds but which its successor does not remember was replaced: it is named, too.
    """
    expected, remembered = 1, {GENESIS}
    for row in rows:
        yield from (Finding(missing, "missing") for missing in range(expected, min(row.number, expected + 1000)))
        gap = row.number != expected
        own = hash_of(row)
        if own != row.hash:
            yield Finding(row.number, "changed")
        elif row.previous_hash not in remembered and not gap:
            yield Finding(row.number - 1 or row.number, "replaced")
        expected, remembered = row.number + 1, {own, row.hash}
