"""From a number that a company measures already to the effect of its model: impact, cases, and the thinking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from minett.advice.effect import Effect, effect
from minett.apps.cases import services as case_services
from minett.apps.cases.models import Case
from minett.apps.impact import access, queries, services
from minett.apps.impact.models import Measurement, MeasurementKind
from minett.apps.impact.queries import Record
from minett.kernel.actor import Actor
from minett.kernel.actor import robot as named
from minett.kernel.content import gettext_noop
from minett.kernel.errors import Clash
from minett.planes.documents import charts
from minett.planes.documents.charts import Chart
from minett.policy.actions import Action
from minett.policy.states import CASE

# A measurement after is one of a model that works: the states of a case in which that can be so.
MEASURABLE = frozenset({"in_production", "measured", "closed"})


class NotInProduction(Clash):
    code = "not-in-production"
    sentence = gettext_noop("The effect is measured once the model is in production. Record the baseline until then.")


@dataclass(frozen=True, slots=True)
class EffectSeen:
    """An indicator with its effect and chart; both are None until it was measured after.

    `is_simulated` must be said wherever the effect is shown.
    """

    record: Record
    effect: Effect | None
    chart: Chart | None
    is_simulated: bool


@transaction.atomic
def record_baseline(
    actor: Actor,
    *,
    now: datetime,
    case_id: int,
    name: str,
    unit: str,
    how: str,
    direction: str,
    values: Sequence[float],
    method: str,
    is_simulated: bool,
    period_from: date,
    period_to: date,
) -> Measurement:
    """Name an indicator of a case and record what it was before. Raises the errors of `impact.services`."""
    indicator = services.add_indicator(
        actor, now=now, case_id=case_id, name=name, unit=unit, how=how, direction=direction
    )
    return services.record(
        actor,
        now=now,
        indicator_id=indicator.pk,
        kind=MeasurementKind.BASELINE,
        values=values,
        method=method,
        is_simulated=is_simulated,
        period_from=period_from,
        period_to=period_to,
    )


@transaction.atomic
def record_after(
    actor: Actor,
    *,
    now: datetime,
    indicator_id: int,
    values: Sequence[float],
    method: str,
    is_simulated: bool,
    period_from: date,
    period_to: date,
) -> Measurement:
    """Record what an indicator was after the release; the first time, the case counts as measured.

    Raises NotInProduction, and the errors of `impact.services.record`.
    """
    indicator = access.obtain(actor, Action.IMPACT_RECORD, indicator_id)
    case = Case.objects.select_for_update().get(pk=indicator.case_id)
    if case.state not in MEASURABLE:
        raise NotInProduction
    measurement = services.record(
        actor,
        now=now,
        indicator_id=indicator_id,
        kind=MeasurementKind.AFTER,
        values=values,
        method=method,
        is_simulated=is_simulated,
        period_from=period_from,
        period_to=period_to,
    )
    if "measure" in CASE.commands(case.state):
        case_services.move(named("effect-recorder"), now=now, case_id=case.pk, command="measure")
    return measurement


def effect_of(actor: Actor, indicator_id: int, *, language: str = "") -> EffectSeen:
    """Return one indicator's effect with its chart, in the reader's language. Raises Absent."""
    return _seen(queries.detail(actor, indicator_id), language or actor.language)


def effects(actor: Actor, *, case_id: int, language: str = "") -> tuple[EffectSeen, ...]:
    """Return the effects of all indicators of a case that the actor may see; two queries."""
    return tuple(_seen(record, language or actor.language) for record in queries.records(actor, case_id=case_id))


def _seen(record: Record, language: str) -> EffectSeen:
    if record.baseline is None or record.after is None:
        return EffectSeen(record, None, None, record.is_simulated)
    found = effect(record.baseline.values, record.after.values, record.indicator.direction)
    with translation.override(language):
        chart = _chart(record, found, language)
    return EffectSeen(record, found, chart, record.is_simulated)


def _chart(record: Record, found: Effect, language: str) -> Chart:
    """Draw both means; the interval stands on the state after, where the change shows."""
    simulated = _(" (simulated)")
    assert record.baseline is not None and record.after is not None  # noqa: S101, PT018 - `_seen` looked.
    before = _("Before") + (simulated if record.baseline.is_simulated else "")
    after = _("After") + (simulated if record.after.is_simulated else "")
    # Rounding may put the mean a hair outside an interval that has no width.
    low = None if found.low is None else min(found.before_mean + found.low, found.after_mean)
    high = None if found.high is None else max(found.before_mean + found.high, found.after_mean)
    points = (charts.Measured(before, found.before_mean), charts.Measured(after, found.after_mean, low, high))
    indicator = record.indicator
    return charts.before_after(points, unit=indicator.unit, title=indicator.name, language=language)
