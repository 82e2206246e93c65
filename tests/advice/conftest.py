"""Fixtures of the advice tests: the small own shelf, and the whole catalogue of the pack."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from minett.advice.cards import UseCaseCard
from minett.advice.service import Library
from tests.advice.shelf import own_library

PACK = Path(__file__).parents[2] / "packs" / "luxembourg"


@pytest.fixture(scope="session")
def library() -> Library:
    return own_library()


@pytest.fixture(scope="session")
def pack_cards() -> list[UseCaseCard]:
    files = sorted((PACK / "usecases").glob("*.yaml"))
    return [UseCaseCard.from_content(row) for file in files for row in yaml.safe_load(file.read_text("utf-8"))]


@pytest.fixture(scope="session")
def pack_library(pack_cards: list[UseCaseCard]) -> Library:
    return Library.of(usecases=pack_cards)
