"""Requests and grants: who sees them, who decides, and that a decision is bound to what was read."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from minett.apps.dataproducts import services as products
from minett.apps.grants import services
from minett.apps.grants.models import AccessRequest, Grant, Review
from minett.kernel.clock import SystemClock
from minett.planes.data.policy_tree import to_json
from minett.planes.data.schema import Sensitivity, TableSchema
from tests.apps.grants import world
from tests.cast import NAMES, Cast
from tests.web.stock import POLICY, asked, few_queries, granted, send, words

READERS = {"founder", "engineer", "steward", "authority", "auditor"}


@pytest.fixture
def outbox(tmp_path):
    box = world.Outbox()
    with world.equipped(tmp_path, box):
        yield box


def signed_in(client: Client, person) -> Client:
    client.force_login(person.user)
    return client


def vote(request: AccessRequest, **changed: str) -> dict[str, str]:
    return {"vote": "approve", "reason": "The purpose fits.", "content_sha256": request.content_sha256, **changed}


def test_the_list_shows_exactly_what_may_be_opened(client: Client, cast: Cast):
    request = asked(cast)
    url = f"/requests/{request.pk}/"
    for name in NAMES:
        signed_in(client, cast.people()[name])
        listed = url in words(client.get("/requests/"))
        assert listed == (client.get(url).status_code == 200) == (name in READERS), name
    client.logout()
    assert client.get(url).headers["Location"].startswith("/accounts/login/")
    assert client.get("/requests/").headers["Location"].startswith("/accounts/login/")


def test_lists_stay_within_the_budget_with_many_rows(client: Client, cast: Cast):
    request = asked(cast)
    now = SystemClock().now()
    for number in range(60):
        world.ask(cast, now, request.product, days=10 + number)
    signed_in(client, cast.steward)
    with few_queries():
        page = client.get("/requests/")
    assert len(page.context["rows"]) == 50
    with few_queries():
        rest = client.get(f"/requests/?cursor={page.context['next_cursor']}")
    assert len(rest.context["rows"]) == 11
    assert len(json.loads(words(client.get("/requests/?state=submitted&format=json")))) == 61
    assert json.loads(words(client.get("/requests/?state=rejected&format=json"))) == []


def test_the_applicant_sees_who_has_it_and_the_reviewer_what_to_weigh(client: Client, cast: Cast):
    request = asked(cast, safeguards="Little.")
    url = f"/requests/{request.pk}/"
    signed_in(client, cast.engineer)
    with few_queries():
        page = words(client.get(url))
    assert "the steward" in page
    assert "Promised for" in page
    assert "What to weigh" not in page
    assert 'name="vote"' not in page
    signed_in(client, cast.steward)
    with few_queries():
        page = words(client.get(url))
    for said in (
        "What to weigh",
        "The safeguards are told in few words",
        "No case is named",
        "invented",
        'name="vote"',
    ):
        assert said in page
    assert "owner_mail" not in page


def test_grave_columns_are_named(client: Client, cast: Cast):
    request = asked(cast, columns=["age", "length", "is_phishing"])
    graver = TableSchema(tuple(replace(one, sensitivity=Sensitivity.PERSONAL) for one in world.SCHEMA.columns))
    world.publish_version(cast, SystemClock().now(), request.product, "two", schema=graver.to_json())
    page = words(signed_in(client, cast.steward).get(f"/requests/{request.pk}/"))
    assert "shown as it is: age, is_phishing." in page
    assert "but masked: length." in page
    assert "A new version was published" in page


def test_what_can_no_longer_be_approved_is_said_before(client: Client, cast: Cast):
    request = asked(cast)
    narrower = replace(POLICY, purposes=("evaluation",), version=2)
    products.set_policy(
        cast.steward.actor, now=SystemClock().now(), product_id=request.product_id, tree=to_json(narrower)
    )
    page = words(signed_in(client, cast.steward).get(f"/requests/{request.pk}/"))
    assert "It cannot be approved as it stands" in page
    answer = send(client, f"/requests/{request.pk}/review/", **vote(request))
    assert answer.status_code == 422
    assert "only for" in words(answer)
    assert not Grant.objects.exists()


def test_an_approval_sent_twice_makes_one_grant_and_one_task(client: Client, cast: Cast, outbox):
    request = asked(cast)
    signed_in(client, cast.steward)
    key = str(uuid.uuid4())
    for _time in range(2):
        answer = send(client, f"/requests/{request.pk}/review/", key, **vote(request))
        assert answer["Location"] == f"/requests/{request.pk}/"
    grant = Grant.objects.get()
    assert Review.objects.count() == 1
    assert outbox.sent == [("build_snapshot", {"grant_id": grant.pk})]
    with few_queries():
        assert f"/grants/{grant.pk}/" in words(client.get(f"/requests/{request.pk}/"))


@pytest.mark.parametrize("name", ["engineer", "founder", "authority", "auditor"])
def test_others_do_not_decide(client: Client, cast: Cast, outbox, name: str):
    request = asked(cast)
    answer = send(signed_in(client, cast.people()[name]), f"/requests/{request.pk}/review/", **vote(request))
    assert answer.status_code == 403
    request.refresh_from_db()
    assert request.state == "submitted"


def test_the_rival_does_not_learn_that_there_is_a_request(client: Client, cast: Cast, outbox):
    request = asked(cast)
    signed_in(client, cast.rival)
    for step in ("review", "close", "resubmit"):
        assert send(client, f"/requests/{request.pk}/{step}/", **vote(request)).status_code == 404


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"reason": " "}, "reason"), ({"vote": "perhaps"}, "vote"), ({"vote": ""}, "vote")],
)
def test_a_vote_that_is_not_complete_is_shown_again(client: Client, cast: Cast, outbox, changed, field: str):
    request = asked(cast)
    signed_in(client, cast.steward)
    answer = send(client, f"/requests/{request.pk}/review/", **{**vote(request, reason="Kept words"), **changed})
    assert answer.status_code == 422
    assert field in answer.context["vote"].errors
    assert Review.objects.count() == 0
    if field != "reason":
        assert "Kept words" in words(answer)


def test_a_vote_on_what_was_changed_meanwhile_is_shown_again_with_the_new_text(client: Client, cast: Cast, outbox):
    request = asked(cast)
    signed_in(client, cast.steward)
    answer = send(client, f"/requests/{request.pk}/review/", **vote(request, content_sha256="0" * 64))
    assert answer.status_code == 422
    assert "was changed after you read it" in words(answer)
    assert request.content_sha256 in words(answer)
    assert "The purpose fits." in words(answer)
    assert not Grant.objects.exists()


def test_a_returned_request_is_answered_and_sent_again(client: Client, cast: Cast, outbox):
    request = asked(cast)
    signed_in(client, cast.steward)
    send(client, f"/requests/{request.pk}/review/", **vote(request, vote="return", reason="Who works with it?"))
    signed_in(client, cast.engineer)
    with few_queries():
        page = words(client.get(f"/requests/{request.pk}/"))
    assert "Who works with it?" in page
    terms: dict[str, Any] = {
        "purpose": "model-training",
        "columns": ["age"],
        "days": "30",
        "safeguards": "Anna and Marc alone.",
    }
    url = f"/requests/{request.pk}/resubmit/"
    wrong = send(client, url, **{**terms, "days": "0"})
    assert wrong.status_code == 422
    assert "Anna and Marc alone." in words(wrong)
    key = str(uuid.uuid4())
    for _time in range(2):
        assert send(client, url, key, **terms)["Location"] == f"/requests/{request.pk}/"
    request.refresh_from_db()
    assert (request.state, request.days, request.columns) == ("submitted", 30, ["age"])


def test_an_undecided_request_is_taken_back_once(client: Client, cast: Cast):
    request = asked(cast)
    signed_in(client, cast.engineer)
    assert "Withdraw the request" in words(client.get(f"/requests/{request.pk}/"))
    key = str(uuid.uuid4())
    for _time in range(2):
        assert send(client, f"/requests/{request.pk}/close/", key).status_code == 302
    request.refresh_from_db()
    assert request.state == "closed"
    assert send(client, f"/requests/{request.pk}/close/").status_code == 409
    assert "Withdraw the request" not in words(client.get(f"/requests/{request.pk}/"))


def test_looking_at_a_forms_address_changes_nothing(client: Client, cast: Cast):
    request = asked(cast)
    signed_in(client, cast.engineer)
    for step in ("review", "close", "resubmit"):
        assert client.get(f"/requests/{request.pk}/{step}/")["Location"] == f"/requests/{request.pk}/"
    request.refresh_from_db()
    assert request.state == "submitted"


def test_a_grant_tells_what_it_allows_to_its_readers(client: Client, cast: Cast):
    grant = granted(cast)
    url = f"/grants/{grant.pk}/"
    for name in NAMES:
        signed_in(client, cast.people()[name])
        with few_queries():
            page = client.get(url)
        assert (page.status_code == 200) == (name in READERS), name
        assert (url in words(client.get("/grants/"))) == (name in READERS), name
    told = words(signed_in(client, cast.engineer).get(url))
    assert world.sha_of("snapshot") in told
    assert "Training a model" in told
    assert "Revoke" not in told.split("What it shows")[1]


def test_a_grant_is_revoked_once_with_a_reason_that_is_read(client: Client, cast: Cast):
    grant = granted(cast)
    url = f"/grants/{grant.pk}/revoke/"
    assert send(signed_in(client, cast.engineer), url, reason="No more").status_code == 403
    assert send(signed_in(client, cast.rival), url, reason="No more").status_code == 404
    signed_in(client, cast.steward)
    assert send(client, url, reason=" ").status_code == 422
    key = str(uuid.uuid4())
    for _time in range(2):
        assert send(client, url, key, reason="The contract ended.")["Location"] == f"/grants/{grant.pk}/"
    grant.refresh_from_db()
    assert grant.state == "revoked"
    assert "The contract ended." in words(signed_in(client, cast.engineer).get(f"/grants/{grant.pk}/"))
    assert client.get(url)["Location"] == f"/grants/{grant.pk}/"


def test_grants_can_be_taken_away_as_a_file(client: Client, cast: Cast):
    granted(cast)
    rows = json.loads(words(signed_in(client, cast.founder).get("/grants/?format=json")))
    assert rows[0]["snapshot_sha256"] == world.sha_of("snapshot")
    assert services.VOTES == ("approve", "return", "reject")
