"""The ledger, for those who may read it: its rows, and the check of the whole chain."""

from __future__ import annotations

from typing import Annotated

from ninja import Query, Router
from pydantic import Field

from minett.api.lists import Page, Paging, page
from minett.api.operations import operation
from minett.api.proof import ApiRequest
from minett.api.schemas.base import Id
from minett.api.schemas.ledger import EntryTold, VerificationTold
from minett.apps.ledger import queries
from minett.policy.actions import Action
from minett.policy.decide import demand
from minett.policy.rules.house import HouseFacts

router = Router()
Filter = Annotated[str, Field(max_length=120)]


@operation(router, "GET", "/ledger", action=Action.LEDGER_VIEW, answer=Page[EntryTold])
def entries(
    request: ApiRequest,
    paging: Query[Paging],
    noun: Filter = "",
    noun_id: Filter = "",
    actor: Filter = "",
    case_id: Id | None = None,
) -> Page[EntryTold]:
    """List the rows of the ledger, newest first; `actor` is a key such as person:12 or bot:job-runner."""
    demand(request.actor, Action.LEDGER_VIEW, HouseFacts())
    wanted = {"noun": noun, "noun_id": noun_id, "actor_key": actor, "case_id": case_id}
    rows = queries.visible(request.actor).filter(**{name: value for name, value in wanted.items() if value})
    return page(rows, paging, EntryTold.of)


@operation(router, "GET", "/ledger/verification", action=Action.LEDGER_VERIFY, answer=VerificationTold)
def verification(request: ApiRequest) -> VerificationTold:
    """Check every row of the chain and its signed end."""
    return VerificationTold.of(queries.verify(request.actor))
