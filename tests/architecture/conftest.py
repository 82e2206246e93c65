"""The world, built once for each module of tests and rolled back after it. A test undoes what it changes itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction

from minett.kernel.clock import SystemClock
from tests.architecture.world import World, standing


@pytest.fixture(scope="module")
def world(
    django_db_setup: None, django_db_blocker: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    # The pages read the real clock, so the world is built at the real moment.
    now = SystemClock().now()
    with django_db_blocker.unblock(), transaction.atomic():  # type: ignore[attr-defined]
        with standing(tmp_path_factory.mktemp("world"), now) as built:
            yield built
        transaction.set_rollback(True)
