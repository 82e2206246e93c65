"""Rules about data: who sees a product, who asks, who decides, and who uses a grant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from minett.kernel.actor import COMPANY_ROLES, Actor, Role
from minett.kernel.content import gettext_noop as _
from minett.policy.actions import Action
from minett.policy.decision import Decision, allow, deny

REQUEST_READERS = (Role.DATA_AUTHORITY, Role.AUDITOR)


@dataclass(frozen=True, slots=True)
class ProductFacts:
    owner_id: int | None
    steward_id: int | None
    private: bool
    state: str


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """`applicant_id` is the person who asked; `steward_id` keeps the product; `owner_id` owns it."""

    organisation_id: int
    applicant_id: int | None
    steward_id: int | None
    owner_id: int
    state: str


@dataclass(frozen=True, slots=True)
class GrantFacts:
    """`at` is the moment of use, `until` the exclusive end of the grant."""

    organisation_id: int
    steward_id: int | None
    owner_id: int
    state: str
    at: datetime
    until: datetime


def see_product(actor: Actor, facts: ProductFacts) -> Decision:
    if actor.is_robot or actor.belongs_to(facts.owner_id):
        return allow("product-owner", _("your organisation owns this data product."))
    if actor.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        return allow("data-authority", _("the data authority and auditors see every data product."))
    if facts.state == "draft" or facts.private:
        return deny("product-hidden", _("the data product is not public."))
    return allow("public-product", _("the data product is listed publicly."))


def publish_product(actor: Actor, facts: ProductFacts) -> Decision:
    if facts.owner_id is not None and actor.has_in(facts.owner_id, Role.STEWARD):
        return allow("steward-publishes", _("you are a steward of the owner."))
    return deny("steward-publishes", _("only a steward of the owner publishes its data."))


def create_request(actor: Actor, facts: ProductFacts) -> Decision:
    seen = see_product(actor, facts)
    if not seen:
        return seen
    if actor.has(*COMPANY_ROLES):
        return allow("company-asks", _("you ask for your company."))
    return deny("company-asks", _("access is asked for by a company's people."))


def _is_applicant(actor: Actor, facts: RequestFacts) -> bool:
    return actor.has_in(facts.organisation_id, *COMPANY_ROLES)


def see_request(actor: Actor, facts: RequestFacts) -> Decision:
    if actor.is_robot or _is_applicant(actor, facts):
        return allow("own-request", _("it is your organisation's request."))
    if actor.has_in(facts.owner_id, Role.STEWARD) or actor.has(*REQUEST_READERS):
        return allow("request-readers", _("you keep or oversee the data that is asked for."))
    return deny("request-hidden", _("the request belongs to another organisation."))


def change_request(actor: Actor, facts: RequestFacts) -> Decision:
    if _is_applicant(actor, facts):
        return allow("own-request", _("it is your organisation's request."))
    return deny("own-request", _("only the applicant changes a request."))


def review_request(actor: Actor, facts: RequestFacts) -> Decision:
    if actor.person_id is not None and actor.person_id == facts.applicant_id:
        return deny("four-eyes", _("nobody decides on their own request."))
    if actor.belongs_to(facts.organisation_id):
        return deny("four-eyes", _("nobody decides on a request of their own organisation."))
    if actor.has_in(facts.owner_id, Role.STEWARD):
        return allow("steward-decides", _("you are a steward of the data's owner."))
    return deny("steward-decides", _("only a steward of the data's owner decides."))


def see_grant(actor: Actor, facts: GrantFacts) -> Decision:
    if actor.is_robot or actor.has_in(facts.organisation_id, *COMPANY_ROLES):
        return allow("own-grant", _("the grant is your organisation's."))
    if actor.has_in(facts.owner_id, Role.STEWARD) or actor.has(*REQUEST_READERS):
        return allow("grant-readers", _("you keep or oversee the data of this grant."))
    return deny("grant-hidden", _("the grant belongs to another organisation."))


def use_grant(actor: Actor, facts: GrantFacts) -> Decision:
    if facts.state != "active":
        return deny("grant-not-active", _("the grant is not active."))
    if facts.at >= facts.until:
        return deny("grant-ended", _("the grant has ended."))
    if actor.is_robot or actor.has_in(facts.organisation_id, *COMPANY_ROLES):
        return allow("own-grant", _("the grant is your organisation's."))
    return deny("grant-hidden", _("the grant belongs to another organisation."))


def build_grant(actor: Actor, _facts: GrantFacts) -> Decision:
    if actor.is_robot:
        return allow("robots-build", _("the platform writes out snapshots."))
    return deny("robots-build", _("only the platform writes out snapshots."))


def expire_grant(actor: Actor, facts: GrantFacts) -> Decision:
    if not actor.is_robot:
        return deny("robots-expire", _("grants end by themselves."))
    if facts.at < facts.until:
        return deny("grant-still-runs", _("the grant has not ended yet."))
    return allow("grant-ended", _("the grant has ended."))


def revoke_grant(actor: Actor, facts: GrantFacts) -> Decision:
    if actor.has_in(facts.owner_id, Role.STEWARD) or actor.has(Role.DATA_AUTHORITY):
        return allow("steward-revokes", _("you keep or oversee the data of this grant."))
    return deny("steward-revokes", _("only the steward or the data authority revokes a grant."))


RULES: dict[Action, tuple[type, Callable[[Actor, Any], Decision]]] = {
    Action.PRODUCT_VIEW: (ProductFacts, see_product),
    Action.PRODUCT_PUBLISH: (ProductFacts, publish_product),
    Action.PRODUCT_WITHDRAW: (ProductFacts, publish_product),
    Action.REQUEST_CREATE: (ProductFacts, create_request),
    Action.REQUEST_VIEW: (RequestFacts, see_request),
    Action.REQUEST_CHANGE: (RequestFacts, change_request),
    Action.REQUEST_REVIEW: (RequestFacts, review_request),
    Action.GRANT_VIEW: (GrantFacts, see_grant),
    Action.GRANT_USE: (GrantFacts, use_grant),
    Action.GRANT_BUILD: (GrantFacts, build_grant),
    Action.GRANT_EXPIRE: (GrantFacts, expire_grant),
    Action.GRANT_REVOKE: (GrantFacts, revoke_grant),
}
