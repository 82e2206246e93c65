"""Handing out access requests and grants. What a list shows is exactly what `obtain_...` would open."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from minett.apps.grants.models import AccessRequest, Grant
from minett.kernel.actor import COMPANY_ROLES, Actor, Role
from minett.kernel.errors import Absent
from minett.policy.actions import Action
from minett.policy.decide import covers, decide, demand
from minett.policy.rules.data import REQUEST_READERS, GrantFacts, RequestFacts


def request_facts(request: AccessRequest) -> RequestFacts:
    """Return what the rules need to know of a request."""
    return RequestFacts(
        organisation_id=request.organisation_id,
        applicant_id=request.applicant_id,
        steward_id=request.product.steward_id,
        owner_id=request.product.owner_id,
        state=request.state,
    )


def grant_facts(grant: Grant, now: datetime) -> GrantFacts:
    """Return what the rules need to know of a grant at the moment `now`."""
    product = grant.version.product
    return GrantFacts(
        organisation_id=grant.organisation_id,
        steward_id=product.steward_id,
        owner_id=product.owner_id,
        state=grant.state,
        at=now,
        until=grant.until_at,
    )


def _organisations(actor: Actor, *roles: Role) -> list[int]:
    """Return the organisations in which the actor holds one of the roles."""
    return sorted(organisation for organisation in actor.organisations if actor.has_in(organisation, *roles))


def visible_requests(actor: Actor) -> QuerySet[AccessRequest]:
    """Return all access requests that the actor may open."""
    requests = AccessRequest.objects.select_related("product__owner", "organisation", "applicant")
    if not covers(actor, Action.REQUEST_VIEW):
        return requests.none()
    if actor.is_robot or actor.has(*REQUEST_READERS):
        return requests
    asked = Q(organisation_id__in=_organisations(actor, *COMPANY_ROLES))
    return requests.filter(asked | Q(product__owner_id__in=_organisations(actor, Role.STEWARD)))


def visible_grants(actor: Actor) -> QuerySet[Grant]:
    """Return all grants that the actor may open, running or ended."""
    grants = Grant.objects.select_related("version__product__owner", "organisation", "request", "snapshot")
    if not covers(actor, Action.GRANT_VIEW):
        return grants.none()
    if actor.is_robot or actor.has(*REQUEST_READERS):
        return grants
    held = Q(organisation_id__in=_organisations(actor, *COMPANY_ROLES))
    return grants.filter(held | Q(version__product__owner_id__in=_organisations(actor, Role.STEWARD)))


def obtain_request(actor: Actor, action: Action, request_id: int) -> AccessRequest:
    """Return the request; raise Absent when it is missing or hidden, NotAllowed when seen but not allowed."""
    rows = AccessRequest.objects.select_related("product__owner", "organisation", "applicant")
    request = rows.filter(pk=request_id).first()
    if request is None:
        raise Absent
    facts = request_facts(request)
    if not decide(actor, Action.REQUEST_VIEW, facts) and not decide(actor, action, facts):
        raise Absent
    demand(actor, action, facts)
    return request


def obtain_grant(actor: Actor, action: Action, grant_id: int, *, now: datetime) -> Grant:
    """Return the grant; raise Absent when it is missing or hidden, NotAllowed when seen but not allowed.

    With GRANT_USE an expired, revoked or unfinished grant is refused for the moment `now`.
    """
    rows = Grant.objects.select_related("version__product__owner", "organisation", "request", "snapshot")
    grant = rows.filter(pk=grant_id).first()
    if grant is None:
        raise Absent
    facts = grant_facts(grant, now)
    if not decide(actor, Action.GRANT_VIEW, facts) and not decide(actor, action, facts):
        raise Absent
    demand(actor, action, facts)
    return grant
