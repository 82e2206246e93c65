"""What the tests of the portal's shell share: a request, a person, a small set of addresses, a look at HTML."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import include, path

from minett.kernel.actor import VISITOR, Actor, ActorKind, Role

PERSON = Actor(kind=ActorKind.PERSON, key="person:1", name="Anna Weber", memberships=frozenset({(1, Role.ENGINEER)}))


def asked(url: str = "/", actor: Actor = VISITOR, **cookies: str) -> Any:
    request: Any = RequestFactory().get(url)
    request.COOKIES.update(cookies)
    request.user = AnonymousUser()
    request.actor = actor
    return request


def answer(request: HttpRequest) -> HttpResponse:
    return HttpResponse("here")


def shell_urls() -> Any:
    return type(
        "Urls",
        (),
        {
            "urlpatterns": [
                path("", include("minett.web.shell_urls")),
                path("accounts/", include("allauth.urls")),
                path("catalogue/", answer, name="catalogue"),
                path("desk/", answer, name="desk"),
            ]
        },
    )


class Balance(HTMLParser):
    """Counts open elements, and keeps names that a screen reader would miss."""

    VOID = frozenset({"meta", "link", "input", "img", "hr", "br", "path", "rect", "circle", "line"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag, _attrs):
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in self.VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def well_formed(html: str) -> bool:
    parser = Balance()
    parser.feed(html)
    return not parser.wrong and not parser.open
