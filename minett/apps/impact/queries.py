"""Reads about indicators: what a case measures, and which values speak for before and after."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from minett.apps.impact import access
from minett.apps.impact.models import Indicator, Measurement, MeasurementKind
from minett.kernel.actor import Actor
from minett.policy.actions import Action


@dataclass(frozen=True, slots=True)
class Record:
    """An indicator with its baseline and every later measurement, oldest first.

    `after` is the one that counts: the newest that was really measured, else the newest simulated one.
    """

    indicator: Indicator
    baseline: Measurement | None
    later: tuple[Measurement, ...]

    @property
    def after(self) -> Measurement | None:
        real = [measurement for measurement in self.later if not measurement.is_simulated]
        counted = real or self.later
        return counted[-1] if counted else None

    @property
    def is_simulated(self) -> bool:
        """Whether any value that counts is simulated; such an effect is never shown as a measured one."""
        return any(part.is_simulated for part in (self.baseline, self.after) if part is not None)


def listing(actor: Actor, *, case_id: int | None = None) -> QuerySet[Indicator]:
    """Return the indicators that the actor may see, in the order in which they were named."""
    indicators = access.visible(actor).order_by("id")
    return indicators if case_id is None else indicators.filter(case_id=case_id)


def records(actor: Actor, *, case_id: int | None = None) -> tuple[Record, ...]:
    """Return the visible indicators with all their measurements; two queries."""
    indicators = list(listing(actor, case_id=case_id))
    return tuple(_records(indicators))


def detail(actor: Actor, indicator_id: int) -> Record:
    """Return one indicator with its measurements. Raises Absent."""
    return next(iter(_records([access.obtain(actor, Action.IMPACT_VIEW, indicator_id)])))


def _records(indicators: list[Indicator]) -> Iterable[Record]:
    rows = Measurement.objects.filter(indicator__in=indicators).select_related("recorded_by")
    by_indicator: dict[int, list[Measurement]] = {}
    for row in rows.order_by("period_from", "id"):
        by_indicator.setdefault(row.indicator_id, []).append(row)
    for indicator in indicators:
        measured = by_indicator.get(indicator.pk, [])
        baseline = next((row for row in measured if row.kind == MeasurementKind.BASELINE), None)
        later = tuple(row for row in measured if row.kind == MeasurementKind.AFTER)
        yield Record(indicator, baseline, later)
