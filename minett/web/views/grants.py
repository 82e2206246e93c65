"""Grants: the list, what one allows until when, and ending it before its time."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from minett.apps.grants import queries, services
from minett.apps.grants.models import Grant
from minett.kernel.clock import SystemClock
from minett.planes.data import policy_tree
from minett.policy.actions import Action
from minett.policy.states import GRANT
from minett.web.declared import acts
from minett.web.forms.requests import RevokeForm, StateFilter
from minett.web.middleware import HouseRequest
from minett.web.once import once
from minett.web.pages import Cell, Column, Heading, export, keyset
from minett.web.signed_in import signed_in
from minett.web.templatetags.house import day, number, text
from minett.web.views import data_shown


@acts(Action.GRANT_VIEW)
@require_GET
@signed_in
def listing(request: HouseRequest) -> HttpResponseBase:
    """Show the grants that the reader may open, newest first; or give them out as a file."""
    form = StateFilter(request.GET, [(state, _(standing.label)) for state, standing in GRANT.standings.items()])
    rows = queries.grants(request.actor, state=form.chosen())
    if request.GET.get("format"):
        return export(rows, _columns(), request.GET["format"], file_name="grants")
    page = keyset(rows, request.GET.get("cursor", ""))
    labels = (_("Data product"), _("Held by"), _("For"), _("State"), _("Until"))
    context = {
        "form": form,
        "headings": [Heading(label) for label in labels],
        "rows": [_row(row) for row in page.items],
        "next_cursor": page.next_cursor,
    }
    return render(request, "grants/listing.html", context)


def _row(row: Grant) -> list[Cell]:
    return [
        Cell(text(row.version.product.title), url=f"/grants/{row.pk}/"),
        Cell(row.organisation.display_name),
        Cell(data_shown.purpose_title(row.purpose)),
        Cell(noun="grant", state=row.state),
        Cell(day(row.until_at)),
    ]


def _columns() -> list[Column[Grant]]:
    return [
        Column("id", lambda row: row.pk),
        Column("request", lambda row: row.request_id),
        Column("product", lambda row: row.version.product.code),
        Column("version", lambda row: row.version.number),
        Column("organisation", lambda row: row.organisation.legal_name),
        Column("purpose", lambda row: row.purpose),
        Column("columns", lambda row: row.columns),
        Column("state", lambda row: row.state),
        Column("starts_at", lambda row: row.starts_at),
        Column("until_at", lambda row: row.until_at),
        Column("snapshot_sha256", lambda row: row.snapshot.sha256 if row.snapshot else None),
        Column("rows", lambda row: row.snapshot.rows if row.snapshot else None),
    ]


@acts(Action.GRANT_VIEW)
@require_GET
@signed_in
def detail(request: HouseRequest, pk: int) -> HttpResponse:
    """Show a grant to its holder and to those who keep or oversee the data."""
    return _page(request, pk, RevokeForm())


@acts(Action.GRANT_REVOKE)
@require_http_methods(["GET", "POST"])
@signed_in
@once
def revoke(request: HouseRequest, pk: int) -> HttpResponse:
    """End a grant before its time."""
    if request.method == "GET":
        return redirect("grant", pk=pk)
    form = RevokeForm(request.POST)
    if not form.is_valid():
        return _page(request, pk, form, status=422)
    services.revoke(request.actor, now=SystemClock().now(), grant_id=pk, reason=form.cleaned_data["reason"])
    messages.success(request, _("Revoked. The data can no longer be used under this grant."))
    return redirect("grant", pk=pk)


def _page(request: HouseRequest, pk: int, form: RevokeForm, status: int = 200) -> HttpResponse:
    now = SystemClock().now()
    grant = queries.grant_detail(request.actor, pk, now=now)
    context = {
        "grant": grant,
        "product": grant.version.product,
        "facts": _facts(grant),
        "sentences": data_shown.sentences(policy_tree.from_json(grant.tree)),
        "form": form if "revoke" in queries.grant_commands(request.actor, grant, now) else None,
        "crumbs": [(_("Data"), "/data/"), (_("Grants"), "/grants/")],
    }
    return render(request, "grants/detail.html", context, status=status)


def _facts(grant: Grant) -> list[tuple[str, object]]:
    snapshot = grant.snapshot
    waiting = _("not written yet")
    return [
        (_("Held by"), grant.organisation.display_name),
        (_("Purpose"), data_shown.purpose_title(grant.purpose)),
        (_("Columns"), ", ".join(grant.columns)),
        (_("From"), day(grant.starts_at)),
        (_("Until"), day(grant.until_at)),
        (_("Version of the data"), grant.version.number),
        (_("Rows"), number(snapshot.rows) if snapshot else waiting),
        (_("Hash of the snapshot (SHA-256)"), snapshot.sha256 if snapshot else waiting),
        (_("Hash of the policy (SHA-256)"), grant.tree_sha256),
    ]
