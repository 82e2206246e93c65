"""Numbers as people write them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from minett.web.forms.numbers import NumberField, numbers, one_number

ONES = st.decimals(min_value=-10_000, max_value=10_000, places=2)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("12\n13\n14", [12, 13, 14]),
        ("12,5\n13,25\n14", [12.5, 13.25, 14]),
        ("12.5\r\n13\r\n", [12.5, 13]),
        ("12,14,13", [12, 14, 13]),
        ("12.5,13.2", [12.5, 13.2]),
        ("12,5; 13,2;14", [12.5, 13.2, 14]),
        ("12, 13, 14", [12, 13, 14]),
        ("12,5, 13,5", [12.5, 13.5]),
        ("0,125\n0,250", [0.125, 0.25]),
        ("15,9\n15,913", [15.9, 15.913]),
        ("1\u202f234,5\n1\u00a0310", [1234.5, 1310]),
        ("\u22123\n+4", [-3, 4]),
        (".5 1.", [0.5, 1]),
        ("7", [7]),
    ],
)
def test_what_is_read(text, found):
    assert numbers(text) == found


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("12\ntwelve\n13", "twelve"),
        ("12\n13 %", "%"),
        ("12\n1e9", "1e9"),
        ("12\nnan", "nan"),
        ("12\n--3", "--3"),
        ("12\n1.2.3", "1.2.3"),
        ("12\n٣", "٣"),
        ("12\n<b>", "<b>"),
    ],
)
def test_a_value_that_is_no_number_is_named(text, named):
    with pytest.raises(ValidationError) as refused:
        numbers(text)
    assert refused.value.code == "no-number"
    assert named in refused.value.messages[0]


@pytest.mark.parametrize(
    "text", ["12,5", "1,234\n1,310", "1,234.5", "1.234,5", "1 234\n1 310", "12\n1,234,567", "1.234.567"]
)
def test_what_has_two_meanings_is_asked(text):
    with pytest.raises(ValidationError) as refused:
        numbers(text)
    assert refused.value.code == "two-ways"


@given(st.lists(ONES, min_size=1, max_size=20))
def test_one_a_line_is_read_as_it_was_written(values):
    assert numbers("\n".join(str(value) for value in values)) == [float(value) for value in values]


@given(st.lists(ONES, min_size=2, max_size=20))
def test_a_decimal_comma_is_read_as_a_point(values):
    text = "\n".join(str(value).replace(".", ",") for value in values)
    assert numbers(text) == [float(value) for value in values]


@given(st.text(max_size=60))
def test_any_text_gives_numbers_or_says_why_not(text):
    try:
        found = numbers(text)
    except ValidationError as refused:
        assert refused.messages  # noqa: PT017 - either answer will do, but an answer there must be.
    else:
        assert all(isinstance(value, float) for value in found)


def test_a_single_amount_takes_both_marks():
    assert one_number("2,25") == one_number("2.25") == Decimal("2.25")
    assert NumberField().clean(" 0,125 ") == Decimal("0.125")
    with pytest.raises(ValidationError):
        NumberField().clean("1,125")
