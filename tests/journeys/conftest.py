"""The stage on which trainings are tested."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db.models import QuerySet

from minett.journeys import equipment
from minett.kernel.clock import FixedClock
from minett.policy import permit
from tests.apps.grants import world as data
from tests.apps.jobs import compute_world as world
from tests.cast import Cast
from tests.journeys.training_stage import GOOD, Stage, Timed, granted


@pytest.fixture
def stage(cast: Cast, clock: FixedClock, tmp_path: Path) -> Iterator[Stage]:
    outbox = data.Outbox()
    with data.equipped(tmp_path / "store", outbox) as house:
        executor = Timed(permit.public_key_of(house.signing_key), dict(GOOD))
        staffed = replace(house, executor=executor)
        equipment.install(lambda: staffed)
        case = world.decided_case(cast.founder, cast.adviser, clock.now())
        allocation = world.awarded(cast, clock.now(), case)
        grant = granted(cast, clock.now(), case, rows=40)
        yield Stage(cast, clock, staffed, executor, outbox, case, allocation, grant)


@pytest.fixture
def locks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the names of the tables whose rows are locked, in order; also where the database needs no such lock."""
    order: list[str] = []
    lock = QuerySet.select_for_update

    def noted(rows: QuerySet[Any], *args: Any, **options: Any) -> QuerySet[Any]:
        order.append(rows.model.__name__)
        return lock(rows, *args, **options)

    monkeypatch.setattr(QuerySet, "select_for_update", noted)
    return order
