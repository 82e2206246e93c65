"""Handing out catalogue entries: the catalogue is public, retired entries are seen only where they are used."""

from __future__ import annotations

from django.db.models import QuerySet

from minett.apps.catalogue.models import EntryVersion
from minett.kernel.actor import Actor
from minett.kernel.errors import Absent
from minett.policy.actions import Action
from minett.policy.decide import decide, demand
from minett.policy.rules.house import HouseFacts


def visible(actor: Actor) -> QuerySet[EntryVersion]:
    """All current versions of entries that are not retired."""
    if not decide(actor, Action.CATALOGUE_VIEW, HouseFacts()):
        return EntryVersion.objects.none()
    return EntryVersion.objects.filter(is_current=True, entry__retired_at__isnull=True).select_related("entry")


def obtain(actor: Actor, action: Action, kind: str, code: str) -> EntryVersion:
    """Return the current version of an entry by kind and code, or raise Absent."""
    demand(actor, action, HouseFacts())
    found = visible(actor).filter(entry__kind=kind, entry__code=code).first()
    if found is None:
        raise Absent
    return found
