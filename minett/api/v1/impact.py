"""Effects: indicators, their baseline, what was measured after, and the effect with its interval."""

from __future__ import annotations

from django.utils.translation import gettext
from ninja import Query, Router

from minett.api.lists import Page, Paging, page
from minett.api.operations import operation
from minett.api.proof import ApiRequest
from minett.api.schemas.base import Id
from minett.api.schemas.impact import (
    EffectTold,
    IndicatorDetail,
    IndicatorGiven,
    IndicatorTold,
    MeasurementGiven,
    MeasurementTold,
)
from minett.apps.impact import queries, services
from minett.apps.impact.models import MeasurementKind
from minett.journeys import measure_effect
from minett.policy.actions import Action

router = Router()


@operation(router, "GET", "/indicators", action=Action.IMPACT_VIEW, answer=Page[IndicatorTold])
def indicators(request: ApiRequest, paging: Query[Paging], case_id: Id | None = None) -> Page[IndicatorTold]:
    """List the indicators that whoever asks may open, in the order in which they were named."""
    return page(queries.listing(request.actor, case_id=case_id), paging, IndicatorTold.of, by=("pk",))


@operation(router, "GET", "/indicators/{indicator_id}", action=Action.IMPACT_VIEW, answer=IndicatorDetail)
def indicator(request: ApiRequest, indicator_id: Id) -> IndicatorDetail:
    """Read one indicator with everything that was measured."""
    return IndicatorDetail.whole(queries.detail(request.actor, indicator_id))


@operation(router, "POST", "/cases/{case_id}/indicators", action=Action.IMPACT_RECORD, answer=IndicatorTold, status=201)
def add(request: ApiRequest, case_id: Id, body: IndicatorGiven) -> IndicatorTold:
    """Name a number that the company measures already."""
    made = services.add_indicator(
        request.actor,
        now=request.now,
        case_id=case_id,
        name=body.name,
        unit=body.unit,
        how=body.how,
        direction=body.direction,
    )
    return IndicatorTold.of(made)


@operation(
    router,
    "POST",
    "/indicators/{indicator_id}/baseline",
    action=Action.IMPACT_RECORD,
    answer=MeasurementTold,
    status=201,
)
def baseline(request: ApiRequest, indicator_id: Id, body: MeasurementGiven) -> MeasurementTold:
    """Record what an indicator was before; an indicator has one baseline."""
    made = services.record(
        request.actor, now=request.now, indicator_id=indicator_id, kind=MeasurementKind.BASELINE, **body.model_dump()
    )
    return MeasurementTold.of(made)


@operation(
    router,
    "POST",
    "/indicators/{indicator_id}/after",
    action=Action.IMPACT_RECORD,
    answer=MeasurementTold,
    status=201,
)
def after(request: ApiRequest, indicator_id: Id, body: MeasurementGiven) -> MeasurementTold:
    """Record what an indicator was once the model was in production."""
    made = measure_effect.record_after(request.actor, now=request.now, indicator_id=indicator_id, **body.model_dump())
    return MeasurementTold.of(made)


@operation(router, "GET", "/indicators/{indicator_id}/effect", action=Action.IMPACT_VIEW, answer=EffectTold)
def effect(request: ApiRequest, indicator_id: Id) -> EffectTold:
    """Read the effect of one indicator: the difference of the means, and the interval it probably lies in."""
    seen = measure_effect.effect_of(request.actor, indicator_id)
    return EffectTold.of(seen, method=gettext(seen.effect.method) if seen.effect else "")
