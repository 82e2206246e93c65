"""What every page needs besides its own content: who asks, the factory's name, the way around, the theme."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from minett.apps.catalogue.models import EntryKind, EntryVersion
from minett.kernel.actor import VISITOR
from minett.kernel.content import Text, gettext_noop
from minett.policy.actions import Action
from minett.web.declared import acts
from minett.web.middleware import page_language

THEME_COOKIE = "minett_theme"
THEMES = ("dark", "light", "")
A_YEAR = 365 * 24 * 3600

# Route name, label, and whether a visitor sees it. A part that an installation leaves out has no route.
PARTS: tuple[tuple[str, str, bool], ...] = (
    ("catalogue", gettext_noop("Catalogue"), True),
    ("data", gettext_noop("Data"), True),
    ("network", gettext_noop("Network"), True),
    ("desk", gettext_noop("Desk"), False),
    ("cases", gettext_noop("Cases"), False),
)


@dataclass(frozen=True, slots=True)
class Way:
    """One entry of the navigation; `current` is "page" on the page itself and "true" below it."""

    label: str
    url: str
    current: str


def house(request: HttpRequest) -> dict[str, Any]:
    """Return the context of every page. The factory's name costs one query, and only where it is shown."""
    actor = getattr(request, "actor", VISITOR)
    theme = request.COOKIES.get(THEME_COOKIE, "")
    theme = theme if theme in THEMES else ""
    return {
        "actor": actor,
        "page_language": page_language(),
        "factory_name": SimpleLazyObject(factory_name),
        "ways": ways(request.path, signed_in=not actor.is_visitor),
        "theme": theme,
        "next_theme": next_theme(theme),
    }


def factory_name() -> str:
    """Return the installation's name from its pack in the page's language; empty before a pack is loaded."""
    shown = EntryVersion.objects.filter(entry__kind=EntryKind.FACTORY, is_current=True)
    content = shown.values_list("content", flat=True).first()
    title = content.get("title") if content else None
    return Text.of(title).in_(page_language()) if title else ""


def ways(path: str, *, signed_in: bool) -> list[Way]:
    """Return the navigation for the page at `path`."""
    open_parts = ((name, label) for name, label, public in PARTS if public or signed_in)
    found = ((gettext(label), _address(name)) for name, label in open_parts)
    return [Way(label, url, _current(url, path)) for label, url in found if url]


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _current(url: str, path: str) -> str:
    if path == url:
        return "page"
    return "true" if path.startswith(url) else ""


def next_theme(theme: str) -> str:
    """Return what the theme button switches to: as the device, dark, light, and round again."""
    order = ("", "dark", "light")
    return order[(order.index(theme) + 1) % len(order)]


@acts(Action.PORTAL_VIEW)
@require_POST
def switch_theme(request: HttpRequest) -> HttpResponse:
    """Keep the chosen theme in a cookie and go back to the page. An empty theme follows the device."""
    theme = request.POST.get("theme", "")
    back = request.POST.get("next", "/")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    answer = HttpResponseRedirect(back if safe else "/")
    if theme in THEMES and theme:
        answer.set_cookie(
            THEME_COOKIE, theme, max_age=A_YEAR, samesite="Lax", httponly=True, secure=request.is_secure()
        )
    else:
        answer.delete_cookie(THEME_COOKIE, samesite="Lax")
    return answer
