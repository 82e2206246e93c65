"""Use-case documents: read on the page, taken along as PDF or JSON, and decided on by the company."""

from __future__ import annotations

from django.contrib import messages
from django.http import FileResponse, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from minett.api.errors import words_of
from minett.apps.cases import access, services
from minett.apps.cases.models import UseCaseDocument
from minett.journeys import equipment
from minett.journeys.usecase_document import as_document
from minett.kernel.clock import SystemClock
from minett.planes.documents.html import render_html
from minett.policy.actions import Action
from minett.policy.decide import decide as may
from minett.web.case_buttons import facts_from_row
from minett.web.case_parts import DECISIONS
from minett.web.declared import acts
from minett.web.forms.cases import DecisionForm
from minett.web.middleware import HouseRequest
from minett.web.once import once
from minett.web.signed_in import signed_in


@acts(Action.CASE_VIEW)
@require_GET
@signed_in
def document(request: HouseRequest, pk: int) -> HttpResponse:
    """Show a document, and to the company the form to decide on it."""
    return _page(request, access.obtain_document(request.actor, Action.CASE_VIEW, pk), DecisionForm())


@acts(Action.DOCUMENT_DECIDE)
@require_http_methods(["GET", "POST"])
@signed_in
@once
def decide(request: HouseRequest, pk: int) -> HttpResponse:
    """Decide go, revise or stop, with a reason."""
    if request.method == "GET":
        return redirect("document", pk=pk)
    found = access.obtain_document(request.actor, Action.DOCUMENT_DECIDE, pk)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form)
    given = form.cleaned_data
    try:
        services.decide_document(
            request.actor,
            now=SystemClock().now(),
            document_id=pk,
            decision=given["decision"],
            reason=given["reason"],
        )
    except services.ReasonMissing as error:
        form.add_error("reason", words_of(error))
        return _page(request, found, form)
    messages.success(request, _("Your decision is kept, with its reason."))
    return redirect("case", pk=found.case_id)


def _page(request: HouseRequest, found: UseCaseDocument, form: DecisionForm) -> HttpResponse:
    label, tone = DECISIONS[found.decision]
    is_open = found.case.state == "documented" and not found.decision
    context = {
        "document": found,
        "case": found.case,
        # The plane escapes every word that a person wrote, and its fragment carries neither style nor script.
        "html": SafeString(render_html(as_document(found), top=1)),
        "decision": _(label),
        "tone": tone,
        "form": form,
        "may_decide": is_open and may(request.actor, Action.DOCUMENT_DECIDE, facts_from_row(found.case)),
        "waits": is_open,
    }
    return render(request, "documents/document.html", context, status=422 if form.errors else 200)


@acts(Action.CASE_VIEW)
@require_GET
@signed_in
def pdf(request: HouseRequest, pk: int) -> HttpResponseBase:
    """Give out the printed document, or say that it is being printed."""
    found = access.obtain_document(request.actor, Action.CASE_VIEW, pk)
    printed = equipment.current().store.absolute(found.pdf_path) if found.pdf_path else None
    if printed is None or not printed.is_file():
        answer = render(request, "documents/printing.html", {"document": found}, status=202)
        answer.headers["Retry-After"] = "5"
        return answer
    name = f"{found.case.number}-document-{found.version}.pdf"
    return FileResponse(printed.open("rb"), content_type="application/pdf", filename=name)


@acts(Action.CASE_VIEW)
@require_GET
@signed_in
def as_json(request: HouseRequest, pk: int) -> JsonResponse:
    """Give out the document's content with its hash and its decision."""
    found = access.obtain_document(request.actor, Action.CASE_VIEW, pk)
    content = {
        "content": found.content,
        "version": found.version,
        "sha256": found.sha256,
        "pdf_sha256": found.pdf_sha256,
        "written_at": found.written_at,
        "decision": found.decision,
        "decision_reason": found.decision_reason,
        "decided_at": found.decided_at,
    }
    return JsonResponse(content, json_dumps_params={"ensure_ascii": False})
