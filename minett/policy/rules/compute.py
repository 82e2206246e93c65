"""Rules about compute: allocations and jobs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from minett.kernel.actor import COMPANY_ROLES, Actor, Role
from minett.kernel.content import gettext_noop as _
from minett.policy.actions import Action
from minett.policy.decision import Decision, allow, deny
from minett.policy.rules.cases import CaseFacts, see_case

COMPUTE_READERS = (Role.ALLOCATION_OFFICER, Role.FACTORY_MANAGER, Role.AUDITOR)


@dataclass(frozen=True, slots=True)
class ComputeFacts:
    """The organisation that an allocation or a job belongs to, and who asked for it."""

    organisation_id: int
    requester_id: int | None
    state: str


def see_compute(actor: Actor, facts: ComputeFacts) -> Decision:
    if actor.is_robot or actor.belongs_to(facts.organisation_id):
        return allow("own-organisation", _("it is your organisation's."))
    if actor.has(*COMPUTE_READERS):
        return allow("compute-readers", _("the allocation officer, management and auditors see the use of compute."))
    return deny("compute-hidden", _("it belongs to another organisation."))


def request_allocation(actor: Actor, facts: CaseFacts) -> Decision:
    if facts.organisation_id is not None and actor.has_in(facts.organisation_id, *COMPANY_ROLES):
        return allow("company-asks", _("you ask for your company."))
    if not see_case(actor, facts):
        return deny("case-hidden", _("the case belongs to another organisation."))
    return deny("company-asks", _("compute is asked for by the company's own people."))


def award_allocation(actor: Actor, facts: ComputeFacts) -> Decision:
    if actor.person_id is not None and actor.person_id == facts.requester_id:
        return deny("four-eyes", _("nobody awards what they asked for."))
    if actor.belongs_to(facts.organisation_id):
        return deny("four-eyes", _("nobody awards compute to their own organisation."))
    if actor.has(Role.ALLOCATION_OFFICER):
        return allow("officer-awards", _("you are an allocation officer."))
    return deny("officer-awards", _("only an allocation officer awards compute."))


def own_compute(actor: Actor, facts: ComputeFacts) -> Decision:
    if actor.has_in(facts.organisation_id, *COMPANY_ROLES):
        return allow("own-organisation", _("it is your organisation's."))
    return deny("own-organisation", _("only the organisation's own people do this."))


def run_job(actor: Actor, _facts: ComputeFacts) -> Decision:
    if actor.is_robot:
        return allow("robots-run", _("the platform's worker runs jobs."))
    return deny("robots-run", _("only the platform's worker runs jobs."))


RULES: dict[Action, tuple[type, Callable[[Actor, Any], Decision]]] = {
    Action.ALLOCATION_VIEW: (ComputeFacts, see_compute),
    Action.ALLOCATION_REQUEST: (CaseFacts, request_allocation),
    Action.ALLOCATION_AWARD: (ComputeFacts, award_allocation),
    Action.JOB_VIEW: (ComputeFacts, see_compute),
    Action.JOB_SUBMIT: (ComputeFacts, own_compute),
    Action.JOB_CANCEL: (ComputeFacts, own_compute),
    Action.JOB_RUN: (ComputeFacts, run_job),
}
