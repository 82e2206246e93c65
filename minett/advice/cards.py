"""What the thinking reads: plain cards of a factory's offer. They are filled elsewhere and load nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Self

from minett.kernel.content import LANGUAGES, Text

STEPS = ("discover", "assess", "data", "skills", "build", "trust", "fund", "connect", "scale")


@dataclass(frozen=True, slots=True)
class UseCaseCard:
    """One use of AI that a company may need.

    `glossary` holds, for each language, the trade's own words for the problem. `effort` is S, M or L.
    `twins` are codes of use cases that a good adviser would offer together with this one.
    """

    code: str
    title: Text
    sector: str
    nace: str
    problem: Text
    value: tuple[Text, ...]
    data_needed: Text
    method: Text
    glossary: Mapping[str, tuple[str, ...]]
    data_kinds: tuple[str, ...]
    risk_class: str
    effort: str
    twins: tuple[str, ...]
    source: str
    checked_on: date

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> Self:
        """Build the card from one use case of a pack (the mapping that stands in its YAML file)."""
        return cls(
            code=str(content["id"]),
            title=Text.of(content["title"]),
            sector=str(content["sector"]),
            nace=str(content["nace"]),
            problem=Text.of(content["problem"]),
            value=_texts(content["value"]),
            data_needed=Text.of(content["data_needed"]),
            method=Text.of(content["method"]),
            glossary={code: tuple(map(str, terms)) for code, terms in content["glossary"].items()},
            data_kinds=tuple(content["data_kinds"]),
            risk_class=str(content["risk_class"]),
            effort=str(content["effort"]),
            twins=tuple(content.get("twins") or ()),
            source=str(content["source"]),
            checked_on=_day(content["checked_on"]),
        )


def _texts(by_language: Mapping[str, Sequence[str]]) -> tuple[Text, ...]:
    """Turn lists per language into texts; where one language has fewer lines, the others stand alone."""
    length = max(len(lines) for lines in by_language.values())
    rows = (
        {code: str(by_language[code][n]) for code in LANGUAGES if n < len(by_language.get(code, ()))}
        for n in range(length)
    )
    return tuple(Text(row) for row in rows)


def _day(value: date | str) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


@dataclass(frozen=True, slots=True)
class ServiceCard:
    """A service of one partner at one of the nine `STEPS`."""

    code: str
    title: Text
    step: str
    partner: str
    audience: Text
    price: Text
    duration: Text
    gives: Text
    source: str
    checked_on: date
    partner_title: Text | None = None


@dataclass(frozen=True, slots=True)
class SchemeCard:
    """An aid scheme. `must_precede_start`: the aid is lost when work starts before the application."""

    code: str
    title: Text
    gives: Text
    audience: Text
    must_precede_start: bool
    source: str
    checked_on: date


@dataclass(frozen=True, slots=True)
class CallCard:
    """A call for compute time. `next_cutoff` is aware; None means open at any time."""

    code: str
    title: Text
    unit: str
    size: Text
    audience: Text
    next_cutoff: datetime | None
    answer_time: Text
    source: str
    checked_on: date


@dataclass(frozen=True, slots=True)
class ClusterCard:
    """A machine. A price or a power draw of None is not published, and nothing here may guess it."""

    code: str
    title: Text
    gpus_per_node: int
    node_price_eur: Decimal | None
    watts_per_node: int | None
    source: str
    checked_on: date


@dataclass(frozen=True, slots=True)
class DataProductCard:
    """A data product that a company may ask for. `access` is the way to it, for example open or request."""

    code: str
    title: Text
    description: Text
    columns: tuple[str, ...]
    keywords: tuple[str, ...]
    sectors: tuple[str, ...]
    access: str
