"""Compute for cases: what was asked for, awarded, used and is left, and the forms to ask for it and to decide."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from minett.api.errors import status_of
from minett.apps.cases import access as cases
from minett.apps.cases.models import Case
from minett.apps.cases.services import ReasonMissing
from minett.apps.catalogue import queries as catalogue
from minett.apps.catalogue.models import EntryKind, EntryVersion
from minett.apps.jobs import access, queries, services
from minett.apps.jobs.models import Allocation
from minett.apps.jobs.queries import AllocationUse
from minett.kernel.clock import SystemClock
from minett.kernel.errors import Absent
from minett.kernel.quantities import Quantity
from minett.policy.actions import Action
from minett.policy.states import ALLOCATION
from minett.web import standing
from minett.web.declared import acts
from minett.web.forms.allocations import AllocationFilter, AskForm, DecisionForm
from minett.web.forms.jobs import KINDS
from minett.web.middleware import HouseRequest
from minett.web.once import once
from minett.web.pages import Cell, Column, Heading, export, keyset
from minett.web.signed_in import signed_in
from minett.web.templatetags.compute import fine
from minett.web.templatetags.house import day, plain_text
from minett.web.views.allocation_parts import amounts_of, estimates_of, machine_of, machine_words, unit_words

UNPROCESSABLE = 422
PLACES: standing.Places = {
    services.AmountUnusable: "amount",
    services.PeriodUnusable: "days",
    services.NotACluster: "cluster",
    services.UnitNotForCompute: "cluster",
    ReasonMissing: "reason",
}


@acts(Action.ALLOCATION_VIEW)
@require_GET
@signed_in
def listing(request: HouseRequest) -> HttpResponseBase:
    """Show the allocations that the person may see, newest first, or give them out as a file."""
    form = AllocationFilter(request.GET)
    rows = queries.used_of(access.visible_allocations(request.actor)).order_by("-id").filter(**form.chosen())
    if request.GET.get("format"):
        return export(rows.iterator(chunk_size=500), _columns(), request.GET["format"], file_name="allocations")
    page = keyset(rows, request.GET.get("cursor", ""))
    context = {
        "title": _("Compute"),
        "lead": _("What was asked for, awarded, used and is left. Every amount is in the unit of its machine."),
        "form": form,
        "caption": _("Allocations, newest first"),
        "headings": _headings(),
        "rows": [_row(row) for row in page.items],
        "next_cursor": page.next_cursor,
        "empty_title": _("No allocation here"),
        "empty_words": _("Compute is asked for in a case, once the company has decided to go on."),
        "empty_url": "/cases/",
        "empty_action": _("Go to the cases"),
    }
    return render(request, "compute/listing.html", context)


@acts(Action.ALLOCATION_REQUEST)
@require_http_methods(["GET", "POST"])
@signed_in
@once
def ask(request: HouseRequest, case_id: int) -> HttpResponse:
    """Ask for compute for a case."""
    case = cases.obtain(request.actor, Action.ALLOCATION_REQUEST, case_id)
    machines = list(catalogue.listing(request.actor, EntryKind.CLUSTERS))
    usable = {row.entry.code: row for row in machines if row.content.get("unit") in services.COMPUTE_UNITS}
    choices = [(code, machine_words(row)) for code, row in usable.items() if row.content.get("status") != "planned"]
    form = AskForm(request.POST or None, choices)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            allocation = services.request_allocation(
                request.actor,
                now=SystemClock().now(),
                case=case,
                cluster=usable[given["cluster"]],
                unit=usable[given["cluster"]].content["unit"],
                amount=given["amount"],
                justification=given["justification"],
            )
        except standing.SHOWN_AGAIN as error:
            standing.tell(form, error, PLACES | {ReasonMissing: "justification"})
        else:
            return redirect("allocation", pk=allocation.pk)
    return _ask_page(request, case, form, machines)


def _ask_page(request: HouseRequest, case: Case, form: AskForm, machines: list[EntryVersion]) -> HttpResponse:
    running = {row.entry.code: machine_of(row) for row in machines if row.content.get("status") != "planned"}
    context = {
        "case": case,
        "form": form,
        "crumbs": [(case.number, f"/cases/{case.pk}/")],
        "estimates": estimates_of(case, running),
        "planned": [machine_of(row) for row in machines if row.content.get("status") == "planned"],
    }
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "allocations/ask.html", context, status=status)


@acts(Action.ALLOCATION_VIEW)
@require_GET
@signed_in
def page(request: HouseRequest, pk: int) -> HttpResponse:
    """Show one allocation: its amounts kept apart, the jobs that used it, and the officer's form."""
    return _page(request, queries.allocation(request.actor, pk))


