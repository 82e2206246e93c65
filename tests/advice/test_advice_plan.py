from __future__ import annotations

import json
import time
from datetime import date

import pytest

from minett.advice.codec import StoredShapeUnknown
from minett.advice.need import NeedEmpty, NeedNotText, NeedTooLong
from minett.advice.plan import Plan
from minett.advice.service import advise
from minett.kernel.content import LANGUAGES
from tests.advice.shelf import DAY

WELD = "Our weld seams have pores and the client sends them back."


def test_a_plan_joins_everything(library):
    plan = advise(WELD, library, DAY)
    assert plan.chosen == "weld-check"
    assert [step.step for step in plan.path] == ["discover", "assess", "build"]
    assert plan.company_brings is not None
    assert plan.company_brings.in_("en") == "seam photographs"
    assert [one.code for one in plan.data_products] == ["photos"]
    assert plan.data_products[0].shared == ("weld seam",)
    assert {one.cluster for one in plan.estimates} == {"priced", "silent"}
    assert plan.ai_act.risk_class == "minimal"
    assert plan.as_of == DAY


def test_a_step_prefers_several_partners(library):
    assess = next(step for step in advise(WELD, library, DAY).path if step.step == "assess")
    assert len(assess.services) == 3
    assert {service.partner for service in assess.services} == {"Partner A", "Partner B"}
    assert advise(WELD, library, DAY).partners[0] == "Partner A"


def test_calls_are_open_ones_the_next_first(library):
    assert [call.code for call in advise(WELD, library, DAY).calls] == ["soon", "always"]
    assert [call.code for call in advise(WELD, library, date(2027, 1, 1)).calls] == ["always"]


def test_aid_that_can_be_lost_is_loud(library):
    plan = advise(WELD, library, DAY)
    assert [hold.scheme for hold in plan.do_not_start_yet] == ["early-aid"]
    assert [scheme.code for scheme in plan.schemes] == ["early-aid", "late-aid"]
    for language in LANGUAGES:
        assert "Early aid" in plan.do_first.in_(language)
        assert "Early aid" in plan.do_not_start_yet[0].reason.in_(language)


def test_none_goes_to_an_adviser(library):
    plan = advise("Can you recommend a notary to set up a company?", library, DAY)
    assert plan.none
    assert plan.chosen is None
    assert {step.step for step in plan.path} == {"discover", "assess"}
    assert (plan.proposals, plan.data_products, plan.estimates, plan.schemes, plan.calls) == ((), (), (), (), ())
    assert plan.do_first.in_("en").startswith("An adviser reads your need.")


def test_a_ban_stops_before_money_and_machines(library):
    plan = advise("Cameras read emotions from the faces of our workers at the weld seams.", library, DAY)
    assert plan.ai_act.risk_class == "prohibited"
    assert plan.do_first.in_("en").startswith("Stop here")
    assert (plan.estimates, plan.calls, plan.do_not_start_yet) == ((), (), ())
    assert {step.step for step in plan.path} == {"discover", "assess"}


def test_a_stored_plan_comes_back_equal(library):
    for need in (WELD, "Can you recommend a notary to set up a company?", "parcels and detours and applicants"):
        plan = advise(need, library, DAY)
        assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


@pytest.mark.parametrize("raw", [{}, {"need": 3}, {"version": 1}, []])
def test_what_is_no_plan_is_refused(raw):
    with pytest.raises(StoredShapeUnknown):
        Plan.from_json(raw)


def test_questions_tell_proposals_apart(library):
    plan = advise("Parcels and weld seams and applicants, all at once.", library, DAY)
    keys = [question.key for question in plan.questions]
    assert 0 < len(keys) <= 4
    assert "problem" in keys
    for question in plan.questions:
        assert set(question.sentence.by_language) == set(LANGUAGES)
        assert len(question.options) > 1


def test_the_same_need_gives_the_same_plan(library):
    assert advise(WELD, library, DAY) == advise(WELD, library, DAY)


@pytest.mark.parametrize(
    ("raw", "error"),
    [("", NeedEmpty), ("x" * 50_000, NeedTooLong), (b"\xff\xfe\x00", NeedNotText), ("😀🚀😀", NeedNotText)],
)
def test_bad_input_is_refused_before_thinking(library, raw, error):
    with pytest.raises(error):
        advise(raw, library, DAY)


def test_markup_is_only_text(library):
    raw = "<img src=x onerror=alert(1)> our weld seams have pores"
    assert advise(raw, library, DAY).need == raw


def test_five_languages_at_once_get_a_plan(library):
    plan = advise(
        "Our weld seams have pores every day. Nos soudures ont des défauts. Wir sehen Poren in der Schweißnaht. "
        "Eis Schweessnéi hu vill Lächer an dat ass net gutt. Las soldaduras tienen poros.",
        library,
        DAY,
    )
    assert plan.language.mixed
    assert plan.chosen == "weld-check"


def test_the_longest_need_is_answered_soon(pack_library):
    began = time.perf_counter()
    advise("Nos clients attendent trop longtemps leurs livraisons. " * 360, pack_library, DAY)
    assert time.perf_counter() - began < 3


def test_the_pack_answers_within_the_promise(pack_library):
    needs = [f"{card.problem.in_(code)}" for card in list(pack_library.usecases.values())[:15] for code in LANGUAGES]
    advise(needs[0], pack_library, DAY)
    times = []
    for need in needs:
        began = time.process_time()
        advise(need, pack_library, DAY)
        times.append(time.process_time() - began)
    assert sorted(times)[int(len(times) * 0.95)] < 0.150
