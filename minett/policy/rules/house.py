"""Rules about the house itself: public pages, people, ledger, catalogue, desk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from minett.kernel.actor import STAFF_ROLES, Actor, Role
from minett.kernel.content import gettext_noop as _
from minett.policy.actions import Action
from minett.policy.decision import Decision, allow, deny


@dataclass(frozen=True, slots=True)
class HouseFacts:
    """Nothing but the house: for actions that depend on the actor alone."""


@dataclass(frozen=True, slots=True)
class OrganisationFacts:
    organisation_id: int


@dataclass(frozen=True, slots=True)
class TokenFacts:
    owner_id: int | None


@dataclass(frozen=True, slots=True)
class MembershipFacts:
    """Who is given which role."""

    person_id: int
    role: Role


@dataclass(frozen=True, slots=True)
class NeedFacts:
    """`knows_secret`: the actor came with the need's unguessable address."""

    knows_secret: bool
    organisation_id: int | None = None


def open_to_all(_actor: Actor, _facts: HouseFacts) -> Decision:
    return allow("public", _("this is public."))


def signed_in(actor: Actor, _facts: HouseFacts) -> Decision:
    if actor.is_visitor:
        return deny("signed-in", _("please sign in first."))
    return allow("signed-in", _("you are signed in."))


def ledger_readers(actor: Actor, _facts: HouseFacts) -> Decision:
    if actor.is_robot or actor.has(Role.AUDITOR, Role.FACTORY_MANAGER):
        return allow("ledger-readers", _("auditors and the factory's management read the ledger."))
    return deny("ledger-readers", _("only auditors and the factory's management read the ledger."))


def house_keepers(actor: Actor, _facts: HouseFacts) -> Decision:
    if actor.is_robot or actor.has(Role.FACTORY_MANAGER):
        return allow("house-keepers", _("the factory's management keeps the house."))
    return deny("house-keepers", _("only the factory's management may do this."))


def front_desk(actor: Actor, _facts: HouseFacts) -> Decision:
    if actor.is_robot or actor.has(Role.ADVISER, Role.FACTORY_MANAGER):
        return allow("front-desk", _("you serve at the front desk."))
    return deny("front-desk", _("only the front desk may do this."))


def give_role(actor: Actor, facts: MembershipFacts) -> Decision:
    if actor.person_id is not None and actor.person_id == facts.person_id:
        return deny("four-eyes", _("nobody gives a role to themselves."))
    if facts.role in STAFF_ROLES:
        return house_keepers(actor, HouseFacts())
    return front_desk(actor, HouseFacts())


def open_case(actor: Actor, facts: NeedFacts) -> Decision:
    if facts.knows_secret or actor.has(Role.ADVISER):
        return allow("need-address", _("you came with the need's address, or you serve at the front desk."))
    return deny("need-address", _("a case is opened from a need's own address."))


def see_organisation(actor: Actor, facts: OrganisationFacts) -> Decision:
    if actor.is_robot or actor.belongs_to(facts.organisation_id):
        return allow("own-organisation", _("it is your organisation."))
    if actor.has(*STAFF_ROLES):
        return allow("staff-see-organisations", _("the factory's staff see the organisations they serve."))
    return deny("own-organisation", _("it is not your organisation."))


def own_token(actor: Actor, facts: TokenFacts) -> Decision:
    if actor.person_id is not None and actor.person_id == facts.owner_id and actor.scopes is None:
        return allow("own-token", _("it is your own token."))
    return deny("own-token", _("tokens are managed by their owner, signed in as a person."))


def see_need(actor: Actor, facts: NeedFacts) -> Decision:
    if facts.knows_secret or actor.is_robot or actor.has(Role.ADVISER, Role.FACTORY_MANAGER):
        return allow("need-address", _("you came with the need's address, or you serve at the front desk."))
    if actor.belongs_to(facts.organisation_id):
        return allow("own-organisation", _("it is your organisation."))
    return deny("need-address", _("a need is seen only with its address."))


RULES: dict[Action, tuple[type, Callable[[Actor, Any], Decision]]] = {
    Action.PORTAL_VIEW: (HouseFacts, open_to_all),
    Action.CATALOGUE_VIEW: (HouseFacts, open_to_all),
    Action.NETWORK_VIEW: (HouseFacts, open_to_all),
    Action.NEED_WRITE: (HouseFacts, open_to_all),
    Action.SESSION_OPEN: (HouseFacts, open_to_all),
    Action.NEED_VIEW: (NeedFacts, see_need),
    Action.CASE_OPEN: (NeedFacts, open_case),
    Action.DESK_VIEW: (HouseFacts, signed_in),
    Action.LEDGER_VIEW: (HouseFacts, ledger_readers),
    Action.LEDGER_VERIFY: (HouseFacts, ledger_readers),
    Action.PACK_LOAD: (HouseFacts, house_keepers),
    Action.ORGANISATION_CREATE: (HouseFacts, front_desk),
    Action.PERSON_CREATE: (HouseFacts, front_desk),
    Action.MEMBERSHIP_GIVE: (MembershipFacts, give_role),
    Action.ORGANISATION_VIEW: (OrganisationFacts, see_organisation),
    Action.TOKEN_MANAGE: (TokenFacts, own_token),
}
