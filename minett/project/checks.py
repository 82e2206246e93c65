"""Numbered checks of combinations of settings, run by `minett check` and at every start."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as Caution


@register()
def adapters_are_known(**_: Any) -> list[CheckMessage]:
    from minett.project import wiring  # noqa: PLC0415 - wiring is loaded when the checks run, not before.

    problems: list[CheckMessage] = []
    if settings.EXECUTOR not in wiring.EXECUTORS:
        problems.append(Error("MINETT_EXECUTOR names no known executor.", id="minett.E001"))
    if settings.DATA_ENGINE not in wiring.DATA_ENGINES:
        problems.append(Error("MINETT_DATA_ENGINE names no known data engine.", id="minett.E002"))
    return problems


@register()
def debug_stays_at_home(**_: Any) -> list[CheckMessage]:
    if settings.DEBUG and settings.BEHIND_TLS:
        return [Error("MINETT_DEBUG must be off where the portal is served to others.", id="minett.E003")]
    return []


@register()
def sandbox_is_not_weakened(**_: Any) -> list[CheckMessage]:
    if settings.ALLOW_UNSANDBOXED_OPEN_DATA:
        hint = "Only data whose policy is open may then run without a sandbox."
        return [Caution("MINETT_ALLOW_UNSANDBOXED_OPEN_DATA is on.", hint=hint, id="minett.W001")]
    return []
