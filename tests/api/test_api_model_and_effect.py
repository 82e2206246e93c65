"""Models, effects, the ledger, organisations and the network through the API."""

from __future__ import annotations

from typing import Any

import pytest

from minett.apps.cases.models import Case
from minett.apps.ledger.models import Entry
from minett.apps.registry import services
from minett.apps.registry.models import ModelVersion
from minett.kernel.actor import robot
from tests.api.callers import Callers
from tests.apps.registry.stage import Stage, set_stage, sha

EVALUATOR = robot("model-evaluator")
CONTENT = {
    "as_of": "2026-11-24",
    "counts": {"pass": 1, "warn": 0, "fail": 0, "open": 0},
    "claims": [
        {"key": "rows", "state": "pass", "claim": "Measured on %(n)s rows.", "proof": "%(n)s", "data": {"n": 1200}}
    ],
}


@pytest.fixture
def stage(call: Callers) -> Stage:
    return set_stage(call.cast, call.clock.now())


@pytest.fixture
def registered(call: Callers, stage: Stage) -> ModelVersion:
    return services.register_version(
        EVALUATOR,
        now=call.clock.now(),
        job=stage.job(call.cast, call.clock.now()),
        name="Alert triage",
        path="models/a.skops",
        sha256=sha("model"),
        size=10,
        lineage={},
        training={},
    )


@pytest.fixture
def reported(call: Callers, stage: Stage, registered: ModelVersion) -> ModelVersion:
    spec = {"training_job_id": registered.job_id}
    job = stage.job(call.cast, call.clock.now(), key="job-one-evaluation", kind="evaluation", spec=spec)
    facts: dict[str, Any] = {"now": call.clock.now(), "version_id": registered.pk}
    services.record_evaluation(EVALUATOR, job=job, result={"n": 1200}, **facts)
    (call.house.store.folder("documents") / "r.pdf").write_bytes(b"%PDF-1.7 report")
    services.record_report(
        EVALUATOR, card={"name": "x"}, content=CONTENT, pdf_path="documents/r.pdf", pdf_sha256=sha("report"), **facts
    )
    return registered


def test_a_model_without_a_report_says_so(call: Callers, registered: ModelVersion):
    assert call.get("founder", f"/models/{registered.pk}/report", 404)["code"] == "not-reported-yet"
    assert call.get("founder", f"/models/{registered.pk}")["report_sha256"] is None


def test_the_trust_report_is_read_and_downloaded(call: Callers, reported: ModelVersion):
    report = call.get("reviewer", f"/models/{reported.pk}/report")

    assert [(claim["state"], claim["claim"]) for claim in report["claims"]] == [("pass", "Measured on 1,200 rows.")]
    answer: Any = call.client.get(report["pdf"], headers=call.headers("founder"))
    assert b"".join(answer.streaming_content) == b"%PDF-1.7 report"
    assert call.get("rival", f"/models/{reported.pk}/report", 404)["code"] == "absent"


def test_a_model_is_released_by_four_eyes_on_the_report_that_was_read(
    call: Callers, reported: ModelVersion, stage: Stage
):
    address = f"/models/{reported.pk}/release"
    body = {"reason": "The report is sound.", "report_sha256": sha("report")}

    assert call.get("reviewer", f"/models/{reported.pk}")["commands"] == ["release", "reject"]
    assert call.get("engineer", f"/models/{reported.pk}")["commands"] == []
    for who in ("engineer", "founder"):
        assert call.post(who, address, body, 403)["data"]["rule"] == "four-eyes"
    assert call.post("rival", address, body, 404)["code"] == "absent"
    assert call.post("auditor", address, body, 403)["data"]["rule"] == "reviewer-releases"
    other = {**body, "report_sha256": sha("another")}
    assert call.post("reviewer", address, other, 409)["code"] == "report-not-the-one-read"
    released = call.post("reviewer", address, body, Idempotency_Key="release-0001")
    assert (released["standing"]["state"], released["release"]["is_released"]) == ("released", True)
    assert call.post("reviewer", address, body, Idempotency_Key="release-0001") == released
    assert Case.objects.get(pk=stage.case.pk).state == "in_production"


def test_a_model_is_rejected_with_a_reason(call: Callers, reported: ModelVersion):
    address, digest = f"/models/{reported.pk}/reject", sha("report")

    assert (
        call.post("reviewer", address, {"reason": " ", "report_sha256": digest}, 422)["code"] == "release-needs-reason"
    )
    told = call.post("reviewer", address, {"reason": "Too few rows.", "report_sha256": digest})
    assert (told["standing"]["state"], told["release"]["reason"]) == ("rejected", "Too few rows.")
    assert [row["id"] for row in call.get("founder", "/models?state=rejected")["items"]] == [reported.pk]
    assert call.get("rival", "/models")["items"] == []


