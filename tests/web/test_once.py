"""A form that is sent twice does its work once: what counts as the same form, and what undoes the claim."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.test import RequestFactory

from minett.apps.ledger.models import Receipt
from minett.kernel.actor import VISITOR, Actor, robot
from minett.kernel.errors import Clash
from minett.policy.actions import Action
from minett.web.declared import MARK, acts
from minett.web.once import FormKeyMissing, content_of, new_key, once

pytestmark = pytest.mark.django_db


def sent(actor: Actor = VISITOR, path: str = "/form/", **fields: Any) -> Any:
    request = RequestFactory().post(path, {"form_key": new_key(), **fields})
    request.actor = actor  # type: ignore[attr-defined]
    return request


def counting(answers: list[HttpResponse | Exception]) -> Any:
    """Return a view that gives these answers in turn, and the receipts that stood while it ran."""

    @acts(Action.NEED_WRITE)
    @once
    def view(_request: HttpRequest) -> HttpResponse:
        view.runs += 1  # type: ignore[attr-defined]
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    view.runs = 0  # type: ignore[attr-defined]
    return view


def test_the_declared_action_shows_through():
    assert getattr(counting([]), MARK) is Action.NEED_WRITE


def test_a_repeat_goes_where_the_first_went():
    key = new_key()
    view = counting([redirect("/first/"), redirect("/second/")])
    answers = [view(sent(form_key=key, name="x")) for _time in range(2)]
    assert [answer.url for answer in answers] == ["/first/", "/first/"]
    assert view.runs == 1


@pytest.mark.parametrize(
    "other",
    [{"name": "y"}, {"form_key": new_key()}, {"path": "/other/"}, {"actor": robot("other")}, {"name": ["x", "x"]}],
    ids=["other words", "other key", "other address", "other person", "twice the same field"],
)
def test_another_request_is_done_by_itself(other: dict[str, Any]):
    same: dict[str, Any] = {"form_key": new_key(), "name": "x"}
    view = counting([redirect("/first/"), redirect("/second/")])
    assert [view(sent(**same)).url, view(sent(**{**same, **other})).url] == ["/first/", "/second/"]


def test_a_token_against_forged_forms_is_no_content():
    key = new_key()
    view = counting([redirect("/first/")])
    for token in ("a", "b"):
        assert view(sent(form_key=key, csrfmiddlewaretoken=token)).url == "/first/"


def test_a_form_shown_again_leaves_no_claim():
    key = new_key()
    view = counting([HttpResponse("wrong", status=422), redirect("/done/")])
    assert view(sent(form_key=key)).status_code == 422
    assert not Receipt.objects.exists()
    assert view(sent(form_key=key)).url == "/done/"


def test_a_failure_leaves_no_claim():
    key = new_key()
    view = counting([Clash(), redirect("/done/")])
    with pytest.raises(Clash):
        view(sent(form_key=key))
    assert not Receipt.objects.exists()
    assert view(sent(form_key=key)).url == "/done/"


def test_looking_needs_no_key():
    request = RequestFactory().get("/form/")
    assert counting([HttpResponse("page")])(request).status_code == 200


@pytest.mark.parametrize("key", ["", "x", "x" * 500, "\x00"])
def test_a_form_without_its_key_is_refused(key: str):
    view = counting([redirect("/done/")])
    with pytest.raises(FormKeyMissing):
        view(sent(form_key=key))
    assert view.runs == 0


def test_files_count_by_name_and_content_and_can_still_be_read():
    def with_file(name: str, content: bytes) -> Any:
        return sent(file=SimpleUploadedFile(name, content))

    first = with_file("a.csv", b"1,2")
    assert content_of(first) == content_of(with_file("a.csv", b"1,2"))
    assert content_of(first) != content_of(with_file("a.csv", b"1,3"))
    assert content_of(first) != content_of(with_file("b.csv", b"1,2"))
    assert first.FILES["file"].read() == b"1,2"
