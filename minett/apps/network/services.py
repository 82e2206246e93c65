"""Keeping the list of other factories in step with the pack."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from minett.apps.catalogue import queries as catalogue
from minett.apps.catalogue.models import EntryKind, EntryVersion
from minett.apps.ledger import services as ledger
from minett.apps.network.models import Peer
from minett.kernel.actor import Actor
from minett.kernel.content import Text
from minett.policy.actions import Action
from minett.policy.decide import demand
from minett.policy.rules.house import HouseFacts

FIELDS = ("code", "name", "kind", "country", "place", "machine", "is_linked")


@transaction.atomic
def sync(actor: Actor, *, now: datetime) -> int:
    """Make the peers what the pack's list of factories says; returns how many were added or changed.

    This installation's own entry is no peer. Entries that the pack dropped keep their row, which is no longer
    listed. Doing it again changes nothing.
    """
    decision = demand(actor, Action.PACK_LOAD, HouseFacts())
    known = {peer.entry_id: peer for peer in Peer.objects.select_for_update()}
    own = catalogue.factory(actor) or {}
    listed = catalogue.listing(actor, EntryKind.FACTORIES)
    changed = [_put(known, row, own) for row in listed if row.entry.code != own.get("listed_as")]
    count = sum(changed)
    if count:
        ledger.record(
            actor,
            now=now,
            action=Action.PACK_LOAD,
            noun="network",
            noun_id=own.get("listed_as") or "peers",
            decision=decision,
            after={"peers": len(changed), "changed": count},
        )
    return count


def _put(known: dict[int, Peer], row: EntryVersion, own: dict[str, Any]) -> bool:
    facts = _facts(row, own)
    peer = known.get(row.entry_id)
    if peer is None:
        Peer.objects.create(entry_id=row.entry_id, **facts)
        return True
    if all(getattr(peer, name) == facts[name] for name in FIELDS):
        return False
    Peer.objects.filter(pk=peer.pk).update(**facts)
    return True


def _facts(row: EntryVersion, own: dict[str, Any]) -> dict[str, Any]:
    """Return a peer's row. Names of factories are proper names, so the English words stand for all languages."""
    content = row.content
    serves_us = row.entry.code in own.get("hosts", [])
    served_by_us = own.get("listed_as") in (content.get("hosts") or [])
    return {
        "code": row.entry.code,
        "name": Text.of(content["title"]).in_("en")[:120],
        "kind": content["kind"],
        "country": content["country"],
        "place": (content.get("place") or "")[:120],
        "machine": Text.of(content["machine"]).in_("en")[:200],
        "is_linked": serves_us or served_by_us,
    }
