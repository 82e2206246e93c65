"""Data products: what is offered, under which policy, and what a steward publishes.

Others than the owner's stewards learn only of what the policy shows: a hidden column looks as if it did not exist.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StrictBool

from minett.api.schemas.base import Code, Given, GivenTexts, Moment, Named, Reason, Short, Standing, Texts, Told
from minett.apps.dataproducts.models import Product
from minett.apps.dataproducts.queries import Offer
from minett.planes.data.policy_json import mask_to_json
from minett.planes.data.port import Table
from minett.policy.states import PRODUCT


class PublishGiven(Given):
    """A product's description, the columns of its file, and the policy. The same again changes nothing."""

    code: Code
    title: GivenTexts
    description: GivenTexts
    keywords: Annotated[list[Short], Field(max_length=60)] = []
    sector: Code
    licence: Annotated[str, Field(max_length=2_000)]
    source: Annotated[str, Field(max_length=2_000)]
    governance: Literal["open", "restricted"]
    is_private: StrictBool = False
    columns: Annotated[list[dict[str, Any]], Field(max_length=2_000)]
    policy: dict[str, Any]


class WithdrawGiven(Given):
    reason: Reason


class ProductTold(Told):
    id: int
    code: str
    title: Texts
    description: Texts
    keywords: list[str]
    sector: str
    owner: Named
    licence: str
    source: str
    governance: str
    is_private: bool
    standing: Standing
    created_at: Moment
    withdrawn_reason: str | None

    @classmethod
    def facts(cls, row: Product) -> dict[str, Any]:
        same = ("code", "title", "description", "keywords", "sector", "licence", "source", "governance")
        return {
            **{name: getattr(row, name) for name in same},
            "id": row.pk,
            "owner": Named(id=row.owner_id, name=row.owner.display_name),
            "is_private": row.is_private,
            "standing": Standing.of(PRODUCT, row.state),
            "created_at": row.created_at,
            "withdrawn_reason": row.withdrawn_reason or None,
        }

    @classmethod
    def of(cls, row: Product) -> Self:
        return cls(**cls.facts(row))


class ColumnTold(Told):
    """A column that can be asked for, and how its values are veiled, if they are."""

    name: str
    type: str
    meaning: Texts
    unit: str | None
    sensitivity: str
    mask: dict[str, Any] | None


class VersionTold(Told):
    number: int
    sha256: str
    bytes: int
    rows: int
    published_at: Moment


class ProductDetail(ProductTold):
    """A product with its newest version and what its policy shows. `policy` and `profile` are for its stewards."""

    version: VersionTold | None
    columns: list[ColumnTold]
    purposes: list[str]
    offered_until: date | None
    policy: dict[str, Any] | None
    profile: dict[str, Any] | None
    commands: list[str]

    @classmethod
    def whole(cls, offer: Offer, *, commands: list[str], is_steward: bool) -> Self:
        version, rules = offer.version, offer.rules
        return cls(
            **cls.facts(offer.product),
            version=None if version is None else VersionTold.model_validate(version, from_attributes=True),
            columns=_shown(offer),
            purposes=list(rules.purposes) if rules else [],
            offered_until=rules.until if rules else None,
            policy=offer.policy.tree if offer.policy and is_steward else None,
            profile=version.profile if version and is_steward else None,
            commands=commands,
        )


def _shown(offer: Offer) -> list[ColumnTold]:
    schema, rules = offer.schema, offer.rules
    if schema is None or rules is None:
        return []
    kept = [(rule, schema.by_name.get(rule.name)) for rule in rules.kept]
    return [
        ColumnTold(
            name=column.name,
            type=column.type.value,
            meaning=column.meaning.to_json(),
            unit=column.unit,
            sensitivity=column.sensitivity.value,
            mask=None if rule.mask is None else {"mask": mask_to_json(rule.mask)["mask"]},
        )
        for rule, column in kept
        if column is not None
    ]


class PublishedTold(Told):
    id: int
    code: str
    standing: Standing
    version: VersionTold
    policy_number: int
    policy_sha256: str


class PreviewTold(Told):
    """A few rows as the policy shows them to whoever asks; each row has its values in the order of `columns`."""

    columns: list[str]
    rows: list[list[Any]]

    @classmethod
    def of(cls, table: Table) -> Self:
        return cls(columns=list(table.columns), rows=[_values(table.columns, row) for row in table.rows])


def _values(columns: tuple[str, ...], row: Mapping[str, Any]) -> list[Any]:
    return [_value(row[name]) for name in columns]


def _value(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, str | bool | int | float) else str(value)
