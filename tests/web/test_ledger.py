"""The ledger on pages: who reads it, how it is narrowed, what a row tells, and what the check finds."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from minett.apps.cases import services
from minett.apps.ledger.models import Entry
from minett.web.views.ledger import differences
from tests.cast import NAMES
from tests.web.case_world import planned, signed_in

READERS = {"auditor", "manager"}
PAGES = ("/ledger/", "/ledger/1/", "/ledger/verify/", "/ledger/?format=json")


@pytest.mark.parametrize("address", PAGES)
def test_only_auditors_and_management_read_it(cast, client, address):
    for name in NAMES:
        expected = 200 if name in READERS else 403
        assert signed_in(getattr(cast, name)).get(address).status_code == expected, name
    assert client.get(address).status_code == 302


def test_it_is_narrowed_by_noun_actor_and_case(cast, now):
    case = planned(cast, now)
    client = signed_in(cast.auditor)

    def found(**filters: Any):
        rows = json.loads(b"".join(client.get("/ledger/", {"format": "json", **filters})))
        return [(row["noun"], row["actor"]) for row in rows]

    assert {noun for noun, _actor in found(noun="case")} == {"case"}
    assert {actor for _noun, actor in found(actor=cast.adviser.actor.key)} == {cast.adviser.actor.key}
    assert found(actor="Adviser") == found(actor=cast.adviser.actor.key)
    assert len(found(case=case.number)) == len(found(case=str(case.pk))) == 3
    assert found(case="2026-99999") == []
    assert found(noun="nonsense") == found()


def test_it_is_read_page_by_page_at_the_same_cost(cast, now):
    case = planned(cast, now)
    client = signed_in(cast.auditor)
    counts = []
    for more in (0, 60):
        for _time in range(more):
            services.write_message(cast.founder.actor, now=now, case_id=case.pk, body="More")
        client.get("/ledger/")
        with CaptureQueriesContext(connection) as caught:
            first = client.get("/ledger/").content.decode()
        counts.append(len(caught))
    assert counts[0] == counts[1] <= 8
    numbers = [int(number) for number in re.findall(r'href="/ledger/(\d+)/"', first)]
    cursor = re.findall(r"cursor=([\w-]+)", first)[0]
    second = client.get(f"/ledger/?cursor={cursor}").content.decode()
    following = [int(number) for number in re.findall(r'href="/ledger/(\d+)/"', second)]
    assert len(numbers) == 50
    assert following[0] == numbers[-1] - 1


def test_a_row_tells_who_what_why_and_what_changed(cast, now):
    planned(cast, now)
    row = Entry.objects.filter(noun="case", action="case:plan:agree").get()
    html = signed_in(cast.auditor).get(f"/ledger/{row.pk}/").content.decode()
    for words in ("The plan was agreed.", "Adviser", "case-adviser", "It fits the need.", row.hash, row.previous_hash):
        assert words in html
    assert "<del>taken</del>" in html
    assert "<ins>planned</ins>" in html
    assert signed_in(cast.auditor).get("/ledger/99999/").status_code == 404


def test_differences_name_every_field_once():
    told = list(differences({"a": 1, "b": {"c": [1, 2]}}, {"a": 2, "b": {"c": [1, 2]}, "d": None}))
    assert [(one.name, one.before, one.after, one.is_changed) for one in told] == [
        ("a", "1", "2", True),
        ("b.c", "1, 2", "1, 2", False),
        ("d", "–", "–", False),
    ]
    assert list(differences(None, None)) == []


def test_the_check_says_that_it_holds_and_names_the_row_that_was_changed(cast):
    client = signed_in(cast.auditor)
    assert "The chain is unbroken" in client.get("/ledger/verify/").content.decode()
    Entry.objects.filter(pk=7).update(reason="Something else.")
    html = client.get("/ledger/verify/").content.decode()
    assert "The chain is broken" in html
    assert "Row 7 was changed after it was written." in html


def test_a_gap_at_the_end_is_found(cast):
    end = Entry.objects.count()
    Entry.objects.filter(pk=end).delete()
    assert f"Row {end} is missing." in signed_in(cast.manager).get("/ledger/verify/").content.decode()
