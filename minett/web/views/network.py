"""The other AI Factories and antennas, as the pack lists them."""

from __future__ import annotations

from django import forms
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from minett.apps.network import queries
from minett.apps.network.queries import Listed
from minett.policy.actions import Action
from minett.web.declared import acts
from minett.web.middleware import HouseRequest
from minett.web.pages import Cell, Column, Heading, export
from minett.web.templatetags.house import day, text

KINDS = (("", gettext_lazy("all")), ("factory", gettext_lazy("AI Factory")), ("antenna", gettext_lazy("Antenna")))


class PeerFilter(forms.Form):
    """By kind, by country, and those that are linked with this factory."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=KINDS, required=False)
    country = forms.RegexField(
        r"^[A-Za-z]{2}$",
        label=gettext_lazy("Country, two letters"),
        required=False,
        widget=forms.TextInput(attrs={"maxlength": 2}),
    )
    linked = forms.BooleanField(label=gettext_lazy("Linked with this factory"), required=False)


@acts(Action.NETWORK_VIEW)
@require_GET
def listing(request: HouseRequest) -> HttpResponseBase:
    """Show the network, or give it out as a file. It is short: everything stands on one page."""
    form = PeerFilter(request.GET)
    form.is_valid()
    chosen = form.cleaned_data
    rows = queries.listing(
        request.actor,
        kind=chosen.get("kind", ""),
        country=chosen.get("country", "").upper(),
        linked_only=chosen.get("linked", False),
    )
    if request.GET.get("format"):
        return export(rows, _columns(), request.GET["format"], file_name="network")
    return _page(request, form, rows)


def _page(request: HouseRequest, form: PeerFilter, rows: tuple[Listed, ...]) -> HttpResponse:
    headings = [_("Name"), _("Kind"), _("Country"), _("Place"), _("Machine"), _("Linked with us"), _("Checked on")]
    context = {
        "form": form,
        "headings": [Heading(label) for label in headings],
        "rows": [_row(row) for row in rows],
        "count": len(rows),
        "linked": sum(row.peer.is_linked for row in rows),
    }
    return render(request, "network/listing.html", context)


def _row(row: Listed) -> list[Cell]:
    kinds = dict(KINDS)
    return [
        Cell(text(row.title)),
        Cell(kinds.get(row.peer.kind, row.peer.kind)),
        Cell(row.peer.country),
        Cell(row.peer.place or _("not published")),
        Cell(text(row.machine)),
        Cell(_("yes") if row.peer.is_linked else _("no")),
        Cell(day(row.checked_on)),
    ]


def _columns() -> list[Column[Listed]]:
    return [
        Column("code", lambda row: row.peer.code),
        Column("title", lambda row: row.title),
        Column("kind", lambda row: row.peer.kind),
        Column("country", lambda row: row.peer.country),
        Column("place", lambda row: row.peer.place),
        Column("machine", lambda row: row.machine),
        Column("linked", lambda row: row.peer.is_linked),
        Column("partner_countries", lambda row: list(row.partner_countries)),
        Column("hosts", lambda row: list(row.hosts)),
        Column("source", lambda row: row.source),
        Column("checked_on", lambda row: row.checked_on),
    ]
