"""One's account and tokens: shown once, kept as a hash, ended at once, and nobody else's."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext

from minett.apps.ledger.models import Receipt
from minett.apps.people import services
from minett.apps.people.models import ApiToken
from minett.kernel.clock import SystemClock
from minett.web.once import new_key
from tests.web.case_world import send, signed_in

FORM: dict[str, Any] = {"name": "Reports", "days": "30", "scopes": ["case:*:view*", "compute:*"]}


def test_a_visitor_has_no_account(client, db):
    for address in ("/account/", "/account/tokens/"):
        assert client.get(address).status_code == 302


def test_the_account_leads_to_its_parts(cast):
    html = signed_in(cast.founder).get("/account/").content.decode()
    for address in ("/accounts/password/change/", "/accounts/2fa/", "/accounts/email/", "/account/tokens/"):
        assert f'href="{address}"' in html


def test_a_token_is_shown_once_and_works_and_lies_nowhere(cast):
    client, key = signed_in(cast.founder), new_key()
    answer = send(client, "/account/tokens/", key, **FORM)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    raw = re.findall(r'value="(minett_[\w-]+)"', answer.content.decode())[0]

    token = services.use_token(raw, now=SystemClock().now())
    assert (token.person_id, token.scopes) == (cast.founder.user.pk, FORM["scopes"])
    assert (token.expires_at - token.created_at).days == 30
    again = client.get("/account/tokens/")
    assert raw not in again.content.decode()
    assert raw[:12] in again.content.decode()
    kept = [receipt.answer for receipt in Receipt.objects.all()] + [one.get_decoded() for one in Session.objects.all()]
    assert raw not in str(kept)
    assert raw not in str(client.cookies)


def test_a_token_that_is_asked_for_twice_is_made_once(cast):
    client, key = signed_in(cast.founder), new_key()
    send(client, "/account/tokens/", key, **FORM)
    again = send(client, "/account/tokens/", key, **FORM)
    assert again.status_code == 302
    assert ApiToken.objects.count() == 1
    assert "cannot be shown again" in client.get(again.url).content.decode()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": ""}, "This field is required."),
        ({"days": "0"}, "A token lives at least one day."),
        ({"days": "367"}, "A token lives at most 366 days."),
        ({"days": "soon"}, "Give a whole number of days."),
        ({"scopes": []}, "Tick at least one thing that the token may do."),
        ({"scopes": ["people:token:manage"]}, "people:token:manage is not one of the available choices."),
        ({"scopes": ["*"]}, "is not one of the available choices."),
    ],
)
def test_a_bad_form_is_shown_again_with_what_is_wrong(cast, changed, words):
    answer = send(signed_in(cast.founder), "/account/tokens/", **{**FORM, **changed})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_a_token_is_revoked_by_its_owner_alone(cast):
    send(signed_in(cast.founder), "/account/tokens/", **FORM)
    token = ApiToken.objects.get()
    refused = send(signed_in(cast.rival), f"/account/tokens/{token.pk}/revoke/")
    assert refused.status_code == 404
    assert "Reports" not in signed_in(cast.rival).get("/account/tokens/").content.decode()
    assert ApiToken.objects.filter(revoked_at=None).count() == 1

    client, key = signed_in(cast.founder), new_key()
    for _time in range(2):
        assert send(client, f"/account/tokens/{token.pk}/revoke/", key).url == "/account/tokens/"
    assert ApiToken.objects.filter(revoked_at=None).count() == 0
    assert "revoked" in client.get("/account/tokens/").content.decode()


def test_the_list_asks_as_often_for_many_tokens_as_for_one(cast):
    client = signed_in(cast.founder)
    counts = []
    for more in (1, 10):
        for number in range(more):
            send(client, "/account/tokens/", **{**FORM, "name": f"T{number}"})
        client.get("/account/tokens/")
        with CaptureQueriesContext(connection) as caught:
            client.get("/account/tokens/")
        counts.append(len(caught))
    assert counts[0] == counts[1] <= 8
