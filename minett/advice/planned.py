"""A plan and its parts: from the need to use case, services, data, compute, law and money.

It is frozen and stored as plain JSON with texts by language, so it can be shown in any language later. How it is
made stands in plan.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Self

from minett.advice.ai_act.preview import AiActPreview
from minett.advice.codec import from_json, to_json
from minett.advice.estimate import ComputeEstimate
from minett.advice.language import Detected
from minett.advice.marking import MatchedWord
from minett.advice.questions import Question
from minett.kernel.content import Text


@dataclass(frozen=True, slots=True)
class PlannedUseCase:
    """A proposal with the texts of its card, as they were on the day of the plan."""

    code: str
    title: Text
    problem: Text
    value: tuple[Text, ...]
    data_needed: Text
    sector: str
    effort: str
    risk_class: str
    confidence: float
    sentence: str
    words: tuple[MatchedWord, ...]
    source: str
    checked_on: date


@dataclass(frozen=True, slots=True)
class PlannedService:
    code: str
    title: Text
    partner: str
    audience: Text
    price: Text
    duration: Text
    gives: Text
    source: str
    checked_on: date
    partner_title: Text | None = None


@dataclass(frozen=True, slots=True)
class PathStep:
    """One step of the path with its services; the steps stand in the order of `cards.STEPS`."""

    step: str
    services: tuple[PlannedService, ...]


@dataclass(frozen=True, slots=True)
class PlannedData:
    """A data product that may help. `shared` are the words it has in common with the use case."""

    code: str
    title: Text
    access: str
    shared: tuple[str, ...]
    same_sector: bool


@dataclass(frozen=True, slots=True)
class PlannedScheme:
    code: str
    title: Text
    gives: Text
    audience: Text
    must_precede_start: bool
    source: str
    checked_on: date


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """A call for compute that is open on the plan's day; `next_cutoff` of None means open at any time."""

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
class Hold:
    """What must not be started yet, and why."""

    scheme: str
    title: Text
    reason: Text


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole answer to one need.

    `chosen` is the code of the first proposal, or None when nothing fits: then an adviser reads the need, and the
    path holds only the first two steps. `company_brings` is what the company must have or gather.
    """

    need: str
    language: Detected
    none: bool
    outside: Text | None
    proposals: tuple[PlannedUseCase, ...]
    chosen: str | None
    path: tuple[PathStep, ...]
    data_products: tuple[PlannedData, ...]
    company_brings: Text | None
    estimates: tuple[ComputeEstimate, ...]
    schemes: tuple[PlannedScheme, ...]
    calls: tuple[PlannedCall, ...]
    ai_act: AiActPreview
    do_first: Text
    do_not_start_yet: tuple[Hold, ...]
    questions: tuple[Question, ...]
    as_of: date
    version: int = 1

    @property
    def partners(self) -> tuple[str, ...]:
        """Every partner on the path, each once, in the order met."""
        return tuple(dict.fromkeys(service.partner for step in self.path for service in step.services))

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON that `from_json` reads back to an equal plan."""
        written: dict[str, Any] = to_json(self)
        return written

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        """Read a stored plan. Raises StoredShapeUnknown when the content is not a plan of this version."""
        return from_json(cls, raw)
