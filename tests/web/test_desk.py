"""The desk: what each part of the cast finds on it, and what it costs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from minett.apps.cases.models import Case
from minett.apps.grants.models import AccessRequest
from minett.apps.people import services as people
from minett.kernel.actor import Role
from minett.kernel.clock import SystemClock
from tests.apps.grants.world import ask, publish
from tests.apps.jobs.compute_world import requested
from tests.cast import HOUSE, NAMES
from tests.web.case_world import opened, planned, signed_in, taken

PARTS = {
    "founder": ("Our cases", "Under way"),
    "engineer": ("Our cases", "Under way"),
    "rival": ("Our cases", "Under way"),
    "adviser": ("What needs me now", "My open cases"),
    "partner": ("Cases in which we deliver a service",),
    "steward": ("Requests that wait for me", "My data products"),
    "authority": ("Grants", "Data requests"),
    "officer": ("Compute that was asked for",),
    "reviewer": ("Models that wait for review",),
    "manager": ("Where the cases stand",),
    "auditor": ("The newest rows of the ledger",),
}


def desk(person):
    answer = signed_in(person).get("/desk/")
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def busy(cast, now):
    """A case under way, a request and compute that wait, and a product on offer."""
    case = planned(cast, now)
    Case.objects.filter(pk=case.pk).update(state="building")
    product = publish(cast, now)
    ask(cast, now, product, case_id=case.pk)
    requested(cast, now, Case.objects.get(pk=case.pk))
    return case


def test_a_visitor_is_sent_to_sign_in(client, db):
    assert client.get("/desk/").url == "/accounts/login/?next=/desk/"


@pytest.mark.parametrize("name", NAMES)
def test_everybody_finds_their_parts_within_the_budget(cast, busy, name):
    person = getattr(cast, name)
    client = signed_in(person)
    client.get("/desk/")
    with CaptureQueriesContext(connection) as caught:
        html = client.get("/desk/").content.decode()
    assert len(caught) <= 8
    for title in PARTS[name]:
        assert f"<h2>{title}</h2>" in html
    assert html.count('class="desk-part"') == len(PARTS[name])


def test_what_waits_is_shown_to_whom_it_waits_for_and_to_nobody_else(cast, busy):
    desks = {name: desk(getattr(cast, name)) for name in NAMES}
    page = f'href="/requests/{AccessRequest.objects.get().pk}/"'
    with_request = {name for name, html in desks.items() if page in html}
    assert with_request == {"steward", "authority", "founder", "engineer"}
    assert "Phishing pages" in desks["steward"]
    assert "In review" in desks["founder"]
    assert "2\u00a0node-hours" in desks["officer"]
    assert "Phishing" not in desks["rival"]
    assert "Ferrum" not in desks["rival"]
    assert f"/cases/{busy.pk}/" in desks["partner"]


def test_the_adviser_sees_late_and_new_cases_first_with_their_buttons(cast, now):
    late, calm, new = taken(cast, now, "Late one"), taken(cast, now, "Calm one"), opened(now, "New one")
    today = SystemClock().now().date()
    Case.objects.filter(pk=late.pk).update(due_on=today - timedelta(days=1))
    Case.objects.filter(pk=calm.pk).update(due_on=today + timedelta(days=30))
    Case.objects.filter(pk=new.pk).update(due_on=today + timedelta(days=1))
    html = desk(cast.adviser)
    urgent, mine = html.split("My open cases", 1)
    assert urgent.index("Late one") < urgent.index("New one")
    assert "Calm one" not in urgent
    assert "Calm one" in mine
    assert "New one" not in mine
    assert ">late<" in urgent
    assert f'href="/cases/{new.pk}/take/"' in urgent
    assert f'href="/cases/{late.pk}/plan/"' in urgent


def test_the_desk_asks_as_often_for_many_cases_as_for_few(cast, now):
    taken(cast, now)
    client = signed_in(cast.adviser)
    counts = []
    for more in (0, 40):
        for number in range(more):
            taken(cast, now, f"Case {number}")
        client.get("/desk/")
        with CaptureQueriesContext(connection) as caught:
            client.get("/desk/")
        counts.append(len(caught))
    assert counts[0] == counts[1] <= 8


def test_many_roles_stay_within_the_budget(cast, busy, now):
    for role in Role:
        people.give_role(HOUSE, now=now, person=cast.adviser.user, organisation=cast.factory, role=role)
    client = signed_in(cast.adviser)
    client.get("/desk/")
    with CaptureQueriesContext(connection) as caught:
        html = client.get("/desk/").content.decode()
    assert len(caught) <= 8
    assert "What needs me now" in html
    assert "Our cases" in html


def test_somebody_without_a_role_is_told_what_comes_next(cast, now, client):
    person = people.register_person(HOUSE, now=now, email="new@example.org", name="New", language="en", password=None)
    client.force_login(person)
    assert "Your account has no role yet" in client.get("/desk/").content.decode()
