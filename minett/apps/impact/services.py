"""Writes about effects: naming an indicator, recording its baseline and what was measured after.

Rows are only ever added. What the numbers say is the business of `minett.advice.effect`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction

from minett.apps.cases import access as cases
from minett.apps.impact import access
from minett.apps.impact.models import Direction, Indicator, Measurement, MeasurementKind
from minett.apps.ledger import services as ledger
from minett.kernel.actor import Actor
from minett.kernel.content import gettext_noop as _
from minett.kernel.errors import BadInput, Clash
from minett.policy.actions import Action
from minett.policy.decide import NotAllowed, demand

MOST_VALUES = 10_000
LARGEST_VALUE = 1e15
LONGEST_TEXT = 2_000


class IndicatorUnusable(BadInput):
    """Data: field, the name of the fact that cannot be used."""

    code = "indicator-unusable"
    sentence = _("This fact of the indicator is missing or too long: %(field)s.")


class IndicatorKnown(Clash):
    code = "indicator-known"
    sentence = _("This case has an indicator with the name %(name)s already.")


class ValuesUnusable(BadInput):
    code = "values-unusable"
    sentence = _("Give between 1 and %(most)s numbers, one for each unit of the period.")


class PeriodUnusable(BadInput):
    code = "measurement-period-unusable"
    sentence = _("The period must not end before it begins, and what was measured cannot lie in the future.")


class MethodMissing(BadInput):
    code = "method-missing"
    sentence = _("Say how the numbers were measured, in at most %(most)s characters.")


class MeasurementKindUnknown(BadInput):
    code = "measurement-kind-unknown"
    sentence = _("A measurement is a baseline, or it was taken after.")


class BaselineKnown(Clash):
    code = "baseline-known"
    sentence = _("This indicator has its baseline already. A baseline is recorded once, so that nobody moves it later.")


class BaselineMissing(Clash):
    code = "baseline-missing"
    sentence = _("Record the baseline first: without it no effect can be told.")


class AfterBeforeBaseline(BadInput):
    code = "after-before-baseline"
    sentence = _("This period must begin after the baseline's period, which ended on %(until)s.")


@transaction.atomic
def add_indicator(
    actor: Actor, *, now: datetime, case_id: int, name: str, unit: str, how: str, direction: str
) -> Indicator:
    """Name a number that the company measures in a case: in which unit, how, and which way is better."""
    case = cases.obtain(actor, Action.IMPACT_RECORD, case_id)
    decision = demand(actor, Action.IMPACT_RECORD, cases.facts_of(case))
    indicator = Indicator(
        case=case,
        name=_words(name, "name", 200),
        unit=_words(unit, "unit", 60),
        how=_words(how, "how", LONGEST_TEXT),
        direction=direction,
        created_at=now,
    )
    if direction not in Direction.values:
        raise IndicatorUnusable(field="direction")
    if Indicator.objects.filter(case=case, name=indicator.name).exists():
        raise IndicatorKnown(name=indicator.name)
    indicator.save(force_insert=True)
    ledger.record(
        actor,
        now=now,
        action=Action.IMPACT_RECORD,
        noun="indicator",
        noun_id=indicator.pk,
        decision=decision,
        after={"name": indicator.name, "unit": indicator.unit, "direction": direction},
        case_id=case.pk,
    )
    return indicator


@transaction.atomic
def record(
    actor: Actor,
    *,
    now: datetime,
    indicator_id: int,
    kind: str,
    values: Sequence[float],
    method: str,
    is_simulated: bool,
    period_from: date,
    period_to: date,
) -> Measurement:
    """Record the values of one period, one number for each unit of it (day, week, batch).

    Raises Absent, NotAllowed, ValuesUnusable, MethodMissing, PeriodUnusable, BaselineKnown, BaselineMissing,
    AfterBeforeBaseline.
    """
    # The lock puts those who record for one indicator in line: it has one baseline.
    Indicator.objects.select_for_update().filter(pk=indicator_id).values_list("pk").first()
    indicator = access.obtain(actor, Action.IMPACT_RECORD, indicator_id)
    decision = demand(actor, Action.IMPACT_RECORD, access.facts_of(indicator))
    if actor.person_id is None:
        raise NotAllowed(rule="persons-measure", reason=_("only a person does this."))
    if period_to < period_from or (period_to > now.date() and not is_simulated):
        raise PeriodUnusable
    _must_follow(indicator, kind, period_from)
    measurement = Measurement.objects.create(
        indicator=indicator,
        kind=kind,
        values=_numbers(values),
        method=_method(method),
        is_simulated=is_simulated,
        period_from=period_from,
        period_to=period_to,
        recorded_by_id=actor.person_id,
        recorded_at=now,
    )
    ledger.record(
        actor,
        now=now,
        action=Action.IMPACT_RECORD,
        noun="measurement",
        noun_id=measurement.pk,
        decision=decision,
        after=_told(measurement),
        case_id=indicator.case_id,
    )
    return measurement


def _told(measurement: Measurement) -> dict[str, Any]:
    values = measurement.values
    return {
        "indicator": measurement.indicator_id,
        "kind": measurement.kind,
        "values": values if len(values) <= 100 else len(values),  # noqa: PLR2004 - the ledger keeps rows short.
        "simulated": measurement.is_simulated,
        "from": str(measurement.period_from),
        "to": str(measurement.period_to),
    }


def _must_follow(indicator: Indicator, kind: str, period_from: date) -> None:
    """An indicator has one baseline, and everything after lies after it."""
    if kind not in MeasurementKind.values:
        raise MeasurementKindUnknown
    baseline = Measurement.objects.filter(indicator=indicator, kind=MeasurementKind.BASELINE).first()
    if kind == MeasurementKind.BASELINE:
        if baseline is not None:
            raise BaselineKnown
        return
    if baseline is None:
        raise BaselineMissing
    if period_from <= baseline.period_to:
        raise AfterBeforeBaseline(until=baseline.period_to.isoformat())


def _words(text: str, field: str, longest: int) -> str:
    words = text.replace("\x00", "").strip()
    if not 0 < len(words) <= longest:
        raise IndicatorUnusable(field=field)
    return words


def _method(text: str) -> str:
    words = text.replace("\x00", "").strip()
    if not 0 < len(words) <= LONGEST_TEXT:
        raise MethodMissing(most=LONGEST_TEXT)
    return words


def _numbers(values: Sequence[Any]) -> list[float]:
    if not 0 < len(values) <= MOST_VALUES or not all(_is_number(value) for value in values):
        raise ValuesUnusable(most=MOST_VALUES)
    return [float(value) for value in values]


def _is_number(value: object) -> bool:
    # Truth values are numbers to Python, but nobody measures them.
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return abs(value) <= LARGEST_VALUE and math.isfinite(value)
