"""The answer to "may this actor do this?": allowed or not, by which rule, for which reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Decision:
    """`rule` is a stable id for the ledger; `reason` an English sentence that the entrance translates."""

    allowed: bool
    rule: str
    reason: str

    def __bool__(self) -> bool:
        return self.allowed


def allow(rule: str, reason: str) -> Decision:
    return Decision(allowed=True, rule=rule, reason=reason)


def deny(rule: str, reason: str) -> Decision:
    return Decision(allowed=False, rule=rule, reason=reason)
