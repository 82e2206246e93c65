"""The world, built once for each module of tests and rolled back after it. A test undoes what it changes itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from pytest_django import DjangoDbBlocker

from minett.kernel.clock import SystemClock
from tests.architecture.world import World, standing


@pytest.fixture(scope="module")
def world(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """Build the world. A module that uses it marks its tests with `django_db`: without, no test database is made."""
    # The pages read the real clock, so the world is built at the real moment.
    now = SystemClock().now()
    with django_db_blocker.unblock():
        assert _is_test_database(), "no test database: mark with django_db"
        with transaction.atomic():
            with standing(tmp_path_factory.mktemp("world"), now) as built:
                yield built
            transaction.set_rollback(True)


def _is_test_database() -> bool:
    return any(mark in str(connection.settings_dict["NAME"]) for mark in ("test", "memory"))
