"""Who asks: tokens, sessions, visitors. A bad proof is told, and never turns into a visitor."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client

from minett.apps.people import services
from minett.apps.people.models import ApiToken, User
from tests.api.callers import ROOT, Callers, told
from tests.apps.jobs.compute_world import decided_case


def with_proof(call: Callers, proof: str, path: str = "/cases"):
    return call.client.get(f"{ROOT}{path}", headers={"Authorization": proof})


def test_a_token_speaks_for_its_owner(call: Callers):
    case = decided_case(call.cast.founder, call.cast.adviser, call.clock.now())

    assert [row["id"] for row in call.get("founder", "/cases")["items"]] == [case.pk]
    assert call.get("rival", "/cases")["items"] == []
    assert call.get("rival", f"/cases/{case.pk}", 404)["code"] == "absent"


@pytest.mark.parametrize(
    ("proof", "code"),
    [
        ("Bearer minett_forged", "token-unknown"),
        ("Bearer", "proof-unusable"),
        ("Bearer ", "proof-unusable"),
        ("Basic Zm91bmRlcjpwYXNz", "proof-unusable"),
        ("Bearer " + "x" * 500, "proof-unusable"),
        ("minett_bare", "proof-unusable"),
        ("", "proof-unusable"),
    ],
)
def test_a_bad_proof_is_refused_even_where_a_visitor_may_read(call: Callers, proof: str, code: str):
    answer = with_proof(call, proof, "/catalogue")

    assert told(answer, 401)["code"] == code
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_an_expired_token_is_refused(call: Callers):
    raw = call.token("founder")
    call.clock.advance(timedelta(days=30) - timedelta(seconds=1))
    assert with_proof(call, f"Bearer {raw}").status_code == 200
    call.clock.advance(timedelta(seconds=1))

    assert told(with_proof(call, f"Bearer {raw}"), 401)["code"] == "token-expired"


def test_a_revoked_token_and_one_of_a_closed_account_are_unknown(call: Callers):
    raw = call.token("founder")
    services.revoke_token(call.cast.founder.actor, now=call.clock.now(), token_id=ApiToken.objects.get().pk)
    other = call.token("rival")
    User.objects.filter(pk=call.cast.rival.user.pk).update(is_active=False)

    for dead in (raw, other):
        assert told(with_proof(call, f"Bearer {dead}"), 401)["code"] == "token-unknown"


def test_scopes_narrow_what_the_owner_may_do(call: Callers):
    case = decided_case(call.cast.founder, call.cast.adviser, call.clock.now())
    catalogue_only = f"Bearer {call.token('founder', 'catalogue:*')}"
    reading = f"Bearer {call.token('founder', 'case:case:view')}"

    assert told(with_proof(call, catalogue_only, f"/cases/{case.pk}"), 403)["data"]["rule"] == "token-scope"
    for path in ("/cases", "/organisations", "/requests", "/grants", "/jobs", "/models", "/allocations", "/network"):
        assert told(with_proof(call, catalogue_only, path), 403)["data"]["rule"] == "token-scope"
    assert with_proof(call, reading, f"/cases/{case.pk}").status_code == 200
    moved = call.client.post(
        f"{ROOT}/cases/{case.pk}/move",
        data=json.dumps({"command": "build"}),
        content_type="application/json",
        headers={"Authorization": reading},
    )
    assert told(moved, 403)["data"]["rule"] == "token-scope"


def test_a_session_reads_without_and_writes_with_the_token_of_its_pages(call: Callers):
    case = decided_case(call.cast.founder, call.cast.adviser, call.clock.now())
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(call.cast.founder.user)
    path, body = f"{ROOT}/cases/{case.pk}/messages", json.dumps({"text": "Hello."})

    assert browser.get(f"{ROOT}/cases/{case.pk}").status_code == 200
    bare = browser.post(path, data=body, content_type="application/json")
    assert told(bare, 403)["code"] == "form-not-from-here"
    browser.cookies["csrftoken"] = secret = "a" * 32
    sent = browser.post(path, data=body, content_type="application/json", headers={"X-CSRFToken": secret})
    assert sent.status_code == 201


def test_a_visitor_who_is_refused_is_asked_for_a_proof(call: Callers):
    answer = call.client.get(f"{ROOT}/ledger")

    assert told(answer, 401)["data"]["rule"] == "ledger-readers"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert call.get("founder", "/ledger", 403)["code"] == "not-allowed"


def test_a_token_comes_before_a_cookie(call: Callers):
    case = decided_case(call.cast.founder, call.cast.adviser, call.clock.now())
    call.client.force_login(call.cast.founder.user)

    assert call.get("rival", f"/cases/{case.pk}", 404)["code"] == "absent"


def test_tokens_are_made_in_a_session_and_not_by_tokens(call: Callers):
    body = {"name": "laptop", "scopes": ["case:*"], "expires_at": (call.clock.now() + timedelta(days=3)).isoformat()}
    assert call.post("founder", "/tokens", body, 403)["data"]["rule"] == "own-token"
    assert call.post("visitor", "/tokens", body, 401)["data"]["rule"] == "own-token"

    call.client.force_login(call.cast.founder.user)
    made = call.client.post(f"{ROOT}/tokens", data=json.dumps(body), content_type="application/json").json()
    mine = f"Bearer {made['token']}"
    assert with_proof(call, mine).status_code == 200
    listed = call.client.get(f"{ROOT}/tokens").json()["items"]
    assert listed[0]["name"] == "laptop"
    assert "token" not in listed[0]

    call.client.force_login(call.cast.rival.user)
    foreign = call.client.post(f"{ROOT}/tokens/{made['id']}/revoke", content_type="application/json")
    assert told(foreign, 404)["code"] == "token-unknown"
    call.client.force_login(call.cast.founder.user)
    assert call.client.post(f"{ROOT}/tokens/{made['id']}/revoke", content_type="application/json").status_code == 200
    assert told(with_proof(call, mine), 401)["code"] == "token-unknown"


@pytest.mark.parametrize("scopes", [[], ["nothing:such"], ["case:*", "cases:*"]])
def test_a_scope_that_covers_nothing_is_refused(call: Callers, scopes: list[str]):
    call.client.force_login(call.cast.founder.user)
    body = {"name": "laptop", "scopes": scopes, "expires_at": (call.clock.now() + timedelta(days=3)).isoformat()}
    answer = call.client.post(f"{ROOT}/tokens", data=json.dumps(body), content_type="application/json")

    assert told(answer, 422)["code"] == "fields-unusable"
    assert not ApiToken.objects.exists()
