"""Compute through the API: asked for, awarded, used by jobs whose inside stays inside."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from minett.apps.jobs import services
from minett.apps.jobs.models import Job
from tests.api.callers import Callers
from tests.apps.grants import world as data
from tests.apps.grants.world import Outbox
from tests.apps.jobs import compute_world as world

AMOUNT = {"amount": "1.5", "unit": "node-hour"}


def asked(call: Callers) -> dict[str, Any]:
    case = world.decided_case(call.cast.founder, call.cast.adviser, call.clock.now())
    code = world.cluster(call.clock.now()).entry.code
    body = {"cluster": code, "amount": AMOUNT, "justification": "Two trainings."}
    assert call.post("rival", f"/cases/{case.pk}/allocations", body, 404)["code"] == "absent"
    assert call.post("adviser", f"/cases/{case.pk}/allocations", body, 403)["data"]["rule"] == "company-asks"
    unknown = {**body, "cluster": "none-such"}
    assert call.post("engineer", f"/cases/{case.pk}/allocations", unknown, 404)["code"] == "absent"
    made: dict[str, Any] = call.post("engineer", f"/cases/{case.pk}/allocations", body, 201)
    return made


def test_compute_is_asked_for_and_awarded_in_one_unit(call: Callers):
    made = asked(call)
    address = f"/allocations/{made['id']}"
    award = {"amount": AMOUNT, "days": 30, "reason": "It fits."}

    assert (made["requested"], made["awarded"], made["commands"]) == (AMOUNT, None, [])
    assert call.post("founder", f"{address}/award", award, 403)["data"]["rule"] == "four-eyes"
    assert call.post("rival", f"{address}/award", award, 404)["code"] == "absent"
    other_unit = {**award, "amount": {"amount": "1.5", "unit": "GPU-hour"}}
    assert call.post("officer", f"{address}/award", other_unit, 422)["code"] == "unlike-units"
    bare = call.post("officer", f"{address}/award", {**award, "amount": 1.5}, 422)
    assert bare["data"]["fields"][0]["at"] == ["body", "amount"]
    done = call.post("officer", f"{address}/award", award)
    assert (done["awarded"], done["remaining"], done["standing"]["state"]) == (AMOUNT, AMOUNT, "awarded")
    assert done["until_at"].endswith("Z")
    assert call.post("officer", f"{address}/reject", {"reason": "No."}, 409)["code"] == "command-not-in-table"


def test_a_request_for_compute_is_rejected_with_a_reason(call: Callers):
    address = f"/allocations/{asked(call)['id']}/reject"

    assert call.post("officer", address, {"reason": " "}, 422)["code"] == "reason-missing"
    assert call.post("officer", address, {"reason": "Too large."})["decision_reason"] == "Too large."


def test_allocations_come_page_by_page(call: Callers):
    case = world.decided_case(call.cast.founder, call.cast.adviser, call.clock.now())
    made = [world.requested(call.cast, call.clock.now(), case).pk for _ in range(3)]

    first = call.get("engineer", "/allocations?limit=2")
    rest = call.get("engineer", f"/allocations?limit=2&after={first['next']}")
    assert [row["id"] for part in (first, rest) for row in part["items"]] == made[::-1]
    assert rest["next"] is None
    assert call.get("rival", "/allocations")["items"] == []
    assert call.get("engineer", "/allocations?after=W10", 422)["code"] == "cursor-unusable"


def prepared(call: Callers) -> tuple[str, dict[str, Any]]:
    """Return the address to submit to and a training that would be taken."""
    case = world.decided_case(call.cast.founder, call.cast.adviser, call.clock.now())
    allocation = world.awarded(call.cast, call.clock.now(), case)
    product = data.publish(call.cast, call.clock.now())
    grant = data.approve(call.cast, call.clock.now(), data.ask(call.cast, call.clock.now(), product, case_id=case.pk))
    data.activate(call.clock.now(), grant)
    body = {"grant_id": grant.pk, "allocation_id": allocation.pk, "target": "is_phishing"}
    return f"/cases/{case.pk}/jobs", body


def test_a_training_is_queued_watched_and_cancelled(call: Callers, outbox: Outbox):
    address, body = prepared(call)

    for who, expect in (("visitor", 404), ("rival", 404), ("adviser", 404)):
        call.post(who, address, body, expect)
    assert call.post("engineer", address, {**body, "target": "owner_mail"}, 422)["code"] == "column-not-granted"
    assert call.post("engineer", address, {**body, "grant_id": 99999}, 404)["code"] == "absent"
    job = call.post("engineer", address, body, 201)
    assert outbox.sent == [("run_job", {"job_id": job["id"]})]
    assert (job["standing"]["state"], job["commands"], job["used"]) == ("queued", ["cancel"], None)
    assert call.get("engineer", f"/jobs/{job['id']}/log") == {"text": "", "next_offset": 0, "is_complete": False}
    assert call.get("officer", f"/jobs/{job['id']}/log", 403)["data"]["rule"] == "own-organisation"
    assert call.post("officer", f"/jobs/{job['id']}/cancel", expect=403)["data"]["rule"] == "own-organisation"
    assert call.post("rival", f"/jobs/{job['id']}/cancel", expect=404)["code"] == "absent"
    assert call.post("founder", f"/jobs/{job['id']}/cancel")["standing"]["state"] == "cancelled"


def test_a_job_tells_what_was_measured_but_not_where_it_ran(call: Callers):
    case = world.decided_case(call.cast.founder, call.cast.adviser, call.clock.now())
    allocation = world.awarded(call.cast, call.clock.now(), case)
    made: Job = world.started(call.clock.now(), world.submitted(call.cast, call.clock.now(), allocation))
    services.finish(world.RUNNER, now=call.clock.now(), job_id=made.pk, seen=world.HALF_HOUR, outputs=world.MODEL)

    job = call.get("engineer", f"/jobs/{made.pk}")
    assert job["used"] == {"amount": "0.5", "unit": "node-hour"}
    assert (job["measured"]["wall_seconds"], job["outputs"][0]["name"]) == (1800.0, "model.skops")
    assert "imagined/" not in str(job)
    used = call.get("engineer", f"/allocations/{allocation.pk}/usage")["items"]
    assert used[0]["used"] == job["used"]
    assert call.get("engineer", f"/allocations/{allocation.pk}")["remaining"]["amount"] == "1.5"
    assert [row["id"] for row in call.get("engineer", "/jobs?kind=training&state=succeeded")["items"]] == [made.pk]


@pytest.mark.parametrize("address", ["/cases", "/allocations", "/jobs"])
def test_a_longer_list_needs_no_more_queries(call: Callers, address: str):
    def add(rows: int) -> None:
        for _ in range(rows):
            case = world.decided_case(call.cast.founder, call.cast.adviser, call.clock.now())
            world.submitted(call.cast, call.clock.now(), world.awarded(call.cast, call.clock.now(), case))

    def asked_of_database() -> int:
        with CaptureQueriesContext(connection) as seen:
            call.get("officer" if address != "/cases" else "founder", address)
        return len(seen)

    add(1)
    call.get("founder", "/cases")
    call.get("officer", "/jobs")
    few = asked_of_database()
    add(4)
    assert asked_of_database() == few <= 8
