"""Indicators and their values: who sees and records them, and what is no measurement."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from minett.apps.cases.models import Case, Engagement
from minett.apps.impact import access, queries, services
from minett.apps.impact.models import Indicator, Measurement
from minett.apps.ledger.models import Entry
from minett.kernel.actor import robot
from minett.kernel.errors import Absent
from minett.policy.actions import Action
from minett.policy.decide import NotAllowed
from tests.apps.registry.stage import entry, make_case
from tests.cast import Cast

SEES = {"founder", "engineer", "adviser", "manager", "auditor", "partner"}
RECORDS = {"founder", "engineer", "adviser"}
FACTS: dict[str, Any] = {"name": "Hours per week", "unit": "h", "how": "From the time sheets.", "direction": "lower"}


@pytest.fixture
def case(cast: Cast, now: datetime) -> Case:
    case = make_case(cast, now)
    Engagement.objects.create(
        case=case,
        service=entry("services", "audit", {}, now),
        partner=cast.partner_org,
        partner_code="luxprovide",
        step="assess",
        agreed_at=now,
    )
    return case


@pytest.fixture
def indicator(case: Case, cast: Cast, now: datetime) -> Indicator:
    return services.add_indicator(cast.founder.actor, now=now, case_id=case.pk, **FACTS)


def record(actor, indicator: Indicator, now: datetime, **changes: Any) -> Measurement:
    facts: dict[str, Any] = {
        "kind": "baseline",
        "values": [10, 11, 12.5],
        "method": "Added up each Friday.",
        "is_simulated": False,
        "period_from": date(2026, 10, 1),
        "period_to": date(2026, 10, 21),
    }
    return services.record(actor, now=now, indicator_id=indicator.pk, **{**facts, **changes})


def after(actor, indicator: Indicator, now: datetime, **changes: Any) -> Measurement:
    facts = {"kind": "after", "period_from": date(2026, 11, 1), "period_to": date(2026, 11, 20)}
    return record(actor, indicator, now, **{**facts, **changes})


def opens(actor, indicator_id: int, action: Action = Action.IMPACT_VIEW) -> bool:
    try:
        access.obtain(actor, action, indicator_id)
    except (Absent, NotAllowed):
        return False
    return True


def test_the_list_shows_what_the_door_opens_for_everybody(cast: Cast, indicator: Indicator):
    for name, actor in cast.actors().items():
        assert (indicator in access.visible(actor)) == opens(actor, indicator.pk) == (name in SEES), name


def test_only_the_company_and_the_adviser_of_the_case_record(cast: Cast, indicator: Indicator, now: datetime):
    for name, actor in cast.actors().items():
        assert opens(actor, indicator.pk, Action.IMPACT_RECORD) == (name in RECORDS), name
        if name not in RECORDS:
            with pytest.raises((NotAllowed, Absent)):
                record(actor, indicator, now)
            with pytest.raises((NotAllowed, Absent)):
                services.add_indicator(actor, now=now, case_id=indicator.case_id, **{**FACTS, "name": name})
    assert Indicator.objects.count() == 1
    assert not Measurement.objects.exists()


@pytest.mark.parametrize(("scopes", "sees"), [({"impact:*"}, True), ({"case:*"}, False)])
def test_a_token_sees_effects_only_with_their_scope(cast: Cast, indicator: Indicator, scopes, sees):
    actor = replace(cast.founder.actor, scopes=frozenset(scopes))

    assert (indicator in access.visible(actor)) == opens(actor, indicator.pk) == sees


def test_an_indicator_is_named_once_per_case(cast: Cast, indicator: Indicator, now: datetime):
    with pytest.raises(services.IndicatorKnown):
        services.add_indicator(cast.engineer.actor, now=now, case_id=indicator.case_id, **FACTS)


@pytest.mark.parametrize(
    "change",
    [{"name": " "}, {"unit": "\x00"}, {"how": ""}, {"how": "x" * 2001}, {"direction": "up"}, {"name": "x" * 201}],
)
def test_an_indicator_needs_its_facts(cast: Cast, case: Case, now: datetime, change):
    with pytest.raises(services.IndicatorUnusable) as refused:
        services.add_indicator(cast.founder.actor, now=now, case_id=case.pk, **{**FACTS, **change})
    assert refused.value.data["field"] in change


def test_a_baseline_is_recorded_once(cast: Cast, indicator: Indicator, now: datetime):
    first = record(cast.engineer.actor, indicator, now)

    with pytest.raises(services.BaselineKnown):
        record(cast.founder.actor, indicator, now, values=[1, 2, 3])
    with pytest.raises(IntegrityError), transaction.atomic():
        Measurement.objects.create(
            indicator=indicator,
            kind="baseline",
            values=[1],
            method="again",
            is_simulated=False,
            period_from=now.date(),
            period_to=now.date(),
            recorded_by=cast.founder.user,
            recorded_at=now,
        )
    assert first.values == [10.0, 11.0, 12.5]
    assert Entry.objects.latest("number").noun == "measurement"


@pytest.mark.parametrize(
    "values",
    [[], [float("nan")], [float("inf"), 1], ["1"], [True], [None], [1e16], [10**400], [1] * 10_001, [[1]]],
)
def test_what_is_no_number_is_no_value(cast: Cast, indicator: Indicator, now: datetime, values):
    with pytest.raises(services.ValuesUnusable):
        record(cast.founder.actor, indicator, now, values=values)


def test_a_period_lies_in_the_past_and_after_follows_before(cast: Cast, indicator: Indicator, now: datetime):
    actor, tomorrow = cast.founder.actor, now.date() + timedelta(days=1)
    with pytest.raises(services.BaselineMissing):
        after(actor, indicator, now)
    with pytest.raises(services.PeriodUnusable):
        record(actor, indicator, now, period_to=tomorrow)
    with pytest.raises(services.PeriodUnusable):
        record(actor, indicator, now, period_from=date(2026, 10, 22))
    record(actor, indicator, now)
    with pytest.raises(services.AfterBeforeBaseline):
        after(actor, indicator, now, period_from=date(2026, 10, 21))
    with pytest.raises(services.MeasurementKindUnknown):
        record(actor, indicator, now, kind="during")
    with pytest.raises(services.MethodMissing):
        after(actor, indicator, now, method=" ")
    assert after(actor, indicator, now, is_simulated=True, period_to=tomorrow).is_simulated


def test_a_robot_measures_nothing(indicator: Indicator, now: datetime):
    with pytest.raises(NotAllowed):
        record(robot("effect-recorder"), indicator, now)


def test_what_was_measured_counts_before_what_was_simulated(
    cast: Cast, indicator: Indicator, now, django_assert_num_queries
):
    actor = cast.founder.actor
    record(actor, indicator, now)
    real = after(actor, indicator, now)
    after(actor, indicator, now, is_simulated=True, period_from=date(2026, 11, 2))
    with django_assert_num_queries(2):
        (found,) = queries.records(actor, case_id=indicator.case_id)

    assert found.after == real
    assert len(found.later) == 2
    assert not found.is_simulated


def test_a_simulated_part_makes_the_whole_simulated(cast: Cast, indicator: Indicator, now: datetime):
    actor = cast.founder.actor
    record(actor, indicator, now)
    after(actor, indicator, now, is_simulated=True)

    assert queries.detail(actor, indicator.pk).is_simulated
