"""Model versions with their evaluation, trust report and release."""

from __future__ import annotations

from datetime import date
from typing import Any, Self

from minett.api.schemas.base import Given, Moment, Named, Reason, Sha256, Standing, Told
from minett.apps.registry.models import ModelVersion
from minett.apps.registry.queries import Sheet
from minett.journeys.trust_report import Spoken
from minett.policy.states import MODEL


class ReleaseGiven(Given):
    """A decision on the trust report that was read; `report_sha256` is the SHA-256 of its PDF."""

    reason: Reason
    report_sha256: Sha256


class VersionTold(Told):
    id: int
    name: str
    number: int
    case_id: int
    job_id: int
    organisation: Named
    author: Named
    sha256: str
    bytes: int
    standing: Standing
    registered_at: Moment

    @classmethod
    def facts(cls, row: ModelVersion) -> dict[str, Any]:
        model = row.model
        return {
            "id": row.pk,
            "name": model.name,
            "number": row.number,
            "case_id": model.case_id,
            "job_id": row.job_id,
            "organisation": Named(id=model.organisation_id, name=model.organisation.display_name),
            "author": Named(id=row.author_id, name=row.author.name),
            "sha256": row.sha256,
            "bytes": row.bytes,
            "standing": Standing.of(MODEL, row.state),
            "registered_at": row.registered_at,
        }

    @classmethod
    def of(cls, row: ModelVersion) -> Self:
        return cls(**cls.facts(row))


class ReleaseTold(Told):
    is_released: bool
    reviewer: str
    reason: str
    report_sha256: str
    decided_at: Moment


class VersionDetail(VersionTold):
    lineage: dict[str, Any]
    training: dict[str, Any]
    card: dict[str, Any]
    evaluation: dict[str, Any] | None
    report_sha256: str | None
    release: ReleaseTold | None
    commands: list[str]

    @classmethod
    def whole(cls, sheet: Sheet, *, commands: list[str]) -> Self:
        version, release = sheet.version, sheet.release
        return cls(
            **cls.facts(version),
            lineage=version.lineage,
            training=version.training,
            card=version.card,
            evaluation=sheet.evaluation and sheet.evaluation.result,
            report_sha256=sheet.report and sheet.report.pdf_sha256,
            release=None
            if release is None
            else ReleaseTold(
                is_released=release.is_released,
                reviewer=release.reviewer.name,
                reason=release.reason,
                report_sha256=release.report_sha256,
                decided_at=release.decided_at,
            ),
            commands=commands,
        )


class ClaimTold(Told):
    """One claim of a trust report: pass, warn, fail or open, with its proof, in the language that was asked for."""

    key: str
    state: str
    claim: str
    proof: str

    @classmethod
    def of(cls, spoken: Spoken) -> Self:
        return cls(key=spoken.key, state=spoken.state.value, claim=spoken.claim, proof=spoken.proof)


class ReportTold(Told):
    as_of: date
    counts: dict[str, int]
    claims: list[ClaimTold]
    card: dict[str, Any]
    pdf: str
    pdf_sha256: str
    written_at: Moment
