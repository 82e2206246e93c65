"""Who takes part in the demonstration. The company and all persons are invented, and are marked so."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal

from minett.apps.people import queries, services
from minett.apps.people.models import Organisation, OrganisationKind, User
from minett.kernel.actor import Actor, Role, robot

HOUSE = robot("demo-host")
COMPANY_NUMBER = "DEMO-0001"
MAIL = "demo.example"


@dataclass(frozen=True, slots=True)
class People:
    founder: Actor
    engineer: Actor
    adviser: Actor
    steward: Actor
    officer: Actor
    reviewer: Actor
    authority: Actor
    manager: Actor
    auditor: Actor
    company: Organisation
    data_holder: Organisation


# Part, name, role, organisation (a key of _organisations).
PARTS = (
    ("founder", "Léa Thill", Role.COMPANY_ADMIN, "company"),
    ("engineer", "Noah Weis", Role.ENGINEER, "company"),
    ("adviser", "Claire Hoffmann", Role.ADVISER, "luxinnovation"),
    ("steward", "Marc Reuter", Role.STEWARD, "lnds"),
    ("officer", "Ines Lopes", Role.ALLOCATION_OFFICER, "luxprovide"),
    ("reviewer", "Jonas Kremer", Role.TRUST_REVIEWER, "list"),
    ("authority", "Anne Majerus", Role.DATA_AUTHORITY, "factory"),
    ("manager", "Paul Schmit", Role.FACTORY_MANAGER, "factory"),
    ("auditor", "Sofia Weber", Role.AUDITOR, "factory"),
)


def mail_of(part: str) -> str:
    return f"{part}@{MAIL}"


def everybody(now: datetime, password: str) -> People:
    """Register who is not there yet; running the demonstration again finds the same people."""
    organisations = _organisations(now)
    actors = {}
    for part, name, role, place in PARTS:
        user = queries.person_by_mail(mail_of(part)) or _person(now, part, name, password)
        services.give_role(HOUSE, now=now, person=user, organisation=organisations[place], role=role)
        actors[part] = queries.actor_of(user)
    return People(**actors, company=organisations["company"], data_holder=organisations["lnds"])


def parts() -> list[str]:
    return [field.name for field in fields(People) if field.name not in {"company", "data_holder"}]


def _person(now: datetime, part: str, name: str, password: str) -> User:
    language = "fr" if part in {"founder", "engineer"} else "en"
    return services.register_person(
        HOUSE, now=now, email=mail_of(part), name=f"{name} (invented)", language=language, password=password
    )


def _organisations(now: datetime) -> dict[str, Organisation]:
    partners = {"luxinnovation": "Luxinnovation", "lnds": "LNDS", "luxprovide": "LuxProvide", "list": "LIST"}
    found = {code: _partner(now, code, name) for code, name in partners.items()}
    found["factory"] = Organisation.objects.filter(
        kind=OrganisationKind.OPERATOR
    ).first() or services.register_organisation(
        HOUSE, now=now, kind=OrganisationKind.OPERATOR, legal_name="Demonstration factory office", country="LU"
    )
    found["company"] = Organisation.objects.filter(
        registry_number=COMPANY_NUMBER
    ).first() or services.register_organisation(
        HOUSE,
        now=now,
        kind=OrganisationKind.COMPANY,
        legal_name="Minettwächter S.à r.l. (invented)",
        trade_name="Minettwächter (invented)",
        country="LU",
        registry_number=COMPANY_NUMBER,
        nace="62.20",
        staff=11,
        turnover_eur=Decimal(780000),
        balance_sheet_eur=Decimal(410000),
        founded_on=date(2024, 3, 1),
        is_invented=True,
    )
    return found


def _partner(now: datetime, code: str, name: str) -> Organisation:
    return queries.partner_organisation(code) or services.register_organisation(
        HOUSE, now=now, kind=OrganisationKind.PARTNER, legal_name=name, country="LU", partner_code=code
    )
