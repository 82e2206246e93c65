"""Rows of the ledger, whole, so that an auditor can check the chain alone."""

from __future__ import annotations

from typing import Any, Self

from minett.api.schemas.base import Moment, Told
from minett.apps.ledger.models import Entry
from minett.apps.ledger.queries import Verification


class EntryTold(Told):
    """`at_text`, `before_text` and `after_text` are what the hash covers; the others are for reading."""

    number: int
    at: Moment
    at_text: str
    actor_key: str
    actor_name: str
    action: str
    noun: str
    noun_id: str
    case_id: int | None
    before: Any
    after: Any
    before_text: str
    after_text: str
    rule: str
    reason: str
    previous_hash: str
    hash: str

    @classmethod
    def of(cls, row: Entry) -> Self:
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class FindingTold(Told):
    number: int
    what: str


class VerificationTold(Told):
    """Whether the chain holds: how many rows were read, the hash of the last one, and everything that is wrong."""

    holds: bool
    rows: int
    head: str
    findings: list[FindingTold]

    @classmethod
    def of(cls, found: Verification) -> Self:
        findings = [FindingTold(number=finding.number, what=finding.what) for finding in found.findings]
        return cls(holds=found.holds, rows=found.rows, head=found.head, findings=findings)
