"""Indicators with their baseline, what was measured after, and the effect with its interval."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StrictBool, StrictFloat, StrictInt

from minett.api.schemas.base import Day, Given, Moment, Short, Told
from minett.apps.impact.models import Indicator, Measurement
from minett.apps.impact.queries import Record
from minett.journeys.measure_effect import EffectSeen


class IndicatorGiven(Given):
    """A number that the company measures already; `direction` says whether lower or higher values are better."""

    name: Short
    unit: Annotated[str, Field(max_length=60)]
    how: Annotated[str, Field(max_length=2_000)]
    direction: Literal["lower", "higher"]


class MeasurementGiven(Given):
    """One number for each unit of the period. Simulated values are marked, and never shown as measured ones."""

    values: Annotated[list[StrictInt | StrictFloat], Field(max_length=10_000)]
    method: Annotated[str, Field(max_length=2_000)]
    is_simulated: StrictBool
    period_from: Day
    period_to: Day


class MeasurementTold(Told):
    id: int
    kind: str
    values: list[float]
    method: str
    is_simulated: bool
    period_from: date
    period_to: date
    recorded_at: Moment

    @classmethod
    def of(cls, row: Measurement) -> Self:
        same = (name for name in cls.model_fields if name != "id")
        return cls.model_validate({**{name: getattr(row, name) for name in same}, "id": row.pk})


class IndicatorTold(Told):
    id: int
    case_id: int
    name: str
    unit: str
    how: str
    direction: str
    created_at: Moment

    @classmethod
    def facts(cls, row: Indicator) -> dict[str, Any]:
        same = ("case_id", "name", "unit", "how", "direction", "created_at")
        return {**{name: getattr(row, name) for name in same}, "id": row.pk}

    @classmethod
    def of(cls, row: Indicator) -> Self:
        return cls(**cls.facts(row))


class IndicatorDetail(IndicatorTold):
    """An indicator with its baseline and every later measurement, oldest first."""

    baseline: MeasurementTold | None
    later: list[MeasurementTold]

    @classmethod
    def whole(cls, record: Record) -> Self:
        return cls(
            **cls.facts(record.indicator),
            baseline=record.baseline and MeasurementTold.of(record.baseline),
            later=[MeasurementTold.of(measured) for measured in record.later],
        )


class EffectFound(Told):
    """After minus before, in the unit of the indicator, with its 95 % interval; null where none can be given."""

    before_mean: float
    after_mean: float
    difference: float
    low: float | None
    high: float | None
    relative: float | None
    n_before: int
    n_after: int
    improved: Literal["yes", "no", "cannot tell"]
    method: str
    formula: str


class EffectTold(Told):
    """`effect` is null until there are a baseline and a measurement after."""

    indicator_id: int
    unit: str
    direction: str
    is_simulated: bool
    effect: EffectFound | None

    @classmethod
    def of(cls, seen: EffectSeen, *, method: str) -> Self:
        row, found = seen.record.indicator, seen.effect
        known: dict[str, Any] = {}
        if found is not None:
            known = {name: getattr(found, name) for name in EffectFound.model_fields}
            known |= {"improved": found.improved.value, "method": method}
        return cls(
            indicator_id=row.pk,
            unit=row.unit,
            direction=row.direction,
            is_simulated=seen.is_simulated,
            effect=EffectFound(**known) if known else None,
        )
