"""Loading a pack into the catalogue: idempotent, keeps every version, deletes nothing that a case may refer to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.db import transaction

from minett.apps.catalogue.models import EntryVersion, PackEntry
from minett.apps.catalogue.pack import Pack, read_sound_pack
from minett.apps.catalogue.pack import PackEntry as ReadEntry
from minett.apps.ledger import services as ledger
from minett.kernel.actor import Actor
from minett.policy.actions import Action
from minett.policy.decide import demand
from minett.policy.rules.house import HouseFacts


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did, in numbers of entries."""

    pack: str
    added: int
    changed: int
    unchanged: int
    retired: int
    returned: int

    @property
    def changed_something(self) -> bool:
        return bool(self.added or self.changed or self.retired or self.returned)


def load(actor: Actor, *, now: datetime, path: Path) -> Loaded:
    """Read the pack at `path` and load it. Raises PackNotThere or PackHasProblems; then nothing is changed."""
    return load_pack(actor, now=now, pack=read_sound_pack(path))


@transaction.atomic
def load_pack(actor: Actor, *, now: datetime, pack: Pack) -> Loaded:
    """Load a pack that was read. Entries that it no longer holds are retired, never deleted."""
    decision = demand(actor, Action.PACK_LOAD, HouseFacts())
    known = {(entry.kind, entry.code): entry for entry in PackEntry.objects.select_for_update()}
    current = {version.entry_id: version for version in EntryVersion.objects.filter(is_current=True)}
    tally = {"added": 0, "changed": 0, "unchanged": 0, "retired": 0, "returned": 0}
    fresh: list[EntryVersion] = []
    for position, read in enumerate(pack.entries):
        entry = known.pop((read.kind, read.code), None)
        tally[_place(pack, entry, read, current, fresh, position, now)] += 1
    EntryVersion.objects.bulk_create(fresh)
    gone = [entry.pk for entry in known.values() if entry.retired_at is None]
    tally["retired"] = PackEntry.objects.filter(pk__in=gone).update(retired_at=now)
    loaded = Loaded(pack=pack.code, **tally)
    if loaded.changed_something:
        ledger.record(
            actor,
            now=now,
            action=Action.PACK_LOAD,
            noun="pack",
            noun_id=pack.code,
            decision=decision,
            after=tally,
        )
    return loaded


def _place(
    pack: Pack,
    entry: PackEntry | None,
    read: ReadEntry,
    current: dict[int, EntryVersion],
    fresh: list[EntryVersion],
    position: int,
    now: datetime,
) -> str:
    """Put one read entry into the catalogue; return the word under which it is counted."""
    if entry is None:
        entry = PackEntry.objects.create(pack=pack.code, kind=read.kind, code=read.code)
        fresh.append(_version(entry, read, 1, position, now))
        return "added"
    returned = entry.retired_at is not None
    if returned or entry.pack != pack.code:
        entry.retired_at, entry.pack = None, pack.code
        entry.save(update_fields=["retired_at", "pack"])
    version = current[entry.pk]
    if version.sha256 == read.sha256:
        if version.position != position:
            EntryVersion.objects.filter(pk=version.pk).update(position=position)
        return "returned" if returned else "unchanged"
    EntryVersion.objects.filter(pk=version.pk).update(is_current=False)
    fresh.append(_version(entry, read, version.number + 1, position, now))
    return "changed"


def _version(entry: PackEntry, read: ReadEntry, number: int, position: int, now: datetime) -> EntryVersion:
    content = read.content
    return EntryVersion(
        entry=entry,
        number=number,
        is_current=True,
        position=position,
        content=content,
        sha256=read.sha256,
        source=content["source"],
        checked_on=date.fromisoformat(content["checked_on"]),
        valid_from=date.fromisoformat(content["valid_from"]),
        valid_to=date.fromisoformat(content["valid_to"]) if content.get("valid_to") else None,
        loaded_at=now,
    )
