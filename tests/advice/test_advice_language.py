from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minett.advice.language import detect
from minett.advice.need import NeedEmpty
from minett.advice.reading import folded, sentences, words

TEXTS = [
    ("Our machines stop without warning and we never know why.", "en"),
    ("machines stop", "en"),
    ("Nos machines s'arrêtent sans prévenir et nous ne savons pas pourquoi.", "fr"),
    ("trop de factures", "fr"),
    ("Unsere Maschinen bleiben stehen und wir wissen nicht warum.", "de"),
    ("zu viele Rechnungen", "de"),
    ("Eis Maschinne bleiwe stoen a mir wëssen net firwat.", "lb"),
    ("ze vill Rechnungen op eisem Büro", "lb"),
]


@pytest.mark.parametrize(("text", "code"), TEXTS)
def test_the_four_languages_are_told_apart(text, code):
    found = detect(text)
    assert found.code == code
    assert not found.mixed
    assert sum(found.shares.values()) == pytest.approx(1.0)


def test_two_halves_are_mixed():
    found = detect("We lose too many parcels in the depot. Nos clients se plaignent des retards de livraison.")
    assert found.mixed
    assert {code for code, share in found.shares.items() if share} == {"en", "fr"}


def test_five_languages_at_once_are_read_and_mixed():
    found = detect(
        "We lose parts on the line every day. Nos clients se plaignent des retards. "
        "Wir suchen eine Lösung für den Einkauf. Mir hunn keng Zäit fir dat ze maachen. "
        "Necesitamos ayuda con las facturas."
    )
    assert found.mixed
    assert not found.confident


@pytest.mark.parametrize("text", ["", "  \n", "!?… 😀"])
def test_no_words_no_language(text):
    with pytest.raises(NeedEmpty):
        detect(text)


@given(st.text(max_size=200))
def test_places_point_at_what_was_written(text):
    for span in (*sentences(text), *words(text)):
        assert text[span.start : span.end] == span.text
    assert len(folded(text)) == len(text)
