"""API tokens, managed by their owner in a session of the portal: a token makes no tokens."""

from __future__ import annotations

from typing import Any

from ninja import Query, Router

from minett.api.lists import Page, Paging, page
from minett.api.operations import operation
from minett.api.proof import ApiRequest
from minett.api.schemas.base import Id
from minett.api.schemas.people import NewTokenTold, TokenGiven, TokenTold
from minett.apps.people import queries, services
from minett.policy.actions import Action
from minett.policy.decide import demand
from minett.policy.rules.house import TokenFacts

router = Router()


def _own(request: ApiRequest) -> None:
    demand(request.actor, Action.TOKEN_MANAGE, TokenFacts(owner_id=request.actor.person_id))


@operation(router, "GET", "/tokens", action=Action.TOKEN_MANAGE, answer=Page[TokenTold])
def tokens(request: ApiRequest, paging: Query[Paging]) -> Page[TokenTold]:
    """List one's own tokens, newest first; of each only the first characters are known."""
    _own(request)
    return page(queries.own_tokens(request.actor), paging, TokenTold.of)


def _without_secret(made: Any) -> NewTokenTold:
    told: NewTokenTold = made.model_copy(update={"token": None})
    return told


@operation(router, "POST", "/tokens", action=Action.TOKEN_MANAGE, answer=NewTokenTold, status=201, kept=_without_secret)
def make(request: ApiRequest, body: TokenGiven) -> NewTokenTold:
    """Make a token. It is shown this once, and never kept."""
    row, raw = services.issue_token(
        request.actor, now=request.now, name=body.name, scopes=tuple(body.scopes), expires_at=body.expires_at
    )
    return NewTokenTold(**TokenTold.facts(row), token=raw)


@operation(router, "POST", "/tokens/{token_id}/revoke", action=Action.TOKEN_MANAGE, answer=Page[TokenTold])
def revoke(request: ApiRequest, token_id: Id) -> Page[TokenTold]:
    """End a token at once, and list what is left."""
    _own(request)
    services.revoke_token(request.actor, now=request.now, token_id=token_id)
    return page(queries.own_tokens(request.actor), Paging(), TokenTold.of)
