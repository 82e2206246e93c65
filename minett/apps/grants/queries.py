"""Reads about access requests and grants: lists with filters, one of each with its history, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from minett.apps.grants import access
from minett.apps.grants.models import AccessRequest, Grant, Review
from minett.kernel.actor import COMPANY_ROLES, Actor
from minett.policy.actions import Action
from minett.policy.decide import decide
from minett.policy.states import GRANT, REQUEST, Standing

MOST_USABLE = 50


@dataclass(frozen=True, slots=True)
class RequestDetail:
    """A request, its reviews (oldest first), and the grant that followed, if one did."""

    request: AccessRequest
    reviews: tuple[Review, ...]
    grant: Grant | None


def requests(
    actor: Actor,
    *,
    state: str | None = None,
    product_id: int | None = None,
    organisation_id: int | None = None,
    case_id: int | None = None,
) -> QuerySet[AccessRequest]:
    """Return the requests that the actor may open, newest first, narrowed by the filters that are given."""
    given = {"state": state, "product_id": product_id, "organisation_id": organisation_id, "case_id": case_id}
    chosen = {name: value for name, value in given.items() if value is not None}
    return access.visible_requests(actor).filter(**chosen).order_by("-id")


def grants(
    actor: Actor,
    *,
    state: str | None = None,
    product_id: int | None = None,
    organisation_id: int | None = None,
    case_id: int | None = None,
) -> QuerySet[Grant]:
    """Return the grants that the actor may open, newest first, narrowed by the filters that are given."""
    given = {
        "state": state,
        "version__product_id": product_id,
        "organisation_id": organisation_id,
        "request__case_id": case_id,
    }
    chosen = {name: value for name, value in given.items() if value is not None}
    return access.visible_grants(actor).filter(**chosen).order_by("-id")


def to_review(actor: Actor) -> QuerySet[AccessRequest]:
    """Return the requests that wait for a steward's decision and that the actor may open, oldest first."""
    return access.visible_requests(actor).filter(state="submitted").order_by("state_since_at", "id")


def usable(
    actor: Actor,
    *,
    now: datetime,
    product_id: int | None = None,
    case_id: int | None = None,
    most: int = MOST_USABLE,
) -> tuple[Grant, ...]:
    """Return the newest grants that the actor may use at this moment, at most `most`.

    With a case, those that were given for it or for no case.
    """
    active = grants(actor, state="active", product_id=product_id).filter(until_at__gt=now)
    if case_id is not None:
        active = active.filter(Q(request__case_id=case_id) | Q(request__case_id=None))
    if not actor.is_robot:
        # Whoever keeps or oversees the data sees a grant without being able to use it.
        own = [one for one in actor.organisations if actor.has_in(one, *COMPANY_ROLES)]
        active = active.filter(organisation_id__in=own)
    return tuple(one for one in active[:most] if decide(actor, Action.GRANT_USE, access.grant_facts(one, now)))


def request_detail(actor: Actor, request_id: int) -> RequestDetail:
    """Return a request that the actor may open, with its reviews and grant; raises Absent."""
    request = access.obtain_request(actor, Action.REQUEST_VIEW, request_id)
    reviews = Review.objects.filter(request=request).select_related("reviewer").order_by("id")
    return RequestDetail(request, tuple(reviews), grant_of(request))


def grant_of(request: AccessRequest) -> Grant | None:
    """Return the grant that followed from an obtained request."""
    grants_ = Grant.objects.select_related("version__product__owner", "organisation", "request", "snapshot")
    return grants_.filter(request=request).first()


def grant_detail(actor: Actor, grant_id: int, *, now: datetime) -> Grant:
    """Return a grant that the actor may open; raises Absent."""
    return access.obtain_grant(actor, Action.GRANT_VIEW, grant_id, now=now)


def standing(row: AccessRequest | Grant) -> Standing:
    """Return who has it, what comes next, and in how many working days. A request knows since when."""
    return (REQUEST if isinstance(row, AccessRequest) else GRANT).standings[row.state]


def request_commands(actor: Actor, request: AccessRequest) -> tuple[str, ...]:
    """Return the commands of the state table that the actor may give for this request now."""
    facts = access.request_facts(request)
    here = REQUEST.commands(request.state)
    return tuple(command for command in here if decide(actor, REQUEST.step(request.state, command).action, facts))


def grant_commands(actor: Actor, grant: Grant, now: datetime) -> tuple[str, ...]:
    """Return the commands of the state table that the actor may give for this grant now."""
    facts = access.grant_facts(grant, now)
    here = GRANT.commands(grant.state)
    return tuple(command for command in here if decide(actor, GRANT.step(grant.state, command).action, facts))
