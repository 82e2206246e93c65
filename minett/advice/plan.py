"""How a plan is made from cards. Every choice is a rule that can be read here; nothing is random or remembered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import date
from typing import Any, TypeVar

from minett.advice.ai_act.preview import AiActPreview, preview
from minett.advice.cards import (
    STEPS,
    CallCard,
    ClusterCard,
    DataProductCard,
    SchemeCard,
    ServiceCard,
    UseCaseCard,
)
from minett.advice.estimate import compute_estimate
from minett.advice.index import stems_of
from minett.advice.matching import Matching
from minett.advice.planned import (
    Hold,
    PathStep,
    Plan,
    PlannedCall,
    PlannedData,
    PlannedScheme,
    PlannedService,
    PlannedUseCase,
)
from minett.advice.questions import follow_up
from minett.advice.wording import say
from minett.kernel.content import LANGUAGES, Text

__all__ = ["Plan", "build_plan"]

SERVICES_A_STEP = 3
MOST_DATA_PRODUCTS = 5
_FIRST_STEPS = ("discover", "assess")
_Part = TypeVar("_Part")


def build_plan(
    *,
    need: str,
    matching: Matching,
    usecases: Mapping[str, UseCaseCard],
    services: Sequence[ServiceCard],
    schemes: Sequence[SchemeCard],
    calls: Sequence[CallCard],
    clusters: Sequence[ClusterCard],
    data_products: Sequence[DataProductCard],
    as_of: date,
    sectors: Mapping[str, Text] | None = None,
) -> Plan:
    """Return the plan for a need and its matching, as of a day.

    Calls whose cut-off has passed are left out. A banned use gets no path beyond the first two steps, no compute
    and no money. `sectors` names the sectors for the follow-up questions.
    """
    chosen = None if matching.none else usecases[matching.proposals[0].code]
    law = preview(
        need, usecase_risk=chosen.risk_class if chosen else None, language=matching.language.code, as_of=as_of
    )
    go = chosen is not None and law.risk_class != "prohibited"
    path = _path(services, chosen, need, STEPS if go else _FIRST_STEPS)
    funded = _money_first(schemes) if go else ()
    return Plan(
        need=need,
        language=matching.language,
        none=matching.none,
        outside=matching.outside,
        proposals=_proposals(matching, usecases),
        chosen=chosen.code if chosen else None,
        path=path,
        data_products=_data(chosen, data_products) if chosen and go else (),
        company_brings=chosen.data_needed if chosen and go else None,
        estimates=tuple(compute_estimate(chosen, cluster) for cluster in clusters) if chosen and go else (),
        schemes=tuple(_copied(PlannedScheme, card) for card in funded),
        calls=_open_calls(calls, as_of) if go else (),
        ai_act=law,
        do_first=_do_first(matching, chosen, law, path, funded),
        do_not_start_yet=tuple(_hold(card) for card in funded if card.must_precede_start),
        questions=follow_up(matching, usecases, sectors or {}),
        as_of=as_of,
    )


def _copied(kind: type[_Part], card: object, **more: Any) -> _Part:
    """Fill a part of the plan from the card's fields of the same name."""
    names = [field.name for field in fields(kind) if field.name not in more]  # type: ignore[arg-type]
    return kind(**{name: getattr(card, name) for name in names}, **more)


def _proposals(matching: Matching, usecases: Mapping[str, UseCaseCard]) -> tuple[PlannedUseCase, ...]:
    return tuple(
        _copied(
            PlannedUseCase,
            usecases[one.code],
            confidence=one.confidence,
            sentence=one.sentence,
            words=one.words,
        )
        for one in matching.proposals
    )


def _path(
    services: Sequence[ServiceCard], chosen: UseCaseCard | None, need: str, steps: Sequence[str]
) -> tuple[PathStep, ...]:
    wanted = _stems(need) | (card_stems(chosen) if chosen else frozenset())
    rows = ((step, _best([card for card in services if card.step == step], wanted)) for step in steps)
    return tuple(
        PathStep(step, tuple(_copied(PlannedService, card) for card in cards)) for step, cards in rows if cards
    )