@acts(Action.ALLOCATION_AWARD)
@require_POST
@signed_in
@once
def act(request: HouseRequest, pk: int, command: str) -> HttpResponse:
    """Award or reject, with a reason."""
    if command not in ALLOCATION.commands(ALLOCATION.initial):
        raise Absent
    form = DecisionForm(request.POST, command=command)
    if not form.is_valid():
        return _page(request, queries.allocation(request.actor, pk), form, status=UNPROCESSABLE)
    given = form.cleaned_data
    facts: dict[str, Any] = {"now": SystemClock().now(), "allocation_id": pk, "reason": given["reason"]}
    try:
        if command == "award":
            services.award(request.actor, amount=given["amount"], days=given["days"], **facts)
        else:
            services.reject(request.actor, **facts)
    except standing.SHOWN_AGAIN as error:
        standing.tell(form, error, PLACES)
        return _page(request, queries.allocation(request.actor, pk), form, status=status_of(error))
    return redirect("allocation", pk=pk)


def _page(
    request: HouseRequest, use: AllocationUse, form: DecisionForm | None = None, *, status: int = 200
) -> HttpResponse:
    row, now = use.allocation, SystemClock().now()
    commands = standing.open_commands(request.actor, ALLOCATION, row.state, access.facts_of(row))
    used = keyset(queries.usage(request.actor, row.pk), request.GET.get("cursor", ""))
    due = standing.promised_on(ALLOCATION, row.state, row.requested_at)
    form = form or DecisionForm(initial={"amount": f"{row.requested.normalize():f}", "days": 30})
    form.fields["amount"].help_text = _("In %(unit)s, the unit it was asked for in.") % {"unit": unit_words(row.unit)}
    context = {
        "use": use,
        "row": row,
        "machine": machine_of(row.cluster),
        "case_url": standing.case_url(request.actor, row.case),
        "amounts": amounts_of(use),
        "due": due,
        "late": due is not None and now.date() > due,
        "is_over": row.until_at is not None and row.until_at <= now,
        "commands": commands,
        "form": form,
        "usage": used,
        "usage_headings": [
            Heading(_("Job")),
            Heading(_("Kind")),
            Heading(_("Used"), numeric=True),
            Heading(_("By")),
            Heading(_("On")),
        ],
        "usage_rows": [
            [
                Cell(one.job.title, url=f"/jobs/{one.job_id}/"),
                Cell(KINDS.get(one.job.kind, one.job.kind)),
                Cell(fine(Quantity.of(one.amount, one.unit))),
                Cell(one.job.submitter.name),
                Cell(day(one.recorded_at)),
            ]
            for one in used.items
        ],
    }
    return render(request, "allocations/page.html", context, status=status)


def _headings() -> list[Heading]:
    names = (_("Requested"), _("Awarded"), _("Used"))
    amounts = [Heading(name, numeric=True) for name in names]
    return [Heading(_("Allocation")), Heading(_("Case")), Heading(_("Company")), Heading(_("State")), *amounts,
            Heading(_("Asked on"))]  # fmt: skip


def _row(row: Allocation) -> list[Cell]:
    return [
        Cell(_("%(number)s: %(machine)s") % {"number": row.pk, "machine": plain_text(machine_of(row.cluster))},
             url=f"/allocations/{row.pk}/"),
        Cell(row.case.number),
        Cell(row.organisation.display_name),
        Cell(noun="allocation", state=row.state),
        Cell(fine(Quantity.of(row.requested, row.unit))),
        Cell(fine(_awarded(row)) if row.awarded is not None else "–"),
        Cell(fine(_used(row))),
        Cell(day(row.requested_at)),
    ]  # fmt: skip


def _awarded(row: Allocation) -> Quantity | None:
    return None if row.awarded is None else Quantity.of(row.awarded, row.unit)


def _used(row: Allocation) -> Quantity:
    used: Decimal = row.used  # type: ignore[attr-defined]  # annotated by `queries.used_of`
    return Quantity.of(used, row.unit)


def _columns() -> list[Column[Allocation]]:
    return [
        Column("id", lambda row: row.pk),
        Column("case", lambda row: row.case.number),
        Column("organisation", lambda row: row.organisation.display_name),
        Column("machine", lambda row: row.cluster.entry.code),
        Column("state", lambda row: row.state),
        Column("requested", lambda row: Quantity.of(row.requested, row.unit)),
        Column("awarded", _awarded),
        Column("used", _used),
        Column("requested_at", lambda row: row.requested_at),
        Column("until_at", lambda row: row.until_at),
    ]
