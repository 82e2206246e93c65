"""Organisations, and the API tokens of whoever asks."""

from __future__ import annotations

from datetime import date
from fnmatch import fnmatchcase
from typing import Annotated, Any, Self

from pydantic import AfterValidator, AwareDatetime, Field

from minett.api.schemas.base import Amount, Given, Moment, Told
from minett.apps.people.models import ApiToken, Organisation
from minett.policy.actions import Action


class OrganisationTold(Told):
    """Staff in annual work units. Facts that are not known are null."""

    id: int
    kind: str
    legal_name: str
    trade_name: str
    country: str
    registry_number: str
    vat_number: str
    nace: str
    staff: int | None
    turnover: Amount | None
    balance_sheet: Amount | None
    founded_on: date | None
    partner_code: str
    is_invented: bool
    created_at: Moment

    @classmethod
    def of(cls, row: Organisation) -> Self:
        same = (name for name in cls.model_fields if name not in {"id", "turnover", "balance_sheet"})
        known: dict[str, Any] = {name: getattr(row, name) for name in same}
        return cls(
            id=row.pk,
            turnover=Amount.money(row.turnover_eur),
            balance_sheet=Amount.money(row.balance_sheet_eur),
            **known,
        )


def _known_scope(scope: str) -> str:
    """Refuse a scope that covers no action: it would be a typing error that nobody notices."""
    if not any(fnmatchcase(action.value, scope) for action in Action):
        raise ValueError("a scope is an action such as case:case:view, or a pattern such as case:*")
    return scope


Scope = Annotated[str, Field(max_length=80), AfterValidator(_known_scope)]


class TokenGiven(Given):
    """A token may do what its owner may do, as far as its scopes reach: `*` everything, `case:*` cases."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=60)]
    expires_at: AwareDatetime


class TokenTold(Told):
    id: int
    name: str
    prefix: str
    scopes: list[str]
    created_at: Moment
    expires_at: Moment
    revoked_at: Moment | None
    last_used_at: Moment | None

    @classmethod
    def facts(cls, row: ApiToken) -> dict[str, Any]:
        names = (name for name in TokenTold.model_fields if name != "id")
        return {**{name: getattr(row, name) for name in names}, "id": row.pk}

    @classmethod
    def of(cls, row: ApiToken) -> Self:
        return cls(**cls.facts(row))


class NewTokenTold(TokenTold):
    """`token` is shown this once; a repeat under the same idempotency key has null in its place."""

    token: str | None
