"""The catalogue's entries, and the other factories and antennas of the network."""

from __future__ import annotations

from datetime import date
from typing import Any, Self

from minett.api.schemas.base import Texts, Told
from minett.apps.catalogue.models import EntryVersion
from minett.apps.network.queries import Listed


class KindTold(Told):
    kind: str
    entries: int


class KindsTold(Told):
    items: list[KindTold]


class EntryTold(Told):
    """An entry as it stands today, with the source and the day on which it was checked."""

    kind: str
    code: str
    version: int
    content: dict[str, Any]
    sha256: str
    source: str
    checked_on: date
    valid_from: date
    valid_to: date | None

    @classmethod
    def of(cls, row: EntryVersion) -> Self:
        return cls(
            kind=row.entry.kind,
            code=row.entry.code,
            version=row.number,
            content=row.content,
            sha256=row.sha256,
            source=row.source,
            checked_on=row.checked_on,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
        )


class PeerTold(Told):
    code: str
    name: str
    kind: str
    country: str
    place: str
    title: Texts
    machine: Texts
    is_linked: bool
    hosts: list[str]
    partner_countries: list[str]
    source: str
    checked_on: date
    trust: str

    @classmethod
    def of(cls, listed: Listed) -> Self:
        peer = listed.peer
        return cls(
            code=peer.code,
            name=peer.name,
            kind=peer.kind,
            country=peer.country,
            place=peer.place,
            title=listed.title.to_json(),
            machine=listed.machine.to_json(),
            is_linked=peer.is_linked,
            hosts=list(listed.hosts),
            partner_countries=list(listed.partner_countries),
            source=listed.source,
            checked_on=listed.checked_on,
            trust=listed.trust,
        )


class NetworkTold(Told):
    items: list[PeerTold]