def _best(cards: Sequence[ServiceCard], wanted: frozenset[str]) -> list[ServiceCard]:
    """Return up to three services: those that share most words with the need, other partners before repeats."""
    ranked = sorted(cards, key=lambda card: -len(_text_stems(card.title, card.gives) & wanted))
    taken: list[ServiceCard] = []
    while ranked and len(taken) < SERVICES_A_STEP:
        partners = {card.partner for card in taken}
        ranked.sort(key=lambda card: card.partner in partners)
        taken.append(ranked.pop(0))
    return taken


def _stems(text: str) -> frozenset[str]:
    return frozenset(one for code in LANGUAGES for one in stems_of(text, code))


def _text_stems(*texts: Text) -> frozenset[str]:
    return frozenset(one for text in texts for code, line in text.by_language.items() for one in stems_of(line, code))


def card_stems(card: UseCaseCard) -> frozenset[str]:
    """Return the stems of what a use case is about, in all its languages."""
    terms = (one for code, words in card.glossary.items() for term in words for one in stems_of(term, code))
    return _text_stems(card.title, card.problem, card.data_needed) | frozenset(terms)


def _data(chosen: UseCaseCard, products: Sequence[DataProductCard]) -> tuple[PlannedData, ...]:
    """Return the products that share words with the use case; the same sector alone is not enough."""
    about = card_stems(chosen)
    planned = [_shared(chosen, about, product) for product in products]
    fitting = [one for one in planned if one.shared]
    fitting.sort(key=lambda one: (-len(one.shared) - one.same_sector, one.code))
    return tuple(fitting[:MOST_DATA_PRODUCTS])


def _shared(chosen: UseCaseCard, about: frozenset[str], product: DataProductCard) -> PlannedData:
    words = (*product.keywords, *(column.replace("_", " ") for column in product.columns))
    shared = tuple(dict.fromkeys(word for word in words if _stems(word) & about))
    same = chosen.sector in product.sectors
    return PlannedData(product.code, product.title, product.access, shared, same)


def _money_first(schemes: Iterable[SchemeCard]) -> tuple[SchemeCard, ...]:
    """Return the schemes, those that are lost by an early start before the others."""
    return tuple(sorted(schemes, key=lambda card: not card.must_precede_start))


def _open_calls(calls: Sequence[CallCard], as_of: date) -> tuple[PlannedCall, ...]:
    still = [card for card in calls if card.next_cutoff is None or card.next_cutoff.date() >= as_of]
    still.sort(key=lambda card: (card.next_cutoff is None, card.next_cutoff.timestamp() if card.next_cutoff else 0.0))
    return tuple(_copied(PlannedCall, card) for card in still)


def _hold(card: SchemeCard) -> Hold:
    return Hold(card.code, card.title, say("do-not-start", scheme=card.title))


def _do_first(
    matching: Matching,
    chosen: UseCaseCard | None,
    law: AiActPreview,
    path: Sequence[PathStep],
    schemes: Sequence[SchemeCard],
) -> Text:
    """Choose the loudest sentence: the ban, then the adviser, then aid that can be lost, then the first service."""
    if law.risk_class == "prohibited":
        return say("do-first-stop")
    if chosen is None:
        kind = matching.outside
        return say("do-first-adviser-outside", kind=kind) if kind else say("do-first-adviser-reads")
    first = path[0].services[0] if path else None
    if first is None:
        return say("do-first-data", data=chosen.data_needed)
    if schemes and schemes[0].must_precede_start:
        return say(
            "do-first-apply", service=first.title, partner=first.partner_title or first.partner, scheme=schemes[0].title
        )
    return say("do-first-service", service=first.title, partner=first.partner_title or first.partner)
