"""Data through the API: published by stewards, shown as the policy says, asked for, granted, revoked."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from minett.apps.dataproducts.models import Product
from minett.apps.grants.models import Grant
from minett.journeys import grant_data
from minett.kernel.actor import robot
from tests.api.callers import Callers, told
from tests.api.publishing import upload
from tests.apps.grants.world import SHOWN_ROWS, Outbox
from tests.apps.jobs.compute_world import decided_case

TERMS: dict[str, Any] = {
    "purpose": "model-training",
    "columns": ["age", "length", "is_phishing"],
    "days": 90,
    "safeguards": "Two engineers, one encrypted disk, deleted at the end.",
}


def published(call: Callers, **changed: Any) -> str:
    return f"/data-products/{told(upload(call, **changed), 201)['id']}"


def test_a_steward_publishes_and_everybody_finds_it(call: Callers):
    made = told(upload(call), 201)

    assert (made["standing"]["state"], made["version"]["rows"], made["policy_number"]) == ("published", 40, 1)
    assert [row["code"] for row in call.get("visitor", "/data-products?search=hameçonnage")["items"]] == [
        "phishing-pages"
    ]
    assert call.get("visitor", "/data-products?sector=energy")["items"] == []


@pytest.mark.parametrize("who", ["visitor", "founder", "authority", "partner", "adviser"])
def test_others_are_sent_away_before_their_file_is_read(call: Callers, who: str, monkeypatch: pytest.MonkeyPatch):
    def touched(*_given: Any) -> None:
        raise AssertionError("the upload was read")

    call.headers(who)
    monkeypatch.setattr("django.http.request.HttpRequest.parse_file_upload", touched)
    problem = told(upload(call, who=who), 401 if who == "visitor" else 403)

    assert problem["data"]["rule"] == "steward-publishes"


def test_a_steward_publishes_for_no_other_organisation(call: Callers):
    for owner in (call.cast.company.pk, 99999, 2**62):
        assert told(upload(call, owner=owner), 403)["data"]["rule"] == "steward-publishes"
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"columns": []}, "schema-not-understood"),
        ({"columns": [{"name": "age"}]}, "schema-not-understood"),
        ({"policy": {}}, "policy-not-understood"),
        ({"title": {}}, "fields-unusable"),
        ({"title": {"xx": "words"}}, "fields-unusable"),
        ({"code": "Not A Code"}, "product-facts-unusable"),
        ({"file": SimpleUploadedFile("pages.parquet", b"PK\x03\x04 no parquet at all")}, "not-this-format"),
        ({"file": SimpleUploadedFile("pages.csv", b"age,other\n1,2\n")}, "columns-differ"),
    ],
)
def test_what_cannot_be_published_is_told(call: Callers, changed: dict[str, Any], code: str):
    assert told(upload(call, **changed), 422)["code"] == code
    assert not Product.objects.exists()


def test_hidden_columns_are_told_to_the_stewards_alone(call: Callers):
    product = published(call)

    seen, whole = call.get("founder", product), call.get("steward", product)
    assert [column["name"] for column in seen["columns"]] == ["age", "length", "is_phishing"]
    assert (seen["policy"], seen["profile"]) == (None, None)
    assert "owner_mail" not in str(seen)
    assert "owner_mail" in str(whole["policy"])
    assert (seen["commands"], whole["commands"]) == ([], ["publish", "withdraw"])


def test_a_preview_needs_a_grant_and_shows_what_the_policy_shows(call: Callers):
    product = published(call)
    assert call.get("founder", f"{product}/preview", 403)["code"] == "preview-needs-grant"

    shown = call.get("steward", f"{product}/preview?limit=3")
    assert shown["columns"] == ["age", "length", "is_phishing"]
    assert [len(row) for row in shown["rows"]] == [3, 3, 3]
    assert call.get("steward", f"{product}/preview?limit=201", 422)["code"] == "fields-unusable"


def granted(call: Callers, outbox: Outbox) -> dict[str, Any]:
    product, case = published(call), decided_case(call.cast.founder, call.cast.adviser, call.clock.now())
    body = {**TERMS, "product_id": int(product.rpartition("/")[2])}
    asked = call.post("engineer", f"/cases/{case.pk}/requests", body, 201)
    review = {"vote": "approve", "reason": "It fits.", "content_sha256": asked["content_sha256"]}
    approved = call.post("steward", f"/requests/{asked['id']}/review", review)
    assert outbox.sent == [("build_snapshot", {"grant_id": approved["grant_id"]})]
    grant_data.build_snapshot(robot("snapshot-builder"), now=call.clock.now(), grant_id=approved["grant_id"])
    grant: dict[str, Any] = call.get("engineer", f"/grants/{approved['grant_id']}")
    return grant


def test_from_a_request_to_data_and_its_end(call: Callers, outbox: Outbox):
    grant = granted(call, outbox)
    address = f"/grants/{grant['id']}"

    assert (grant["standing"]["state"], grant["snapshot_rows"], grant["commands"]) == ("active", SHOWN_ROWS, [])
    assert grant["columns"] == ["age", "length", "is_phishing"]
    assert len(call.get("engineer", f"/data-products/{grant['product']['id']}/preview")["rows"]) == 20
    assert call.get("rival", address, 404)["code"] == "absent"
    assert call.get("rival", "/grants")["items"] == []
    assert call.post("founder", f"{address}/revoke", {"reason": "No."}, 403)["data"]["rule"] == "steward-revokes"
    assert call.post("steward", f"{address}/revoke", {"reason": " "}, 422)["code"] == "decision-needs-reason"
    ended = call.post("authority", f"{address}/revoke", {"reason": "The owner asked."})
    assert (ended["standing"]["state"], ended["end_reason"]) == ("revoked", "The owner asked.")


def test_a_request_is_returned_sent_again_and_taken_back(call: Callers):
    product = published(call)
    asked = call.post("engineer", f"{product}/requests", TERMS, 201)
    address = f"/requests/{asked['id']}"
    review = {"vote": "return", "reason": "Which disk?", "content_sha256": asked["content_sha256"]}

    assert asked["organisation"]["id"] == call.cast.company.pk
    for who, expect in (("engineer", 403), ("authority", 403), ("rival", 404), ("visitor", 404)):
        call.post(who, f"{address}/review", review, expect)
    stale = {**review, "content_sha256": "0" * 64}
    assert call.post("steward", f"{address}/review", stale, 409)["code"] == "request-changed-meanwhile"
    returned = call.post("steward", f"{address}/review", review)
    assert [row["reason"] for row in returned["reviews"]] == ["Which disk?"]
    assert call.post("rival", f"{address}/resubmit", TERMS, 404)["code"] == "absent"
    again = call.post("engineer", f"{address}/resubmit", {**TERMS, "days": 30})
    assert (again["days"], again["standing"]["state"]) == (30, "submitted")
    assert call.post("founder", f"{address}/close")["standing"]["state"] == "closed"
    assert [row["id"] for row in call.get("steward", "/requests?state=closed")["items"]] == [asked["id"]]


def test_asking_is_for_companies_and_for_their_own_cases(call: Callers):
    product = published(call)
    own = decided_case(call.cast.founder, call.cast.adviser, call.clock.now())
    body = {**TERMS, "product_id": int(product.rpartition("/")[2])}

    assert call.post("adviser", f"{product}/requests", TERMS, 403)["data"]["rule"] == "company-asks"
    assert call.post("visitor", f"{product}/requests", TERMS, 401)["data"]["rule"] == "company-asks"
    assert call.post("rival", f"/cases/{own.pk}/requests", body, 404)["code"] == "absent"
    assert call.post("adviser", f"/cases/{own.pk}/requests", body, 403)["data"]["rule"] == "company-asks"
    hidden = {**TERMS, "columns": ["owner_mail"]}
    assert call.post("engineer", f"{product}/requests", hidden, 422)["code"] == "columns-not-offered"
    assert call.post("engineer", f"{product}/requests", {**TERMS, "days": True}, 422)["code"] == "fields-unusable"
    assert not Grant.objects.exists()


def test_a_withdrawn_product_is_offered_no_more(call: Callers):
    product = published(call)

    assert call.post("authority", f"{product}/withdraw", {"reason": "Old."}, 403)["data"]["rule"] == "steward-publishes"
    assert call.post("steward", f"{product}/withdraw", {"reason": "Old."})["withdrawn_reason"] == "Old."
    assert call.post("engineer", f"{product}/requests", TERMS, 409)["code"] == "product-not-offered"


@pytest.mark.parametrize("sign", ["\x00", "\ud800"])
def test_a_cursor_holds_no_sign_that_is_no_text(call: Callers, sign: str):
    cursor = base64.urlsafe_b64encode(json.dumps([sign]).encode()).decode().rstrip("=")

    assert call.get("visitor", f"/data-products?after={cursor}", 422)["code"] == "cursor-unusable"
