"""Amounts keep their unit: unlike units never meet without a named factor."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minett.kernel.quantities import Factor, Quantity, Unit, UnlikeUnits

amounts = st.decimals(min_value=-(10**9), max_value=10**9, places=4)
units = st.sampled_from(Unit)
FOUR_GPUS = Factor(Unit.NODE_HOUR, Unit.GPU_HOUR, Decimal(4), "a GPU node of the machine has 4 GPUs")


@given(amounts, amounts, units)
def test_like_units_add_and_subtract(a: Decimal, b: Decimal, unit: Unit):
    total = Quantity(a, unit) + Quantity(b, unit)

    assert total.unit is unit
    assert total - Quantity(b, unit) == Quantity(a, unit)


@given(amounts, amounts, units, units)
def test_unlike_units_never_meet(a: Decimal, b: Decimal, one: Unit, other: Unit):
    left, right = Quantity(a, one), Quantity(b, other)
    if one is other:
        assert (left < right) == (a < b)
        return
    for meeting in (lambda: left + right, lambda: left - right, lambda: left < right, lambda: left <= right):
        with pytest.raises(UnlikeUnits):
            meeting()


def test_a_conversion_names_its_factor():
    converted = Quantity.of(10, "node-hour").converted(FOUR_GPUS)

    assert converted == Quantity.of(40, "GPU-hour")
    assert "4 GPUs" in FOUR_GPUS.because
    with pytest.raises(UnlikeUnits):
        Quantity.of(10, "EUR").converted(FOUR_GPUS)


@pytest.mark.parametrize(
    ("amount", "words"), [("1.50", "1.5 node-hour"), ("100", "100 node-hour"), ("0", "0 node-hour")]
)
def test_an_amount_reads_plainly(amount: str, words: str):
    assert str(Quantity.of(amount, Unit.NODE_HOUR)) == words
