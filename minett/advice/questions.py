"""Follow-up questions that would tell the best proposals apart. It asks at most four and keeps no answers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from minett.advice.cards import UseCaseCard
from minett.advice.matching import Matching, Proposal
from minett.advice.wording import has, say
from minett.kernel.content import Text

MOST_QUESTIONS = 4
_COMPARED = 4
_ONE_CLEAR = 0.1


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its options; each option is a key to store and a text to show."""

    key: str
    sentence: Text
    options: tuple[tuple[str, Text], ...]


def follow_up(
    matching: Matching, usecases: Mapping[str, UseCaseCard], sectors: Mapping[str, Text]
) -> tuple[Question, ...]:
    """Return up to four questions, the one that would tell most first; none where nothing is left to tell apart."""
    top = [one for one in matching.proposals[:_COMPARED] if one.code in usecases]
    if len(top) < 2:  # noqa: PLR2004 - one proposal needs no telling apart
        return ()
    cards = {one.code: usecases[one.code] for one in top}
    facets: dict[str, tuple[Callable[[UseCaseCard], str], Callable[[str], Text]]] = {
        "problem": (lambda card: card.code, lambda key: cards[key].title),
        "sector": (lambda card: card.sector, lambda key: sectors.get(key, _plain(key))),
        "data": (lambda card: "+".join(sorted(card.data_kinds)), _data_words),
        "persons": (lambda card: "yes" if card.risk_class == "high" else "no", lambda key: say(f"answer-{key}")),
    }
    gains = {key: _gain(top, cards, pick) for key, (pick, _) in facets.items()}
    asked = [key for key in facets if gains[key] > _ONE_CLEAR]
    asked.sort(key=lambda key: -round(gains[key], 6))
    return tuple(_question(key, top, cards, *facets[key]) for key in asked[:MOST_QUESTIONS])


def _gain(top: Sequence[Proposal], cards: Mapping[str, UseCaseCard], pick: Callable[[UseCaseCard], str]) -> float:
    """Return the entropy in bits of the answer, with the proposals' confidences as chances."""
    total = sum(one.confidence for one in top) or 1.0
    chances: dict[str, float] = {}
    for one in top:
        answer = pick(cards[one.code])
        chances[answer] = chances.get(answer, 0.0) + one.confidence / total
    return -sum(chance * math.log2(chance) for chance in chances.values() if chance > 0)


def _question(
    key: str,
    top: Sequence[Proposal],
    cards: Mapping[str, UseCaseCard],
    pick: Callable[[UseCaseCard], str],
    words: Callable[[str], Text],
) -> Question:
    keys = dict.fromkeys(pick(cards[one.code]) for one in top)
    return Question(key, say(f"question-{key}"), tuple((one, words(one)) for one in keys))


def _plain(key: str) -> Text:
    """Show the key itself where the pack gives no name."""
    return Text.of(key.replace("-", " "))


def _data_words(key: str) -> Text:
    kinds = [say(f"data-{kind}") if has(f"data-{kind}") else _plain(kind) for kind in key.split("+")]
    languages = {code for kind in kinds for code in kind.by_language}
    return Text({code: ", ".join(kind.in_(code) for kind in kinds) for code in sorted(languages)})
