"""From a baseline to an effect: the case follows, and what the numbers cannot say is not said."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from minett.advice.effect import Improved
from minett.apps.cases.models import Case
from minett.apps.impact import services
from minett.apps.impact.models import Indicator, Measurement
from minett.journeys import measure_effect
from minett.kernel.errors import Absent
from minett.policy.decide import NotAllowed
from tests.apps.registry.stage import make_case
from tests.cast import Cast

BEFORE, AFTER = [40.0, 42.0, 39.0, 41.0, 40.5], [31.0, 30.0, 32.5, 29.0, 31.5]


@pytest.fixture
def case(cast: Cast, now: datetime) -> Case:
    return make_case(cast, now, state="in_production")


def baseline(actor, case: Case, now: datetime, **changes: Any) -> Measurement:
    facts: dict[str, Any] = {
        "name": "Hours per week",
        "unit": "h",
        "how": "From the time sheets.",
        "direction": "lower",
        "values": BEFORE,
        "method": "Added up each Friday.",
        "is_simulated": False,
        "period_from": date(2026, 9, 1),
        "period_to": date(2026, 10, 5),
    }
    return measure_effect.record_baseline(actor, now=now, case_id=case.pk, **{**facts, **changes})


def after(actor, indicator_id: int, now: datetime, **changes: Any) -> Measurement:
    facts: dict[str, Any] = {
        "values": AFTER,
        "method": "Added up each Friday.",
        "is_simulated": False,
        "period_from": date(2026, 10, 12),
        "period_to": date(2026, 11, 20),
    }
    return measure_effect.record_after(actor, now=now, indicator_id=indicator_id, **{**facts, **changes})


def test_an_effect_is_told_with_its_interval_and_the_case_is_measured(cast: Cast, case: Case, now: datetime):
    indicator_id = baseline(cast.founder.actor, case, now).indicator_id
    waiting = measure_effect.effect_of(cast.founder.actor, indicator_id)
    assert (waiting.effect, waiting.chart) == (None, None)

    after(cast.engineer.actor, indicator_id, now)

    case.refresh_from_db()
    assert case.state == "measured"
    seen = measure_effect.effect_of(cast.auditor.actor, indicator_id, language="fr")
    assert seen.effect is not None
    assert seen.effect.difference == pytest.approx(-9.7)
    assert seen.effect.improved is Improved.YES
    assert seen.chart is not None
    assert seen.chart.svg.startswith("<svg")
    assert "Hours per week" in seen.chart.svg
    assert not seen.is_simulated


def test_measuring_again_moves_nothing_more(cast: Cast, case: Case, now: datetime):
    indicator_id = baseline(cast.founder.actor, case, now).indicator_id
    after(cast.founder.actor, indicator_id, now)
    after(cast.founder.actor, indicator_id, now, values=[50, 51, 52], period_from=date(2026, 11, 1))

    case.refresh_from_db()
    assert case.state == "measured"
    (seen,) = measure_effect.effects(cast.founder.actor, case_id=case.pk)
    assert seen.effect is not None
    assert seen.effect.improved is Improved.NO


def test_constant_values_can_be_drawn(cast: Cast, case: Case, now: datetime):
    indicator_id = baseline(cast.founder.actor, case, now, values=[0.1, 0.1, 0.1]).indicator_id
    after(cast.founder.actor, indicator_id, now, values=[0.3, 0.3, 0.3])

    seen = measure_effect.effect_of(cast.founder.actor, indicator_id)
    assert seen.chart is not None
    assert seen.effect is not None
    assert seen.effect.improved is Improved.NO


def test_a_simulated_effect_says_so_in_its_picture(cast: Cast, case: Case, now: datetime):
    indicator_id = baseline(cast.founder.actor, case, now).indicator_id
    after(cast.founder.actor, indicator_id, now, is_simulated=True)

    seen = measure_effect.effect_of(cast.founder.actor, indicator_id)
    assert seen.is_simulated
    assert seen.chart is not None
    assert [row[0] for row in seen.chart.table.rows] == ["Before", "After (simulated)"]


def test_there_is_no_after_before_production(cast: Cast, now: datetime):
    case = make_case(cast, now, state="building")
    indicator_id = baseline(cast.founder.actor, case, now).indicator_id

    with pytest.raises(measure_effect.NotInProduction):
        after(cast.founder.actor, indicator_id, now)
    assert Measurement.objects.count() == 1


def test_a_baseline_that_cannot_be_used_leaves_no_indicator(cast: Cast, case: Case, now: datetime):
    with pytest.raises(services.ValuesUnusable):
        baseline(cast.founder.actor, case, now, values=[])
    assert not Indicator.objects.exists()


def test_a_measurement_that_is_refused_moves_no_case(cast: Cast, case: Case, now: datetime):
    indicator_id = baseline(cast.founder.actor, case, now).indicator_id
    with pytest.raises(services.ValuesUnusable):
        after(cast.founder.actor, indicator_id, now, values=["a"])

    case.refresh_from_db()
    assert case.state == "in_production"


def test_strangers_see_and_record_nothing(cast: Cast, case: Case, now: datetime):
    indicator_id = baseline(cast.founder.actor, case, now).indicator_id
    with pytest.raises(Absent):
        measure_effect.effect_of(cast.rival.actor, indicator_id)
    assert measure_effect.effects(cast.rival.actor, case_id=case.pk) == ()
    with pytest.raises(Absent):
        after(cast.rival.actor, indicator_id, now)
    with pytest.raises(NotAllowed):
        after(cast.auditor.actor, indicator_id, now)
