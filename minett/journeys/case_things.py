"""What belongs to cases beside their timeline: documents, requests, grants, jobs, models, allocations. One query.

It reads only, through what each app lets the actor see; the rows of an app are opened by that app.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import CharField, DecimalField, F, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat

from minett.apps.cases.models import UseCaseDocument
from minett.apps.grants import access as grants
from minett.apps.jobs import access as jobs
from minett.apps.jobs import queries as compute
from minett.apps.registry import access as registry
from minett.kernel.actor import Actor
from minett.kernel.content import Text
from minett.kernel.quantities import Quantity

KINDS = ("document", "request", "grant", "job", "model", "allocation")
NEWEST = 6
_AMOUNT = DecimalField(max_digits=16, decimal_places=6)
_NO_AMOUNT = Cast(Value(None), _AMOUNT)
_COLUMNS = ("t_kind", "pk", "t_case", "t_title", "t_state", "t_at", "t_unit", "t_requested", "t_awarded", "t_used")


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing of a case. `noun` is its state table; a document's `state` is its decision, empty while it waits.

    `title` is in one to four languages; a document has its version as title. Amounts are set for allocations.
    """

    kind: str
    id: int
    case_id: int | None
    title: Text
    state: str
    at: datetime | None
    requested: Quantity | None = None
    awarded: Quantity | None = None
    used: Quantity | None = None

    @property
    def remaining(self) -> Quantity | None:
        """What is left of the award, never below zero; None before there is one."""
        if self.awarded is None or self.used is None:
            return None
        return Quantity(max(self.awarded.amount - self.used.amount, Decimal(0)), self.awarded.unit)


def of_case(actor: Actor, case_id: int) -> tuple[Thing, ...]:
    """Return the newest things of a case that the caller obtained, as far as the actor may open them; one query."""
    parts = _parts(actor)
    return _read([_newest(kind, *parts[kind], {_CASE[kind]: case_id}) for kind in KINDS])


def newest(actor: Actor, *kinds: str) -> tuple[Thing, ...]:
    """Return the newest things of these kinds that the actor may open, over all cases; one query."""
    parts = _parts(actor)
    return _read([_newest(kind, *parts[kind], {}) for kind in kinds])


_CASE = {
    "document": "case_id",
    "request": "case_id",
    "grant": "request__case_id",
    "job": "case_id",
    "model": "model__case_id",
    "allocation": "case_id",
}


def _parts(actor: Actor) -> dict[str, tuple[QuerySet[Any], dict[str, Any]]]:
    """Return for each kind what the actor may open and where its title, state, moment and amounts stand."""
    version = Concat("model__name", Value(" · "), Cast("number", TextField()), output_field=TextField())
    amounts = {"t_unit": F("unit"), "t_requested": _cast("requested"), "t_awarded": _cast("awarded")}
    return {
        # A document is seen by everybody who sees its case, and `of_case` is given an obtained one.
        "document": (UseCaseDocument.objects.all(), _said("version", "decision", "written_at")),
        "request": (grants.visible_requests(actor), _said("product__title", "state", "created_at")),
        "grant": (grants.visible_grants(actor), _said("version__product__title", "state", "until_at")),
        "job": (jobs.visible(actor), _said("title", "state", "submitted_at")),
        "model": (registry.visible(actor), _said("number", "state", "registered_at") | {"t_title": version}),
        "allocation": (
            jobs.visible_allocations(actor),
            _said("cluster__content__title", "state", "requested_at") | amounts | {"t_used": _cast("used")},
        ),
    }


def _said(title: str, state: str, at: str) -> dict[str, Any]:
    return {
        "t_title": Cast(F(title), TextField()),
        "t_state": F(state),
        "t_at": F(at),
        "t_unit": Cast(Value(""), CharField(max_length=12)),
        "t_requested": _NO_AMOUNT,
        "t_awarded": _NO_AMOUNT,
        "t_used": _NO_AMOUNT,
    }


def _cast(name: str) -> Cast:
    return Cast(F(name), _AMOUNT)


def _newest(kind: str, seen: QuerySet[Any], said: dict[str, Any], narrowed: dict[str, Any]) -> QuerySet[Any, Any]:
    ids = seen.filter(**narrowed).order_by("-pk").values("pk")[:NEWEST]
    rows: QuerySet[Any] = seen.model.objects.filter(pk__in=ids).order_by()
    if kind == "allocation":
        rows = compute.used_of(rows)
    columns = {"t_kind": Cast(Value(kind), TextField()), "t_case": F(_CASE[kind]), **said}
    told: QuerySet[Any, Any] = rows.annotate(**columns).values_list(*_COLUMNS)
    return told


def _read(parts: Sequence[QuerySet[Any, Any]]) -> tuple[Thing, ...]:
    first, *rest = parts
    rows = first.union(*rest, all=True) if rest else first
    return tuple(sorted((_thing(*row) for row in rows), key=lambda thing: -thing.id))


def _thing(
    kind: str, pk: int, case_id: int | None, title: str, state: str, at: datetime | None, unit: str, *amounts: Any
) -> Thing:
    given = [Quantity.of(amount, unit) if unit and amount is not None else None for amount in amounts]
    return Thing(kind, pk, case_id, _text(title), state, at, *given)


def _text(title: str) -> Text:
    """Read a title that the database gave as text: a mapping of languages, or plain words."""
    if title.startswith("{"):
        try:
            return Text.of(json.loads(title))
        except ValueError:
            return Text.of(title)
    return Text.of(title or "-")
