"""The catalogue as sparse matrices, and how near a text is to each entry. It decides nothing.

Three channels, each from 0 upwards: `chars` (3 to 5 signs in a row: compounds, typing errors, cognates), `stems`
(whole words), `glossary` (how much of a trade's term the text holds). The catalogue is small, so all is scanned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

from minett.advice.language import meaningful
from minett.advice.reading import folded, stem, words
from minett.kernel.content import LANGUAGES

FIELDS = ("title", "problem", "glossary", "data", "method", "value")
CHANNELS = ("chars", "stems", "glossary")
_FULL_TERM = 0.5
Pieces = Callable[[str, str], list[str]]


@dataclass(frozen=True, slots=True)
class Entry:
    """What the index needs of one entry: words for each field and language, and terms for each language."""

    code: str
    fields: Mapping[str, Mapping[str, str]]
    terms: Mapping[str, tuple[str, ...]]


class Index:
    """Built once from the entries; `channels` then scores texts against all of them."""

    def __init__(self, entries: Sequence[Entry], field_weights: Mapping[str, Mapping[str, float]]) -> None:
        self.codes = tuple(entry.code for entry in entries)
        self._chars = _Side(entries, field_weights["chars"], char_pieces)
        self._stems = _Side(entries, field_weights["stems"], stems_of)
        self._terms = _Terms(entries)

    def channels(self, texts: Sequence[str], languages: Sequence[str]) -> dict[str, Any]:
        """Return for each channel an array of texts x entries; each text comes with its language."""
        stemmed = [_query_stems(*pair) for pair in zip(texts, languages, strict=True)]
        return {
            "chars": self._chars.scores([char_pieces(text, "") for text in texts]),
            "stems": self._stems.scores(stemmed),
            "glossary": self._terms.scores(stemmed),
        }


def char_pieces(text: str, _language: str) -> list[str]:
    """Return all runs of 3 to 5 signs inside the words of the text, with the words' borders."""
    padded = [f" {folded(word.text)} " for word in words(text) if meaningful(word.text)]
    return [word[at : at + size] for word in padded for size in (3, 4, 5) for at in range(len(word) - size + 1)]


def stems_of(text: str, language: str) -> list[str]:
    """Return the stems of the meaningful words, parts of hyphened words beside the whole."""
    found = []
    for word in words(text):
        parts = word.text.split("-")
        pieces = [word.text, *parts] if len(parts) > 1 else parts
        found += [stem(piece, language) for piece in pieces if meaningful(piece)]
    return found


def _query_stems(text: str, language: str) -> list[str]:
    """Return stems under the text's own language and the neighbours', for loan words and mixed writing."""
    own = stems_of(text, language)
    seen = set(own)
    for other in LANGUAGES:
        more = [one for one in stems_of(text, other) if one not in seen]
        own += more
        seen.update(more)
    return own


class _Side:
    """One channel over all fields: a row for each language and entry, the fields weighted into it."""

    def __init__(self, entries: Sequence[Entry], weights: Mapping[str, float], pieces: Pieces) -> None:
        self._size = len(entries)
        self._counter = CountVectorizer(analyzer=_as_is, dtype=np.float32)
        cut = [
            pieces(entry.fields.get(field, {}).get(code, ""), code)
            for field in FIELDS
            for code in LANGUAGES
            for entry in entries
        ]
        height = len(LANGUAGES) * len(entries)
        counts = self._counter.fit_transform(cut)
        blocks = [counts[at * height : (at + 1) * height] for at in range(len(FIELDS))]
        self._idf = TfidfTransformer(sublinear_tf=True).fit(sum(blocks[1:], blocks[0]))
        weighted = [weights[field] * self._idf.transform(block) for field, block in zip(FIELDS, blocks, strict=True)]
        self._columns = sum(weighted[1:], weighted[0]).T.tocsr()

    def scores(self, queries: Sequence[list[str]]) -> Any:
        query = self._idf.transform(self._counter.transform(queries))
        near = np.asarray((query @ self._columns).todense())
        return near.reshape(len(queries), len(LANGUAGES), self._size).max(axis=1)


def _as_is(pieces: list[str]) -> list[str]:
    return pieces


class _Terms:
    """The glossary: each term is worth what its rarest words are worth, and counts by how much of it is there."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._size = len(entries)
        terms = [
            (number, stems_of(term, code), code)
            for number, entry in enumerate(entries)
            for code in LANGUAGES
            for term in entry.terms.get(code, ())
        ]
        terms = [row for row in terms if row[1]]
        self._counter = CountVectorizer(analyzer=_as_is, binary=True, dtype=np.float32)
        self._matrix = self._counter.fit_transform([row[1] for row in terms])
        self._owner = np.array([row[0] for row in terms])
        owners = np.zeros((self._size, self._matrix.shape[1]), dtype=bool)
        coordinates = self._matrix.tocoo()
        owners[self._owner[coordinates.row], coordinates.col] = True
        self._idf = np.log((1 + self._size) / (0.5 + owners.sum(axis=0))).astype(np.float32)
        self._weighted = self._matrix.multiply(self._idf[None, :]).tocsr()
        self._worth = np.asarray(self._weighted.sum(axis=1)).ravel()

    def scores(self, queries: Sequence[list[str]]) -> Any:
        """Return the sum over an entry's terms of (part found)^2 x worth, each stem counted in one term only."""
        query = (self._counter.transform(queries) > 0).astype(np.float32)
        held = np.asarray((query @ self._weighted.T).todense())
        part = held / np.maximum(self._worth, 1e-6)
        gain = np.where(part >= _FULL_TERM, part * held, 0.0)
        scores = np.zeros((len(queries), self._size), dtype=np.float32)
        for row in range(len(queries)):
            scores[row] = self._one(gain[row], query[row])
        return scores

    def _one(self, gain: Any, query: Any) -> Any:
        """Add up the terms of each entry, the best first, so that four languages' cognates count once."""
        total = np.zeros(self._size, dtype=np.float32)
        seen: dict[int, set[int]] = {}
        present = set(query.indices)
        for row in np.argsort(-gain, kind="stable"):
            if gain[row] <= 0:
                break
            owner = int(self._owner[row])
            columns = set(self._matrix.indices[self._matrix.indptr[row] : self._matrix.indptr[row + 1]]) & present
            if columns - seen.setdefault(owner, set()):
                total[owner] += gain[row]
                seen[owner] |= columns
        return total
