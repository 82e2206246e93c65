"""Rules about effects: who sees and who records a baseline or a measurement."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minett.kernel.actor import COMPANY_ROLES, Actor
from minett.kernel.content import gettext_noop as _
from minett.policy.actions import Action
from minett.policy.decision import Decision, allow, deny
from minett.policy.rules.cases import CaseFacts, lead_case, see_case


def record_measurement(actor: Actor, facts: CaseFacts) -> Decision:
    if facts.organisation_id is not None and actor.has_in(facts.organisation_id, *COMPANY_ROLES):
        return allow("company-measures", _("you measure for your company."))
    led = lead_case(actor, facts)
    if led:
        return led
    return deny("company-measures", _("only the company and the case's adviser record measurements."))


RULES: dict[Action, tuple[type, Callable[[Actor, Any], Decision]]] = {
    Action.IMPACT_VIEW: (CaseFacts, see_case),
    Action.IMPACT_RECORD: (CaseFacts, record_measurement),
}
