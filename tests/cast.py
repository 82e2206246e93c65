"""The cast: one person per part, with a sentence on what each is for.

founder     decides for Ferrum Sécurité (invented), a security start-up in Esch
engineer    trains models for the founder's company
rival       founder of another company: must see nothing of the first
adviser     Luxinnovation's front desk: takes cases, writes documents
partner     staff of a partner that delivers services
steward     keeps the data holder's products and decides on requests
authority   the data authority: oversees, may revoke
officer     awards compute
reviewer    releases models, never an own one
manager     reports to Europe, keeps the house
auditor     reads everything that is recorded, writes nothing
visitor     has no account
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from minett.apps.people import queries, services
from minett.apps.people.models import Organisation, OrganisationKind, User
from minett.kernel.actor import VISITOR, Actor, Role, robot

FOUNDED = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
HOUSE = robot("test-house")
PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Person:
    """A person with an account, and the actor they are."""

    user: User
    actor: Actor


@dataclass(frozen=True)
class Cast:
    founder: Person
    engineer: Person
    rival: Person
    adviser: Person
    partner: Person
    steward: Person
    authority: Person
    officer: Person
    reviewer: Person
    manager: Person
    auditor: Person
    company: Organisation
    rival_company: Organisation
    partner_org: Organisation
    front_desk: Organisation
    data_holder: Organisation
    factory: Organisation

    def people(self) -> dict[str, Person]:
        return {name: getattr(self, name) for name in NAMES}

    def actors(self) -> dict[str, Actor]:
        """Everybody by name, the visitor included."""
        return {name: person.actor for name, person in self.people().items()} | {"visitor": VISITOR}


NAMES = (
    "founder",
    "engineer",
    "rival",
    "adviser",
    "partner",
    "steward",
    "authority",
    "officer",
    "reviewer",
    "manager",
    "auditor",
)


def _organisation(name: str, kind: OrganisationKind, *, code: str = "", number: str = "") -> Organisation:
    return services.register_organisation(
        HOUSE,
        now=FOUNDED - timedelta(days=30),
        kind=kind,
        legal_name=name,
        country="LU",
        registry_number=number,
        partner_code=code,
        is_invented=kind == OrganisationKind.COMPANY,
    )


def _person(name: str, organisation: Organisation, *roles: Role) -> Person:
    user = services.register_person(
        HOUSE,
        now=FOUNDED - timedelta(days=29),
        email=f"{name}@example.org",
        name=name.capitalize(),
        language="en",
        password=None,
    )
    for role in roles:
        services.give_role(HOUSE, now=FOUNDED - timedelta(days=28), person=user, organisation=organisation, role=role)
    return Person(user=user, actor=queries.actor_of(user))


def make_cast() -> Cast:
    """Register everybody; organisations carry names that tests may show, companies are invented."""
    company = _organisation("Ferrum Sécurité S.à r.l.", OrganisationKind.COMPANY, number="B900001")
    rival_company = _organisation("Gresil Cyber S.A.", OrganisationKind.COMPANY, number="B900002")
    front_desk = _organisation("Luxinnovation", OrganisationKind.PARTNER, code="luxinnovation")
    partner_org = _organisation("LuxProvide", OrganisationKind.PARTNER, code="luxprovide")
    data_holder = _organisation("PNED GIE", OrganisationKind.PARTNER, code="lnds")
    factory = _organisation("Factory office", OrganisationKind.OPERATOR)
    return Cast(
        founder=_person("founder", company, Role.COMPANY_ADMIN),
        engineer=_person("engineer", company, Role.ENGINEER),
        rival=_person("rival", rival_company, Role.COMPANY_ADMIN, Role.ENGINEER),
        adviser=_person("adviser", front_desk, Role.ADVISER),
        partner=_person("partner", partner_org, Role.PARTNER_STAFF),
        steward=_person("steward", data_holder, Role.STEWARD),
        authority=_person("authority", factory, Role.DATA_AUTHORITY),
        officer=_person("officer", factory, Role.ALLOCATION_OFFICER),
        reviewer=_person("reviewer", factory, Role.TRUST_REVIEWER),
        manager=_person("manager", factory, Role.FACTORY_MANAGER),
        auditor=_person("auditor", factory, Role.AUDITOR),
        company=company,
        rival_company=rival_company,
        partner_org=partner_org,
        front_desk=front_desk,
        data_holder=data_holder,
        factory=factory,
    )
