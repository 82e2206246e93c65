"""What a foreseen failure is at the entrance: its HTTP status and its words. The one table, also for the portal.

It decides nothing about the failure itself: families, codes and sentences come from `minett.kernel.errors`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext

from minett.kernel.errors import (
    Absent,
    BadInput,
    Clash,
    Expired,
    MinettError,
    Refused,
    Unavailable,
)
from minett.policy.states import TABLES

STATUS: dict[type[MinettError], int] = {
    BadInput: 422,
    Refused: 403,
    Absent: 404,
    Clash: 409,
    Expired: 410,
    Unavailable: 503,
}
FALLBACK_STATUS = 500
# Gaps whose filling is itself an English sentence of the house, marked for translation where it was written.
SENTENCE_GAPS = frozenset({"reason", "what_to_do"})


class _Gaps(dict[str, Any]):
    """Named gaps; one that was left open shows an ellipsis, so that telling of a failure never fails."""

    def __missing__(self, key: str) -> str:
        return "…"


def status_of(error: MinettError) -> int:
    """Return the HTTP status of the error's family; 500 for an error outside the families."""
    for family in type(error).__mro__:
        if family in STATUS:
            return STATUS[family]
    return FALLBACK_STATUS


def family_of(error: MinettError) -> type[MinettError]:
    """Return the family to which the error belongs, or the root of the tree."""
    return next((family for family in STATUS if isinstance(error, family)), MinettError)


def words_of(error: MinettError) -> str:
    """Return the error's sentence in the active language, with its gaps filled."""
    return gettext(error.sentence) % _Gaps(_translated(error.data))


def _translated(data: Mapping[str, Any]) -> dict[str, Any]:
    words = dict(data)
    for gap in SENTENCE_GAPS & words.keys():
        if isinstance(words[gap], str) and words[gap]:
            words[gap] = gettext(words[gap])
    if "state" in words and "noun" in words:
        words["state"] = _state_label(str(words["noun"]), str(words["state"]))
    return words


def _state_label(noun: str, state: str) -> str:
    for table in TABLES:
        if table.noun == noun and state in table.standings:
            return gettext(table.standings[state].label)
    return state
