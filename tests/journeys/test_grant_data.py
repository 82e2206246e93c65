"""From approval to usable data: queued once, built once however often it is killed, and ended in time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.db import connection, transaction

from minett.apps.dataproducts.models import Product
from minett.apps.grants import services
from minett.apps.grants.models import AccessRequest, Grant, Review, Snapshot
from minett.apps.ledger.models import Entry
from minett.journeys import grant_data, publish_product
from minett.journeys.equipment import Equipment
from minett.planes.data.adapters.duckdb import DuckDBEngine
from minett.planes.data.port import SnapshotFile, SourceIsNotTheAgreedOne
from minett.policy import permit
from minett.policy.actions import Action
from minett.policy.decide import NotAllowed
from tests.apps.grants.world import (
    BUILDER,
    EXPIRER,
    POLICY,
    SCHEMA,
    SHOWN_ROWS,
    Outbox,
    ask,
    description,
    equipped,
    write_table,
)
from tests.cast import Cast

DAYS = timedelta(days=90)


class Killed(BaseException):
    """Stands for a worker that ends in the middle: nothing in the house may catch it."""


def _nothing(_target_dir: Path) -> None:
    return None


@dataclass
class Engine:
    """The real engine, which can end before or after its work, and which counts what it built."""

    real: DuckDBEngine = field(default_factory=DuckDBEngine)
    before: Callable[[Path], None] = _nothing
    after: Callable[[Path], None] = _nothing
    built: int = 0

    def to_parquet(self, *args: Any) -> Any:
        return self.real.to_parquet(*args)

    def materialise(self, *args: Any) -> SnapshotFile:
        assert connection.savepoint_ids == [], "the engine works outside transactions"
        target_dir = args[4]
        self.before(target_dir)
        known = set(target_dir.glob("*.parquet"))
        found = self.real.materialise(*args)
        self.built += found.path not in known
        self.after(target_dir)
        return found


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def outbox() -> Outbox:
    return Outbox()


@pytest.fixture
def house(tmp_path: Path, outbox: Outbox, engine: Engine) -> Iterator[Equipment]:
    with equipped(tmp_path / "store", outbox, engine) as house:
        yield house


@pytest.fixture
def product(cast: Cast, now: datetime, house: Equipment, tmp_path: Path) -> Product:
    return publish_product.publish(
        cast.steward.actor,
        now=now,
        file=write_table(tmp_path / "in.parquet"),
        schema=SCHEMA,
        policy=POLICY,
        **description(cast),
    ).product


@pytest.fixture
def request_(cast: Cast, now: datetime, product: Product) -> AccessRequest:
    return ask(cast, now, product, columns=["age", "length"])


def decide(cast: Cast, now: datetime, request: AccessRequest, vote: str = "approve") -> AccessRequest:
    return grant_data.decide_request(
        cast.steward.actor,
        now=now,
        request_id=request.pk,
        vote=vote,
        reason="The purpose fits.",
        content_sha256=request.content_sha256,
    )


@pytest.fixture
def grant(cast: Cast, now: datetime, request_: AccessRequest) -> Grant:
    return Grant.objects.get(request=decide(cast, now, request_))


def test_an_approval_queues_one_build(cast: Cast, now: datetime, request_: AccessRequest, outbox: Outbox):
    decide(cast, now, request_)

    assert outbox.sent == [("build_snapshot", {"grant_id": Grant.objects.get().pk})]


@pytest.mark.parametrize("vote", ["return", "reject"])
def test_other_votes_queue_nothing(cast: Cast, now: datetime, request_: AccessRequest, outbox: Outbox, vote: str):
    decide(cast, now, request_, vote)

    assert outbox.sent == []


def test_a_queue_that_fails_takes_the_approval_back(
    cast: Cast, now: datetime, request_: AccessRequest, house: Equipment, monkeypatch: pytest.MonkeyPatch
):
    def full(*_args: Any, **_kwargs: Any) -> None:
        raise OSError

    monkeypatch.setattr(Outbox, "__call__", full)
    with pytest.raises(OSError), transaction.atomic():  # noqa: PT011 - whatever the queue raises.
        decide(cast, now, request_)

    request_.refresh_from_db()
    assert request_.state == "submitted"
    assert not Review.objects.exists()
    assert not Grant.objects.exists()


def test_a_build_writes_what_was_granted_and_activates(now: datetime, grant: Grant, house: Equipment):
    active = grant_data.build_snapshot(BUILDER, now=now, grant_id=grant.pk)

    assert active.state == "active"
    assert active.snapshot is not None
    file = house.store.absolute(active.snapshot.path)
    table = pq.read_table(file)
    assert hashlib.sha256(file.read_bytes()).hexdigest() == active.snapshot.sha256
    assert table.column_names == active.snapshot.columns == ["age", "length"]
    assert table.num_rows == active.snapshot.rows == SHOWN_ROWS
    assert b"example.org" not in file.read_bytes()
    entry = Entry.objects.get(action=Action.GRANT_BUILD)
    assert (entry.actor_key, entry.after["snapshot"]) == ("bot:snapshot-builder", active.snapshot.sha256)


def test_the_permit_of_a_built_grant_opens_its_snapshot(
    cast: Cast, now: datetime, grant: Grant, house: Equipment, tmp_path: Path
):
    active = grant_data.build_snapshot(BUILDER, now=now, grant_id=grant.pk)
    assert active.snapshot is not None
    token = services.permit_for(cast.engineer.actor, now=now, grant_id=grant.pk)
    given = permit.read(token, permit.public_key_of(house.signing_key), now)

    parts = DuckDBEngine().split(given, house.store.absolute(active.snapshot.path), tmp_path, 0.3, 7, now)

    assert sum(pq.read_metadata(part).num_rows for part in parts) == SHOWN_ROWS


def test_building_again_changes_nothing(now: datetime, grant: Grant, house: Equipment, engine: Engine):
    grant_data.build_snapshot(BUILDER, now=now, grant_id=grant.pk)
    told = Entry.objects.count()

    again = grant_data.build_snapshot(BUILDER, now=now + timedelta(days=1), grant_id=grant.pk)

    assert (again.state, engine.built, Entry.objects.count()) == ("active", 1, told)


def _half_written(target_dir: Path) -> None:
    (target_dir / "0-0.parquet.half.part").write_bytes(b"PAR1 half")
    raise Killed


def _killed(_target_dir: Path) -> None:
    raise Killed


@pytest.mark.parametrize(("moment", "end"), [("before", _half_written), ("after", _killed)])
def test_a_build_killed_in_the_middle_is_finished_by_the_next_run(
    now: datetime, grant: Grant, house: Equipment, engine: Engine, moment: str, end: Callable[[Path], None]
):
    setattr(engine, moment, end)
    with pytest.raises(Killed):
        grant_data.build_snapshot(BUILDER, now=now, grant_id=grant.pk)
    grant.refresh_from_db()
    assert (grant.state, grant.snapshot, Snapshot.objects.count()) == ("preparing", None, 0)

    setattr(engine, moment, _nothing)
    active = grant_data.build_snapshot(BUILDER, now=now, grant_id=grant.pk)

    assert (active.state, engine.built, Snapshot.objects.count()) == ("active", 1, 1)
    assert Entry.objects.filter(action=Action.GRANT_BUILD).count() == 1


def test_a_build_killed_while_it_is_noted_is_finished_by_the_next_run(
    now: datetime, grant: Grant, house: Equipment, engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    def end(*_args: Any, **_kwargs: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("minett.apps.ledger.services.record", end)
        with pytest.raises(Killed):
            grant_data.build_snapshot(BUILDER, now=now, grant_id=grant.pk)
    assert not Snapshot.objects.exists()

    assert grant_data.build_snapshot(BUILDER, now=now, grant_id=grant.pk).state == "active"
    assert engine.built == 1


def test_a_grant_revoked_while_its_snapshot_is_built_stays_revoked(
    cast: Cast, now: datetime, grant: Grant, house: Equipment, engine: Engine
):
    def revoke(_target_dir: Path) -> None:
        services.revoke(cast.steward.actor, now=now, grant_id=grant.pk, reason="Stop.")

    engine.after = revoke

    left = grant_data.build_snapshot(BUILDER, now=now, grant_id=grant.pk)

    assert (left.state, left.snapshot) == ("revoked", None)
    assert grant_data.build_snapshot(BUILDER, now=now, grant_id=grant.pk).state == "revoked"
    with pytest.raises(NotAllowed):
        services.permit_for(cast.engineer.actor, now=now, grant_id=grant.pk)


def test_a_grant_whose_time_passed_in_the_queue_is_ended_and_not_built(
    now: datetime, grant: Grant, house: Equipment, engine: Engine
):
    left = grant_data.build_snapshot(BUILDER, now=now + DAYS, grant_id=grant.pk)

    assert (left.state, engine.built) == ("expired", 0)


def test_a_source_that_was_changed_on_disk_is_refused(now: datetime, grant: Grant, house: Equipment):
    source = house.store.absolute(grant.version.path)
    table = pq.read_table(source)
    pq.write_table(table.slice(1), source)

    with pytest.raises(SourceIsNotTheAgreedOne):
        grant_data.build_snapshot(BUILDER, now=now, grant_id=grant.pk)

    grant.refresh_from_db()
    assert grant.state == "preparing"


@pytest.mark.parametrize("name", ["steward", "engineer"])
def test_only_robots_build(cast: Cast, now: datetime, grant: Grant, house: Equipment, name: str):
    with pytest.raises(NotAllowed):
        grant_data.build_snapshot(cast.actors()[name], now=now, grant_id=grant.pk)


def test_two_grants_of_one_policy_are_built_once(
    cast: Cast, now: datetime, grant: Grant, house: Equipment, engine: Engine
):
    request = ask(cast, now, grant.version.product, columns=["length", "age"], purpose="evaluation")
    other = Grant.objects.get(request=decide(cast, now, request))

    snapshots = {grant_data.build_snapshot(BUILDER, now=now, grant_id=row.pk).snapshot for row in (grant, other)}

    assert (len(snapshots), engine.built) == (1, 1)


def test_the_sweep_ends_what_is_over(cast: Cast, now: datetime, grant: Grant, house: Equipment):
    grant_data.build_snapshot(BUILDER, now=now, grant_id=grant.pk)

    assert grant_data.sweep(EXPIRER, now=now) == 0
    assert grant_data.sweep(EXPIRER, now=now + DAYS) == 1

    grant.refresh_from_db()
    assert grant.state == "expired"
    with pytest.raises(NotAllowed):
        services.permit_for(cast.engineer.actor, now=now, grant_id=grant.pk)
