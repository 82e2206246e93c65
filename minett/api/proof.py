"""Who asks: an API token, a session of the portal, or nobody, which is a visitor. It decides nothing about rights.

Whoever sends a proof that does not hold is told so; a bad proof never turns into a visitor.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from django.http import HttpRequest
from django.utils import translation
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from minett.apps.people import services
from minett.apps.people.models import User
from minett.apps.people.queries import actor_of
from minett.kernel.actor import VISITOR, Actor
from minett.kernel.clock import Clock, SystemClock
from minett.kernel.content import LANGUAGES
from minett.kernel.content import gettext_noop as _
from minett.kernel.errors import Absent, Expired, MinettError, Refused

CLOCK: Clock = SystemClock()
SCHEME = "bearer"
LONGEST_TOKEN = 200


class ApiRequest(HttpRequest):
    """A request as operations receive it: who asks, and the one moment at which everything of it happens."""

    actor: Actor
    now: datetime


BeforeBody = Callable[[ApiRequest], None]


class ProofUnusable(Refused):
    code = "proof-unusable"
    sentence = _("The header Authorization has to read: Bearer, a space, and the token.")


class FormNotFromHere(Refused):
    code = "form-not-from-here"
    sentence = _("A write with the cookie of a session needs the header X-CSRFToken of the same session.")


class ProofRefused(Exception):
    """A proof was sent and does not hold; `error` says why."""

    def __init__(self, error: MinettError) -> None:
        self.error = error
        super().__init__(error.code)


class Proof(AuthBase):
    """Sets `request.actor`. A token comes before a cookie; with neither, the policy decides about a visitor.

    `before_body` is asked before the body is read, so that a large upload of somebody who may not upload ends here.
    """

    openapi_type = "http"
    openapi_scheme = SCHEME
    openapi_description = "An API token from the account page. Without one, the public operations can be used."

    def __init__(self, before_body: BeforeBody | None = None) -> None:
        super().__init__()
        self.before_body = before_body

    def __call__(self, request: ApiRequest) -> Actor:  # type: ignore[override]  # The guard made it an ApiRequest.
        header = request.headers.get("Authorization")
        actor = _of_session(request) if header is None else _of_token(header, request.now)
        request.actor = replace(actor, language=_language())
        if self.before_body is not None:
            self.before_body(request)
        return request.actor


def _of_token(header: str, now: datetime) -> Actor:
    scheme, _space, raw = header.strip().partition(" ")
    raw = raw.strip()
    if scheme.lower() != SCHEME or not raw or len(raw) > LONGEST_TOKEN:
        raise ProofRefused(ProofUnusable())
    try:
        token = services.use_token(raw, now=now)
    except (Absent, Expired) as error:
        raise ProofRefused(error) from error
    return actor_of(token.person, scopes=tuple(token.scopes), now=now)


def _of_session(request: ApiRequest) -> Actor:
    """Return the person of the session. A cookie comes by itself, so a write needs a proof that the page sent it."""
    person = request.user
    if not isinstance(person, User) or not person.is_authenticated:
        return VISITOR
    request.actor = actor_of(person, now=request.now)
    if check_csrf(request) is not None:
        raise FormNotFromHere
    return request.actor


def _language() -> str:
    code = (translation.get_language() or "en")[:2]
    return code if code in LANGUAGES else "en"
