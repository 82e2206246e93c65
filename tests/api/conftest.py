"""The API's own set-up: a fixed clock, a store of its own, and callers for everybody of the cast."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from minett.api import proof
from minett.kernel.clock import FixedClock
from tests.api.callers import Callers
from tests.apps.grants.world import Outbox, equipped
from tests.cast import Cast


@pytest.fixture
def outbox() -> Outbox:
    return Outbox()


@pytest.fixture
def call(
    cast: Cast, clock: FixedClock, outbox: Outbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callers]:
    """Callers of the API; their clock stands an hour after the cast was founded."""
    clock.advance(timedelta(hours=1))
    monkeypatch.setattr(proof, "CLOCK", clock)
    with equipped(tmp_path / "store", outbox) as house:
        yield Callers(cast, clock, house)
