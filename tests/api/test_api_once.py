"""A write that is sent twice is done once."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest

from minett.api import once
from minett.apps.cases.models import Message, Need
from minett.apps.dataproducts.models import Product
from minett.apps.ledger.models import Receipt
from minett.apps.people.models import ApiToken
from minett.journeys import publish_product
from minett.planes.data.port import EngineFailed
from tests.api.callers import ROOT, Callers, told
from tests.api.publishing import upload
from tests.apps.jobs.compute_world import decided_case

KEY = "a-key-of-my-own-0001"


@pytest.fixture
def messages(call: Callers) -> str:
    case = decided_case(call.cast.founder, call.cast.adviser, call.clock.now())
    return f"/cases/{case.pk}/messages"


def test_the_same_write_twice_is_done_once_and_answered_alike(call: Callers, messages: str):
    first = call.sent("founder", messages, {"text": "Hello."}, Idempotency_Key=KEY)
    call.clock.advance(timedelta(hours=2))
    again = call.sent("founder", messages, {"text": "Hello."}, Idempotency_Key=KEY)

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert (first.headers.get("Idempotent-Replay"), again.headers["Idempotent-Replay"]) == (None, "true")
    assert first.headers["Content-Type"] == again.headers["Content-Type"]
    assert Message.objects.count() == 1


def test_another_body_or_address_under_the_same_key_is_a_clash(call: Callers, messages: str):
    call.post("founder", messages, {"text": "Hello."}, 201, Idempotency_Key=KEY)

    other = call.post("founder", messages, {"text": "Goodbye."}, 409, Idempotency_Key=KEY)
    elsewhere = call.post(
        "founder", messages.replace("messages", "move"), {"command": "build"}, 409, Idempotency_Key=KEY
    )
    assert other["code"] == elsewhere["code"] == "idempotency-key-reused"
    assert Message.objects.count() == 1


def test_a_key_belongs_to_whoever_sent_it(call: Callers, messages: str):
    for who in ("founder", "adviser"):
        call.post(who, messages, {"text": "Hello."}, 201, Idempotency_Key=KEY)

    assert Message.objects.count() == 2


def test_a_token_of_less_reach_is_not_given_the_answer_of_a_wider_one(call: Callers, messages: str):
    call.post("founder", messages, {"text": "Hello."}, 201, Idempotency_Key=KEY)
    narrow = call.client.post(
        f"{ROOT}{messages}",
        data=json.dumps({"text": "Hello."}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {call.token('founder', 'case:message:write')}", "Idempotency-Key": KEY},
    )

    assert told(narrow, 409)["code"] == "idempotency-key-reused"


def test_a_write_that_failed_may_be_sent_again(call: Callers, messages: str):
    refused = call.post("founder", messages, {"text": " "}, 422, Idempotency_Key=KEY)

    assert refused["code"] == "message-unusable"
    assert not Receipt.objects.exists()
    call.post("founder", messages, {"text": "Hello."}, 201, Idempotency_Key=KEY)


@pytest.mark.parametrize("key", ["short", "x" * 65, "with space", "schlüssel-schlüssel", "tab\there-12345"])
def test_a_key_that_cannot_be_used_is_refused(call: Callers, messages: str, key: str):
    problem = call.post("founder", messages, {"text": "Hello."}, 422, Idempotency_Key=key)

    assert problem["code"] == "idempotency-key-unusable"
    assert not Message.objects.exists()


def test_visitors_share_an_actor_so_their_keys_are_uuids(call: Callers):
    body = {"text": "Find phishing pages."}
    assert call.post("visitor", "/needs", body, 422, Idempotency_Key=KEY)["code"] == "idempotency-key-unusable"

    key = str(uuid.uuid4())
    first = call.post("visitor", "/needs", body, 201, Idempotency_Key=key)
    again = call.post("visitor", "/needs", body, 201, Idempotency_Key=key.upper())
    assert first == again
    assert Need.objects.count() == 1


def test_a_token_is_shown_once_and_kept_nowhere(call: Callers):
    call.client.force_login(call.cast.founder.user)
    body = {"name": "laptop", "scopes": ["*"], "expires_at": (call.clock.now() + timedelta(days=3)).isoformat()}

    def make() -> Any:
        headers = {"Idempotency-Key": KEY}
        return call.client.post(f"{ROOT}/tokens", json.dumps(body), content_type="application/json", headers=headers)

    first, again = make().json(), make().json()
    assert (first["id"], again["token"]) == (again["id"], None)
    assert ApiToken.objects.count() == 1
    assert first["token"] not in json.dumps(Receipt.objects.get().answer)


def test_publishing_twice_is_done_once(call: Callers):
    first, again = upload(call, key=KEY), upload(call, key=KEY)

    assert first.content == again.content
    assert again.headers["Idempotent-Replay"] == "true"
    assert told(upload(call, key=KEY, sector="energy"), 409)["code"] == "idempotency-key-reused"
    assert told(upload(call, key=KEY, rows=41), 409)["code"] == "idempotency-key-reused"
    assert Product.objects.count() == 1


def test_work_outside_a_transaction_gives_its_claim_back_when_it_fails(call: Callers, monkeypatch: pytest.MonkeyPatch):
    def away(*_given: Any, **_named: Any) -> None:
        assert Receipt.objects.get().status == 0
        raise EngineFailed(step="read")

    with monkeypatch.context() as patch:
        patch.setattr(publish_product, "publish", away)
        failed = upload(call, key=KEY)
    assert told(failed, 503)["retry_may_help"] is True
    assert failed.headers["Retry-After"]

    assert upload(call, key=KEY).status_code == 201
    assert Receipt.objects.get().status == 201


def test_the_same_work_is_not_begun_twice_unless_the_first_one_died(call: Callers):
    upload(call, key=KEY)
    Receipt.objects.update(status=0, answer={})

    assert told(upload(call, key=KEY), 409)["code"] == "still-being-done"
    call.clock.advance(once.LONGEST_WORK + timedelta(seconds=1))
    assert upload(call, key=KEY).status_code == 201
