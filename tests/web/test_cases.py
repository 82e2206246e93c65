"""Cases on pages: the list equals what may be opened, the shared page, and every step from taking to closing."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from minett.apps.cases import services
from minett.apps.cases.models import Case, Engagement, Message, UseCaseDocument
from minett.apps.catalogue.models import EntryKind
from minett.apps.jobs.models import Job
from minett.apps.ledger.models import Entry
from minett.apps.people.models import Membership, Organisation, User
from minett.web.once import new_key
from minett.web.timeline import SAYINGS, UNKNOWN, told
from tests.apps.grants.world import Outbox, equipped
from tests.apps.jobs.compute_world import awarded, submitted
from tests.web.case_world import MAIL, documented, entry, opened, planned, send, signed_in, taken

MOST_QUERIES = 8


@pytest.fixture
def outbox(tmp_path):
    box = Outbox()
    with equipped(tmp_path, box):
        yield box


def queries_of(client, url):
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert client.get(url).status_code == 200
    return len(caught)


def test_a_visitor_is_sent_to_sign_in_whether_the_case_exists_or_not(client, cast, now):
    case = taken(cast, now)
    for pk in (case.pk, case.pk + 1):
        answer = client.get(f"/cases/{pk}/")
        assert (answer.status_code, answer.url) == (302, f"/accounts/login/?next=/cases/{pk}/")


def test_a_page_opens_exactly_for_those_who_have_it_in_their_list(cast, now):
    case = planned(cast, now)
    seen = {}
    for name, person in cast.people().items():
        client = signed_in(person)
        listed = f"/cases/{case.pk}/" in client.get("/cases/").content.decode()
        seen[name] = client.get(f"/cases/{case.pk}/").status_code == 200
        assert listed == seen[name], name
    allowed = {"founder", "engineer", "adviser", "partner", "manager", "auditor"}
    assert {name for name, is_seen in seen.items() if is_seen} == allowed


def test_the_page_says_where_it_stands_who_has_it_and_what_happened(cast, now):
    case = planned(cast, now)
    html = signed_in(cast.founder).get(f"/cases/{case.pk}/").content.decode()
    for words in (
        "Plan agreed",
        "The adviser writes the use-case document.",
        "Adviser",
        "8 December 2026",
        "The plan was agreed.",
        "It fits the need.",
        "An adviser took the case.",
        "LuxProvide",
        "Bootcamp",
        MAIL,
    ):
        assert words in html
    assert "you are the adviser of this case." not in html


def test_internal_notes_are_for_staff_alone(cast, now):
    case = planned(cast, now)
    client = signed_in(cast.adviser)
    send(client, f"/cases/{case.pk}/messages/", body="Ask about state aid.", internal="on")
    send(client, f"/cases/{case.pk}/messages/", body="Hello <script>alert(1)</script>")

    staff = client.get(f"/cases/{case.pk}/").content.decode()
    company = signed_in(cast.founder).get(f"/cases/{case.pk}/").content.decode()

    assert "Ask about state aid." in staff
    assert "Internal note" in staff
    assert "Ask about state aid." not in company
    assert "Internal note" not in company
    assert "Hello &lt;script&gt;" in company
    assert "<script>alert" not in company


def test_a_company_cannot_write_an_internal_note(cast, now):
    case = planned(cast, now)
    answer = send(signed_in(cast.founder), f"/cases/{case.pk}/messages/", body="Secret", internal="on")
    assert answer.status_code == 403
    assert not Message.objects.exists()


def test_a_message_that_is_sent_twice_is_written_once(cast, now):
    case = taken(cast, now)
    client, key = signed_in(cast.founder), new_key()
    answers = [send(client, f"/cases/{case.pk}/messages/", key, body="Once") for _time in range(2)]
    assert [(answer.status_code, answer.url) for answer in answers] == [(302, f"/cases/{case.pk}/")] * 2
    assert Message.objects.count() == 1


def test_an_unusable_message_stands_in_the_form_again(cast, now):
    case = taken(cast, now)
    client = signed_in(cast.founder)
    for body in ("   ", "x" * 10_001):
        answer = send(client, f"/cases/{case.pk}/messages/", body=body)
        assert answer.status_code == 422
        html = answer.content.decode()
        assert "A message needs between 1 and 10,000 characters." in html
        assert body in html
    assert not Message.objects.exists()


def test_the_timeline_does_not_tell_who_belongs_to_which_other_organisation(cast, now):
    case = planned(cast, now)
    client = signed_in(cast.founder)

    def shown(who):
        return "An adviser took the case." in client.get(f"/cases/{case.pk}/", {"partner": who}).content.decode()

    # The adviser is of the front desk, which takes no part by itself: both answers have to be the same.
    assert shown(cast.front_desk.pk) == shown(cast.rival_company.pk)


def test_the_timeline_can_be_narrowed_to_one_taking_part(cast, now):
    case = planned(cast, now)
    send(signed_in(cast.founder), f"/cases/{case.pk}/messages/", body="From the company")
    send(signed_in(cast.partner), f"/cases/{case.pk}/messages/", body="From the partner")
    client = signed_in(cast.adviser)

    def shown(who):
        return client.get(f"/cases/{case.pk}/", {"partner": who}).content.decode()

    assert "From the partner" in shown(cast.partner_org.pk)
    assert "From the company" not in shown(cast.partner_org.pk)
    assert "From the company" in shown(cast.company.pk)
    assert "The plan was agreed." in shown("adviser")
    assert "From the company" not in shown("adviser")
    assert "has not done anything in this case yet" in shown("platform")
    assert "From the company" in shown("nonsense")


def test_the_page_asks_the_database_as_often_with_much_as_with_little(cast, now):
    case = planned(cast, now)
    client = signed_in(cast.founder)
    few = queries_of(client, f"/cases/{case.pk}/")
    Case.objects.filter(pk=case.pk).update(state="building")
    allocation = awarded(cast, now, Case.objects.get(pk=case.pk))
    for _time in range(12):
        submitted(cast, now, allocation)
        services.write_message(cast.founder.actor, now=now, case_id=case.pk, body="More")
    assert Job.objects.count() == 12
    assert few == queries_of(client, f"/cases/{case.pk}/") <= MOST_QUERIES
    html = client.get(f"/cases/{case.pk}/").content.decode()
    assert "A training job was submitted." in html
    assert "Compute was awarded: 2\u00a0node-hours." in html


def test_the_list_asks_as_often_for_sixty_cases_as_for_one(cast, now):
    taken(cast, now)
    client = signed_in(cast.adviser)
    few = queries_of(client, "/cases/")
    for number in range(60):
        opened(now, f"Need {number}")
    assert few == queries_of(client, "/cases/") <= MOST_QUERIES


def test_the_list_is_filtered_paged_and_given_out(cast, now):
    mine = taken(cast, now, "=cmd|'/c calc'!A1")
    for number in range(55):
        opened(now, f"Need {number}")
    client = signed_in(cast.adviser)

    first = client.get("/cases/")
    cursor = first.content.decode().split("cursor=")[1].split('"')[0]
    second = client.get(f"/cases/?cursor={cursor}").content.decode()
    assert "Need 54" in first.content.decode()
    assert f"/cases/{mine.pk}/" in second
    assert "Need 54" not in second
    assert client.get("/cases/?cursor=broken").status_code == 422

    narrowed = client.get("/cases/?mine=on").content.decode()
    assert f"/cases/{mine.pk}/" in narrowed
    assert "Need 3" not in narrowed
    assert f"/cases/{mine.pk}/" not in client.get("/cases/?unassigned=on").content.decode()
    assert "No case fits" in client.get("/cases/?state=closed").content.decode()
    assert "Need 17" in client.get("/cases/?search=need+17").content.decode()

    rows = list(csv.DictReader(io.StringIO(b"".join(client.get("/cases/?format=csv")).decode("utf-8-sig"))))
    assert len(rows) == 56
    assert rows[-1]["title"] == "'=cmd|'/c calc'!A1"
    assert len(json.loads(b"".join(client.get("/cases/?format=json&mine=on")))) == 1
    assert client.get("/cases/?format=xml").status_code == 422


def test_a_rival_gets_no_row_of_the_export(cast, now):
    taken(cast, now)
    assert json.loads(b"".join(signed_in(cast.rival).get("/cases/?format=json"))) == []


def test_taking_a_case_registers_the_company_and_lets_the_person_in(cast, now):
    case = opened(now)
    client, key = signed_in(cast.adviser), new_key()
    form = {"legal_name": "Firm S.A.", "registry_number": "B1", "country": "lu", "contact_name": "Anna"}
    answers = [send(client, f"/cases/{case.pk}/take/", key, **form) for _time in range(2)]
    assert [answer.url for answer in answers] == [f"/cases/{case.pk}/"] * 2
    company = Organisation.objects.get(registry_number="B1")
    person = User.objects.get(email=MAIL)
    case.refresh_from_db()
    assert (case.state, case.organisation_id, case.adviser_id) == ("taken", company.pk, cast.adviser.user.pk)
    assert company.country == "LU"
    assert not person.has_usable_password()
    assert list(Membership.objects.filter(person=person).values_list("organisation_id", "role")) == [
        (company.pk, "company_admin")
    ]


def test_taking_a_case_for_a_company_that_the_search_found(cast, now):
    case = opened(now)
    client = signed_in(cast.adviser)
    page = client.get(f"/cases/{case.pk}/take/", {"search": "ferrum"}).content.decode()
    assert "Ferrum Sécurité" in page
    assert "Gresil" not in page
    send(client, f"/cases/{case.pk}/take/", search="ferrum", organisation=cast.company.pk)
    case.refresh_from_db()
    assert case.organisation_id == cast.company.pk


def test_a_person_known_by_mail_brings_the_company_along(cast, now):
    case = opened(now, mail=cast.founder.user.email)
    assert send(signed_in(cast.adviser), f"/cases/{case.pk}/take/").status_code == 302
    case.refresh_from_db()
    assert case.organisation_id == cast.company.pk


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({}, "Say first which company the case belongs to."),
        ({"legal_name": "Firm", "registry_number": "B900001"}, "already known"),
        ({"legal_name": "Firm", "country": "Luxembourg"}, "two letters"),
    ],
)
def test_what_is_wrong_with_a_company_stands_in_the_form_and_nothing_is_kept(cast, now, form, words):
    case = opened(now)
    answer = send(signed_in(cast.adviser), f"/cases/{case.pk}/take/", **form)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert Case.objects.get(pk=case.pk).state == "new"
    assert not Organisation.objects.filter(legal_name="Firm").exists()


def test_only_an_adviser_takes_a_case(cast, now):
    case = opened(now)
    assert send(signed_in(cast.manager), f"/cases/{case.pk}/take/").status_code == 403
    assert send(signed_in(cast.founder), f"/cases/{case.pk}/take/").status_code == 404
    assert Case.objects.get(pk=case.pk).state == "new"


def test_the_plan_is_agreed_with_use_case_services_and_reason(cast, now):
    case = taken(cast, now)
    entry(EntryKind.USECASES, "cyb-phish", now)
    entry(EntryKind.SERVICES, "bootcamp", now, step="skills", partners=["luxprovide"])
    client = signed_in(cast.adviser)
    page = client.get(f"/cases/{case.pk}/plan/").content.decode()
    assert "Bootcamp · luxprovide" in page

    incomplete = send(client, f"/cases/{case.pk}/plan/", usecase="other", services=["bootcamp"])
    assert incomplete.status_code == 422
    assert "Please give a reason" in incomplete.content.decode()
    assert "Choose the use case of the catalogue." in incomplete.content.decode()

    form: dict[str, Any] = {"usecase": "other", "other": "cyb-phish", "services": ["bootcamp"], "reason": "Fits."}
    assert send(client, f"/cases/{case.pk}/plan/", **form).url == f"/cases/{case.pk}/"
    case.refresh_from_db()
    assert (case.state, case.title) == ("planned", "Cyb phish")
    assert Engagement.objects.get(case=case).partner_id == cast.partner_org.pk


def test_a_plan_of_an_older_shape_does_not_stop_the_adviser(cast, now):
    case = taken(cast, now)
    entry(EntryKind.USECASES, "cyb-phish", now)
    Case.objects.filter(pk=case.pk).update(plan={"version": 0, "chosen": "cyb-phish"})
    answer = signed_in(cast.adviser).get(f"/cases/{case.pk}/plan/")
    assert answer.status_code == 200
    assert "Cyb phish" in answer.content.decode()


def test_a_plan_is_agreed_by_the_adviser_of_the_case_alone_and_once(cast, now):
    case = planned(cast, now)
    assert signed_in(cast.founder).get(f"/cases/{case.pk}/plan/").status_code == 403
    assert signed_in(cast.rival).get(f"/cases/{case.pk}/plan/").status_code == 404
    assert signed_in(cast.adviser).get(f"/cases/{case.pk}/plan/").status_code == 409


def test_the_document_starts_from_a_draft_and_is_written_once(cast, now, outbox):
    case = planned(cast, now)
    client, key = signed_in(cast.adviser), new_key()
    assert "reported mails" in client.get(f"/cases/{case.pk}/document/").content.decode()
    assert queries_of(client, f"/cases/{case.pk}/document/") <= MOST_QUERIES
    names = ("value", "data", "metrics", "risks", "compliance", "resources", "plan")
    empty = send(client, f"/cases/{case.pk}/document/", **dict.fromkeys(names[:-1], "Words that stay"))
    assert empty.status_code == 422
    assert empty.content.decode().count("Words that stay") == 6
    assert "This section is still empty." in empty.content.decode()
    long = send(client, f"/cases/{case.pk}/document/", **dict.fromkeys(names, "x" * 5001))
    assert "at most 5,000 characters" in long.content.decode()

    for _time in range(2):
        answer = send(client, f"/cases/{case.pk}/document/", key, **dict.fromkeys(names, "Words"))
    written = UseCaseDocument.objects.get(case=case)
    assert answer.url == f"/documents/{written.pk}/"
    assert outbox.sent == [("write_document_pdf", {"document_id": written.pk})]


def test_a_click_moves_only_along_the_table(cast, now):
    case = planned(cast, now)
    client = signed_in(cast.founder)
    assert send(client, f"/cases/{case.pk}/move/", command="build").status_code == 409
    Case.objects.filter(pk=case.pk).update(state="go")
    assert send(client, f"/cases/{case.pk}/move/", command="agree_plan").status_code == 409
    assert send(signed_in(cast.manager), f"/cases/{case.pk}/move/", command="build").status_code == 403
    assert "Start building" in client.get(f"/cases/{case.pk}/").content.decode()
    assert send(client, f"/cases/{case.pk}/move/", command="build").status_code == 302
    assert Case.objects.get(pk=case.pk).state == "building"


def test_a_form_without_its_key_is_refused(cast, now):
    case = taken(cast, now)
    assert signed_in(cast.founder).post(f"/cases/{case.pk}/messages/", {"body": "x"}).status_code == 422
    assert not Message.objects.exists()


def test_every_row_of_a_whole_case_has_its_own_sentence(cast, now):
    document = documented(cast, now)
    services.decide_document(
        cast.founder.actor, now=now, document_id=document.pk, decision="go", reason="The value is clear."
    )
    rows = Entry.objects.filter(case_id=document.case_id)
    assert rows.count() == 5
    assert all(not told(row, ()).title.startswith("Something changed") for row in rows)
    assert told(rows.order_by("-number")[0], ()).body == "The value is clear."
    strange = Entry(noun="case", after_text='{"state":"x"}', action="a:b:c", at_text="2026-01-01T00:00:00+00:00")
    assert told(strange, ()).title == "Something changed: a:b:c."
    assert UNKNOWN not in SAYINGS.values()
