"""Sign-in: a mail address is whose it is only once it was proven, because cases find their company by it."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.core import mail
from django.test import Client

from minett.apps.cases.services import CaseWithoutCompany
from minett.journeys import open_case
from tests.cast import Cast, Person
from tests.web.case_world import opened

VICTIM = "anna@firm.example"


def with_password(person: Person) -> Client:
    """Sign in as people do, with mail and password."""
    person.user.set_password("correct horse battery staple")
    person.user.save()
    client = Client()
    sent = {"login": person.user.email, "password": "correct horse battery staple"}
    assert client.post("/accounts/login/", sent).status_code == 302
    return client


def claim(client: Client, address: str) -> None:
    """Do everything that the account pages let a person do to have an address as their own without proof."""
    client.post("/accounts/email/", {"email": address, "action_add": ""})
    client.post("/accounts/email/", {"email": address, "action_primary": ""})


def test_an_address_that_nobody_proved_becomes_nobodys(cast: Cast, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    client = with_password(cast.rival)

    claim(client, VICTIM)

    cast.rival.user.refresh_from_db()
    assert cast.rival.user.email == "rival@example.org"
    assert any(VICTIM in message.to for message in mail.outbox)


def test_a_case_does_not_go_to_whoever_only_says_that_the_address_is_theirs(cast: Cast, now: datetime, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    claim(with_password(cast.rival), VICTIM)
    case = opened(now, mail=VICTIM)

    with pytest.raises(CaseWithoutCompany):
        open_case.take_case(cast.adviser.actor, now=now, case_id=case.pk, organisation_id=None)
