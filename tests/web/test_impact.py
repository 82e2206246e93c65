"""The effect on pages: baseline, measurement after, what can and cannot be told, what is simulated."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from minett.apps.cases.models import Case
from minett.apps.impact.models import Indicator, Measurement
from minett.journeys import measure_effect
from minett.kernel.clock import SystemClock
from minett.web import pictures
from minett.web.once import new_key
from tests.apps.jobs import compute_world as world
from tests.cast import Cast
from tests.web.case_world import send, signed_in
from tests.web.stock import few_queries, words

NOW = SystemClock().now()
TODAY = NOW.date()
BASELINE: dict[str, Any] = {
    "name": "Minutes per report",
    "unit": "minutes",
    "how": "From opening to closing.",
    "direction": "lower",
    "values": "16,5\n15,25\n17\n16",
    "method": "Ticket system <export>.",
    "period_from": str(TODAY - timedelta(days=60)),
    "period_to": str(TODAY - timedelta(days=30)),
}
AFTER: dict[str, Any] = {
    "values": "9.5, 8, 10, 9",
    "method": "The same.",
    "period_from": str(TODAY - timedelta(days=20)),
    "period_to": str(TODAY - timedelta(days=1)),
}


@pytest.fixture
def case(cast: Cast) -> Case:
    return world.decided_case(cast.founder, cast.adviser, NOW, state="in_production")


def url(case: Case, part: str = "") -> str:
    return f"/cases/{case.pk}/impact/{part}"


def baseline(cast: Cast, case: Case, **changed: Any) -> Indicator:
    answer = send(signed_in(cast.founder), url(case, "baseline/"), **{**BASELINE, **changed})
    assert answer.status_code == 302, words(answer)
    return Indicator.objects.latest("pk")


def after(cast: Cast, case: Case, indicator: Indicator, **changed: Any) -> Any:
    return send(signed_in(cast.founder), url(case, "after/"), indicator=indicator.pk, **{**AFTER, **changed})


def test_an_empty_page_teaches_the_first_step(cast: Cast, case: Case):
    client = signed_in(cast.founder)
    with few_queries():
        page = words(client.get(url(case)))
    assert "No baseline yet" in page
    assert "Record the baseline" in page
    reader = words(signed_in(cast.auditor).get(url(case)))
    assert "<form" not in reader.split("<main")[1].split("</main>")[0]


def test_from_baseline_to_an_effect_with_interval_method_and_records(cast: Cast, case: Case):
    indicator = baseline(cast, case)
    assert Measurement.objects.get().values == [16.5, 15.25, 17.0, 16.0]
    assert "Not measured after yet" in words(signed_in(cast.founder).get(url(case)))
    assert after(cast, case, indicator).status_code == 302
    client = signed_in(cast.founder)
    with few_queries():
        page = words(client.get(url(case)))
    assert "Better than before" in page
    assert "\u22127.06 minutes" in page
    assert "between \u2212" in page
    assert "with 95 % confidence" in page
    assert "Welch" in page
    assert "<svg" in page
    assert "Ticket system &lt;export&gt;." in page
    assert "Simulated values" not in page
    case.refresh_from_db()
    assert case.state == "measured"


def test_the_page_says_what_was_understood(cast: Cast, case: Case):
    client = signed_in(cast.founder)
    answer = client.post(url(case, "baseline/"), {**BASELINE, "form_key": new_key()}, follow=True)
    assert "Recorded: 4 values, mean 16.2." in words(answer)


def test_a_form_that_is_sent_twice_records_once(cast: Cast, case: Case):
    client, key = signed_in(cast.founder), new_key()
    for _time in range(2):
        assert send(client, url(case, "baseline/"), key, **BASELINE).url == url(case)
    indicator, key = Indicator.objects.get(), new_key()
    for _time in range(2):
        assert send(client, url(case, "after/"), key, indicator=indicator.pk, **AFTER).url == url(case)
    assert Measurement.objects.count() == 2


def test_what_the_values_do_not_settle_is_said(cast: Cast, case: Case):
    indicator = baseline(cast, case)
    after(cast, case, indicator, values="15\n19\n13\n16")
    page = words(signed_in(cast.founder).get(url(case)))
    assert "Cannot tell: the values do not settle it" in page
    assert "Better than before" not in page


def test_a_single_value_has_no_interval(cast: Cast, case: Case):
    indicator = baseline(cast, case, values="16")
    after(cast, case, indicator, values="9")
    page = words(signed_in(cast.founder).get(url(case)))
    assert "No interval: a period has a single value." in page
    assert "Cannot tell" in page


def test_simulated_values_are_marked_wherever_they_stand(cast: Cast, case: Case):
    indicator = baseline(cast, case)
    after(cast, case, indicator, is_simulated="on")
    page = words(signed_in(cast.founder).get(url(case)))
    assert "Simulated values" in page
    assert "Simulated difference" in page
    assert "After (simulated)" in page
    assert 'class="badge tone-good"' not in page


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"values": "16\nsixteen"}, "“sixteen” is not a number"),
        ({"values": "1,234\n1,310"}, "can be read in two ways"),
        ({"values": ""}, "This field is required"),
        ({"values": "9" * 400}, "Give between 1 and"),
        ({"period_to": str(TODAY + timedelta(days=3))}, "cannot lie in the future"),
        ({"period_from": "yesterday"}, "Enter a valid date"),
        ({"direction": "sideways"}, "is not one of the available choices"),
        ({"name": "x" * 300}, "at most 200 characters"),
    ],
)
def test_a_wrong_baseline_is_shown_again_with_what_was_typed(
    cast: Cast, case: Case, changed: dict[str, str], said: str
):
    answer = send(signed_in(cast.founder), url(case, "baseline/"), **{**BASELINE, **changed})
    page = words(answer)
    assert answer.status_code == 422
    assert said in page
    assert "From opening to closing." in page
    assert not Indicator.objects.exists()


def test_a_name_that_is_used_is_said_beside_the_name(cast: Cast, case: Case):
    baseline(cast, case)
    answer = send(signed_in(cast.founder), url(case, "baseline/"), **BASELINE)
    assert answer.status_code == 409
    assert "has an indicator with the name Minutes per report already" in words(answer)


def test_a_wrong_measurement_is_shown_again(cast: Cast, case: Case):
    indicator = baseline(cast, case)
    early = after(cast, case, indicator, period_from=BASELINE["period_to"])
    assert early.status_code == 422
    assert "must begin after the baseline" in words(early)
    assert after(cast, case, indicator, values="9; x").status_code == 422
    other = send(signed_in(cast.founder), url(case, "after/"), **{**AFTER, "indicator": 999})
    assert other.status_code == 422
    assert Measurement.objects.count() == 1


def test_before_production_there_is_no_form_for_after(cast: Cast, case: Case):
    Case.objects.filter(pk=case.pk).update(state="building")
    indicator = baseline(cast, case)
    assert "once the model is in production" in words(signed_in(cast.founder).get(url(case)))
    refused = after(cast, case, indicator)
    assert refused.status_code == 409
    assert "once the model is in production" in words(refused)


def test_who_sees_and_who_records(cast: Cast, case: Case):
    indicator = baseline(cast, case)
    for name, person in cast.people().items():
        client = signed_in(person)
        sees = name in {"founder", "engineer", "adviser", "manager", "auditor"}
        assert client.get(url(case)).status_code == (200 if sees else 404), name
        records = name in {"founder", "engineer", "adviser"}
        assert ("Record this measurement" in words(client.get(url(case)))) == records, name
        if not records:
            for part in ("baseline/", "after/"):
                fields = {**BASELINE, **AFTER, "indicator": indicator.pk}
                assert send(client, url(case, part), **fields).status_code in {403, 404}, name
    assert Measurement.objects.count() == 1


def test_an_indicator_of_another_case_is_not_taken(cast: Cast, case: Case):
    other = world.decided_case(cast.rival, cast.adviser, NOW, state="in_production")
    indicator = baseline(cast, case)
    answer = send(signed_in(cast.rival), url(other, "after/"), **{**AFTER, "indicator": indicator.pk})
    assert answer.status_code == 422
    assert Measurement.objects.count() == 1


def test_many_indicators_take_no_more_queries_and_records_come_as_files(cast: Cast, case: Case):
    for number in range(12):
        measure_effect.record_baseline(
            cast.founder.actor,
            now=NOW,
            case_id=case.pk,
            name=f"Number {number}",
            unit="=parts",
            how="Counted.",
            direction="higher",
            values=[1.0, 2.0, 3.0],
            method="By hand.",
            is_simulated=False,
            period_from=TODAY - timedelta(days=9),
            period_to=TODAY - timedelta(days=8),
        )
    client = signed_in(cast.founder)
    with few_queries():
        assert words(client.get(url(case))).count("Not measured after yet") == 12
    table = words(client.get(url(case) + "?format=csv"))
    assert table.count("By hand.") == 12
    assert "'=parts" in table
    assert client.get(url(case) + "?format=xls").status_code == 422


def test_the_same_picture_is_drawn_once(cast: Cast, case: Case):
    indicator = baseline(cast, case)
    after(cast, case, indicator)
    client = signed_in(cast.founder)
    client.get(url(case))
    drawn = pictures.before_after.cache_info()
    client.get(url(case))
    assert pictures.before_after.cache_info().misses == drawn.misses
    assert pictures.before_after.cache_info().hits == drawn.hits + 1
