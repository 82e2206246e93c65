"""Rules about cases: who sees one, who takes it, who writes in it, who decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from minett.kernel.actor import COMPANY_ROLES, Actor, Role
from minett.kernel.content import gettext_noop as _
from minett.policy.actions import Action
from minett.policy.decision import Decision, allow, deny

# These staff roles see every case; partner staff see a case once their organisation is engaged in it.
CASE_READERS = (Role.ADVISER, Role.FACTORY_MANAGER, Role.AUDITOR)


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """The owner of the case, its adviser, and the partner organisations engaged in it."""

    organisation_id: int | None
    adviser_id: int | None
    partners: frozenset[int]
    state: str


def see_case(actor: Actor, facts: CaseFacts) -> Decision:
    if actor.is_robot:
        return allow("robots-serve", _("the platform's robots serve every case."))
    if actor.belongs_to(facts.organisation_id):
        return allow("own-organisation", _("it is your organisation's case."))
    if actor.has(*CASE_READERS):
        return allow("case-readers", _("advisers, management and auditors see every case."))
    if any(actor.has_in(partner, Role.PARTNER_STAFF) for partner in facts.partners):
        return allow("engaged-partner", _("your organisation delivers a service in this case."))
    return deny("case-hidden", _("the case belongs to another organisation."))


def take_case(actor: Actor, facts: CaseFacts) -> Decision:
    if actor.belongs_to(facts.organisation_id):
        return deny("four-eyes", _("nobody advises their own organisation."))
    if actor.has(Role.ADVISER):
        return allow("adviser-takes", _("you are an adviser."))
    return deny("adviser-takes", _("only an adviser takes a case."))


def lead_case(actor: Actor, facts: CaseFacts) -> Decision:
    if actor.belongs_to(facts.organisation_id):
        return deny("four-eyes", _("nobody advises their own organisation."))
    if actor.has(Role.ADVISER) and actor.person_id == facts.adviser_id:
        return allow("case-adviser", _("you are the adviser of this case."))
    return deny("case-adviser", _("only the adviser of this case does this."))


def decide_case(actor: Actor, facts: CaseFacts) -> Decision:
    # The adviser writes the document, and may have come to the company since.
    if actor.person_id is not None and actor.person_id == facts.adviser_id:
        return deny("four-eyes", _("nobody decides on what they advised."))
    if facts.organisation_id is not None and actor.has_in(facts.organisation_id, Role.COMPANY_ADMIN):
        return allow("company-decides", _("you decide for your company."))
    return deny("company-decides", _("only the company decides about its use case."))


def move_case(actor: Actor, facts: CaseFacts) -> Decision:
    if actor.is_robot:
        return allow("robots-serve", _("the platform's robots serve every case."))
    if facts.organisation_id is not None and actor.has_in(facts.organisation_id, *COMPANY_ROLES):
        return allow("own-organisation", _("it is your organisation's case."))
    return lead_case(actor, facts)


def write_message(actor: Actor, facts: CaseFacts) -> Decision:
    if actor.has(Role.AUDITOR) and not actor.belongs_to(facts.organisation_id):
        return deny("auditors-read", _("auditors read and do not write."))
    return see_case(actor, facts)


def internal_message(actor: Actor, facts: CaseFacts) -> Decision:
    if actor.belongs_to(facts.organisation_id):
        return deny("internal-notes", _("internal notes are for the factory's staff."))
    return see_case(actor, facts)


def write_internal(actor: Actor, facts: CaseFacts) -> Decision:
    written = write_message(actor, facts)
    return internal_message(actor, facts) if written else written


RULES: dict[Action, tuple[type, Callable[[Actor, Any], Decision]]] = {
    Action.CASE_VIEW: (CaseFacts, see_case),
    Action.CASE_TAKE: (CaseFacts, take_case),
    Action.CASE_MOVE: (CaseFacts, move_case),
    Action.PLAN_AGREE: (CaseFacts, lead_case),
    Action.DOCUMENT_WRITE: (CaseFacts, lead_case),
    Action.DOCUMENT_DECIDE: (CaseFacts, decide_case),
    Action.MESSAGE_WRITE: (CaseFacts, write_message),
    Action.MESSAGE_WRITE_INTERNAL: (CaseFacts, write_internal),
    Action.MESSAGE_VIEW_INTERNAL: (CaseFacts, internal_message),
}
