"""Handing out the other factories and antennas, which are public."""

from __future__ import annotations

from django.db.models import QuerySet

from minett.apps.network.models import Peer
from minett.kernel.actor import Actor
from minett.kernel.errors import Absent
from minett.policy.actions import Action
from minett.policy.decide import decide, demand
from minett.policy.rules.house import HouseFacts


def visible(actor: Actor) -> QuerySet[Peer]:
    """All peers whose entry the pack still holds; none for a token without the scope."""
    if not decide(actor, Action.NETWORK_VIEW, HouseFacts()):
        return Peer.objects.none()
    return Peer.objects.filter(entry__retired_at__isnull=True).select_related("entry")


def obtain(actor: Actor, action: Action, code: str) -> Peer:
    """Return the peer by its code in the pack, or raise Absent."""
    found = visible(actor).filter(code=code).first()
    if found is None:
        raise Absent
    demand(actor, action, HouseFacts())
    return found
