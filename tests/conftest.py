"""Shared set-up: the cast, the clock, and skips that give their reason."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from minett.kernel.clock import FixedClock
from tests.cast import FOUNDED, Cast, make_cast

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"
REQUIRE_ALL = os.environ.get("MINETT_REQUIRE") == "all"


def missing(reason: str) -> None:
    """Skip with a reason, or fail where everything is required."""
    if REQUIRE_ALL:
        pytest.fail(f"required here, but missing: {reason}")
    pytest.skip(reason)


@pytest.fixture
def now() -> datetime:
    return FOUNDED


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(FOUNDED)


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of development sets and standards beside the project."""
    if not SHARED.is_dir():
        missing("the folder ../shared with development sets is not here")
    return SHARED


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """A database of its own on the PostgreSQL server that MINETT_TEST_POSTGRES names."""
    server = os.environ.get("MINETT_TEST_POSTGRES")
    if not server:
        missing("MINETT_TEST_POSTGRES names no PostgreSQL server")
    psycopg = pytest.importorskip("psycopg")
    name = f"minett_{secrets.token_hex(6)}"
    before, _, after = str(server).partition("/postgres?")
    with psycopg.connect(f"{before}/postgres?{after}", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield f"{before}/{name}?{after}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
