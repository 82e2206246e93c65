"""The steps of a case that need more than a click: taking it, agreeing the plan, writing the document; and the rest."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from minett.advice.codec import StoredShapeUnknown
from minett.advice.plan import Plan
from minett.api.errors import words_of
from minett.apps.cases import access, services
from minett.apps.cases.models import Case
from minett.apps.catalogue import access as catalogue
from minett.apps.catalogue.models import EntryKind, EntryVersion
from minett.apps.people.models import Organisation
from minett.apps.people.services import OrganisationAlreadyKnown
from minett.journeys import open_case, register_company, usecase_document
from minett.kernel.clock import SystemClock
from minett.kernel.content import Text
from minett.kernel.errors import Absent
from minett.policy.actions import Action
from minett.policy.decide import demand
from minett.policy.states import CASE
from minett.web.case_buttons import facts_from_row
from minett.web.declared import acts
from minett.web.forms.cases import CompanyForm, DocumentForm, PlanForm
from minett.web.middleware import HouseRequest, page_language
from minett.web.once import once
from minett.web.signed_in import signed_in
from minett.web.views.plan_parts import STEPS

# What a click alone may do; every other command has a page or a service of its own.
CLICKS = ("build", "close")


@acts(Action.CASE_TAKE)
@require_http_methods(["GET", "POST"])
@signed_in
@once
def take(request: HouseRequest, pk: int) -> HttpResponse:
    """Take a case; where the company is not known yet, say which one it is."""
    if request.method == "GET":
        return _take_page(request, pk, None)
    form = CompanyForm(_companies(request), request.POST)
    if not form.is_valid():
        return _take_page(request, pk, form)
    try:
        taken = register_company.take_for_company(
            request.actor,
            now=SystemClock().now(),
            case_id=pk,
            organisation_id=form.known(),
            new=form.new(),
            contact_name=form.cleaned_data.get("contact_name", ""),
        )
    except (services.CaseWithoutCompany, OrganisationAlreadyKnown, register_company.NotACompany) as error:
        form.add_error("registry_number" if isinstance(error, OrganisationAlreadyKnown) else None, words_of(error))
        return _take_page(request, pk, form)
    messages.success(request, _("The case is yours. Write to the company, and agree the plan with it."))
    return redirect("case", pk=taken.pk)


def _companies(request: HouseRequest) -> list[Organisation]:
    """Return what the search found; the form sends the words again, so that its choice is one of these."""
    words = request.POST.get("search") or request.GET.get("search", "")
    return register_company.companies(request.actor, words) if words.strip() else []


def _take_page(request: HouseRequest, pk: int, form: CompanyForm | None) -> HttpResponse:
    case = access.obtain(request.actor, Action.CASE_TAKE, pk)
    CASE.step(case.state, "take")
    shown = form or CompanyForm(_companies(request))
    words = request.POST.get("search") or request.GET.get("search", "")
    context = {
        "case": case,
        "form": shown,
        "search": words,
        "nothing_found": bool(words) and not shown.fields["organisation"].choices,  # type: ignore[attr-defined]
    }
    return render(request, "cases/take.html", context, status=422 if form else 200)


@acts(Action.PLAN_AGREE)
@require_http_methods(["GET", "POST"])
@signed_in
@once
def plan(request: HouseRequest, pk: int) -> HttpResponse:
    """Agree the plan: one use case, the services of the partners, and why."""
    case = access.obtain(request.actor, Action.PLAN_AGREE, pk)
    CASE.step(case.state, "agree_plan")
    form, steps = _plan_form(request, case)
    if request.method == "POST" and form.is_valid():
        try:
            open_case.agree_plan(
                request.actor,
                now=SystemClock().now(),
                case_id=pk,
                usecase=form.code(),
                service_codes=form.cleaned_data["services"],
                reason=form.cleaned_data["reason"],
            )
        except (open_case.UseCaseUnknown, open_case.ServicesUnknown, services.CaseWithoutCompany) as error:
            form.add_error(None, words_of(error))
        else:
            messages.success(request, _("The plan is agreed. The partners of its services see the case from now on."))
            return redirect("case", pk=pk)
    context = {"case": case, "form": form, "steps": steps}
    return render(request, "cases/plan.html", context, status=422 if form.errors else 200)


def _plan_form(request: HouseRequest, case: Case) -> tuple[PlanForm, list[tuple[str, list[str]]]]:
    """Return the form, filled from the stored plan, and the codes of the services step by step; one query."""
    kinds = (EntryKind.USECASES, EntryKind.SERVICES, EntryKind.PARTNERS)
    rows = list(catalogue.visible(request.actor).filter(entry__kind__in=kinds).order_by("position", "pk"))
    names = {row.entry.code: _title(row) for row in rows if row.entry.kind == EntryKind.PARTNERS}
    usecases = [row for row in rows if row.entry.kind == EntryKind.USECASES]
    offered = sorted((row for row in rows if row.entry.kind == EntryKind.SERVICES), key=_step_place)
    stored = _stored(case)
    proposals = [(one.code, one.title.in_(page_language())) for one in stored.proposals] if stored else []
    form = PlanForm(
        proposals,
        [(row.entry.code, _title(row)) for row in usecases],
        [(row.entry.code, _service_words(row, names)) for row in offered],
        request.POST if request.method == "POST" else None,
        initial=_first_choice(stored),
    )
    return form, [(step, [row.entry.code for row in group]) for step, group in groupby(offered, key=_step_words)]


def _stored(case: Case) -> Plan | None:
    """Return the plan that answered the need; a plan of an older shape proposes nothing, the catalogue still does."""
    try:
        return Plan.from_json(case.plan) if case.plan else None
    except StoredShapeUnknown:
        return None


def _first_choice(stored: Plan | None) -> dict[str, object]:
    if stored is None:
        return {}
    return {"usecase": stored.chosen, "services": [step.services[0].code for step in stored.path if step.services]}


def _step_place(row: EntryVersion) -> int:
    return list(STEPS).index(row.content["step"]) if row.content["step"] in STEPS else len(STEPS)


def _step_words(row: EntryVersion) -> str:
    return _(STEPS.get(row.content["step"], row.content["step"]))


def _title(row: EntryVersion) -> str:
    return Text.of(row.content["title"]).in_(page_language())


def _service_words(row: EntryVersion, names: Mapping[str, str]) -> str:
    code = next(iter(row.content.get("partners", [])), "")
    return f"{_title(row)} · {names.get(code, code)}" if code else _title(row)


@acts(Action.DOCUMENT_WRITE)
@require_http_methods(["GET", "POST"])
@signed_in
@once
def document(request: HouseRequest, pk: int) -> HttpResponse:
    """Write the use-case document, starting from the last version or from a draft out of plan and catalogue."""
    if request.method == "GET":
        return _document_page(request, pk, None)
    form = DocumentForm(request.POST)
    form.is_valid()
    try:
        written = usecase_document.write(
            request.actor, now=SystemClock().now(), case_id=pk, sections=dict(form.sections())
        )
    except usecase_document.SectionsMissing as error:
        for name in error.data["sections"]:
            form.errors.pop(name, None)
            form.add_error(name, _("This section is still empty."))
        return _document_page(request, pk, form)
    except usecase_document.SectionTooLong as error:
        for name in error.data["section"].split(", "):
            form.errors.pop(name, None)
            form.add_error(name, _("A section holds at most 5,000 characters."))
        return _document_page(request, pk, form)
    messages.success(request, _("The document is written. The company decides next."))
    return redirect("document", pk=written.pk)


def _document_page(request: HouseRequest, pk: int, form: DocumentForm | None) -> HttpResponse:
    case = access.visible(request.actor).filter(pk=pk).first()
    if case is None:
        raise Absent
    demand(request.actor, Action.DOCUMENT_WRITE, facts_from_row(case))
    CASE.step(case.state, "write_document")
    if form is None:
        form = DocumentForm(initial=usecase_document.draft(request.actor, case_id=pk))
    return render(request, "cases/document.html", {"case": case, "form": form}, status=422 if form.errors else 200)


@acts(Action.CASE_MOVE)
@require_POST
@signed_in
@once
def move(request: HouseRequest, pk: int) -> HttpResponse:
    """Take a step of the table that a click alone may take."""
    case = access.obtain(request.actor, Action.CASE_VIEW, pk)
    command = request.POST.get("command", "")
    CASE.step(case.state, command if command in CLICKS else "")
    services.move(request.actor, now=SystemClock().now(), case_id=pk, command=command)
    messages.success(request, _("Done. The case is one step further."))
    return redirect("case", pk=pk)
