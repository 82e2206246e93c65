"""Grants: list, one of them, and their end before time."""

from __future__ import annotations

from ninja import Query, Router

from minett.api.lists import Page, Paging, page
from minett.api.operations import operation
from minett.api.proof import ApiRequest
from minett.api.schemas.base import Id, known_state
from minett.api.schemas.grants import GrantDetailTold, GrantTold, RevokeGiven
from minett.apps.grants import queries, services
from minett.policy.actions import Action
from minett.policy.states import GRANT

router = Router()


@operation(router, "GET", "/grants", action=Action.GRANT_VIEW, answer=Page[GrantTold])
def grants(
    request: ApiRequest,
    paging: Query[Paging],
    state: str = "",
    product_id: Id | None = None,
    case_id: Id | None = None,
) -> Page[GrantTold]:
    """List the grants that whoever asks may open, newest first."""
    wanted = known_state(GRANT, state) or None
    rows = queries.grants(request.actor, state=wanted, product_id=product_id, case_id=case_id)
    return page(rows, paging, GrantTold.of)


@operation(router, "GET", "/grants/{grant_id}", action=Action.GRANT_VIEW, answer=GrantDetailTold)
def grant(request: ApiRequest, grant_id: Id) -> GrantDetailTold:
    """Read one grant."""
    return _detail(request, grant_id)


def _detail(request: ApiRequest, grant_id: int) -> GrantDetailTold:
    found = queries.grant_detail(request.actor, grant_id, now=request.now)
    commands = queries.grant_commands(request.actor, found, request.now)
    return GrantDetailTold(**GrantTold.facts(found), commands=list(commands))


@operation(router, "POST", "/grants/{grant_id}/revoke", action=Action.GRANT_REVOKE, answer=GrantDetailTold)
def revoke(request: ApiRequest, grant_id: Id, body: RevokeGiven) -> GrantDetailTold:
    """End a grant before its time, with a reason that its holder reads."""
    services.revoke(request.actor, now=request.now, grant_id=grant_id, reason=body.reason)
    return _detail(request, grant_id)
