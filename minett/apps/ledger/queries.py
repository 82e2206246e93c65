"""Reading the ledger: timelines of cases, the auditor's list, and the check of the whole chain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db.models import QuerySet

from minett.apps.ledger import chain
from minett.apps.ledger.models import Entry, Head
from minett.apps.ledger.services import head_message
from minett.kernel.actor import Actor
from minett.policy import permit
from minett.policy.actions import Action
from minett.policy.decide import decide, demand
from minett.policy.rules.house import HouseFacts


@dataclass(frozen=True, slots=True)
class Verification:
    """How many rows were read, the end of the chain, and everything that is wrong."""

    rows: int
    head: str
    findings: tuple[chain.Finding, ...]

    @property
    def holds(self) -> bool:
        return not self.findings


def visible(actor: Actor) -> QuerySet[Entry]:
    """All rows for those who may read the ledger, none for others."""
    rows = Entry.objects.all()
    return rows if decide(actor, Action.LEDGER_VIEW, HouseFacts()) else rows.none()


def timeline(_actor: Actor, case_id: int) -> QuerySet[Entry]:
    """Return the rows of one case, newest first. The caller obtained the case for the actor."""
    return Entry.objects.filter(case_id=case_id).order_by("-number")


def verify(actor: Actor) -> Verification:
    """Check every row of the chain and its signed end. Memory does not grow with the ledger."""
    demand(actor, Action.LEDGER_VERIFY, HouseFacts())
    seen = _Counter()
    findings = list(chain.check(seen.count(Entry.objects.order_by("number").iterator(chunk_size=2000))))
    findings += _check_head(seen)
    return Verification(rows=seen.rows, head=seen.last_hash, findings=tuple(findings))


class _Counter:
    """Passes rows through and remembers how many there were and which was the last."""

    def __init__(self) -> None:
        self.rows, self.last_number, self.last_hash = 0, 0, ""

    def count(self, rows: Iterable[Entry]) -> Iterator[Entry]:
        for row in rows:
            self.rows += 1
            self.last_number, self.last_hash = row.number, row.hash
            yield row


def _check_head(seen: _Counter) -> list[chain.Finding]:
    head = Head.objects.filter(id=1).first()
    if seen.rows == 0 and (head is None or head.number == 0):
        return []
    if head is None:
        return [chain.Finding(seen.last_number, "head-missing")]
    public = permit.public_key_of(settings.SIGNING_KEY)
    try:
        signature = bytes.fromhex(head.signature)
    except ValueError:
        signature = b""
    if not permit.signature_holds(head_message(head.number, head.hash), signature, public):
        return [chain.Finding(head.number, "head-forged")]
    if head.number > seen.last_number:
        return [chain.Finding(number, "missing") for number in range(seen.last_number + 1, head.number + 1)]
    if head.number < seen.last_number:
        return [chain.Finding(number, "added") for number in range(head.number + 1, seen.last_number + 1)]
    return [] if head.hash == seen.last_hash else [chain.Finding(head.number, "replaced")]
