"""Models: the list, one version with card, evidence and lineage, its report as a file, and the reviewer's decision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import FileResponse, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from minett.api.errors import status_of
from minett.apps.registry import access, queries, services
from minett.apps.registry.models import ModelVersion, Release, TrustReport
from minett.apps.registry.queries import Sheet
from minett.journeys import equipment, release_model
from minett.kernel.clock import SystemClock
from minett.kernel.errors import Absent
from minett.policy.actions import Action
from minett.policy.states import MODEL
from minett.web import standing
from minett.web.declared import acts
from minett.web.forms.models import ModelFilter, ReviewForm
from minett.web.middleware import HouseRequest, page_language
from minett.web.once import once
from minett.web.pages import Cell, Column, Heading, export, keyset
from minett.web.signed_in import signed_in
from minett.web.templatetags.house import day
from minett.web.views import model_parts

UNPROCESSABLE = 422
DECISIONS: dict[str, Callable[..., Release]] = {"release": release_model.release, "reject": release_model.reject}
PLACES: standing.Places = {services.ReleaseNeedsReason: "reason"}


@acts(Action.MODEL_VIEW)
@require_GET
@signed_in
def listing(request: HouseRequest) -> HttpResponseBase:
    """Show the model versions that the person may see, newest first, or give them out as a file."""
    form = ModelFilter(request.GET)
    rows = queries.listing(request.actor, **form.chosen())
    if request.GET.get("format"):
        return export(rows.iterator(chunk_size=500), _columns(), request.GET["format"], file_name="models")
    page = keyset(rows, request.GET.get("cursor", ""))
    names = (_("Model"), _("Case"), _("Company"), _("State"), _("Author"), _("Registered on"))
    context = {
        "title": _("Models"),
        "lead": _("Each version with what it is for, how good it was found to be, and who released it."),
        "form": form,
        "caption": _("Versions, newest first"),
        "headings": [Heading(name) for name in names],
        "rows": [_row(version) for version in page.items],
        "next_cursor": page.next_cursor,
        "empty_title": _("No model here"),
        "empty_words": _("A training that succeeds leaves a model; the platform then evaluates it by itself."),
        "empty_url": "/jobs/",
        "empty_action": _("Go to the jobs"),
    }
    return render(request, "compute/listing.html", context)


@acts(Action.MODEL_VIEW)
@require_GET
@signed_in
def page(request: HouseRequest, pk: int) -> HttpResponse:
    """Show one version: the card first, then the evidence, the groups, and where it comes from."""
    return _page(request, queries.detail(request.actor, pk))


@acts(Action.MODEL_RELEASE)
@require_POST
@signed_in
@once
def act(request: HouseRequest, pk: int, command: str) -> HttpResponse:
    """Release or do not release, on the report that was read."""
    if command not in DECISIONS:
        raise Absent
    form = ReviewForm(request.POST)
    if not form.is_valid():
        sheet = queries.sheet_of(access.obtain(request.actor, Action.MODEL_RELEASE, pk))
        return _page(request, sheet, form, status=UNPROCESSABLE)
    try:
        DECISIONS[command](request.actor, now=SystemClock().now(), version_id=pk, **form.cleaned_data)
    except standing.SHOWN_AGAIN as error:
        standing.tell(form, error, PLACES)
        return _page(request, queries.detail(request.actor, pk), form, status=status_of(error))
    return redirect("model", pk=pk)


@acts(Action.MODEL_VIEW)
@require_GET
@signed_in
def report_pdf(request: HouseRequest, pk: int) -> FileResponse:
    """Give the trust report as it was printed; its SHA-256 is what a decision is bound to."""
    report = _report(request, pk)
    path = equipment.current().store.absolute(report.pdf_path)
    try:
        file = path.open("rb")
    except OSError as error:
        raise Absent from error
    name = f"trust-report-{pk}-{report.pdf_sha256[:12]}.pdf"
    return FileResponse(file, as_attachment=True, filename=name, content_type="application/pdf")


@acts(Action.MODEL_VIEW)
@require_GET
@signed_in
def report_json(request: HouseRequest, pk: int) -> JsonResponse:
    """Give the claims with their proofs as data."""
    report = _report(request, pk)
    content = report.content | {"pdf_sha256": report.pdf_sha256, "written_at": report.written_at.isoformat()}
    return JsonResponse(content, json_dumps_params={"ensure_ascii": False})


def _report(request: HouseRequest, pk: int) -> TrustReport:
    report = queries.detail(request.actor, pk).report
    if report is None:
        raise Absent
    return report


def _page(request: HouseRequest, sheet: Sheet, form: ReviewForm | None = None, *, status: int = 200) -> HttpResponse:
    version, now, language = sheet.version, SystemClock().now(), page_language()
    report = sheet.report
    since = report.written_at if report and version.state == "reported" else _since(sheet)
    due = standing.promised_on(MODEL, version.state, since)
    context: dict[str, Any] = {
        "sheet": sheet,
        "version": version,
        "crumbs": [(_("Models"), "/models/")],
        "case_url": standing.case_url(request.actor, version.model.case),
        "since": since,
        "due": due,
        "late": due is not None and now.date() > due,
        "card": model_parts.card_of(sheet),
        "made": model_parts.made_of(sheet),
        "quality": model_parts.quality_of(sheet, language),
        "metrics": model_parts.metrics_of(sheet, language),
        "claims": model_parts.claims_of(report, language),
        "groups": model_parts.groups_of(sheet, language),
        "lineage": model_parts.lineage_of(version, language),
        "commands": standing.open_commands(request.actor, MODEL, version.state, access.facts_of(version)),
        "form": form or ReviewForm(initial={"report_sha256": report.pdf_sha256 if report else ""}),
    }
    return render(request, "models/page.html", context, status=status)


def _since(sheet: Sheet) -> Any:
    """Return when the present state began."""
    if sheet.release is not None:
        return sheet.release.decided_at
    return sheet.evaluation.evaluated_at if sheet.evaluation is not None else sheet.version.registered_at


def _row(version: ModelVersion) -> list[Cell]:
    name = _("%(name)s, version %(number)s") % {"name": version.model.name, "number": version.number}
    return [
        Cell(name, url=f"/models/{version.pk}/"),
        Cell(version.model.case.number),
        Cell(version.model.organisation.display_name),
        Cell(noun="model", state=version.state),
        Cell(version.author.name),
        Cell(day(version.registered_at)),
    ]


def _columns() -> list[Column[ModelVersion]]:
    return [
        Column("id", lambda version: version.pk),
        Column("model", lambda version: version.model.name),
        Column("version", lambda version: version.number),
        Column("case", lambda version: version.model.case.number),
        Column("organisation", lambda version: version.model.organisation.display_name),
        Column("state", lambda version: version.state),
        Column("author", lambda version: version.author.name),
        Column("sha256", lambda version: version.sha256),
        Column("registered_at", lambda version: version.registered_at),
    ]
