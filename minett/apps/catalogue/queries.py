"""Reads of the catalogue: lists for the pages, and cards for the thinking floor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db.models import Count, Max, QuerySet

from minett.advice.cards import CallCard, ClusterCard, SchemeCard, ServiceCard, UseCaseCard
from minett.advice.matching import Matcher
from minett.apps.catalogue import access
from minett.apps.catalogue.models import EntryKind, EntryVersion
from minett.kernel.actor import VISITOR, Actor
from minett.kernel.content import Text


def listing(actor: Actor, kind: str, *, step: str = "", partner: str = "", sector: str = "") -> QuerySet[EntryVersion]:
    """Return the entries of one kind in the pack's order, narrowed by the filters that the kind knows."""
    rows = access.visible(actor).filter(entry__kind=kind).order_by("position", "pk")
    if step:
        rows = rows.filter(content__step=step)
    if sector:
        rows = rows.filter(content__sector=sector)
    if partner:
        # A JSON array is searched by its text: codes are kebab-case and stand in quotes.
        rows = rows.filter(content__partners__icontains=f'"{partner}"')
    return rows


def current(actor: Actor, kind: str, codes: Iterable[str]) -> list[EntryVersion]:
    """Return the current versions of the named entries, in the pack's order."""
    return list(access.visible(actor).filter(entry__kind=kind, entry__code__in=list(codes)).order_by("position", "pk"))


def factory(actor: Actor) -> dict[str, Any] | None:
    """Return the content of the pack's own entry: name, sectors, contact; None before a pack is loaded."""
    row = access.visible(actor).filter(entry__kind=EntryKind.FACTORY).first()
    return row.content if row else None


def signature() -> tuple[int, int]:
    """Return what changes whenever the catalogue changes: its newest version and how many entries live."""
    live = access.visible(VISITOR).aggregate(newest=Max("pk"), live=Count("pk"))
    return (live["newest"] or 0, live["live"])


def _cards_of(kind: str) -> list[dict[str, Any]]:
    return [row.content for row in access.visible(VISITOR).filter(entry__kind=kind).order_by("position", "pk")]


@lru_cache(maxsize=2)
def matcher_of(_signature: tuple[int, int]) -> tuple[Mapping[str, UseCaseCard], Matcher]:
    """Return the use-case cards by code, and their matcher; built once per state of the catalogue, about a second."""
    cards = tuple(UseCaseCard.from_content(content) for content in _cards_of(EntryKind.USECASES))
    return {card.code: card for card in cards}, Matcher(cards)


@lru_cache(maxsize=2)
def offer_of(_signature: tuple[int, int], as_of: date) -> dict[str, Any]:
    """Return the other cards that hold on a day, by the name of the library's field."""
    partners = {content["id"]: Text.of(content["title"]) for content in _cards_of(EntryKind.PARTNERS)}
    valid = {kind: [c for c in _cards_of(kind) if _holds(c, as_of)] for kind in ("services", "schemes", "calls")}
    return {
        "services": tuple(service_card(content, partners) for content in valid["services"]),
        "schemes": tuple(scheme_card(content) for content in valid["schemes"]),
        "calls": tuple(card for content in valid["calls"] if (card := call_card(content, as_of)) is not None),
        "clusters": tuple(cluster_card(content) for content in _cards_of(EntryKind.CLUSTERS)),
        "sectors": {content["id"]: Text.of(content["title"]) for content in _cards_of(EntryKind.SECTORS)},
    }


def _holds(content: dict[str, Any], as_of: date) -> bool:
    until = content.get("valid_to")
    return date.fromisoformat(content["valid_from"]) <= as_of and (not until or as_of <= date.fromisoformat(until))


def _text(content: dict[str, Any], name: str) -> Text:
    return Text.of(content[name])


def _day(content: dict[str, Any], name: str) -> date:
    return date.fromisoformat(content[name])


def service_card(content: dict[str, Any], partners: Mapping[str, Text]) -> ServiceCard:
    return ServiceCard(
        code=content["id"],
        title=_text(content, "title"),
        step=content["step"],
        partner=content["partners"][0],
        audience=_text(content, "audience"),
        price=_text(content, "price"),
        duration=_text(content, "duration"),
        gives=_text(content, "gives"),
        source=content["source"],
        checked_on=_day(content, "checked_on"),
        partner_title=partners.get(content["partners"][0]),
    )


def scheme_card(content: dict[str, Any]) -> SchemeCard:
    return SchemeCard(
        code=content["id"],
        title=_text(content, "title"),
        gives=_text(content, "gives"),
        audience=_text(content, "audience"),
        must_precede_start=content["must_precede_start"],
        source=content["source"],
        checked_on=_day(content, "checked_on"),
    )


def call_card(content: dict[str, Any], as_of: date) -> CallCard | None:
    """Return the call as it stands on the day; None when its last cut-off has passed."""
    moments = [datetime.fromisoformat(cut_off["at"]) for cut_off in content.get("cut_offs", [])]
    ahead = [moment for moment in moments if moment.date() >= as_of]
    if moments and not ahead:
        return None
    return CallCard(
        code=content["id"],
        title=_text(content, "title"),
        unit=content["unit"],
        size=_text(content, "size"),
        audience=_text(content, "audience"),
        next_cutoff=min(ahead, default=None),
        answer_time=_text(content, "answer_time"),
        source=content["source"],
        checked_on=_day(content, "checked_on"),
    )


def cluster_card(content: dict[str, Any]) -> ClusterCard:
    price = content.get("node_price_eur")
    return ClusterCard(
        code=content["id"],
        title=_text(content, "title"),
        gpus_per_node=content["gpus_per_node"],
        node_price_eur=None if price is None else Decimal(str(price)),
        watts_per_node=content.get("watts_per_node"),
        source=content["source"],
        checked_on=_day(content, "checked_on"),
    )
