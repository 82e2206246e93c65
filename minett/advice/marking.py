"""Which words of a need are words of a use case, and why. It marks only what is really in both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from minett.advice.cards import UseCaseCard
from minett.advice.language import meaningful
from minett.advice.reading import folded, stem, words
from minett.kernel.content import LANGUAGES, Text

MOST_MARKS = 10
_ORDER = ("glossary", "title", "problem", "data", "method", "value")
# A shorter piece inside a compound is chance ("rat" in "Beratung").
_SHORTEST_PART = 5


@dataclass(frozen=True, slots=True)
class MatchedWord:
    """A word as written in the need (start to end, exclusive), the catalogue's term, and the field it stands in."""

    word: str
    start: int
    end: int
    term: str
    why: str


class Terms:
    """The words of each card by stem, built once."""

    def __init__(self, cards: Sequence[UseCaseCard]) -> None:
        self._by_card = {card.code: _stems_of_card(card) for card in cards}
        self._homes: dict[str, int] = {}
        for stems in self._by_card.values():
            for one in stems:
                self._homes[one] = self._homes.get(one, 0) + 1

    def mark(self, code: str, text: str) -> tuple[MatchedWord, ...]:
        """Return the need's words that the card holds: the rarest in the catalogue are kept, in reading order."""
        stems = self._by_card[code]
        parts = [one for one in stems if len(one) >= _SHORTEST_PART and stems[one][1] == "glossary"]
        found: dict[str, tuple[int, MatchedWord]] = {}
        for word in words(text):
            if not meaningful(word.text):
                continue
            small = folded(word.text)
            key = self._key(word.text, stems) or _part(small, parts)
            if key is not None and small not in found:
                term, why = stems[key]
                marked = MatchedWord(word.text, word.start, word.end, term, why)
                found[small] = (self._homes[key] + 3 * _ORDER.index(why), marked)
        kept = sorted(found.values(), key=lambda pair: pair[0])[:MOST_MARKS]
        return tuple(sorted((marked for _, marked in kept), key=lambda marked: marked.start))

    @staticmethod
    def _key(word: str, stems: dict[str, tuple[str, str]]) -> str | None:
        return next((one for one in (stem(word, code) for code in LANGUAGES) if one in stems), None)


def _part(small: str, parts: Sequence[str]) -> str | None:
    """Return the longest glossary stem that begins or ends the word, as in a German compound."""
    fitting = [
        one for one in parts if len(small) > len(one) and (small.startswith(one) or one in small[-len(one) - 3 :])
    ]
    return max(fitting, key=len, default=None)


def _stems_of_card(card: UseCaseCard) -> dict[str, tuple[str, str]]:
    """Return stem -> (term as the catalogue writes it, field); the earlier field in `_ORDER` wins."""
    found: dict[str, tuple[str, str]] = {}
    for code in LANGUAGES:
        for term in card.glossary.get(code, ()):
            _add(found, term, code, "glossary", whole=True)
    fields = (("title", card.title), ("problem", card.problem), ("data", card.data_needed), ("method", card.method))
    for why, text in (*fields, *(("value", line) for line in card.value)):
        _add_text(found, text, why)
    return found


def _add_text(found: dict[str, tuple[str, str]], text: Text, why: str) -> None:
    for code, line in text.by_language.items():
        _add(found, line, code, why, whole=False)


def _add(found: dict[str, tuple[str, str]], line: str, code: str, why: str, *, whole: bool) -> None:
    for word in words(line):
        if meaningful(word.text):
            found.setdefault(stem(word.text, code), (line if whole else word.text, why))
