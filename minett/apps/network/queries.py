"""Reads about the network of factories, as the pack lists it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from minett.apps.catalogue import queries as catalogue
from minett.apps.catalogue.models import EntryKind, EntryVersion
from minett.apps.network import access
from minett.apps.network.models import Peer
from minett.kernel.actor import Actor
from minett.kernel.content import Text
from minett.policy.actions import Action


@dataclass(frozen=True, slots=True)
class Listed:
    """A peer with what the pack says of it, and where that was read."""

    peer: Peer
    title: Text
    machine: Text
    source: str
    checked_on: date
    trust: str
    partner_countries: tuple[str, ...]
    hosts: tuple[str, ...]


def listing(actor: Actor, *, kind: str = "", country: str = "", linked_only: bool = False) -> tuple[Listed, ...]:
    """Return factories and antennas in the pack's order; two queries."""
    peers = access.visible(actor)
    wanted = {"kind": kind, "country": country, "is_linked": linked_only}
    peers = peers.filter(**{name: value for name, value in wanted.items() if value})
    return tuple(_with_content(actor, {peer.entry_id: peer for peer in peers}))


def detail(actor: Actor, code: str) -> Listed:
    """Return one peer. Raises Absent."""
    peer = access.obtain(actor, Action.NETWORK_VIEW, code)
    return next(iter(_with_content(actor, {peer.entry_id: peer})))


def _with_content(actor: Actor, peers: dict[int, Peer]) -> Iterable[Listed]:
    entries = catalogue.listing(actor, EntryKind.FACTORIES)
    for version in entries.filter(entry_id__in=list(peers)):
        yield _listed(peers[version.entry_id], version)


def _listed(peer: Peer, version: EntryVersion) -> Listed:
    content = version.content
    return Listed(
        peer=peer,
        title=Text.of(content["title"]),
        machine=Text.of(content["machine"]),
        source=version.source,
        checked_on=version.checked_on,
        trust=content.get("trust", ""),
        partner_countries=tuple(content.get("partner_countries") or ()),
        hosts=tuple(content.get("hosts") or ()),
    )
