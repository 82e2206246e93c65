"""The set-up of the tests about cases on pages: a kept need, and the case at each step of its way."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.test import Client

from minett.apps.cases import services
from minett.apps.cases.models import Case, UseCaseDocument
from minett.apps.catalogue.models import EntryKind, EntryVersion, PackEntry
from minett.journeys.usecase_document import SECTIONS, _content
from minett.kernel.actor import VISITOR
from minett.web.once import new_key
from tests.cast import Cast, Person

MAIL = "anna@firm.example"
REASON = "It fits the need."


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person.user)
    return client


def send(client: Client, url: str, key: str = "", **fields: Any) -> Any:
    """Send a form as a page would; every call is a form of its own unless a key is given."""
    return client.post(url, {"form_key": key or new_key(), **fields})


def entry(kind: EntryKind, code: str, now: datetime, **content: Any) -> EntryVersion:
    pack_entry, _new = PackEntry.objects.get_or_create(pack="test", kind=kind, code=code)
    version, _new = EntryVersion.objects.get_or_create(
        entry=pack_entry,
        number=1,
        defaults={
            "is_current": True,
            "content": {"id": code, "title": {"en": code.replace("-", " ").capitalize()}, **content},
            "sha256": "0" * 64,
            "source": "https://example.org",
            "checked_on": date(2026, 11, 1),
            "valid_from": date(2026, 1, 1),
            "loaded_at": now,
        },
    )
    return version


def opened(now: datetime, title: str = "Phishing", mail: str = MAIL) -> Case:
    """A visitor's kept plan: nobody has it, and nobody knows whose it is."""
    need = services.write_need(VISITOR, now=now, text=title, language="en", plan={}, organisation_id=None)
    return services.open_case(VISITOR, now=now, need=need, title=title, contact_email=mail, channel="web")


def taken(cast: Cast, now: datetime, title: str = "Phishing") -> Case:
    case = opened(now, title)
    return services.take(cast.adviser.actor, now=now, case_id=case.pk, organisation_id=cast.company.pk)


def planned(cast: Cast, now: datetime) -> Case:
    """The partner's organisation delivers a service in it."""
    case = taken(cast, now)
    usecase = entry(EntryKind.USECASES, "cyb-phish", now, data_needed={"en": "reported mails"}, value={"en": ["Less"]})
    service = entry(EntryKind.SERVICES, "bootcamp", now, step="skills", partners=["luxprovide"])
    return services.agree_plan(
        cast.adviser.actor,
        now=now,
        case_id=case.pk,
        usecase=usecase,
        services=[service],
        title="Phishing",
        reason=REASON,
    )


def documented(cast: Cast, now: datetime) -> UseCaseDocument:
    case = planned(cast, now)
    full = Case.objects.select_related("organisation", "adviser", "need", "usecase__entry").get(pk=case.pk)
    content = _content(full, {name: f"Words <b>about</b> {name}" for name in SECTIONS}, now)
    return services.write_document(cast.adviser.actor, now=now, case_id=case.pk, content=content)
