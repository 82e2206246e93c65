"""Handing out indicators: whoever sees a case sees what is measured in it. Nothing here writes."""

from __future__ import annotations

from dataclasses import replace

from django.db.models import QuerySet

from minett.apps.cases import access as cases
from minett.apps.impact.models import Indicator
from minett.kernel.actor import Actor
from minett.kernel.errors import Absent
from minett.policy.actions import Action
from minett.policy.decide import covers, decide, demand
from minett.policy.rules.cases import CaseFacts

_RELATED = ("case__organisation", "case__adviser")


def facts_of(indicator: Indicator) -> CaseFacts:
    """Return what the rules need to know: an indicator belongs to its case."""
    return cases.facts_of(indicator.case)


def visible(actor: Actor) -> QuerySet[Indicator]:
    """All indicators that the actor may open."""
    indicators = Indicator.objects.select_related(*_RELATED)
    if not covers(actor, Action.IMPACT_VIEW):
        return indicators.none()
    # The token covers effects, which is asked above; whose cases they are is a matter of the person alone.
    person = replace(actor, scopes=None)
    return indicators.filter(case__in=cases.visible(person).select_related(None))


def obtain(actor: Actor, action: Action, indicator_id: int) -> Indicator:
    """Return the indicator; raise Absent when it is missing or hidden, NotAllowed when seen but not allowed."""
    indicator = Indicator.objects.select_related(*_RELATED).filter(pk=indicator_id).first()
    if indicator is None:
        raise Absent
    facts = facts_of(indicator)
    if not decide(actor, Action.IMPACT_VIEW, facts):
        raise Absent
    demand(actor, action, facts)
    return indicator