MEASURED: dict[str, Any] = {
    "values": [15, 14.5, 16, 15.5],
    "method": "Minutes by the ticket system.",
    "is_simulated": False,
    "period_from": "2026-10-01",
    "period_to": "2026-10-31",
}
AFTER = {**MEASURED, "values": [5, 4.5, 6, 5], "period_from": "2026-11-02", "period_to": "2026-11-23"}
INDICATOR = {"name": "Minutes for an alert", "unit": "min", "how": "Ticket system.", "direction": "lower"}


def test_from_an_indicator_to_a_measured_effect(call: Callers, stage: Stage):
    address = f"/cases/{stage.case.pk}/indicators"
    assert call.post("rival", address, INDICATOR, 404)["code"] == "absent"
    assert call.post("auditor", address, INDICATOR, 403)["data"]["rule"] == "company-measures"
    named = call.post("founder", address, INDICATOR, 201)
    assert call.post("founder", address, INDICATOR, 409)["code"] == "indicator-known"

    indicator = f"/indicators/{named['id']}"
    assert call.post("rival", f"{indicator}/baseline", MEASURED, 404)["code"] == "absent"
    assert call.post("founder", f"{indicator}/baseline", MEASURED, 201)["values"] == MEASURED["values"]
    assert call.post("founder", f"{indicator}/baseline", MEASURED, 409)["code"] == "baseline-known"
    assert call.post("founder", f"{indicator}/after", AFTER, 409)["code"] == "not-in-production"
    assert call.get("founder", f"{indicator}/effect")["effect"] is None

    Case.objects.filter(pk=stage.case.pk).update(state="in_production")
    call.post("founder", f"{indicator}/after", AFTER, 201)
    told = call.get("founder", f"{indicator}/effect")
    assert (told["effect"]["improved"], told["effect"]["n_before"], told["is_simulated"]) == ("yes", 4, False)
    assert told["effect"]["low"] < told["effect"]["difference"] < told["effect"]["high"] < 0
    whole = call.get("adviser", indicator)
    assert (whole["baseline"]["kind"], [row["kind"] for row in whole["later"]]) == ("baseline", ["after"])
    assert [row["id"] for row in call.get("founder", f"/indicators?case_id={stage.case.pk}")["items"]] == [named["id"]]
    assert call.get("rival", indicator, 404)["code"] == "absent"


@pytest.mark.parametrize(
    "changed",
    [
        {"values": [True]},
        {"values": ["1"]},
        {"period_from": 0},
        {"is_simulated": "no"},
        {"recorded_by": 1},
        {"kind": "after"},
    ],
)
def test_a_measurement_that_is_none_is_refused(call: Callers, stage: Stage, changed: dict[str, Any]):
    named = call.post("founder", f"/cases/{stage.case.pk}/indicators", INDICATOR, 201)
    problem = call.post("founder", f"/indicators/{named['id']}/baseline", {**MEASURED, **changed}, 422)

    assert problem["code"] == "fields-unusable"


def test_the_ledger_is_read_and_checked_by_those_who_may(call: Callers):
    call.get("founder", "/cases")
    told = call.get("auditor", "/ledger/verification")
    assert (told["holds"], told["findings"]) == (True, [])
    rows = call.get("manager", "/ledger?noun=token&limit=1")
    assert (rows["items"][0]["action"], rows["next"] is not None) == ("people:token:manage", True)
    assert call.get("founder", "/ledger/verification", 403)["data"]["rule"] == "ledger-readers"

    Entry.objects.filter(number=2).update(reason="Changed by hand.")
    broken = call.get("auditor", "/ledger/verification")
    assert (broken["holds"], broken["findings"][0]) == (False, {"number": 2, "what": "changed"})


def test_organisations_are_seen_by_their_own_and_by_staff(call: Callers):
    own, rival = call.cast.company.pk, call.cast.rival_company.pk

    assert [row["id"] for row in call.get("founder", "/organisations")["items"]] == [own]
    assert call.get("founder", f"/organisations/{rival}", 404)["code"] == "absent"
    assert call.get("visitor", f"/organisations/{own}", 404)["code"] == "absent"
    found = call.get("adviser", "/organisations?kind=company&search=Gresil")["items"]
    assert [(row["id"], row["turnover"]) for row in found] == [(rival, None)]
    type(call.cast.company).objects.filter(pk=own).update(turnover_eur="780000.50")
    assert call.get("founder", f"/organisations/{own}")["turnover"] == {"amount": "780000.5", "unit": "EUR"}


def test_the_network_is_public(call: Callers):
    assert call.get("visitor", "/network")["items"] == []
    assert call.get("visitor", "/network/none-such", 404)["code"] == "absent"
