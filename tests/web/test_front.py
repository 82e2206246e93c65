"""The front door and the plan: a need in, a plan out, kept by a mail address; the address stays a secret."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.test import Client

from minett.advice.marking import MatchedWord
from minett.advice.need import LONGEST_NEED
from minett.advice.plan import Plan
from minett.apps.cases.models import Case, Need
from minett.apps.ledger.models import Receipt
from minett.journeys import open_case
from minett.kernel.actor import VISITOR
from minett.kernel.clock import SystemClock
from minett.web import usual_times
from minett.web.usual_times import UsualTime
from minett.web.views import plan_parts
from tests.web.stock import few_queries, load_catalogue, send, words

FRENCH = (
    "Nos analystes ouvrent chaque lien signalé à la main pour voir si la page est un hameçonnage. "
    "Chaque signalement prend un quart d'heure."
)
TAXES = "How do I pay my income tax?"


@pytest.fixture(autouse=True)
def _catalogue(db):
    load_catalogue()


@pytest.fixture
def need() -> Need:
    return open_case.describe_need(VISITOR, now=SystemClock().now(), raw=FRENCH)


def test_the_door_says_that_there_are_no_figures_until_there_are(client: Client):
    with few_queries():
        page = words(client.get("/"))
    assert page.count("no figures yet") == 4
    assert "Luxinnovation" in page
    assert "Ministry of the Economy" not in page


def test_figures_are_medians_of_real_cases(client: Client, need: Need):
    Need.objects.filter(pk=need.pk).update(created_at=need.created_at - timedelta(hours=5))
    open_case.keep_plan(VISITOR, now=need.created_at, secret=need.secret, contact_email="a@example.org")
    page = words(client.get("/"))
    assert "5 hours" in page
    assert "1 case kept here" in page
    assert page.count("no figures yet") == 3


def test_examples_fill_the_box(client: Client):
    assert "hundreds of supplier invoices" in words(client.get("/?example=3"))
    assert "hundreds of supplier invoices" not in words(client.get("/?example=9"))


def test_a_need_gets_a_plan_at_a_secret_address(client: Client):
    answer = send(client, "/needs/", need=FRENCH)
    need = Need.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == f"/needs/{need.secret}/"
    with few_queries():
        plan = client.get(answer["Location"])
    page = words(plan)
    assert plan.status_code == 200
    assert "<mark>hameçonnage</mark>" in page
    assert "Language found: French" in page
    for heading in ("Do this first", "Do not start yet", "Computing time", "To be confirmed by a person", "Money"):
        assert heading in page
    assert plan["X-Robots-Tag"].startswith("noindex")
    assert plan["Referrer-Policy"] == "same-origin"
    assert "no-cache" in plan["Cache-Control"]


def test_the_same_form_sent_twice_writes_one_need_and_shows_the_same_plan(client: Client):
    key = str(uuid.uuid4())
    first, second = (send(client, "/needs/", key, need=FRENCH) for _time in range(2))
    assert first["Location"] == second["Location"]
    assert Need.objects.count() == 1


def test_who_goes_back_and_changes_the_words_means_the_new_words(client: Client):
    key = str(uuid.uuid4())
    first, second = (send(client, "/needs/", key, need=FRENCH + more) for more in ("", " Aidez-nous."))
    assert first["Location"] != second["Location"]
    assert Need.objects.count() == 2


@pytest.mark.parametrize("key", ["", "not-a-key"])
def test_a_form_without_its_key_is_refused(client: Client, key: str):
    answer = client.post("/needs/", {"need": FRENCH, "form_key": key})
    assert answer.status_code == 422
    assert not Need.objects.exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [("", "Nothing was written"), ("   ", "Nothing was written"), ("!!! ???", "not readable text")],
)
def test_what_is_no_need_is_told_beside_the_box(client: Client, given: str, said: str):
    answer = send(client, "/needs/", need=given)
    assert answer.status_code == 422
    assert said in words(answer)
    assert not Need.objects.exists()
    assert not Receipt.objects.exists()


def test_a_text_that_is_too_long_is_kept_in_the_box(client: Client):
    answer = send(client, "/needs/", need="scratches " * (LONGEST_NEED // 10 + 1))
    assert answer.status_code == 422
    assert "can be read" in words(answer)
    assert words(answer).count("scratches scratches") > 100


def test_a_form_that_was_shown_again_can_be_sent_with_its_old_key(client: Client):
    key = str(uuid.uuid4())
    assert send(client, "/needs/", key, need="").status_code == 422
    assert send(client, "/needs/", key, need=FRENCH).status_code == 302


def test_markup_in_a_need_stays_text(client: Client):
    answer = send(client, "/needs/", need=f"<script>alert(1)</script> {FRENCH}")
    page = words(client.get(answer["Location"]))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_chip_adds_its_answer_and_leaves_the_first_plan(client: Client, need: Need):
    page = words(client.get(f"/needs/{need.secret}/"))
    assert 'name="answer"' in page
    answer = send(client, "/needs/", need=FRENCH, answer="Cybersécurité")
    assert Need.objects.count() == 2
    assert Need.objects.get(secret=answer["Location"].split("/")[2]).text.endswith("\nCybersécurité")


def test_a_need_that_nothing_fits_goes_to_an_adviser(client: Client):
    answer = send(client, "/needs/", need=TAXES)
    page = words(client.get(answer["Location"]))
    assert "An adviser reads this" in page
    assert "No estimate is made" in page


def test_an_address_that_is_not_one_is_absent(client: Client):
    assert client.get("/needs/nobody-knows/").status_code == 404
    assert send(client, "/needs/nobody-knows/keep/", email="a@example.org").status_code == 404
    assert not Case.objects.exists()


def test_keeping_opens_one_case_and_says_who_has_it(client: Client, need: Need):
    url = f"/needs/{need.secret}/keep/"
    key = str(uuid.uuid4())
    for _time in range(2):
        answer = send(client, url, key, email="a@example.org")
        assert answer["Location"] == f"/needs/{need.secret}/kept/"
    send(client, url, email="b@example.org")
    case = Case.objects.get()
    with few_queries():
        page = words(client.get(answer["Location"]))
    assert case.number in page
    assert "the front desk" in page
    assert "a@example.org" not in page
    assert "This plan is kept" in words(client.get(f"/needs/{need.secret}/"))


@pytest.mark.parametrize("address", ["", "nobody", "a@b@c", "x" * 300 + "@example.org"])
def test_an_address_that_cannot_be_written_to_is_told_beside_the_field(client: Client, need: Need, address: str):
    answer = send(client, f"/needs/{need.secret}/keep/", email=address)
    assert answer.status_code == 422
    assert "field-error" in words(answer)
    assert not Case.objects.exists()


def test_looking_at_a_forms_address_leads_back(client: Client, need: Need):
    assert client.get("/needs/")["Location"] == "/"
    assert client.get(f"/needs/{need.secret}/keep/")["Location"] == f"/needs/{need.secret}/"
    assert client.get(f"/needs/{need.secret}/kept/")["Location"] == f"/needs/{need.secret}/"


def test_marks_that_do_not_fit_the_need_are_left_out(need: Need):
    plan = Plan.from_json(need.plan)
    best = plan_parts.best_of(plan)
    assert best is not None
    wrong = MatchedWord("elsewhere", 0, 9, "term", "title")
    twisted = plan.to_json()
    twisted["proposals"][0]["words"].insert(0, {name: getattr(wrong, name) for name in MatchedWord.__slots__})
    pieces = plan_parts.pieces(Plan.from_json(twisted))
    assert "".join(piece.text for piece in pieces) == plan.need
    assert [piece.text for piece in pieces if piece.word] == [word.word for word in best.words]


def test_a_signed_in_person_stays_within_the_budget(client: Client, cast, need: Need):
    client.force_login(cast.founder.user)
    for url in ("/", f"/needs/{need.secret}/"):
        with few_queries():
            assert client.get(url).status_code == 200


@pytest.mark.parametrize(
    ("long", "said"),
    [
        (timedelta(seconds=5), "less than a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=119), "119 minutes"),
        (timedelta(hours=30), "30 hours"),
        (timedelta(days=2), "2 days"),
    ],
)
def test_spans_in_words(long: timedelta, said: str):
    assert usual_times.span(long) == said


def test_a_median_counts_only_what_has_ended():
    now = SystemClock().now()
    times = UsualTime.of([(now, now + timedelta(days=4)), (now, None), (None, now), (now, now + timedelta(days=8))])
    assert times == UsualTime(timedelta(days=6), 2)
    assert str(UsualTime.of([])) == "no figures yet"
