"""The ledger: what was decided and done, for those who check it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from minett.apps.ledger import queries
from minett.apps.ledger.models import Entry
from minett.kernel.actor import Actor
from minett.kernel.clock import SystemClock
from minett.kernel.content import gettext_noop
from minett.kernel.errors import Absent
from minett.policy.actions import Action
from minett.policy.decide import demand
from minett.policy.rules.house import HouseFacts
from minett.web.declared import acts
from minett.web.forms.ledger import NOUNS, LedgerFilter
from minett.web.middleware import HouseRequest
from minett.web.pages import Cell, Column, Heading, export, keyset
from minett.web.templatetags.house import moment
from minett.web.timeline import told

COLUMNS: tuple[Column[Entry], ...] = (
    Column("number", lambda row: row.number),
    Column("at", lambda row: row.at_text),
    Column("actor", lambda row: row.actor_key),
    Column("actor_name", lambda row: row.actor_name),
    Column("action", lambda row: row.action),
    Column("noun", lambda row: row.noun),
    Column("noun_id", lambda row: row.noun_id),
    Column("case_id", lambda row: row.case_id),
    Column("before", lambda row: row.before),
    Column("after", lambda row: row.after),
    Column("rule", lambda row: row.rule),
    Column("reason", lambda row: row.reason),
    Column("previous_hash", lambda row: row.previous_hash),
    Column("hash", lambda row: row.hash),
)
FINDINGS = {
    "missing": gettext_noop("is missing"),
    "changed": gettext_noop("was changed after it was written"),
    "replaced": gettext_noop("was replaced by another row"),
    "added": gettext_noop("was added behind the signed end"),
    "head-forged": gettext_noop("is named as the end by a signature that does not hold"),
}
MOST_FINDINGS = 100


@acts(Action.LEDGER_VIEW)
@require_GET
def listing(request: HouseRequest) -> HttpResponseBase:
    """Show the rows, newest first, narrowed by noun, actor or case; or give them out as a file."""
    demand(request.actor, Action.LEDGER_VIEW, HouseFacts())
    form = LedgerFilter(request.GET)
    rows = queries.visible(request.actor).filter(form.narrowed())
    if kind := request.GET.get("format"):
        return export(rows.order_by("-number").iterator(chunk_size=1000), COLUMNS, kind, file_name="ledger")
    page = keyset(rows, request.GET.get("cursor", ""), by=("-number",))
    headings = (_("Row"), _("When"), _("Who"), _("What"), _("About"), _("Rule"))
    context = {
        "form": form,
        "headings": [Heading(headings[0], numeric=True), *map(Heading, headings[1:])],
        "rows": [_cells(row) for row in page.items],
        "next_cursor": page.next_cursor,
    }
    return render(request, "ledger/list.html", context)


def _cells(row: Entry) -> list[Cell]:
    noun = _(NOUNS.get(row.noun, row.noun))
    return [
        Cell(row.number, url=f"/ledger/{row.number}/"),
        Cell(moment(row.at)),
        Cell(row.actor_name),
        Cell(row.action),
        Cell(f"{noun} {row.noun_id}"),
        Cell(row.rule),
    ]


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of a change; `is_changed` when it was something else before."""

    name: str
    before: str
    after: str
    is_changed: bool


@acts(Action.LEDGER_VIEW)
@require_GET
def entry(request: HouseRequest, number: int) -> HttpResponse:
    """Show one row: who, what, by which rule and for which reason, and what changed from what to what."""
    row = _obtain(request.actor, number)
    context = {
        "row": row,
        "noun": _(NOUNS.get(row.noun, row.noun)),
        "sentence": told(row, ()).title if row.case_id else "",
        "differences": list(differences(row.before, row.after)),
    }
    return render(request, "ledger/entry.html", context)


def _obtain(actor: Actor, number: int) -> Entry:
    demand(actor, Action.LEDGER_VIEW, HouseFacts())
    row = queries.visible(actor).filter(pk=number).first()
    if row is None:
        raise Absent
    return row


def differences(before: Any, after: Any) -> Iterator[Difference]:
    """Yield every field that one of the two has, by name; nested ones with a dotted name."""
    old, new = dict(_flat("", before)), dict(_flat("", after))
    for name in sorted(old.keys() | new.keys()):
        was, now = old.get(name), new.get(name)
        yield Difference(name, _shown(was), _shown(now), is_changed=name in old and was != now)


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _flat(f"{name}.{key}" if name else str(key), inner)
    elif name:
        yield name, value


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, list):
        return ", ".join(_shown(one) for one in value) or "–"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@acts(Action.LEDGER_VERIFY)
@require_GET
def verify(request: HouseRequest) -> HttpResponse:
    """Check the whole chain now, row by row, and its signed end."""
    result = queries.verify(request.actor)
    found = [(finding.number, _(FINDINGS.get(finding.what, finding.what))) for finding in result.findings]
    context = {
        "result": result,
        "findings": found[:MOST_FINDINGS],
        "more": max(0, len(found) - MOST_FINDINGS),
        "at": SystemClock().now(),
    }
    return render(request, "ledger/verify.html", context)
