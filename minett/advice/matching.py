"""From a company's words to the use cases that fit, or to "none". It never invents an entry and asks no network."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from minett.advice.cards import UseCaseCard
from minett.advice.index import CHANNELS, Entry, Index
from minett.advice.language import Detected, detect
from minett.advice.marking import MatchedWord, Terms
from minett.advice.reading import Span, sentences
from minett.kernel.content import LANGUAGES, Text

_HERE = Path(__file__).parent
# Very long texts are read in this many blocks of sentences, so that the answer still comes at once.
_MOST_BLOCKS = 40


@dataclass(frozen=True, slots=True)
class Proposal:
    """One use case that may fit. `score` has no unit and compares only inside one answer.

    `confidence` (0 to 1) is the fitted chance that an adviser would propose it. `sentence` is the sentence of the
    need that fits best, and `words` are the need's words that are also in the catalogue, with their places.
    """

    code: str
    score: float
    confidence: float
    sentence: str
    words: tuple[MatchedWord, ...]


@dataclass(frozen=True, slots=True)
class Matching:
    """The answer. With `none`, `proposals` is empty and `outside` may name the kind of request it looks like."""

    language: Detected
    none: bool
    proposals: tuple[Proposal, ...]
    outside: Text | None = None


@cache
def shipped_weights() -> Mapping[str, Any]:
    """Return the fitted weights that stand beside this module."""
    weights: Mapping[str, Any] = yaml.safe_load((_HERE / "weights.yaml").read_text("utf-8"))
    return weights


@cache
def _outside() -> tuple[tuple[Text, Entry], ...]:
    rows = yaml.safe_load((_HERE / "outside.yaml").read_text("utf-8"))
    return tuple((Text.of(row["title"]), _outside_entry(row)) for row in rows)


def _outside_entry(row: Mapping[str, Any]) -> Entry:
    terms = {code: tuple(map(str, words)) for code, words in row["terms"].items()}
    fields = {"title": row["title"], "glossary": {code: ", ".join(words) for code, words in terms.items()}}
    return Entry(row["id"], fields, terms)


def entry_of(card: UseCaseCard) -> Entry:
    """Return the words of a card as the index wants them."""
    value = {code: ". ".join(line.by_language.get(code, "") for line in card.value) for code in LANGUAGES}
    fields: dict[str, Mapping[str, str]] = {
        "title": card.title.by_language,
        "problem": card.problem.by_language,
        "glossary": {code: ", ".join(terms) for code, terms in card.glossary.items()},
        "data": card.data_needed.by_language,
        "method": card.method.by_language,
        "value": value,
    }
    return Entry(card.code, fields, card.glossary)


class Matcher:
    """Built once for a catalogue; `propose` answers in milliseconds and changes nothing."""

    def __init__(self, cards: Sequence[UseCaseCard], weights: Mapping[str, Any] | None = None) -> None:
        self._weights = weights or shipped_weights()
        self._cards = tuple(cards)
        self._place = {card.code: at for at, card in enumerate(self._cards)}
        entries = [entry_of(card) for card in self._cards] + [entry for _, entry in _outside()]
        self._index = Index(entries, self._weights["fields"])
        self._terms = Terms(self._cards)

    def propose(self, text: str, language: str | None = None, limit: int = 5) -> Matching:
        """Return up to `limit` proposals, the best first, or `none`.

        `language` overrides what the detector says about the text as a whole. Raises NeedEmpty without words.
        """
        detected = detect(text)
        blocks = _blocks(sentences(text))
        scores = self._scores([text, *(block.text for block in blocks)], language or detected.code)
        inside, outside = scores[0, : len(self._cards)], scores[0, len(self._cards) :]
        nearest = int(outside.argmax())
        if self._is_none(inside, float(outside[nearest])):
            kind = _outside()[nearest][0] if outside[nearest] > 0 else None
            return Matching(detected, none=True, proposals=(), outside=kind)
        ranked = self._ranked(inside)[:limit]
        best = max(float(inside.max()), 1e-6)
        made = [
            self._proposal(at, score, best, float(outside[nearest]), text, blocks, scores[1:, at])
            for at, score in ranked
        ]
        if made and not made[0].words and made[0].confidence < self._weights["wordless"]:
            # Letters that look alike are no reason to name a use case when no word of the need is a known one.
            return Matching(detected, none=True, proposals=())
        return Matching(detected, none=False, proposals=tuple(made))

    def raw_scores(self, text: str) -> tuple[Mapping[str, float], float]:
        """Return each use case's score after twins, and the best score outside: what the fitting script needs."""
        row = self._scores([text], detect(text).code)[0]
        inside = row[: len(self._cards)]
        scores = {self._cards[at].code: score for at, score in self._ranked(inside)}
        return scores, float(row[len(self._cards) :].max())

    def _scores(self, texts: Sequence[str], language: str) -> Any:
        channels = self._index.channels(texts, [language] * len(texts))
        return sum(self._weights["channels"][name] * channels[name] for name in CHANNELS)

    def _is_none(self, inside: Any, outside: float) -> bool:
        best = float(inside.max()) if len(inside) else 0.0
        return bool(best < self._weights["floor"] or outside > self._weights["outside_ratio"] * best)

    def _ranked(self, inside: Any) -> list[tuple[int, float]]:
        if not len(inside):
            return []
        best = int(inside.argmax())
        lifted = np.array(inside, dtype=float)
        for twin in self._cards[best].twins:
            if twin in self._place:
                at = self._place[twin]
                lifted[at] = max(lifted[at], float(self._weights["twin"]) * lifted[best])
        order = np.argsort(-lifted, kind="stable")
        return [(int(at), float(lifted[at])) for at in order if lifted[at] > 0]

    def _proposal(
        self, at: int, score: float, best: float, outside: float, text: str, blocks: Sequence[Span], by_block: Any
    ) -> Proposal:
        return Proposal(
            code=self._cards[at].code,
            score=round(score, 4),
            confidence=round(self._confidence(score, best, outside), 3),
            sentence=blocks[int(by_block.argmax())].text,
            words=self._terms.mark(self._cards[at].code, text),
        )

    def _confidence(self, score: float, best: float, outside: float) -> float:
        fit = self._weights["confidence"]
        weighed = fit["score"] * math.log1p(score) + fit["share"] * score / best + fit["outside"] * outside / best
        return 1.0 / (1.0 + math.exp(-(fit["intercept"] + weighed)))


def _blocks(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Return the sentences; in a very long text, only the longest ones, in their order."""
    if len(spans) <= _MOST_BLOCKS:
        return tuple(spans)
    longest = sorted(spans, key=lambda span: (span.start - span.end, span.start))[:_MOST_BLOCKS]
    return tuple(sorted(longest, key=lambda span: span.start))
