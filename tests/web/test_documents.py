"""Use-case documents on pages: who reads one, in which forms, and how the company decides on it."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from minett.apps.cases import services
from minett.apps.cases.models import Case
from minett.journeys import usecase_document
from minett.kernel.actor import robot
from minett.web.once import new_key
from tests.apps.grants.world import Outbox, equipped
from tests.web.case_world import documented, send, signed_in


@pytest.fixture
def document(cast, now):
    return documented(cast, now)


def decide(client, document, key="", **fields: Any):
    return send(client, f"/documents/{document.pk}/decide/", key, **fields)


def test_a_document_opens_for_those_of_its_case_alone(cast, document, client):
    opened = {
        name
        for name, one in cast.people().items()
        if signed_in(one).get(f"/documents/{document.pk}/").status_code == 200
    }
    assert opened == {"founder", "engineer", "adviser", "partner", "manager", "auditor"}
    for address in (f"/documents/{document.pk}/", f"/documents/{document.pk}.pdf", f"/documents/{document.pk}.json"):
        assert signed_in(cast.rival).get(address).status_code == 404
        assert client.get(address).status_code == 302


def test_the_page_escapes_what_was_written_and_names_the_fingerprint(cast, document):
    html = signed_in(cast.founder).get(f"/documents/{document.pk}/").content.decode()
    assert "Words &lt;b&gt;about&lt;/b&gt; value" in html
    assert document.sha256 in html
    assert html.count("<h1") == 1


def test_only_the_company_is_asked_to_decide(cast, document):
    asked = {
        name: 'name="decision"' in signed_in(getattr(cast, name)).get(f"/documents/{document.pk}/").content.decode()
        for name in ("founder", "engineer", "adviser", "partner")
    }
    assert asked == {"founder": True, "engineer": False, "adviser": False, "partner": False}
    assert decide(signed_in(cast.adviser), document, decision="go", reason="x").status_code == 403
    assert decide(signed_in(cast.rival), document, decision="go", reason="x").status_code == 404
    document.refresh_from_db()
    assert document.decision == ""


@pytest.mark.parametrize(("decision", "state"), [("go", "go"), ("revise", "planned"), ("stop", "stopped")])
def test_a_decision_that_is_sent_twice_is_kept_once(cast, document, decision, state):
    client, key = signed_in(cast.founder), new_key()
    answers = [decide(client, document, key, decision=decision, reason="Clear value.") for _time in range(2)]
    assert [answer.url for answer in answers] == [f"/cases/{document.case_id}/"] * 2
    document.refresh_from_db()
    assert (document.decision, document.decision_reason) == (decision, "Clear value.")
    assert Case.objects.get(pk=document.case_id).state == state
    again = decide(client, document, decision="stop", reason="Changed my mind.")
    assert again.status_code == 409


@pytest.mark.parametrize("fields", [{"decision": "go"}, {"decision": "go", "reason": "  "}, {"reason": "Kept words"}])
def test_a_decision_without_choice_or_reason_stands_in_the_form_again(cast, document, fields):
    answer = decide(signed_in(cast.founder), document, **fields)
    assert answer.status_code == 422
    html = answer.content.decode()
    assert ("Please give a reason" in html) == ("decision" in fields)
    assert ("Choose go, revise or stop." in html) == ("decision" not in fields)
    assert fields.get("reason", "").strip() in html
    document.refresh_from_db()
    assert document.decision == ""


def test_the_pdf_is_given_out_once_it_is_printed(cast, now, document, tmp_path):
    client = signed_in(cast.founder)
    with equipped(tmp_path, Outbox()):
        waiting = client.get(f"/documents/{document.pk}.pdf")
        assert waiting.status_code == 202
        assert "being printed" in waiting.content.decode()

        usecase_document.render_pdf(robot("document-writer"), now=now + timedelta(minutes=1), document_id=document.pk)

        answer = client.get(f"/documents/{document.pk}.pdf")
        printed = b"".join(answer)
    document.refresh_from_db()
    assert answer.headers["Content-Type"] == "application/pdf"
    assert printed.startswith(b"%PDF")
    assert hashlib.sha256(printed).hexdigest() == document.pdf_sha256


def test_the_json_holds_what_was_decided_on(cast, now, document):
    services.decide_document(cast.founder.actor, now=now, document_id=document.pk, decision="go", reason="Yes.")
    told = signed_in(cast.auditor).get(f"/documents/{document.pk}.json").json()
    assert told["sha256"] == document.sha256
    assert told["content"]["sections"]["value"] == "Words <b>about</b> value"
    assert (told["decision"], told["decision_reason"]) == ("go", "Yes.")


def test_a_document_asks_the_database_eight_times_at_most(cast, document):
    client = signed_in(cast.founder)
    with CaptureQueriesContext(connection) as caught:
        client.get(f"/documents/{document.pk}/")
    assert len(caught) <= 8
