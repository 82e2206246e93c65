"""Sentences and words with their places in the text, folding and stems. It knows no catalogue."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import snowballstemmer

# An end sign counts only before white space, so that 1.200 and aifactory.lu stay whole.
_SENTENCE = re.compile(r"\s*(?:[^.!?…\n]|[.!?…](?=\S))+[.!?…]*")
_WORD = re.compile(r"[^\W_]+(?:[-+&][^\W_]+)*", re.UNICODE)
_ALGORITHM = {"en": "english", "fr": "french", "de": "german", "lb": "german"}
_SHORTEST_STEM = 2


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a text: the words as written, and from where to where (end exclusive)."""

    text: str
    start: int
    end: int


def sentences(text: str) -> tuple[Span, ...]:
    """Return the sentences (also lines) of the text that hold at least one letter or digit."""
    found = []
    for match in _SENTENCE.finditer(text):
        piece = match.group()
        start = match.start() + len(piece) - len(piece.lstrip())
        words = piece.strip()
        if any(sign.isalnum() for sign in words):
            found.append(Span(words, start, start + len(words)))
    return tuple(found)


def words(text: str) -> tuple[Span, ...]:
    """Return the words of the text; an apostrophe ends a word, as in l'eau."""
    return tuple(Span(match.group(), match.start(), match.end()) for match in _WORD.finditer(text))


def folded(text: str) -> str:
    """Return the text in small letters without accents, sign for sign: places stay the same."""
    return "".join(_folded_sign(sign) for sign in text)


@lru_cache(maxsize=4096)
def _folded_sign(sign: str) -> str:
    base = unicodedata.normalize("NFD", sign)[0].lower()
    return base if len(base) == 1 else sign


@lru_cache(maxsize=8)
def _stemmer(language: str) -> snowballstemmer.stemmer:
    return snowballstemmer.stemmer(_ALGORITHM[language])


@lru_cache(maxsize=65_536)
def stem(word: str, language: str) -> str:
    """Return the folded stem of one word; Luxembourgish is cut by the German rules, which fit it best."""
    small = word.lower()
    return folded(str(_stemmer(language).stemWord(small))) if len(small) > _SHORTEST_STEM else folded(small)
