"""Loading a pack: idempotent, keeps history, deletes nothing, and another country needs no code."""

from __future__ import annotations

import shutil
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from minett.apps.catalogue import access, queries, services
from minett.apps.catalogue.models import EntryKind, EntryVersion, PackEntry
from minett.apps.catalogue.pack import PackHasProblems
from minett.apps.ledger.models import Entry
from minett.kernel.actor import VISITOR, robot
from minett.kernel.errors import Absent
from minett.policy.actions import Action
from minett.policy.decide import NotAllowed
from tests.cast import Cast

ROOT = Path(__file__).resolve().parent.parent.parent.parent
PACKS = ROOT / "packs"
LOADER = robot("pack-loader")


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A copy of the small pack that a test may change."""
    return Path(shutil.copytree(PACKS / "example-antenna", tmp_path / "pack"))


def change(pack: Path, file: str, old: str, new: str) -> None:
    path = next(pack.rglob(file))
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.django_db
def test_loading_twice_changes_nothing(pack: Path, now: datetime):
    first = services.load(LOADER, now=now, path=pack)
    rows = Entry.objects.count()

    second = services.load(LOADER, now=now, path=pack)

    assert first.added > 0
    assert (second.added, second.changed, second.retired, second.unchanged) == (0, 0, 0, first.added)
    assert Entry.objects.count() == rows


@pytest.mark.django_db
def test_a_changed_entry_gets_a_version_and_the_old_one_stays(pack: Path, now: datetime):
    services.load(LOADER, now=now, path=pack)
    entry = PackEntry.objects.filter(kind=EntryKind.SERVICES).order_by("pk").first()
    assert entry is not None
    old = EntryVersion.objects.get(entry=entry, is_current=True)
    change(pack, "services.yaml", old.content["title"]["en"], "A title that was not there before")

    loaded = services.load(LOADER, now=now + timedelta(days=1), path=pack)

    assert loaded.changed == 1
    assert [version.number for version in EntryVersion.objects.filter(entry=entry).order_by("number")] == [1, 2]
    shown = access.obtain(VISITOR, Action.CATALOGUE_VIEW, EntryKind.SERVICES, entry.code)
    assert shown.content["title"]["en"] == "A title that was not there before"


@pytest.mark.django_db
def test_an_entry_that_left_is_retired_and_comes_back(pack: Path, now: datetime):
    services.load(LOADER, now=now, path=pack)
    clusters, count = next(pack.rglob("clusters.yaml")), EntryVersion.objects.count()
    text, code = clusters.read_text(), PackEntry.objects.get(kind=EntryKind.CLUSTERS).code
    clusters.unlink()

    gone = services.load(LOADER, now=now, path=pack)

    assert gone.retired == 1
    assert EntryVersion.objects.count() == count
    with pytest.raises(Absent):
        access.obtain(VISITOR, Action.CATALOGUE_VIEW, EntryKind.CLUSTERS, code)
    clusters.write_text(text)
    assert services.load(LOADER, now=now, path=pack).returned == 1


@pytest.mark.django_db
def test_a_pack_with_a_problem_loads_nothing(pack: Path, now: datetime):
    change(pack, "services.yaml", "checked_on: 2026", "checked_on: 2O26")

    with pytest.raises(PackHasProblems):
        services.load(LOADER, now=now, path=pack)

    assert not PackEntry.objects.exists()


def test_only_the_house_loads_packs(cast: Cast, pack: Path, now: datetime):
    services.load(cast.manager.actor, now=now, path=pack)
    for actor in (cast.adviser.actor, cast.founder.actor, VISITOR):
        with pytest.raises(NotAllowed):
            services.load(actor, now=now, path=pack)


@pytest.mark.django_db
def test_luxembourg_brings_all_use_cases_and_another_pack_replaces_it_without_loss(pack: Path, now: datetime):
    services.load(LOADER, now=now, path=PACKS / "luxembourg")
    assert queries.listing(VISITOR, EntryKind.USECASES).count() == 120
    partners = {code for row in queries.listing(VISITOR, EntryKind.SERVICES) for code in row.content["partners"]}
    assert {"luxinnovation", "luxprovide", "lnds", "list"} <= partners
    versions = EntryVersion.objects.count()

    services.load(LOADER, now=now, path=pack)

    factory = queries.factory(VISITOR)
    assert factory is not None
    assert factory["kind"] == "antenna"
    assert EntryVersion.objects.count() > versions


@pytest.mark.django_db
def test_calls_whose_last_cut_off_has_passed_are_not_advised(now: datetime):
    services.load(LOADER, now=now, path=PACKS / "luxembourg")
    signature = queries.signature()

    today = {card.code: card for card in queries.offer_of(signature, date(2026, 11, 24))["calls"]}
    later = {card.code for card in queries.offer_of(signature, date(2028, 1, 1))["calls"]}

    large = [card for code, card in today.items() if "large" in code]
    assert large
    assert large[0].next_cutoff is not None
    assert large[0].code not in later
