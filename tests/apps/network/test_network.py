"""The list of other factories follows the pack, and everybody may read it."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest

from minett.apps.catalogue import services as catalogue
from minett.apps.catalogue.models import EntryVersion, PackEntry
from minett.apps.catalogue.pack import Pack, read_sound_pack
from minett.apps.ledger.models import Entry
from minett.apps.network import access, queries, services
from minett.apps.network.models import Peer
from minett.kernel.actor import VISITOR, robot
from minett.kernel.errors import Absent
from minett.policy.actions import Action
from minett.policy.decide import NotAllowed
from tests.cast import Cast

ROBOT = robot("pack-loader")
PACKS = Path(__file__).resolve().parents[3] / "packs"


@cache
def luxembourg() -> Pack:
    """Reading a pack takes seconds, and nobody changes what was read."""
    return read_sound_pack(PACKS / "luxembourg")


@pytest.fixture
def network(cast: Cast, now: datetime) -> int:
    catalogue.load_pack(ROBOT, now=now, pack=luxembourg())
    return services.sync(ROBOT, now=now)


def test_every_listed_factory_but_our_own_is_a_peer(network: int):
    listed = PackEntry.objects.filter(kind="factories").count()

    assert network == Peer.objects.count() == listed - 1
    assert not Peer.objects.filter(code="l-aif").exists()
    lumi = Peer.objects.get(code="lumi-ai-factory")
    assert (lumi.kind, lumi.country, lumi.place, lumi.is_linked) == ("factory", "FI", "Kajaani", False)


def test_doing_it_again_changes_nothing(network: int, now: datetime):
    rows = Entry.objects.count()

    assert services.sync(ROBOT, now=now) == 0
    assert Entry.objects.count() == rows


def test_changes_and_links_of_the_pack_arrive(network: int, now: datetime):
    version = EntryVersion.objects.get(entry__code="antenna-hungary", is_current=True)
    version.content = deepcopy(version.content) | {"place": "Szeged", "hosts": ["l-aif"]}
    version.save(update_fields=["content"])

    assert services.sync(ROBOT, now=now) == 1
    peer = Peer.objects.get(code="antenna-hungary")
    assert (peer.place, peer.is_linked) == ("Szeged", True)
    assert peer in [listed.peer for listed in queries.listing(VISITOR, linked_only=True)]


def test_an_entry_that_the_pack_dropped_is_kept_but_not_listed(network: int, now: datetime):
    PackEntry.objects.filter(code="antenna-hungary").update(retired_at=now)
    services.sync(ROBOT, now=now)

    assert Peer.objects.filter(code="antenna-hungary").exists()
    with pytest.raises(Absent):
        access.obtain(VISITOR, Action.NETWORK_VIEW, "antenna-hungary")
    assert "antenna-hungary" not in {listed.peer.code for listed in queries.listing(VISITOR)}


def test_everybody_reads_and_only_the_house_writes(network: int, cast: Cast, now: datetime):
    for name, actor in cast.actors().items():
        assert access.visible(actor).count() == network, name
        assert queries.detail(actor, "lumi-ai-factory").title.in_("fr") == "LUMI AI Factory"
        if name == "manager":
            assert services.sync(actor, now=now) == 0
        else:
            with pytest.raises(NotAllowed):
                services.sync(actor, now=now)


def test_a_token_without_the_scope_reads_nothing(network: int, cast: Cast):
    narrow = replace(cast.engineer.actor, scopes=frozenset({"case:*"}))

    assert not access.visible(narrow)
    with pytest.raises(Absent):
        access.obtain(narrow, Action.NETWORK_VIEW, "lumi-ai-factory")


def test_the_list_says_where_each_entry_was_read_in_two_queries(network: int, django_assert_num_queries):
    with django_assert_num_queries(2):
        listed = queries.listing(VISITOR, kind="factory", country="ES")

    assert listed
    assert all(one.source and one.checked_on and one.trust and one.machine.in_("lb") for one in listed)
    assert {(one.peer.kind, one.peer.country) for one in listed} == {("factory", "ES")}
