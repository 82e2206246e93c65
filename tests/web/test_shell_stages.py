"""What happens around every page: failures as pages, who asks, what may be loaded, declared routes, sign-in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django import forms
from django.http import HttpResponse
from django.test import RequestFactory, override_settings
from django.urls import include, path
from django.utils import translation

from minett.api import errors as statuses
from minett.apps.people.models import User
from minett.apps.people.services import MailAlreadyKnown
from minett.kernel.actor import VISITOR
from minett.kernel.errors import FAMILIES, Absent, MinettError, every_error
from minett.policy.actions import Action
from minett.policy.decide import NotAllowed
from minett.policy.states import CommandNotInTable
from minett.web import declared, middleware, sign_in
from tests.web.frame import PERSON, answer, asked, shell_urls, well_formed


def test_every_family_has_its_status():
    assert set(statuses.STATUS) == set(FAMILIES)
    assert sorted(statuses.STATUS.values()) == [403, 404, 409, 410, 422, 503]
    assert statuses.status_of(MinettError()) == 500


@pytest.mark.parametrize("error", every_error(), ids=lambda error: error.__qualname__)
def test_every_error_has_a_status_and_can_be_told_without_its_data(error):
    failure = error()
    assert statuses.status_of(failure) in statuses.STATUS.values()
    assert "%(" not in statuses.words_of(failure)


def test_states_in_sentences_are_named():
    words = statuses.words_of(CommandNotInTable(state="new", command="x", noun="case"))
    assert "“New”" in words


@pytest.mark.usefixtures("no_pack")
@pytest.mark.parametrize("family", FAMILIES)
def test_a_failure_becomes_a_page(family):
    shown: Any = middleware.ErrorMiddleware(answer).process_exception(asked(actor=PERSON), family(reason="<why>"))
    html = shown.content.decode()
    assert shown.status_code == statuses.STATUS[family]
    assert "What you can do" in html
    assert family.code in html
    assert "<why>" not in html
    assert well_formed(html)


def test_other_exceptions_and_the_api_are_left_alone():
    stage = middleware.ErrorMiddleware(answer)
    assert stage.process_exception(asked(), ValueError("x")) is None
    assert stage.process_exception(asked("/api/v1/cases"), Absent()) is None


def sent_to(stage: middleware.ErrorMiddleware, request: Any, error: Exception) -> str:
    shown = stage.process_exception(request, error)
    assert shown is not None
    assert shown.status_code == 302
    return shown["Location"]


def test_a_refused_visitor_is_sent_to_sign_in():
    with override_settings(ROOT_URLCONF=shell_urls()):
        stage = middleware.ErrorMiddleware(answer)
        refused = NotAllowed(rule="signed-in", reason="please sign in first.")
        assert sent_to(stage, asked("/desk/?a=1"), refused) == "/accounts/login/?next=/desk/%3Fa%3D1"
        post = RequestFactory().post("/cases/1/take/", headers={"referer": "http://testserver/cases/1/"})
        assert sent_to(stage, post, refused) == "/accounts/login/?next=/cases/1/"
        evil = RequestFactory().post("/cases/1/take/", headers={"referer": "https://elsewhere.example/x"})
        assert sent_to(stage, evil, refused) == "/accounts/login/?next=/"
        part = RequestFactory().get("/desk/", headers={"HX-Request": "true"})
        part_sent: Any = stage.process_exception(part, refused)
        assert part_sent["HX-Redirect"] == "/accounts/login/?next=/desk/"


def test_nothing_is_loaded_from_elsewhere():
    headers = middleware.ContentSecurityMiddleware(answer)(asked()).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "Cookie" in headers["Vary"]


def test_the_way_to_an_identity_provider_is_open():
    app = {"settings": {"server_url": "https://id.example.org/realms/x"}}
    with override_settings(SOCIALACCOUNT_PROVIDERS={"openid_connect": {"APPS": [app, {}]}}):
        stage = middleware.ContentSecurityMiddleware(answer)
    assert "form-action 'self' https://id.example.org;" in stage.policy


def test_a_view_may_be_stricter():
    strict = HttpResponse(headers={"Content-Security-Policy": "sandbox"})
    assert middleware.ContentSecurityMiddleware(lambda _: strict)(asked())["Content-Security-Policy"] == "sandbox"


def test_a_visitor_speaks_the_language_of_the_page():
    request = asked()
    del request.actor
    with translation.override("de"):
        middleware.ActorMiddleware(answer)(request)
    assert request.actor == replace(VISITOR, language="de")


@pytest.mark.parametrize(("cookies", "spoken"), [({}, "fr"), ({"django_language": "de"}, "en")])
def test_a_person_speaks_the_language_of_the_account_unless_it_was_switched(monkeypatch, cookies, spoken):
    request = asked(**cookies)
    request.user = User(pk=1, name="Anna", language="fr")
    monkeypatch.setattr(middleware, "actor_of", lambda _user, **_time: replace(PERSON, language="fr"))
    with translation.override("en"):
        middleware.ActorMiddleware(answer)(request)
    assert request.actor.key == "person:1"
    assert request.actor.language == spoken


def test_the_api_gets_no_actor_from_a_cookie():
    request = asked("/api/v1/cases")
    del request.actor
    middleware.ActorMiddleware(answer)(request)
    assert not hasattr(request, "actor")


def test_routes_declare_their_action():
    said = declared.acts(Action.CASE_VIEW)(lambda _: HttpResponse())
    urls = [
        path("cases/", include([path("<int:pk>/", said, name="case"), path("new/", answer)])),
        path("accounts/", include([path("login/", answer)])),
        path("", include("minett.web.shell_urls")),
    ]
    urlconf: Any = type("Urls", (), {"urlpatterns": urls})
    found = {route.pattern: route for route in declared.routes(urlconf)}
    assert found["cases/<int:pk>/"] == declared.Route("cases/<int:pk>/", "case", Action.CASE_VIEW)
    assert found["accounts/login/"].action is Action.SESSION_OPEN
    assert found["theme/"].action is Action.PORTAL_VIEW
    assert declared.undeclared(urlconf) == ["cases/new/"]


def test_accounts_are_closed_unless_opened():
    adapter = sign_in.AccountAdapter()
    assert not adapter.is_open_for_signup(asked())
    with override_settings(OPEN_SIGN_UP=True):
        assert adapter.is_open_for_signup(asked())


def test_a_new_person_is_made_by_the_people_app(monkeypatch):
    given_to: dict[str, object] = {}

    def register(actor, **facts: object):
        given_to.update(facts, actor=actor.key)
        return User(pk=7, email=str(facts["email"]), name=str(facts["name"]))

    monkeypatch.setattr(sign_in, "register_person", register)
    form = forms.Form()
    form.cleaned_data = {"email": "a.b@example.org", "password1": "a long password"}
    user = User()
    made = sign_in.AccountAdapter().save_user(asked(), user, form)
    assert made.pk == user.pk == 7
    assert given_to["actor"] == "bot:sign-up"
    assert given_to["name"] == "a.b"
    assert given_to["password"] == "a long password"


def test_a_known_address_is_told_at_the_form(monkeypatch):
    def register(*_given: object, **_facts: object):
        raise MailAlreadyKnown

    monkeypatch.setattr(sign_in, "register_person", register)
    with pytest.raises(forms.ValidationError, match="already an account"):
        sign_in.admit(User(), email="a@example.org", name="A", password=None)
