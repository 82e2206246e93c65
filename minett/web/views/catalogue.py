"""The public catalogue: what there is of each kind, lists, and one entry with its source and its history."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Count
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from minett.apps.catalogue import access, queries
from minett.apps.catalogue.models import EntryKind, EntryVersion
from minett.kernel.errors import Absent
from minett.policy.actions import Action
from minett.web.catalogue_titles import Titles, choices_of, titles_of
from minett.web.declared import acts
from minett.web.forms.catalogue import EntryFilter
from minett.web.middleware import HouseRequest, page_language
from minett.web.pages import Cell, Column, Heading, Page, export, keyset
from minett.web.templatetags.house import text
from minett.web.views import catalogue_kinds
from minett.web.views.catalogue_kinds import BY_CODE, KINDS, Kind
from minett.web.views.plan_parts import STEPS

ORDER = ("position", "pk")
# Which selects stand above the list of a kind. Use cases are few enough to be searched as they are read.
FILTERS: dict[str, tuple[str, ...]] = {
    EntryKind.USECASES: ("search", "sector"),
    EntryKind.SERVICES: ("step", "partner"),
    EntryKind.SCHEMES: ("partner",),
    EntryKind.CALLS: ("partner",),
}
SEARCHED = ("title", "problem", "value", "data_needed", "method", "glossary")


@acts(Action.CATALOGUE_VIEW)
@require_GET
def index(request: HouseRequest) -> HttpResponse:
    """Show each kind with how many entries it has."""
    rows = access.visible(request.actor).order_by().values_list("entry__kind").annotate(count=Count("pk"))
    counted = dict(rows)
    kinds = [(kind, counted.get(kind.code, 0)) for kind in KINDS]
    return render(request, "catalogue/index.html", {"kinds": kinds, "factories": counted.get(EntryKind.FACTORIES, 0)})


@acts(Action.CATALOGUE_VIEW)
@require_GET
def listing(request: HouseRequest, kind: str) -> HttpResponseBase:
    """Show the entries of a kind, narrowed, page by page; or give them out as a file."""
    shown = _kind(kind)
    titles = titles_of(request.actor, *catalogue_kinds.NAMED_BY)
    form = EntryFilter(request.GET, _choices(kind, titles))
    chosen = form.chosen()
    words = chosen.pop("search", "")
    rows = queries.listing(request.actor, kind, **chosen)
    if request.GET.get("format"):
        return export(_found(rows, words), _columns(), request.GET["format"], file_name=f"catalogue-{kind}")
    page = Page(_found(rows, words)) if words else keyset(rows, request.GET.get("cursor", ""), by=ORDER)
    context = {
        "kind": shown,
        "form": form if form.fields else None,
        "headings": [Heading(_("Name")), *(Heading(_(field.label), field.numeric) for field in shown.columns)],
        "rows": [_row(shown, row, titles) for row in page.items],
        "next_cursor": page.next_cursor,
        "crumbs": [(_("Catalogue"), "/catalogue/")],
    }
    return render(request, "catalogue/listing.html", context)


@acts(Action.CATALOGUE_VIEW)
@require_GET
def entry(request: HouseRequest, kind: str, code: str) -> HttpResponse:
    """Show one entry: what it says, where that was read, how far to trust it, and how it changed."""
    shown = _kind(kind)
    row = access.obtain(request.actor, Action.CATALOGUE_VIEW, kind, code)
    titles = titles_of(
        request.actor, *catalogue_kinds.NAMED_BY, *([EntryKind.USECASES] if row.content.get("twins") else [])
    )
    context = {
        "kind": shown,
        "row": row,
        "facts": catalogue_kinds.facts(shown, row.content, titles),
        "trust": catalogue_kinds.trust_of(row.content),
        "sources": [(part, part.startswith("https://")) for part in row.source.split(" ; ")],
        "versions": EntryVersion.objects.filter(entry=row.entry).order_by("-number"),
        "crumbs": [(_("Catalogue"), "/catalogue/"), (_(shown.title), f"/catalogue/{kind}/")],
    }
    return render(request, "catalogue/entry.html", context)


def _kind(code: str) -> Kind:
    if code not in BY_CODE:
        raise Absent
    return BY_CODE[code]


def _choices(kind: str, titles: Titles) -> dict[str, list[tuple[str, str]]]:
    language = page_language()
    known = {
        "search": [],
        "step": [(code, _(words)) for code, words in STEPS.items()],
        "partner": choices_of(titles, EntryKind.PARTNERS, language),
        "sector": choices_of(titles, EntryKind.SECTORS, language),
    }
    return {name: known[name] for name in FILTERS.get(kind, ())}


def _found(rows: Iterable[EntryVersion], words: str) -> list[EntryVersion]:
    """Return the entries in which every word stands, in whichever language."""
    wanted = words.casefold().split()
    return [row for row in rows if all(word in _all_words(row.content) for word in wanted)] if wanted else list(rows)


def _all_words(content: dict[str, Any]) -> str:
    return " ".join(_flat([content.get(name) for name in SEARCHED])).casefold()


def _flat(value: Any) -> Iterable[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _flat(part)
    elif isinstance(value, str):
        yield value


def _row(kind: Kind, row: EntryVersion, titles: Titles) -> list[Cell]:
    name = Cell(text(row.content["title"]), url=f"/catalogue/{kind.code}/{row.entry.code}/")
    return [name, *(Cell(field.shown(row.content, titles)) for field in kind.columns)]


def _columns() -> list[Column[EntryVersion]]:
    return [
        Column("kind", lambda row: row.entry.kind),
        Column("code", lambda row: row.entry.code),
        Column("version", lambda row: row.number),
        Column("source", lambda row: row.source),
        Column("checked_on", lambda row: row.checked_on),
        Column("valid_from", lambda row: row.valid_from),
        Column("valid_to", lambda row: row.valid_to),
        Column("content", lambda row: row.content),
    ]
