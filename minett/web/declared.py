"""Which action each route asks for. A route that declares none fails the build; nothing is decided here.

Views of the house carry `@acts(Action.X)`. Routes of other people's packages cannot, so a table speaks for them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.urls import URLPattern, URLResolver, get_resolver

from minett.policy.actions import Action

View = TypeVar("View", bound=Callable[..., Any])
MARK = "minett_action"

# Patterns of whole addresses, without the leading slash, as the URL configuration writes them.
THIRD_PARTY: tuple[tuple[str, Action], ...] = (
    (r"accounts/", Action.SESSION_OPEN),
    (r"i18n/", Action.PORTAL_VIEW),
    (r"static/", Action.PORTAL_VIEW),
)


def acts(action: Action) -> Callable[[View], View]:
    """Declare the action that a view asks for. The decision itself falls in the app's access or service."""

    def marked(view: View) -> View:
        setattr(view, MARK, action)
        return view

    return marked


@dataclass(frozen=True, slots=True)
class Route:
    """One address of the portal: its pattern, its name (may be empty), and the action it declares, if any."""

    pattern: str
    name: str
    action: Action | None


def routes(urlconf: str | None = None) -> Iterator[Route]:
    """Yield every route of the URL configuration, nested ones with their whole pattern."""
    yield from _walk("", get_resolver(urlconf).url_patterns)


def undeclared(urlconf: str | None = None) -> list[str]:
    """Return the patterns of all routes that declare no action."""
    return sorted(route.pattern for route in routes(urlconf) if route.action is None)


def _walk(prefix: str, patterns: Sequence[URLPattern | URLResolver]) -> Iterator[Route]:
    for entry in patterns:
        pattern = prefix + str(entry.pattern).removeprefix("^")
        if isinstance(entry, URLResolver):
            yield from _walk(pattern, entry.url_patterns)
        else:
            yield Route(pattern, entry.name or "", _action(pattern, entry.callback))


def _action(pattern: str, view: Callable[..., Any]) -> Action | None:
    declared = getattr(view, MARK, None) or getattr(getattr(view, "view_class", None), MARK, None)
    if isinstance(declared, Action):
        return declared
    return next((action for start, action in THIRD_PARTY if re.match(start, pattern)), None)
