"""Organisations: all for the factory's staff, one's own for companies."""

from __future__ import annotations

from typing import Annotated

from django.db.models import Q
from ninja import Query, Router
from pydantic import Field

from minett.api.lists import Page, Paging, page
from minett.api.operations import operation
from minett.api.proof import ApiRequest
from minett.api.schemas.base import Id
from minett.api.schemas.people import OrganisationTold
from minett.apps.people import access
from minett.apps.people.models import OrganisationKind
from minett.policy.actions import Action

router = Router()


@operation(router, "GET", "/organisations", action=Action.ORGANISATION_VIEW, answer=Page[OrganisationTold])
def organisations(
    request: ApiRequest,
    paging: Query[Paging],
    kind: OrganisationKind | None = None,
    search: Annotated[str, Field(max_length=100)] = "",
) -> Page[OrganisationTold]:
    """List the organisations that whoever asks may see, in the order in which they were registered."""
    rows = access.visible(request.actor)
    if kind is not None:
        rows = rows.filter(kind=kind)
    if search:
        rows = rows.filter(Q(legal_name__icontains=search) | Q(trade_name__icontains=search))
    return page(rows, paging, OrganisationTold.of, by=("pk",))


@operation(
    router,
    "GET",
    "/organisations/{organisation_id}",
    action=Action.ORGANISATION_VIEW,
    answer=OrganisationTold,
)
def organisation(request: ApiRequest, organisation_id: Id) -> OrganisationTold:
    """Read one organisation."""
    return OrganisationTold.of(access.obtain(request.actor, Action.ORGANISATION_VIEW, organisation_id))
