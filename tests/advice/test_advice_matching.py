from __future__ import annotations

import pytest

from minett.advice.matching import Matcher
from minett.advice.need import NeedEmpty
from tests.advice.shelf import own_cards

NEEDS = [
    ("Bubbles in our weld seams are seen only by the client.", "weld-check"),
    ("Des défauts dans nos soudures passent inaperçus.", "weld-check"),
    ("Unsere Schweissnaehte sind voller Poren.", "weld-check"),
    ("Eis Schweessnéi hu Lächer an de Client mierkt et.", "weld-check"),
    ("Päckchen und Pakete liegen im Depot falsch.", "parcel-sort"),
]
# Everyday wishes, written for this test, that the catalogue of the pack should meet among its first three.
PACK_NEEDS = [
    ("Half of our scanned supplier invoices are still keyed into the accounting system by hand.", "fin-invoice"),
    ("Les bus tombent en panne en ligne et l'atelier n'a rien vu venir.", "log-fleet-pdm"),
    ("Jede Nacht verlieren wir Trinkwasser im Leitungsnetz und finden das Leck nicht.", "ene-leak-water"),
    ("Ze vill Brout bleift all Owend an der Bäckerei iwwreg.", "man-bakery"),
]


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher(own_cards())


@pytest.mark.parametrize(("text", "code"), NEEDS)
def test_the_right_card_comes_first(matcher, text, code):
    answer = matcher.propose(text)
    assert not answer.none
    assert answer.proposals[0].code == code


@pytest.mark.parametrize(("text", "code"), NEEDS)
def test_marked_words_stand_where_they_say(matcher, text, code):
    first = matcher.propose(text).proposals[0]
    assert first.sentence in text
    for word in first.words:
        assert text[word.start : word.end] == word.word
        assert word.why in {"glossary", "title", "problem", "data", "method", "value"}
    assert 0 < first.confidence < 1


def test_a_word_of_the_glossary_is_named(matcher):
    words = matcher.propose("The weld seam is full of holes").proposals[0].words
    assert ("seam", "weld seam", "glossary") in {(word.word, word.term, word.why) for word in words}


def test_the_best_sentence_is_the_one_that_fits(matcher):
    text = "We are forty people. The parcels pile up in the depot. Thank you for your time."
    assert matcher.propose(text).proposals[0].sentence == "The parcels pile up in the depot."


def test_a_twin_is_offered_beside_the_best(matcher):
    codes = [one.code for one in matcher.propose("parcels in the wrong depot").proposals]
    assert codes[:2] == ["parcel-sort", "route-plan"]


def test_proposals_fall_in_score_and_keep_the_limit(matcher):
    scores = [one.score for one in matcher.propose("parcels, weld seams and applicants", limit=2).proposals]
    assert len(scores) == 2
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize(
    "text",
    [
        "Can you recommend a notary to set up a company in Luxembourg?",
        "Wir suchen ein Büro zur Miete, 80 Quadratmeter mit Parkplatz.",
        "Où s'inscrire à un cours de luxembourgeois pour nos employés ?",
        "Eis Kaffismaschinn ass futti, wien kann se flécken?",
        "qwrtz xkcd zzgh",
    ],
)
def test_what_no_use_of_ai_answers_is_none(pack_library, text):
    answer = pack_library.matcher.propose(text)
    assert answer.none
    assert answer.proposals == ()


@pytest.mark.parametrize(("text", "code"), PACK_NEEDS)
def test_the_pack_answers_everyday_needs(pack_library, text, code):
    assert code in [one.code for one in pack_library.matcher.propose(text).proposals[:3]]


def test_every_card_of_the_pack_is_found_by_its_own_problem(pack_cards, pack_library):
    for card in pack_cards:
        for language in ("en", "lb"):
            text = f"{card.title.in_(language)}. {card.problem.in_(language)}"
            scores, outside = pack_library.matcher.raw_scores(text)
            assert card.code in list(scores)[:2], (card.code, language)
            assert scores[card.code] > outside


def test_the_same_words_give_the_same_answer(matcher):
    text = "Zu viele Pakete. Trop de soudures."
    assert matcher.propose(text) == matcher.propose(text)


def test_an_empty_catalogue_says_none():
    assert Matcher([]).propose("We lose parcels").none


def test_no_words_are_refused(matcher):
    with pytest.raises(NeedEmpty):
        matcher.propose("…")


@pytest.mark.parametrize("text", ["xyzzy plugh", "qwertz asdfgh yxcvb", "Blub blub blub"])
def test_letters_that_mean_nothing_name_no_use_case(pack_library, text):
    assert pack_library.matcher.propose(text).none
