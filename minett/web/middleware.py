"""What happens around every page: who asks, how a foreseen failure looks, what the browser may load.

It takes no decision about permission and reads nothing but the roles of the person who is signed in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from minett.api.errors import family_of, status_of, words_of
from minett.apps.people.models import User
from minett.apps.people.queries import actor_of
from minett.kernel.actor import VISITOR, Actor
from minett.kernel.clock import SystemClock
from minett.kernel.content import LANGUAGES
from minett.kernel.errors import MinettError, Refused

API = "/api/"
Answer = Callable[[HttpRequest], HttpResponseBase]


class HouseRequest(HttpRequest):
    """A request as the portal's views receive it, with the actor and what htmx says about itself."""

    actor: Actor
    htmx: HtmxDetails


class ActorMiddleware:
    """Set `request.actor`, in the page's language. Requests to the API bring their own proof and get none here."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith(API):
            return self.get_response(request)
        actor = VISITOR
        if isinstance(request.user, User) and request.user.is_authenticated:
            actor = actor_of(request.user, now=SystemClock().now())
            _speak(actor.language, request)
        request.actor = replace(actor, language=page_language())  # type: ignore[attr-defined]
        return self.get_response(request)


def page_language() -> str:
    """Return the code of the page's language: one of the four of the house."""
    code = (translation.get_language() or "en")[:2]
    return code if code in LANGUAGES else "en"


def _speak(language: str, request: HttpRequest) -> None:
    """Use the language of a person's account unless the language switch was used in this browser."""
    if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        translation.activate(language)
        request.LANGUAGE_CODE = translation.get_language()


class ErrorMiddleware:
    """Show a foreseen failure as a page that says what is wrong, why, and what to do."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, MinettError) or request.path.startswith(API):
            return None
        actor = getattr(request, "actor", VISITOR)
        if isinstance(exception, Refused) and actor.is_visitor:
            return _to_sign_in(request)
        return problem_page(request, exception)


def problem_page(request: HttpRequest, error: MinettError) -> HttpResponse:
    """Return the page about a foreseen failure, with the status of its family."""
    status = status_of(error)
    context = {
        "sentence": words_of(error),
        "family": family_of(error).code,
        "code": error.code,
        "rule": error.data.get("rule", ""),
        "retry_may_help": error.retry_may_help,
        "status": status,
        "back": _page_of_form(request),
    }
    return render(request, "errors/problem.html", context, status=status)


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    # A form that was sent cannot be sent again by a redirect, so the person comes back to the page it stood on.
    back = request.get_full_path() if request.method in {"GET", "HEAD"} else _page_of_form(request)
    answer = redirect_to_login(back, settings.LOGIN_URL)
    if request.headers.get("HX-Request"):
        return HttpResponseClientRedirect(answer.url)
    return answer


def _page_of_form(request: HttpRequest) -> str:
    """Return the page of this house on which the form or the link stood; the front door when it is unknown."""
    parts = urlsplit(request.headers.get("Referer", ""))
    if parts.netloc != request.get_host() or not parts.path.startswith("/") or parts.path.startswith("//"):
        return "/"
    return parts.path + (f"?{parts.query}" if parts.query else "")


class ContentSecurityMiddleware:
    """Say what a page may load: nothing from elsewhere, no script or style written into the page.

    A view that serves something of its own (a report in a frame without rights) may set a stricter policy.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response
        self.policy = "; ".join(f"{name} {value}" for name, value in _policy().items())

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", self.policy)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        if not request.path.startswith(API):
            # Pages differ by person, language and theme: no shared cache may hand one's page to another.
            patch_vary_headers(response, ("Cookie", "Accept-Language", "HX-Request"))
        return response


PERMISSIONS = ", ".join(
    f"{name}=()"
    for name in (
        "accelerometer",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "usb",
    )
)


def _policy() -> dict[str, str]:
    return {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'none'",
        "connect-src": "'self'",
        "form-action": " ".join(("'self'", *sign_in_origins())),
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }


def sign_in_origins() -> list[str]:
    """Return the origins of the configured identity providers.

    Browsers apply `form-action` to redirects as well, so the button "Sign in with ..." would be stopped on
    its way to the provider if its origin were not named.
    """
    providers: dict[str, Any] = settings.SOCIALACCOUNT_PROVIDERS
    apps = providers.get("openid_connect", {}).get("APPS", [])
    urls = (urlsplit(app.get("settings", {}).get("server_url", "")) for app in apps)
    return sorted({f"{url.scheme}://{url.netloc}" for url in urls if url.scheme == "https" and url.netloc})
