"""Which of the four languages a text is written in, sentence by sentence. It knows no other language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import simplemma
import yaml

from minett.advice.need import NeedEmpty
from minett.advice.reading import sentences, words
from minett.kernel.content import LANGUAGES

MIXED_SHARE = 0.25
MANY_SHARE = 0.15
SURE_SHARE = 0.6
SURE_WORDS = 2.0
_CLEAR_LEAD = 1.5
_WORD_LIST_TRUST = 0.6

_FUNCTION_WORDS: Mapping[str, frozenset[str]] = {
    code: frozenset(block.split())
    for code, block in yaml.safe_load(Path(__file__).with_name("function_words.yaml").read_text("utf-8")).items()
}
_SIGNS: Mapping[str, tuple[str, ...]] = {
    "fr": ("ç", "è", "ê", "à", "œ", "ù", "î", "ô"),
    "de": ("ß", "ü", "ö"),
    "lb": ("ë", "éi", "éie", "uew", "ierf", "iww", "schaff", "ouss"),
}
_ENDINGS: Mapping[str, tuple[str, ...]] = {
    "en": ("ing", "ly", "ness", "ed"),
    "fr": ("ement", "eur", "eux", "euse", "aient", "ons", "ez", "ique", "age"),
    "de": ("ung", "ungen", "lich", "keit", "heit", "isch", "ieren"),
    "lb": ("éieren", "éiert", "ech", "echt", "ongen", "esch", "nger"),
}


@dataclass(frozen=True, slots=True)
class Detected:
    """The main language, the share of sentences in each of the four, and how far to trust it."""

    code: str
    shares: Mapping[str, float]
    mixed: bool
    confident: bool


def detect(text: str) -> Detected:
    """Tell the language of a text, however short.

    `mixed` means that two languages each hold more than a quarter of the sentences, or three a sixth or so.
    Raises NeedEmpty when the text has no words.
    """
    weights = [weigh(span.text) for span in sentences(text)]
    if not weights:
        raise NeedEmpty
    totals = {code: sum(weight[code] for weight in weights) for code in LANGUAGES}
    # A fragment that says little on its own ("max. 420") belongs to the language of the whole.
    told = [
        _best(weight if _clear(weight) or not _clear(totals) else totals)
        for weight in weights
        if max(weight.values()) > 0
    ]
    shares = {code: (told.count(code) / len(told) if told else 0.0) for code in LANGUAGES}
    code = max(LANGUAGES, key=lambda one: (shares[one], totals[one]))
    mixed = _mixed(shares)
    confident = shares[code] >= SURE_SHARE and totals[code] >= SURE_WORDS
    return Detected(code, shares, mixed, confident)


def _mixed(shares: Mapping[str, float]) -> bool:
    halves = sum(share > MIXED_SHARE for share in shares.values())
    return halves > 1 or sum(share >= MANY_SHARE for share in shares.values()) > 2  # noqa: PLR2004


def _best(weight: Mapping[str, float]) -> str:
    return max(LANGUAGES, key=lambda code: weight[code])


@lru_cache(maxsize=4096)
def weigh(sentence: str) -> Mapping[str, float]:
    """Return how much speaks for each language in one sentence, in words of evidence."""
    weight = _by_rule(sentence)
    if _clear(weight):
        return weight
    # The word lists of the lemmatiser decide only doubtful sentences: loading them takes two seconds once.
    known = simplemma.langdetect(sentence, lang=LANGUAGES)
    shares = dict(known)
    count = min(len(words(sentence)), 8)
    return {code: weight[code] + _WORD_LIST_TRUST * count * float(shares.get(code, 0.0)) for code in LANGUAGES}


def _clear(weight: Mapping[str, float]) -> bool:
    first, second = sorted(weight.values(), reverse=True)[:2]
    return first >= SURE_WORDS and first >= _CLEAR_LEAD * second


def _by_rule(sentence: str) -> dict[str, float]:
    weight = dict.fromkeys(LANGUAGES, 0.0)
    for word in words(sentence.replace("’", "'")):
        small = word.text.lower()
        homes = [code for code in LANGUAGES if small in _FUNCTION_WORDS[code]]
        for code in homes:
            weight[code] += 1.0 / len(homes)
        if not homes:
            for code, cues in _SIGNS.items():
                weight[code] += 0.5 * any(cue in small for cue in cues)
            for code, endings in _ENDINGS.items():
                weight[code] += 0.3 * small.endswith(endings)
    return weight


_ALL_FUNCTION_WORDS = frozenset().union(*_FUNCTION_WORDS.values())


def meaningful(word: str) -> bool:
    """Whether the word is a function word of none of the four languages and longer than one sign."""
    return len(word) > 1 and word.lower() not in _ALL_FUNCTION_WORDS
