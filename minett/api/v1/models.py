"""Models: versions with their trust report, released or rejected by a reviewer of another organisation."""

from __future__ import annotations

from typing import Annotated

from django.http import FileResponse
from django.urls import reverse
from ninja import Query, Router
from pydantic import Field

from minett.api import stored
from minett.api.lists import Page, Paging, page
from minett.api.operations import operation
from minett.api.proof import ApiRequest
from minett.api.schemas.base import Id, commands_of, known_state
from minett.api.schemas.models import ClaimTold, ReleaseGiven, ReportTold, VersionDetail, VersionTold
from minett.apps.registry import access, queries
from minett.apps.registry.models import TrustReport
from minett.apps.registry.queries import Sheet
from minett.journeys import release_model, trust_report
from minett.kernel.content import gettext_noop as _
from minett.kernel.errors import Absent
from minett.policy.actions import Action
from minett.policy.states import MODEL

router = Router()


class NotReportedYet(Absent):
    code = "not-reported-yet"
    retry_may_help = True
    sentence = _("This model has no trust report yet: the platform writes it after the evaluation.")


@operation(router, "GET", "/models", action=Action.MODEL_VIEW, answer=Page[VersionTold])
def models(
    request: ApiRequest,
    paging: Query[Paging],
    state: str = "",
    search: Annotated[str, Field(max_length=100)] = "",
    case_id: Id | None = None,
) -> Page[VersionTold]:
    """List the model versions that whoever asks may open, newest first."""
    rows = queries.listing(request.actor, case_id=case_id, state=known_state(MODEL, state), search=search)
    return page(rows, paging, VersionTold.of)


@operation(router, "GET", "/models/{version_id}", action=Action.MODEL_VIEW, answer=VersionDetail)
def model(request: ApiRequest, version_id: Id) -> VersionDetail:
    """Read one version with lineage, card, evaluation, and the decision on it."""
    return _detail(request, version_id)


def _detail(request: ApiRequest, version_id: int) -> VersionDetail:
    sheet = queries.detail(request.actor, version_id)
    facts = access.facts_of(sheet.version)
    commands = commands_of(request.actor, MODEL, sheet.version.state, facts)
    return VersionDetail.whole(sheet, commands=commands)


def _reported(request: ApiRequest, version_id: int) -> tuple[Sheet, TrustReport]:
    sheet = queries.detail(request.actor, version_id)
    if sheet.report is None:
        raise NotReportedYet
    return sheet, sheet.report


@operation(router, "GET", "/models/{version_id}/report", action=Action.MODEL_VIEW, answer=ReportTold)
def report(request: ApiRequest, version_id: Id) -> ReportTold:
    """Read the trust report: each claim with its state and proof, in the language that was asked for."""
    sheet, found = _reported(request, version_id)
    claims = trust_report.spoken(found.content["claims"], request.actor.language)
    return ReportTold(
        as_of=found.content["as_of"],
        counts=found.content["counts"],
        claims=[ClaimTold.of(claim) for claim in claims],
        card=sheet.version.card,
        pdf=reverse("api-v1:report_pdf", kwargs={"version_id": version_id}),
        pdf_sha256=found.pdf_sha256,
        written_at=found.written_at,
    )


@operation(router, "GET", "/models/{version_id}/report/pdf", action=Action.MODEL_VIEW)
def report_pdf(request: ApiRequest, version_id: Id) -> FileResponse:
    """Download the printed trust report."""
    sheet, found = _reported(request, version_id)
    return stored.pdf(found.pdf_path, name=f"trust-report-{version_id}-v{sheet.version.number}.pdf")


@operation(router, "POST", "/models/{version_id}/release", action=Action.MODEL_RELEASE, answer=VersionDetail)
def release(request: ApiRequest, version_id: Id, body: ReleaseGiven) -> VersionDetail:
    """Release a version on the trust report that was read; its case goes into production."""
    release_model.release(
        request.actor,
        now=request.now,
        version_id=version_id,
        reason=body.reason,
        report_sha256=body.report_sha256,
    )
    return _detail(request, version_id)


@operation(router, "POST", "/models/{version_id}/reject", action=Action.MODEL_RELEASE, answer=VersionDetail)
def reject(request: ApiRequest, version_id: Id, body: ReleaseGiven) -> VersionDetail:
    """Decide not to release a version, on the trust report that was read."""
    release_model.reject(
        request.actor,
        now=request.now,
        version_id=version_id,
        reason=body.reason,
        report_sha256=body.report_sha256,
    )
    return _detail(request, version_id)
