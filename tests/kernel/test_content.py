"""Texts fall back in a stated order, and say in which language they were served."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minett.kernel.content import FALLBACKS, LANGUAGES, Text

words = st.text(min_size=1).filter(str.strip)


@given(st.dictionaries(st.sampled_from(LANGUAGES), words, min_size=1), st.sampled_from(LANGUAGES))
def test_some_words_are_always_served(texts: dict[str, str], language: str):
    served, code = Text(texts).served(language)

    assert served == texts[code].strip()
    assert code == next(candidate for candidate in FALLBACKS[language] if candidate in texts)


def test_luxembourgish_falls_back_to_german_first():
    assert Text({"en": "data", "de": "Daten"}).served("lb") == ("Daten", "de")


@pytest.mark.parametrize("texts", [{}, {"en": " "}, {"es": "datos"}])
def test_an_empty_or_foreign_text_is_refused(texts: dict[str, str]):
    with pytest.raises(ValueError, match="needs words"):
        Text(texts)
