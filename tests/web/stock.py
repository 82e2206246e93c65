"""What the pages of the front door, the catalogue and the data stand on: the shipped pack, products, requests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from minett.apps.catalogue.pack import Pack, read_sound_pack
from minett.apps.catalogue.services import load_pack
from minett.apps.grants.models import AccessRequest, Grant
from minett.apps.network import services as network
from minett.kernel.actor import robot
from minett.kernel.clock import SystemClock
from minett.web.once import new_key
from tests.apps.grants import world
from tests.cast import Cast

LOADER = robot("pack-loader")
# The pages ask the system's clock, so the policy of these tests has no end that the calendar could reach.
POLICY = replace(world.POLICY, until=None)
MOST_QUERIES = 8


@lru_cache
def _pack() -> Pack:
    return read_sound_pack(settings.PACK)


def load_catalogue() -> None:
    """Load the shipped pack; it is read once for all tests."""
    now = SystemClock().now()
    load_pack(LOADER, now=now, pack=_pack())
    network.sync(LOADER, now=now)


def send(client: Client, url: str, key: str = "", **fields: Any) -> Any:
    """Send a form as its page would, under a new key unless one is given."""
    return client.post(url, {"form_key": key or new_key(), **fields})


def words(response: Any) -> str:
    """Return the page as text."""
    if response.streaming:
        return b"".join(response.streaming_content).decode()
    return str(response.content.decode())


@contextmanager
def few_queries() -> Iterator[None]:
    """Fail when a page reads more than its budget; it says what was read."""
    with CaptureQueriesContext(connection) as captured:
        yield
    assert len(captured) <= MOST_QUERIES, "\n".join(query["sql"] for query in captured.captured_queries)


def asked(cast: Cast, **changed: Any) -> AccessRequest:
    """Publish the product of the grants' tests and ask for it as the company's engineer."""
    now = SystemClock().now()
    product = world.publish(cast, now, policy=POLICY)
    return world.ask(cast, now, product, **changed)


def granted(cast: Cast) -> Grant:
    now = SystemClock().now()
    return world.activate(now, world.approve(cast, now, asked(cast)))
