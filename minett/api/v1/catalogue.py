"""The catalogue, which is public: partners, services, use cases, schemes, calls, clusters."""

from __future__ import annotations

from typing import Annotated

from django.db.models import Count
from ninja import Query, Router
from pydantic import Field

from minett.api.lists import Page, Paging, page
from minett.api.operations import operation
from minett.api.proof import ApiRequest
from minett.api.schemas.base import Code
from minett.api.schemas.catalogue import EntryTold, KindsTold, KindTold
from minett.apps.catalogue import access, queries
from minett.apps.catalogue.models import EntryKind
from minett.policy.actions import Action
from minett.policy.decide import demand
from minett.policy.rules.house import HouseFacts

router = Router()
Filter = Annotated[str, Field(max_length=80)]


@operation(router, "GET", "/catalogue", action=Action.CATALOGUE_VIEW, answer=KindsTold)
def kinds(request: ApiRequest) -> KindsTold:
    """List the kinds of entries, and how many there are of each."""
    demand(request.actor, Action.CATALOGUE_VIEW, HouseFacts())
    counted = access.visible(request.actor).order_by().values_list("entry__kind").annotate(Count("pk"))
    found = dict(counted)
    return KindsTold(items=[KindTold(kind=kind, entries=found.get(kind, 0)) for kind in EntryKind.values])


@operation(router, "GET", "/catalogue/{kind}", action=Action.CATALOGUE_VIEW, answer=Page[EntryTold])
def entries(
    request: ApiRequest,
    kind: EntryKind,
    paging: Query[Paging],
    step: Filter = "",
    partner: Filter = "",
    sector: Filter = "",
) -> Page[EntryTold]:
    """List the entries of a kind, in the pack's order."""
    demand(request.actor, Action.CATALOGUE_VIEW, HouseFacts())
    rows = queries.listing(request.actor, kind, step=step, partner=partner, sector=sector)
    return page(rows, paging, EntryTold.of, by=("position", "pk"))


@operation(router, "GET", "/catalogue/{kind}/{code}", action=Action.CATALOGUE_VIEW, answer=EntryTold)
def entry(request: ApiRequest, kind: EntryKind, code: Code) -> EntryTold:
    """Read one entry."""
    return EntryTold.of(access.obtain(request.actor, Action.CATALOGUE_VIEW, kind, code))
