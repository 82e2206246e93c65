"""Which promised languages are missing in which text. A gap is a warning: another language stands in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from minett.apps.catalogue.pack.reader import Pack, PackEntry
from minett.kernel.content import LANGUAGES


@dataclass(frozen=True, slots=True)
class Gap:
    """One text without words in one language; `path` is inside the entry, like gives or amounts[0].of."""

    language: str
    kind: str
    code: str
    path: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Gaps:
    """All gaps of a pack, and how many by language and kind (a kind without gaps counts 0)."""

    listed: tuple[Gap, ...]
    counts: Mapping[str, Mapping[str, int]]


def gaps(pack: Pack) -> Gaps:
    """Compare every text of the pack with the languages that it promises."""
    listed = tuple(gap for entry in pack.entries for gap in _of_entry(entry, pack.languages))
    found = Counter((gap.language, gap.kind) for gap in listed)
    kinds = sorted({entry.kind for entry in pack.entries})
    counts = {language: {kind: found[language, kind] for kind in kinds} for language in pack.languages}
    return Gaps(listed, counts)


def _of_entry(entry: PackEntry, languages: tuple[str, ...]) -> Iterator[Gap]:
    for path, text in _texts(entry.content, ""):
        for language in languages:
            if language not in text:
                yield Gap(language, entry.kind, entry.code, path, entry.file, entry.line)


def _texts(value: Any, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Find the texts: mappings whose names are all languages, English among them."""
    if isinstance(value, dict):
        if "en" in value and set(value) <= set(LANGUAGES):
            yield path, value
            return
        for name, held in value.items():
            yield from _texts(held, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, held in enumerate(value):
            yield from _texts(held, f"{path}[{index}]")
