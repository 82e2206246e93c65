"""Which concepts of the AI Act a text shows, and where. It only reads; the rules decide."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from minett.advice.reading import Span, folded, sentences

_HERE = Path(__file__).parent
# Words that take a cue away for certain, and words that only make it doubtful ("not only ranks applicants").
_WITHOUT = r"without|no|sans|aucune?s?|ohne|keine?[rnms]?|ouni|keng|kee|keen"
_NOT = r"not|never|pas|jamais|nicht|nie|net|ni"
_DENIED = re.compile(rf"\b(?:{_WITHOUT})(?:\W+\w+){{0,3}}\W+$")
_DOUBTED = re.compile(rf"\b(?:{_NOT})(?:\W+\w+){{0,3}}\W+$")
_WINDOW = 2


@dataclass(frozen=True, slots=True)
class Cue:
    """A concept seen in one sentence; `doubted` when a "not" stands shortly before it."""

    concept: str
    sentence: str
    doubted: bool


@cache
def _patterns() -> Mapping[str, re.Pattern[str]]:
    raw: Mapping[str, Any] = yaml.safe_load((_HERE / "concepts.yaml").read_text("utf-8"))
    return {name: _pattern({term for terms in by.values() for term in terms}) for name, by in raw.items()}


def _pattern(terms: set[str]) -> re.Pattern[str]:
    """Join the terms, the longest first; one look at the word's border spares most of the work inside words."""
    joined = "|".join(_one(term) for term in sorted(terms, key=lambda term: (-len(term), term)))
    return re.compile(rf"(?<!\w)(?:{joined})(?!\w)")


def _one(term: str) -> str:
    """Turn a term with stars and gaps into an expression over folded text; no part of it can run away."""
    parts = []
    for piece in folded(term).split(" .. "):
        words = r"[\s'’]+".join(re.escape(word).replace(r"\*", r"\w*") for word in piece.split())
        parts.append(words)
    return r"(?:\W+\w+){0,5}?\W+".join(parts)


def windows(text: str) -> Iterator[Mapping[str, Cue]]:
    """Yield, for each pair of neighbouring sentences, the concepts seen there; a plain cue beats a doubted one."""
    seen = [_cues(span) for span in sentences(text)]
    for at in range(max(1, len(seen) - _WINDOW + 1)):
        yield _merged(seen[at : at + _WINDOW])


def _merged(rows: Sequence[Mapping[str, Cue]]) -> dict[str, Cue]:
    merged: dict[str, Cue] = {}
    for row in rows:
        for name, cue in row.items():
            if name not in merged or merged[name].doubted:
                merged[name] = cue
    return merged


def _cues(span: Span) -> dict[str, Cue]:
    small = folded(span.text).replace("’", "'")
    found: dict[str, Cue] = {}
    for name, pattern in _patterns().items():
        for match in pattern.finditer(small):
            before = small[: match.start()]
            if _DENIED.search(before[-60:]):
                continue
            doubted = bool(_DOUBTED.search(before[-60:]))
            if name not in found or found[name].doubted:
                found[name] = Cue(name, span.text, doubted)
    return found
