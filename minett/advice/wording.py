"""The sentences that the advice says to people, in four languages, from wording.yaml. It decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

from minett.kernel.content import LANGUAGES, Text


@cache
def _sentences() -> Mapping[str, Mapping[str, str]]:
    raw: Mapping[str, Mapping[str, str]] = yaml.safe_load(Path(__file__).with_name("wording.yaml").read_text("utf-8"))
    return raw


def say(key: str, **gaps: str | Text) -> Text:
    """Return the sentence with its `%(name)s` gaps filled; a gap that is a Text is filled language by language."""
    return Text({code: _sentences()[key][code] % _filled(gaps, code) for code in LANGUAGES})


def _filled(gaps: Mapping[str, str | Text], code: str) -> dict[str, str]:
    return {name: gap.in_(code) if isinstance(gap, Text) else gap for name, gap in gaps.items()}


def has(key: str) -> bool:
    """Whether there is such a sentence."""
    return key in _sentences()
