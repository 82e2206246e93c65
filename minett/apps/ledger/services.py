"""The only writer of the ledger. A row is written in the transaction of the change that it tells about."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from minett.apps.ledger import chain
from minett.apps.ledger.models import Entry, Head, Receipt
from minett.kernel.actor import Actor
from minett.kernel.content import gettext_noop as _
from minett.kernel.errors import Clash
from minett.policy import permit
from minett.policy.actions import Action
from minett.policy.decision import Decision


class KeyUsedForSomethingElse(Clash):
    code = "idempotency-key-reused"
    sentence = _("This idempotency key was used for another request. Send a new key with a new request.")


class ChainWithoutEnd(Clash):
    code = "chain-without-end"
    sentence = _("The ledger has lost its signed end. Nothing is written until it is restored from a copy.")


class StillBeingDone(Clash):
    code = "still-being-done"
    sentence = _("The same request is being worked on right now. Ask again in a moment.")


def head_message(number: int, digest: str) -> bytes:
    """Return the bytes that the signature of the chain's end covers."""
    return f"minett-ledger:{number}:{digest}".encode()


def record(
    actor: Actor,
    *,
    now: datetime,
    action: Action,
    noun: str,
    noun_id: object,
    decision: Decision,
    reason: str = "",
    before: Any = None,
    after: Any = None,
    case_id: int | None = None,
) -> Entry:
    """Append one row; must be called inside the transaction of the change.

    `before` and `after` are plain data. `reason` is the person's reason; without one, the rule's reason stands.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A ledger row belongs into the transaction of its change.")
    # The lock puts writers in line until the end of their transaction: a chain has one end.
    head = Head.objects.select_for_update().filter(id=1).first() or _first_head()
    entry = Entry(
        number=head.number + 1,
        at_text=chain.moment_text(now),
        actor_key=actor.key,
        actor_name=actor.name[:200],
        action=action.value,
        noun=noun,
        noun_id=str(noun_id),
        case_id=case_id,
        before_text=chain.canonical(before),
        after_text=chain.canonical(after),
        rule=decision.rule,
        reason=reason or decision.reason,
        previous_hash=head.hash or chain.GENESIS,
    )
    entry.hash = chain.hash_of(entry)
    entry.save(force_insert=True)
    head.number, head.hash = entry.number, entry.hash
    head.signature = permit.sign_bytes(head_message(head.number, head.hash), settings.SIGNING_KEY).hex()
    head.save(update_fields=["number", "hash", "signature"])
    return entry


def _first_head() -> Head:
    """Open the chain where its end row is not there, which is right only before the first row."""
    if Entry.objects.exists():
        raise ChainWithoutEnd
    return Head.objects.create(id=1)


def fingerprint(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def claim(actor: Actor, *, now: datetime, key: str, operation: str, content: str) -> Receipt | None:
    """Claim an idempotency key inside the transaction of the write.

    Returns None when the key is new (do the write, then `settle`), or the receipt of the first write.
    Raises KeyUsedForSomethingElse when the key came with another operation or content before.
    """
    try:
        with transaction.atomic():
            Receipt.objects.create(
                actor_key=actor.key,
                key=key,
                operation=operation,
                fingerprint=content,
                status=0,
                answer={},
                at=now,
            )
    except IntegrityError:
        known = Receipt.objects.get(actor_key=actor.key, key=key)
        if (known.operation, known.fingerprint) != (operation, content):
            raise KeyUsedForSomethingElse from None
        if known.status == 0:
            raise StillBeingDone from None
        return known
    return None


def settle(actor: Actor, *, key: str, status: int, answer: Any) -> None:
    """Keep the answer of the first write for the key that `claim` claimed."""
    Receipt.objects.filter(actor_key=actor.key, key=key).update(status=status, answer=answer)
