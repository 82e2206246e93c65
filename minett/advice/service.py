"""The front of the thinking: words in, plan out. It reads only the library it is given and stores nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Self

from minett.advice.cards import CallCard, ClusterCard, DataProductCard, SchemeCard, ServiceCard, UseCaseCard
from minett.advice.matching import Matcher
from minett.advice.need import clean_need
from minett.advice.plan import Plan, build_plan
from minett.kernel.content import Text


@dataclass(frozen=True, slots=True)
class Library:
    """All cards of a factory and the matcher built from them. Build it once and keep it while the pack is the same."""

    usecases: Mapping[str, UseCaseCard]
    services: tuple[ServiceCard, ...]
    schemes: tuple[SchemeCard, ...]
    calls: tuple[CallCard, ...]
    clusters: tuple[ClusterCard, ...]
    data_products: tuple[DataProductCard, ...]
    matcher: Matcher
    sectors: Mapping[str, Text] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        *,
        usecases: Iterable[UseCaseCard],
        services: Iterable[ServiceCard] = (),
        schemes: Iterable[SchemeCard] = (),
        calls: Iterable[CallCard] = (),
        clusters: Iterable[ClusterCard] = (),
        data_products: Iterable[DataProductCard] = (),
        sectors: Mapping[str, Text] | None = None,
    ) -> Self:
        """Build the matcher (about a second for 120 use cases) and keep the cards beside it."""
        cards = tuple(usecases)
        return cls(
            usecases={card.code: card for card in cards},
            services=tuple(services),
            schemes=tuple(schemes),
            calls=tuple(calls),
            clusters=tuple(clusters),
            data_products=tuple(data_products),
            matcher=Matcher(cards),
            sectors=dict(sectors or {}),
        )


def advise(raw_need: object, library: Library, as_of: date, *, language: str | None = None) -> Plan:
    """Return the plan for a need as it came in. `language` is what the visitor reads in, where known.

    Raises NeedEmpty, NeedTooLong or NeedNotText.
    """
    need = clean_need(raw_need)
    return build_plan(
        need=need,
        matching=library.matcher.propose(need, language),
        usecases=library.usecases,
        services=library.services,
        schemes=library.schemes,
        calls=library.calls,
        clusters=library.clusters,
        data_products=library.data_products,
        as_of=as_of,
        sectors=library.sectors,
    )
