from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minett.advice.cards import ClusterCard
from minett.advice.estimate import RowsNotPositive, compute_estimate
from minett.kernel.content import Text
from minett.kernel.quantities import Unit
from tests.advice.shelf import DAY, own_cards

WELD, PARCEL = own_cards()[:2]


def cluster(price: Decimal | None = None, watts: int | None = None, gpus: int = 4) -> ClusterCard:
    return ClusterCard("one", Text.of("One"), gpus, price, watts, "x", DAY)


def test_a_range_in_node_hours_with_its_formula():
    found = compute_estimate(WELD, cluster())
    assert (found.low.amount, found.likely.amount, found.high.amount) == (Decimal(30), Decimal(150), Decimal(600))
    assert found.low.unit is Unit.NODE_HOUR
    assert "base(M)" in found.formula
    assert "data(image)" in found.formula


def test_gpu_hours_name_their_factor():
    found = compute_estimate(WELD, cluster())
    assert found.factor is not None
    assert found.factor.because.startswith("4 GPUs in each node")
    assert found.gpu_hours is not None
    assert [one.amount for one in found.gpu_hours] == [120, 600, 2400]
    assert found.gpu_hours[0].unit is Unit.GPU_HOUR
    assert compute_estimate(WELD, cluster(gpus=0)).gpu_hours is None


def test_price_and_power_are_never_invented():
    silent = compute_estimate(WELD, cluster())
    assert silent.eur is None
    assert silent.wh is None
    said = " ".join(text.in_("en") for text in silent.assumptions)
    assert "No price is published" in said
    assert "No power draw is published" in said
    priced = compute_estimate(WELD, cluster(Decimal("2.5"), 2000))
    assert priced.eur is not None
    assert priced.wh is not None
    assert priced.eur[1].amount == Decimal(375)
    assert priced.wh[1].amount == Decimal(300_000)


def test_a_free_node_costs_nothing_and_that_is_published():
    found = compute_estimate(WELD, cluster(Decimal(0)))
    assert found.eur is not None
    assert found.eur[2].amount == 0


@given(st.integers(min_value=1, max_value=10**12))
def test_more_rows_never_take_less(rows):
    less, more = compute_estimate(PARCEL, cluster(), rows=rows), compute_estimate(PARCEL, cluster(), rows=rows * 4)
    assert less.low <= less.likely
    assert less.likely <= less.high
    assert less.likely <= more.likely


def test_rows_do_not_change_hours_of_pictures():
    assert compute_estimate(WELD, cluster(), rows=10**9).likely == compute_estimate(WELD, cluster()).likely


def test_no_rows_are_refused():
    with pytest.raises(RowsNotPositive):
        compute_estimate(PARCEL, cluster(), rows=0)
