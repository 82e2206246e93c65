"""The catalogue's names for codes, so that a page shows words where the tables keep codes. One query for all kinds."""

from __future__ import annotations

from collections.abc import Mapping

from minett.apps.catalogue import access
from minett.kernel.actor import Actor
from minett.kernel.content import Text

Titles = Mapping[tuple[str, str], Text]


def titles_of(actor: Actor, *kinds: str) -> Titles:
    """Return kind and code -> title, in the pack's order."""
    rows = access.visible(actor).filter(entry__kind__in=kinds).order_by("position", "pk")
    named = rows.values_list("entry__kind", "entry__code", "content__title")
    return {(kind, code): Text.of(title) for kind, code, title in named if title}


def title_in(titles: Titles, kind: str, code: str) -> Text:
    """Return the title, or the code itself in plain words where the catalogue no longer has it."""
    return titles.get((kind, code)) or Text.of(code.replace("-", " ") or "-")


def choices_of(titles: Titles, kind: str, language: str) -> list[tuple[str, str]]:
    """Return code and words of one kind, for a select."""
    return [(code, title.in_(language)) for (of, code), title in titles.items() if of == kind]
