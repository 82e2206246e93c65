"""Allocations of compute: asked for by a company, awarded or rejected by an allocation officer."""

from __future__ import annotations

from ninja import Query, Router

from minett.api.lists import Page, Paging, newest_first, page
from minett.api.operations import operation
from minett.api.proof import ApiRequest
from minett.api.schemas.base import Id, commands_of, known_state
from minett.api.schemas.compute import (
    AllocationDetail,
    AllocationGiven,
    AllocationTold,
    AwardGiven,
    RejectGiven,
    UsageTold,
)
from minett.apps.cases import access as cases
from minett.apps.catalogue import access as catalogue
from minett.apps.catalogue.models import EntryKind
from minett.apps.jobs import access, queries, services
from minett.kernel.quantities import UnlikeUnits
from minett.policy.actions import Action
from minett.policy.states import ALLOCATION

router = Router()


@operation(router, "GET", "/allocations", action=Action.ALLOCATION_VIEW, answer=Page[AllocationTold])
def allocations(
    request: ApiRequest, paging: Query[Paging], state: str = "", case_id: Id | None = None
) -> Page[AllocationTold]:
    """List the allocations that whoever asks may open, newest first, each with what is used and what is left."""
    rows = queries.allocations(request.actor, case_id=case_id, state=known_state(ALLOCATION, state))
    return newest_first(rows, paging, AllocationTold.of, number=lambda use: use.allocation.pk)


@operation(router, "GET", "/allocations/{allocation_id}", action=Action.ALLOCATION_VIEW, answer=AllocationDetail)
def allocation(request: ApiRequest, allocation_id: Id) -> AllocationDetail:
    """Read one allocation."""
    return _detail(request, allocation_id)


def _detail(request: ApiRequest, allocation_id: int) -> AllocationDetail:
    use = queries.allocation(request.actor, allocation_id)
    facts = access.facts_of(use.allocation)
    commands = commands_of(request.actor, ALLOCATION, use.allocation.state, facts)
    return AllocationDetail(**AllocationTold.facts(use), commands=commands)


@operation(router, "GET", "/allocations/{allocation_id}/usage", action=Action.ALLOCATION_VIEW, answer=Page[UsageTold])
def usage(request: ApiRequest, allocation_id: Id, paging: Query[Paging]) -> Page[UsageTold]:
    """List what each job used of an allocation, newest first."""
    return page(queries.usage(request.actor, allocation_id), paging, UsageTold.of)


@operation(
    router,
    "POST",
    "/cases/{case_id}/allocations",
    action=Action.ALLOCATION_REQUEST,
    answer=AllocationDetail,
    status=201,
)
def ask(request: ApiRequest, case_id: Id, body: AllocationGiven) -> AllocationDetail:
    """Ask for compute on a machine of the catalogue, for a case of one's own company."""
    made = services.request_allocation(
        request.actor,
        now=request.now,
        case=cases.obtain(request.actor, Action.CASE_VIEW, case_id),
        cluster=catalogue.obtain(request.actor, Action.CATALOGUE_VIEW, EntryKind.CLUSTERS, body.cluster),
        unit=body.amount.unit.value,
        amount=body.amount.amount,
        justification=body.justification,
    )
    return _detail(request, made.pk)


@operation(
    router,
    "POST",
    "/allocations/{allocation_id}/award",
    action=Action.ALLOCATION_AWARD,
    answer=AllocationDetail,
)
def award(request: ApiRequest, allocation_id: Id, body: AwardGiven) -> AllocationDetail:
    """Award an amount from now on for a number of days, in the unit that was asked for."""
    asked = access.obtain_allocation(request.actor, Action.ALLOCATION_AWARD, allocation_id)
    if body.amount.unit != asked.unit:
        raise UnlikeUnits(left=body.amount.unit.value, right=asked.unit)
    services.award(
        request.actor,
        now=request.now,
        allocation_id=allocation_id,
        amount=body.amount.amount,
        days=body.days,
        reason=body.reason,
    )
    return _detail(request, allocation_id)


@operation(
    router,
    "POST",
    "/allocations/{allocation_id}/reject",
    action=Action.ALLOCATION_AWARD,
    answer=AllocationDetail,
)
def reject(request: ApiRequest, allocation_id: Id, body: RejectGiven) -> AllocationDetail:
    """Say no to a request for compute, with a reason."""
    services.reject(request.actor, now=request.now, allocation_id=allocation_id, reason=body.reason)
    return _detail(request, allocation_id)
