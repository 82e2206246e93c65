from __future__ import annotations

from datetime import date

import pytest

from minett.advice.ai_act.preview import CLASSES, AiActPreview, preview
from minett.advice.ai_act.rules import all_duties, all_rules
from minett.kernel.content import LANGUAGES

DAY = date(2026, 11, 24)


def look(text: str, risk: str | None = None, as_of: date = DAY) -> AiActPreview:
    return preview(text, usecase_risk=risk, language="en", as_of=as_of)


@pytest.mark.parametrize(
    ("text", "risk_class"),
    [
        ("A camera reads the mood of employees from their faces during meetings.", "prohibited"),
        ("Une caméra analyse les émotions des élèves pendant le cours.", "prohibited"),
        ("Das System liest die Emotionen unserer Mitarbeiter aus der Stimme.", "prohibited"),
        ("E System liest d'Emotioune vun de Mataarbechter aus dem Gesiicht.", "prohibited"),
        ("Ranking of CVs so that recruiters see the best applicants first.", "high"),
        ("Tri automatique des candidatures pour le recrutement.", "high"),
        ("Bewerbungen automatisch vorsortieren.", "high"),
        ("D'Bonitéit vu Privatleit fir e Konsumkredit bewäerten.", "high"),
        ("Consumer credit scoring for private loans.", "high"),
        ("A chatbot answers visitors of our web shop.", "limited"),
        ("Ein Chatbot beantwortet nachts die Fragen der Gäste.", "limited"),
        ("Forecast of bread sales for each shop and day.", "minimal"),
        ("Prévision des ventes de pain par magasin.", "minimal"),
        ("A spreadsheet macro adds sums by fixed rules.", "out-of-scope"),
        ("The police use a new program.", "unsettled"),
        ("Radiology images of patients are sorted.", "unsettled"),
        ("x", "unsettled"),
    ],
)
def test_classes(text, risk_class):
    found = look(text)
    assert found.risk_class == risk_class
    assert found.risk_class in CLASSES
    assert found.abstain == (risk_class == "unsettled")
    assert found.must_be_confirmed


def test_an_abstention_asks():
    found = look("The police use a new program.")
    assert found.open_questions
    assert set(found.open_questions[0].by_language) == set(LANGUAGES)


def test_a_denied_cue_is_no_cue_and_a_doubted_one_asks():
    assert look("We forecast sales without facial recognition.").risk_class == "minimal"
    assert look("This is not consumer credit scoring, only a study.").risk_class == "unsettled"
    assert look("Not only do we recruit, we rank CVs.").risk_class in {"high", "unsettled"}


def test_the_catalogue_class_is_a_floor():
    assert look("We sort our papers.", "high").risk_class == "high"
    limited = look("We sort our papers.", "limited")
    assert limited.risk_class == "limited"
    assert "Art. 50" in {duty.article for duty in limited.duties}
    assert look("We sort our papers.", "gpai or limited").open_questions
    assert look("Ranking of CVs for recruiters.", "minimal").risk_class == "high"


def test_an_exempt_task_is_to_be_documented_but_not_when_people_are_profiled():
    found = look("A bot books job interviews in free slots of the calendar.")
    assert found.risk_class == "minimal"
    assert "Art. 6(4), 49(2)" in {duty.article for duty in found.duties}
    assert look("A bot books job interviews in free slots and ranks the candidates' profiles.").risk_class == "high"


def test_duties_carry_their_dates():
    found = look("Ranking of CVs for recruiters.")
    by_article = {duty.article: duty for duty in found.duties}
    assert by_article["Art. 9-15"].applies_from == date(2027, 12, 2)
    assert not by_article["Art. 9-15"].applies_now
    assert by_article["Art. 4"].applies_now
    later = look("Ranking of CVs for recruiters.", as_of=date(2027, 12, 2))
    assert {duty.article: duty.applies_now for duty in later.duties}["Art. 9-15"]


def test_machine_safety_applies_later_than_annex_three():
    found = look("A vision system with a safety function gives the robot an emergency stop.")
    assert found.articles == ("Art. 6(1), Annex I",)
    assert {duty.applies_from for duty in found.duties if duty.article == "Art. 9-15"} == {date(2028, 8, 2)}


def test_the_new_ban_is_dated():
    text = "An app that makes sexual deepfakes of classmates."
    assert look(text).risk_class == "prohibited"
    assert [duty.applies_now for duty in look(text).duties if "2026" in duty.article] == [False]
    later = look(text, as_of=date(2026, 12, 2))
    assert [duty.applies_now for duty in later.duties if "2026" in duty.article] == [True]


def test_a_general_purpose_model_is_named_beside_the_classes():
    found = look("We release a foundation model that can do many text tasks.")
    assert found.gpai == "gpai"
    assert found.abstain
    assert "Art. 53" in {duty.article for duty in found.duties}


def test_quotes_are_words_of_the_text():
    text = "We are a small firm. Our tool ranks CVs for recruiters."
    found = look(text)
    assert found.quotes
    assert all(quote in text for quote, _ in found.quotes)
    assert {rule for _, rule in found.quotes} <= {rule.id for rule in all_rules()}


def test_rules_are_whole():
    ids = [rule.id for rule in all_rules()]
    assert len(ids) == len(set(ids))
    for rule in all_rules():
        assert set(rule.label.by_language) == set(LANGUAGES)
        assert rule.source.startswith("https://")
        assert rule.question is not None or rule.kind not in {"prohibited", "high"}
    assert all(set(duty.label.by_language) == set(LANGUAGES) for duty in all_duties())


def test_no_high_risk_card_of_the_pack_reads_as_settled_and_harmless(pack_cards):
    for card in pack_cards:
        if card.risk_class == "high":
            for language in LANGUAGES:
                text = f"{card.title.in_(language)}. {card.problem.in_(language)} {card.method.in_(language)}"
                assert look(text).risk_class in {"high", "unsettled", "prohibited"}, (card.code, language)
