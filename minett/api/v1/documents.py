"""Use-case documents: drafted, written by the adviser, decided by the company."""

from __future__ import annotations

from django.http import FileResponse
from django.urls import reverse
from ninja import Query, Router

from minett.api import stored
from minett.api.lists import Page, Paging, page
from minett.api.operations import operation
from minett.api.proof import ApiRequest
from minett.api.schemas.base import Id
from minett.api.schemas.cases import DecisionGiven, DocumentGiven, DocumentTold, DraftTold
from minett.apps.cases import access, queries, services
from minett.apps.cases.models import UseCaseDocument
from minett.journeys import usecase_document
from minett.policy.actions import Action

router = Router()


def _told(row: UseCaseDocument) -> DocumentTold:
    return DocumentTold.of(row, pdf=reverse("api-v1:document_pdf", kwargs={"document_id": row.pk}))


@operation(router, "GET", "/cases/{case_id}/documents", action=Action.CASE_VIEW, answer=Page[DocumentTold])
def documents(request: ApiRequest, case_id: Id, paging: Query[Paging]) -> Page[DocumentTold]:
    """List the versions of a case's use-case document, newest first."""
    case = access.obtain(request.actor, Action.CASE_VIEW, case_id)
    return page(queries.documents(case), paging, _told)


@operation(router, "GET", "/cases/{case_id}/documents/draft", action=Action.DOCUMENT_WRITE, answer=DraftTold)
def draft(request: ApiRequest, case_id: Id) -> DraftTold:
    """Get a first text for each section, from the agreed use case and the plan."""
    return DraftTold(sections=usecase_document.draft(request.actor, case_id=case_id))


@operation(router, "POST", "/cases/{case_id}/documents", action=Action.DOCUMENT_WRITE, answer=DocumentTold, status=201)
def write(request: ApiRequest, case_id: Id, body: DocumentGiven) -> DocumentTold:
    """Write the use-case document; every section needs words."""
    written = usecase_document.write(request.actor, now=request.now, case_id=case_id, sections=body.sections)
    return _told(written)


@operation(router, "GET", "/documents/{document_id}", action=Action.CASE_VIEW, answer=DocumentTold)
def document(request: ApiRequest, document_id: Id) -> DocumentTold:
    """Read one version of a use-case document."""
    return _told(access.obtain_document(request.actor, Action.CASE_VIEW, document_id))


@operation(router, "GET", "/documents/{document_id}/pdf", action=Action.CASE_VIEW)
def document_pdf(request: ApiRequest, document_id: Id) -> FileResponse:
    """Download the printed document."""
    row = access.obtain_document(request.actor, Action.CASE_VIEW, document_id)
    return stored.pdf(row.pdf_path, name=f"usecase-{row.case.number}-v{row.version}.pdf")


@operation(router, "POST", "/documents/{document_id}/decision", action=Action.DOCUMENT_DECIDE, answer=DocumentTold)
def decide(request: ApiRequest, document_id: Id, body: DecisionGiven) -> DocumentTold:
    """Decide go, revise or stop on a document, with a reason."""
    access.obtain_document(request.actor, Action.DOCUMENT_DECIDE, document_id)
    decided = services.decide_document(
        request.actor, now=request.now, document_id=document_id, decision=body.decision, reason=body.reason
    )
    return _told(decided)
