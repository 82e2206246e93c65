"""How each state looks: a tone and an icon for every state of every table. Words come from the tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Look:
    """`tone` is one of good, wait, bad, info, ore, plain; `icon` names a Heroicon."""

    tone: str
    icon: str


NEW = Look("info", "sparkles")
WITH = Look("info", "user")
MOVING = Look("info", "arrow-path")
WAIT = Look("wait", "clock")
ASK = Look("wait", "chat-bubble-left-ellipsis")
YOURS = Look("ore", "pencil-square")
DRAFT = Look("plain", "pencil")
GOOD = Look("good", "check-circle")
LIVE = Look("good", "bolt")
BAD = Look("bad", "x-circle")
STOP = Look("bad", "no-symbol")
OVER = Look("plain", "archive-box")
UNKNOWN = Look("plain", "question-mark-circle")

LOOKS: Mapping[str, Mapping[str, Look]] = {
    "case": {
        "new": NEW,
        "taken": WITH,
        "planned": Look("info", "map"),
        "documented": YOURS,
        "go": GOOD,
        "building": Look("info", "wrench"),
        "in_production": LIVE,
        "measured": Look("good", "chart-bar"),
        "closed": OVER,
        "stopped": STOP,
    },
    "product": {"draft": DRAFT, "published": GOOD, "withdrawn": OVER},
    "request": {
        "draft": DRAFT,
        "submitted": WAIT,
        "returned": ASK,
        "approved": GOOD,
        "rejected": BAD,
        "closed": OVER,
    },
    "grant": {"preparing": MOVING, "active": LIVE, "expired": OVER, "revoked": STOP},
    "allocation": {"requested": WAIT, "awarded": GOOD, "rejected": BAD},
    "job": {
        "queued": WAIT,
        "running": MOVING,
        "succeeded": GOOD,
        "failed": BAD,
        "refused": STOP,
        "cancelled": OVER,
    },
    "model": {
        "registered": NEW,
        "evaluated": Look("info", "beaker"),
        "reported": WAIT,
        "released": GOOD,
        "rejected": BAD,
    },
}


def look(noun: str, state: str) -> Look:
    """Return how a state looks; one that is not in the tables looks plain, with a question mark."""
    return LOOKS.get(noun, {}).get(state, UNKNOWN)
