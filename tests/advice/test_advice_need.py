from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minett.advice.need import LONGEST_NEED, NeedEmpty, NeedNotText, NeedTooLong, clean_need


@pytest.mark.parametrize("raw", ["", "   ", "\n\t \r\n", b"", b"  "])
def test_nothing_written_is_said_to_be_empty(raw):
    with pytest.raises(NeedEmpty):
        clean_need(raw)


def test_too_long_says_how_many():
    with pytest.raises(NeedTooLong) as caught:
        clean_need("a" * 50_000)
    assert caught.value.data == {"characters": 50_000, "longest": LONGEST_NEED}
    assert "50000" in str(caught.value)


def test_the_longest_allowed_passes():
    assert len(clean_need("a" * LONGEST_NEED)) == LONGEST_NEED


@pytest.mark.parametrize(
    "raw",
    [
        None,
        7,
        ["text"],
        b"\xff\xfe\x00\x01",
        b"\x89PNG\r\n\x1a\n\x00\x00",
        "😀😀😀🚀",
        "12 34 !!",
        "ab",
        "\x00\x01\x02abcd",
    ],
)
def test_what_is_not_words_is_refused(raw):
    with pytest.raises(NeedNotText):
        clean_need(raw)


def test_markup_stays_text():
    raw = "<script>alert('x')</script> We lose invoices"
    assert clean_need(raw) == raw


def test_bytes_in_utf8_are_words():
    assert clean_need("Mir verléieren Zäit".encode()) == "Mir verléieren Zäit"


def test_control_and_direction_signs_go_and_letters_are_composed():
    assert clean_need("  Verlore\u202e Pa\u0308k\x07 um Depot, all Dag erëm  ") == "Verlore Päk um Depot, all Dag erëm"


@given(st.text(max_size=300))
def test_cleaning_twice_changes_nothing_more(raw):
    try:
        once = clean_need(raw)
    except (NeedEmpty, NeedNotText):
        return
    assert clean_need(once) == once
    assert unicodedata.is_normalized("NFC", once)
