"""A small own shelf of cards for the advice tests, all invented."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from minett.advice.cards import CallCard, ClusterCard, DataProductCard, SchemeCard, ServiceCard, UseCaseCard
from minett.advice.service import Library
from minett.kernel.content import Text

DAY = date(2026, 11, 24)


def four(en: str, fr: str, de: str, lb: str) -> dict[str, str]:
    return {"en": en, "fr": fr, "de": de, "lb": lb}


def use_case(code: str, title: dict[str, str], glossary: dict[str, list[str]], **more: object) -> UseCaseCard:
    content = {
        "id": code,
        "title": title,
        "sector": "manufacturing",
        "nace": "25.11",
        "problem": four("It costs time.", "Cela prend du temps.", "Es kostet Zeit.", "Et kascht Zäit."),
        "value": {"en": ["hours saved"], "fr": ["heures gagnées"], "de": ["Stunden"], "lb": ["Stonnen"]},
        "data_needed": four("history", "historique", "Verlauf", "Verlaf"),
        "method": four("trees", "arbres", "Bäume", "Beem"),
        "glossary": glossary,
        "data_kinds": ["tabular"],
        "risk_class": "minimal",
        "effort": "M",
        "twins": [],
        "source": "invented for the tests",
        "checked_on": DAY,
    }
    return UseCaseCard.from_content({**content, **more})


def own_cards() -> list[UseCaseCard]:
    return [
        use_case(
            "weld-check",
            four(
                "Weld seam inspection", "Contrôle des soudures", "Prüfung der Schweißnähte", "Kontroll vu Schweessnéi"
            ),
            {
                "en": ["weld seam", "pores"],
                "fr": ["soudure", "cordon"],
                "de": ["Schweißnaht", "Poren"],
                "lb": ["Schweessnot"],
            },
            data_kinds=["image"],
            data_needed=four("seam photographs", "photos de soudures", "Fotos der Nähte", "Fotoe vun den Néi"),
        ),
        use_case(
            "parcel-sort",
            four("Parcel sorting", "Tri des colis", "Paketsortierung", "Pakete sortéieren"),
            {"en": ["parcel", "depot"], "fr": ["colis", "dépôt"], "de": ["Paket", "Depot"], "lb": ["Pak", "Depot"]},
            sector="logistics",
            twins=["route-plan"],
        ),
        use_case(
            "route-plan",
            four("Route planning", "Plan de tournées", "Tourenplanung", "Tourneeë plangen"),
            {"en": ["detour"], "fr": ["détour"], "de": ["Umweg"], "lb": ["Ëmwee"]},
            sector="logistics",
        ),
        use_case(
            "cv-sort",
            four("Sorting applications", "Tri de candidatures", "Bewerbungen sortieren", "Kandidaturen sortéieren"),
            {"en": ["applicants"], "fr": ["candidats"], "de": ["Bewerber"], "lb": ["Kandidaten"]},
            risk_class="high",
        ),
    ]


def service(code: str, step: str, partner: str) -> ServiceCard:
    words = Text.of(code.replace("-", " "))
    return ServiceCard(code, words, step, partner, words, words, words, words, "https://example.org", DAY)


def own_library() -> Library:
    price = Text.of("free")
    return Library.of(
        usecases=own_cards(),
        services=[
            service("front-desk", "discover", "Partner A"),
            service("first-check", "assess", "Partner A"),
            service("second-check", "assess", "Partner A"),
            service("third-check", "assess", "Partner A"),
            service("other-check", "assess", "Partner B"),
            service("big-machine", "build", "Partner C"),
        ],
        schemes=[
            SchemeCard(
                "late-aid", Text.of("Late aid"), price, price, must_precede_start=False, source="x", checked_on=DAY
            ),
            SchemeCard(
                "early-aid", Text.of("Early aid"), price, price, must_precede_start=True, source="x", checked_on=DAY
            ),
        ],
        calls=[
            CallCard("past", price, "GPU-hour", price, price, datetime(2026, 11, 1, tzinfo=UTC), price, "x", DAY),
            CallCard("always", price, "GPU-hour", price, price, None, price, "x", DAY),
            CallCard("soon", price, "GPU-hour", price, price, datetime(2026, 12, 1, 9, tzinfo=UTC), price, "x", DAY),
        ],
        clusters=[
            ClusterCard("priced", Text.of("Priced"), 4, Decimal("2.5"), 2000, "x", DAY),
            ClusterCard("silent", Text.of("Silent"), 4, None, None, "x", DAY),
        ],
        data_products=[
            DataProductCard("photos", price, price, ("photo_id",), ("weld seam",), ("manufacturing",), "request"),
            DataProductCard("weather", price, price, ("rain_mm",), ("weather",), ("manufacturing",), "open"),
        ],
    )
