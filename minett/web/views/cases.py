"""Cases: the list, and the page that company and staff share."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from minett.api.errors import words_of
from minett.apps.cases import queries, services
from minett.apps.cases.models import Case
from minett.journeys import case_overview
from minett.journeys.case_overview import CaseOverview
from minett.kernel.clock import SystemClock
from minett.policy.actions import Action
from minett.policy.decide import decide
from minett.policy.rules.house import NeedFacts
from minett.policy.states import CASE
from minett.web.case_buttons import buttons
from minett.web.case_parts import engaged, present
from minett.web.declared import acts
from minett.web.forms.cases import CaseFilter, MessageForm
from minett.web.middleware import HouseRequest
from minett.web.once import once
from minett.web.pages import Cell, Column, Heading, export, keyset
from minett.web.signed_in import signed_in
from minett.web.templatetags.house import day
from minett.web.timeline import openable, told

HISTORY_PAGE = 40
COLUMNS: tuple[Column[Case], ...] = (
    Column("number", lambda case: case.number),
    Column("title", lambda case: case.title),
    Column("company", lambda case: case.organisation.legal_name if case.organisation else None),
    Column("state", lambda case: case.state),
    Column("adviser", lambda case: case.adviser.name if case.adviser else None),
    Column("opened_at", lambda case: case.opened_at),
    Column("since", lambda case: case.holder_since_at),
    Column("promised_for", lambda case: case.due_on),
)


@acts(Action.CASE_VIEW)
@require_GET
@signed_in
def listing(request: HouseRequest) -> HttpResponseBase:
    """Show the cases that the reader may open, page by page, or give them out as a file."""
    form = CaseFilter(request.GET)
    rows = queries.listing(request.actor, **form.chosen())
    if kind := request.GET.get("format"):
        return export(rows.iterator(chunk_size=500), COLUMNS, kind, file_name="cases")
    page = keyset(rows, request.GET.get("cursor", ""))
    context = {
        "form": form,
        "headings": [
            Heading(_("Case")),
            Heading(_("Number")),
            Heading(_("Company")),
            Heading(_("State")),
            Heading(_("Adviser")),
            Heading(_("Since")),
            Heading(_("Promised for")),
        ],
        "rows": [_cells(case) for case in page.items],
        "next_cursor": page.next_cursor,
        "is_narrowed": bool(form.chosen()),
    }
    return render(request, "cases/list.html", context)


def _cells(case: Case) -> list[Cell]:
    return [
        Cell(case.title, url=f"/cases/{case.pk}/"),
        Cell(format_html('<span class="nowrap">{}</span>', case.number)),
        Cell(case.organisation.display_name if case.organisation else _("not said yet")),
        Cell(noun="case", state=case.state),
        Cell(case.adviser.name if case.adviser else _("nobody yet")),
        Cell(day(case.holder_since_at)),
        Cell(day(case.due_on) if case.due_on else "–"),
    ]


@acts(Action.CASE_VIEW)
@require_GET
@signed_in
def case(request: HouseRequest, pk: int) -> HttpResponse:
    """Show one case with its timeline."""
    return case_page(request, pk, MessageForm())


@acts(Action.MESSAGE_WRITE)
@require_http_methods(["GET", "POST"])
@signed_in
@once
def write(request: HouseRequest, pk: int) -> HttpResponse:
    """Write a message into a case; what cannot be used stands in the form again."""
    if request.method == "GET":
        return redirect("case", pk=pk)
    form = MessageForm(request.POST)
    form.is_valid()
    try:
        services.write_message(
            request.actor,
            now=SystemClock().now(),
            case_id=pk,
            body=request.POST.get("body", ""),
            is_internal=bool(form.cleaned_data.get("internal")),
        )
    except services.MessageUnusable as error:
        form.errors.pop("body", None)
        form.add_error("body", words_of(error))
        return case_page(request, pk, form, status=422)
    messages.success(request, _("Your message is in the case."))
    return redirect("case", pk=pk)


def case_page(request: HouseRequest, pk: int, form: MessageForm, status: int = 200) -> HttpResponse:
    """Return the page of a case; eight queries with those of the frame, whatever hangs on the case."""
    actor = request.actor
    found = case_overview.overview(actor, pk)
    who = request.GET.get("partner", "")
    rows = case_overview.history(actor, found, who=who)
    page = keyset(rows, request.GET.get("cursor", ""), HISTORY_PAGE, by=("-number",))
    nouns = openable(actor, found.case.organisation_id)
    documents = found.of("document")
    if not decide(actor, Action.MESSAGE_WRITE_INTERNAL, found.facts):
        del form.fields["internal"]
    context = {
        "case": found.case,
        "holder": holder_of(found.case),
        "is_late": is_late(found.case, SystemClock().now().date()),
        "buttons": buttons(actor, found.case, documents[0].id if documents else None),
        "form": form if decide(actor, Action.MESSAGE_WRITE, found.facts) else None,
        "entries": [told(entry, nouns) for entry in page.items],
        "next_cursor": page.next_cursor,
        "filters": list(_filters(found, who)),
        "who": who,
        "engaged": engaged(found.engagements),
        "may_see_need": decide(actor, Action.NEED_VIEW, NeedFacts(False, found.case.organisation_id)),  # noqa: FBT003
        **present(actor, found, nouns),
    }
    return render(request, "cases/case.html", context, status=status)


def holder_of(case: Case) -> str:
    """Return the name of the one who has the case, where the state's holder is a known person or company."""
    holder = CASE.standings[case.state].holder
    if holder == CASE.standings["taken"].holder and case.adviser:
        return case.adviser.name
    if holder == CASE.standings["go"].holder and case.organisation:
        return case.organisation.display_name
    return ""


def is_late(case: Case, today: date) -> bool:
    return case.due_on is not None and case.due_on < today


def _filters(found: CaseOverview, who: str) -> Iterator[tuple[str, str, bool]]:
    """Yield the words, the value and whether it is chosen, for everybody who takes part."""
    case = found.case
    parts = [(_("Everybody"), "")]
    if case.organisation is not None:
        parts.append((case.organisation.display_name, str(case.organisation_id)))
    if case.adviser is not None:
        parts.append((case.adviser.name, case_overview.ADVISER))
    partners = {one.partner_id: one.partner.display_name for one in found.engagements if one.partner}
    parts += [(name, str(pk)) for pk, name in partners.items()]
    parts.append((_("The platform"), case_overview.PLATFORM))
    for words, value in parts:
        yield words, value, value == who
