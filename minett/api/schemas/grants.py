"""Access requests with their reviews, and the grants that follow from them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, StrictInt

from minett.api.schemas.base import Given, GivenId, Moment, Named, Reason, Sha256, Standing, Told
from minett.apps.grants.models import AccessRequest, Grant, Review
from minett.policy.states import GRANT, REQUEST


class TermsGiven(Given):
    """What is asked for; `days` count from the approval on."""

    purpose: Annotated[str, Field(max_length=40)]
    columns: Annotated[list[Annotated[str, Field(max_length=128)]], Field(max_length=2_000)]
    days: Annotated[StrictInt, Field(ge=-(10**6), le=10**6)]
    safeguards: Annotated[str, Field(max_length=10_000)]


class CaseTermsGiven(TermsGiven):
    """`product_id`: the data product that the case needs."""

    product_id: GivenId


class ReviewGiven(Given):
    """A vote on what was read, which `content_sha256` names."""

    vote: Literal["approve", "return", "reject"]
    reason: Reason
    content_sha256: Sha256


class RevokeGiven(Given):
    reason: Reason


class RequestTold(Told):
    id: int
    product: Named
    organisation: Named
    applicant: Named
    case_id: int | None
    purpose: str
    columns: list[str]
    days: int
    safeguards: str
    content_sha256: str
    standing: Standing
    created_at: Moment
    state_since_at: Moment

    @classmethod
    def facts(cls, row: AccessRequest) -> dict[str, Any]:
        same = ("case_id", "purpose", "columns", "days", "safeguards", "content_sha256", "created_at", "state_since_at")
        return {
            **{name: getattr(row, name) for name in same},
            "id": row.pk,
            "product": Named(id=row.product_id, name=row.product.code),
            "organisation": Named(id=row.organisation_id, name=row.organisation.display_name),
            "applicant": Named(id=row.applicant_id, name=row.applicant.name),
            "standing": Standing.of(REQUEST, row.state),
        }

    @classmethod
    def of(cls, row: AccessRequest) -> Self:
        return cls(**cls.facts(row))


class ReviewTold(Told):
    reviewer: str
    vote: str
    reason: str
    content_sha256: str
    voted_at: Moment

    @classmethod
    def of(cls, row: Review) -> Self:
        return cls(
            reviewer=row.reviewer.name,
            vote=row.vote,
            reason=row.reason,
            content_sha256=row.content_sha256,
            voted_at=row.voted_at,
        )


class RequestDetailTold(RequestTold):
    reviews: list[ReviewTold]
    grant_id: int | None
    commands: list[str]


class GrantTold(Told):
    """Access to columns of one version for one purpose, until `until_at`, which is exclusive."""

    id: int
    request_id: int
    product: Named
    product_version: int
    organisation: Named
    case_id: int | None
    purpose: str
    columns: list[str]
    policy_sha256: str
    snapshot_sha256: str | None
    snapshot_rows: int | None
    standing: Standing
    starts_at: Moment
    until_at: Moment
    end_reason: str | None

    @classmethod
    def facts(cls, row: Grant) -> dict[str, Any]:
        version, snapshot = row.version, row.snapshot
        return {
            "id": row.pk,
            "request_id": row.request_id,
            "product": Named(id=version.product_id, name=version.product.code),
            "product_version": version.number,
            "organisation": Named(id=row.organisation_id, name=row.organisation.display_name),
            "case_id": row.request.case_id,
            "purpose": row.purpose,
            "columns": row.columns,
            "policy_sha256": row.tree_sha256,
            "snapshot_sha256": snapshot and snapshot.sha256,
            "snapshot_rows": snapshot and snapshot.rows,
            "standing": Standing.of(GRANT, row.state),
            "starts_at": row.starts_at,
            "until_at": row.until_at,
            "end_reason": row.end_reason or None,
        }

    @classmethod
    def of(cls, row: Grant) -> Self:
        return cls(**cls.facts(row))


class GrantDetailTold(GrantTold):
    commands: list[str]
