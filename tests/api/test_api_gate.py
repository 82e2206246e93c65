"""What no operation can take is told as a problem document, before anything is done."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from django.test import override_settings

from minett.api import errors
from minett.apps.cases.models import Need
from minett.journeys import open_case
from minett.kernel.errors import MinettError, every_error
from tests.api.callers import ROOT, Callers, told


@pytest.mark.parametrize("error", every_error(), ids=lambda error: f"{error.code}-{error.__qualname__}")
def test_every_error_has_its_status(error: type[MinettError]):
    assert errors.status_of(error()) in set(errors.STATUS.values())
    assert "%(" not in errors.words_of(error())


@pytest.mark.parametrize("path", ["/nothing", "/cases/1/nothing", "/", "/cases/"])
def test_an_unknown_address_is_a_problem(call: Callers, path: str):
    assert call.get("visitor", path, 404)["code"] == "absent"


def test_a_method_that_is_not_taken_is_a_problem_that_names_the_others(call: Callers):
    answer = call.client.put(f"{ROOT}/cases", headers=call.headers("founder"))

    assert told(answer, 405)["data"]["taken"] == "GET"
    assert answer.headers["Allow"] == "GET"


def test_another_media_type_is_sent_away(call: Callers):
    answer = call.client.post(f"{ROOT}/needs", data={"text": "Find phishing pages."})

    assert told(answer, 415)["data"]["wanted"] == "application/json"
    assert not Need.objects.exists()


BAD_BODIES = {
    "cut off": b'{"text": "Find',
    "no JSON": b"text=Find",
    "not a number": b'{"text": NaN}',
    "endless": b'{"text": 1e999}',
    "said twice": b'{"text": "one need", "text": "another need"}',
    "half a sign": b'{"text": "\\ud800 find phishing"}',
    "zero sign": b'{"text": "find\\u0000 phishing"}',
    "no UTF-8": b'{"text": "\xff\xfe"}',
    "deep": b"[" * 100_000,
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES.keys())
def test_an_unreadable_body_is_a_problem(call: Callers, body: bytes):
    answer = call.client.post(f"{ROOT}/needs", data=body, content_type="application/json")

    assert told(answer, 422)["code"] == "body-unreadable"
    assert not Need.objects.exists()


def test_a_large_body_is_sent_away_unread(call: Callers):
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=1000):
        answer = call.sent("visitor", "/needs", {"text": "x" * 2000})

    assert told(answer, 413)["data"]["limit"] == 1000


@pytest.mark.parametrize(
    ("body", "at"),
    [
        ({}, ["body", "text"]),
        ({"text": 7}, ["body", "text"]),
        ([], ["body"]),
        ({"text": "a need", "extra": 1}, ["body", "extra"]),
    ],
)
def test_fields_that_cannot_be_used_are_named_without_their_value(call: Callers, body: Any, at: list[str]):
    problem = call.post("visitor", "/needs", body, 422)

    assert problem["code"] == "fields-unusable"
    assert [field["at"] for field in problem["data"]["fields"]] == [at]


def test_an_unforeseen_failure_says_nothing_of_the_inside_and_is_logged_once(
    call: Callers, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def broken(*_given: Any, **_named: Any) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr(open_case, "describe_need", broken)
    with caplog.at_level(logging.ERROR):
        answer = call.sent("visitor", "/needs", {"text": "Find phishing pages."})

    problem = told(answer, 500)
    assert b"secret" not in answer.content
    assert [record.name for record in caplog.records if record.exc_info] == ["minett.api"]
    assert problem["instance"].removeprefix("urn:uuid:") in caplog.text


def test_problems_speak_the_language_that_was_asked_for(call: Callers):
    english = call.get("visitor", "/cases/1", 404)
    german = call.client.get(f"{ROOT}/cases/1", headers={"Accept-Language": "de"})

    assert english["detail"].startswith("This does not exist")
    assert german.headers["Content-Language"] == "de"
    assert told(german, 404)["code"] == english["code"]


def test_answers_are_kept_by_no_cache(call: Callers):
    for path in ("/catalogue", "/nothing"):
        answer = call.client.get(f"{ROOT}{path}")
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_query_with_the_zero_sign_is_refused(call: Callers):
    assert call.get("founder", "/cases?search=%00", 422)["code"] == "body-unreadable"
    assert json.dumps(call.get("founder", "/cases?search=%25"))
