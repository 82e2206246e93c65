"""A case's life through the API, from a visitor's need to a decision; at every step, others are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import minett
from minett.apps.cases import services
from minett.apps.cases.models import Case
from minett.apps.catalogue import services as catalogue
from minett.kernel.actor import VISITOR, robot
from tests.api.callers import ROOT, Callers, told
from tests.apps.grants.world import Outbox
from tests.apps.jobs.compute_world import decided_case

PACK = Path(minett.__file__).parent.parent / "packs" / "luxembourg"
NEED = "Nos analystes vérifient chaque lien d'hameçonnage à la main, cela prend trop de temps."
SECTIONS = dict.fromkeys(("value", "data", "metrics", "risks", "compliance", "resources", "plan"), "Words.")


@pytest.fixture
def pack(call: Callers) -> None:
    catalogue.load(robot("pack-loader"), now=call.clock.now(), path=PACK)


def case_id_of(number: str) -> int:
    return Case.objects.get(number=number).pk


@pytest.mark.usefixtures("pack")
def test_from_a_need_to_a_decision(call: Callers, outbox: Outbox):
    need = call.post("founder", "/needs", {"text": NEED}, 201)
    assert (need["language"], need["text"]) == ("fr", NEED)
    assert call.get("visitor", f"/needs/{need['secret']}") == need
    assert call.get("adviser", "/needs/" + "x" * 43, 404)["code"] == "absent"

    kept = call.post("visitor", f"/needs/{need['secret']}/keep", {"contact_email": "lea@example.org"})
    assert call.post("visitor", f"/needs/{need['secret']}/keep", {"contact_email": "lea@example.org"}) == kept
    case = f"/cases/{case_id_of(kept['number'])}"

    assert call.post("founder", f"{case}/take", {}, 403)["code"] == "not-allowed"
    assert call.post("rival", f"{case}/take", {}, 404)["code"] == "absent"
    taken = call.post("adviser", f"{case}/take", {})
    assert (taken["standing"]["state"], taken["commands"]) == ("taken", ["agree_plan"])
    assert call.post("adviser", f"{case}/take", {}, 409)["code"] == "command-not-in-table"

    usecase = call.get("visitor", "/catalogue/usecases?limit=1")["items"][0]["code"]
    service = call.get("visitor", "/catalogue/services?limit=1")["items"][0]["code"]
    plan = {"usecase": usecase, "services": [service], "reason": "It fits."}
    assert call.post("founder", f"{case}/plan", plan, 403)["code"] == "not-allowed"
    assert call.post("adviser", f"{case}/plan", {**plan, "services": ["none-such"]}, 422)["code"] == "services-unknown"
    planned = call.post("adviser", f"{case}/plan", plan)
    assert planned["engagements"][0]["service"] == service
    assert planned["standing"]["label"] == "Plan agreed"

    drafted = call.get("adviser", f"{case}/documents/draft")["sections"]
    assert set(drafted) == set(SECTIONS)
    missing = call.post("adviser", f"{case}/documents", {"sections": {**SECTIONS, "risks": ""}}, 422)
    assert missing["data"]["sections"] == ["risks"]
    document = call.post("adviser", f"{case}/documents", {"sections": SECTIONS}, 201)
    assert outbox.sent == [("write_document_pdf", {"document_id": document["id"]})]
    assert call.get("rival", f"/documents/{document['id']}", 404)["code"] == "absent"
    assert call.get("founder", f"/documents/{document['id']}/pdf", 404)["code"] == "being-printed"

    decision = f"/documents/{document['id']}/decision"
    assert call.post("adviser", decision, {"decision": "go", "reason": "Yes."}, 403)["code"] == "not-allowed"
    assert call.post("rival", decision, {"decision": "go", "reason": "Yes."}, 404)["code"] == "absent"
    assert call.post("founder", "/documents/99999/decision", {"decision": "go", "reason": "Yes."}, 404)
    assert call.post("founder", decision, {"decision": "go", "reason": " "}, 422)["code"] == "reason-missing"
    assert call.post("founder", decision, {"decision": "go", "reason": "Yes."})["decision"] == "go"
    told_events = call.get("founder", f"{case}/timeline")["items"]
    assert (told_events[0]["state_before"], told_events[0]["state_after"]) == ("documented", "go")
    assert call.post("founder", f"{case}/move", {"command": "build"})["standing"]["state"] == "building"


@pytest.mark.parametrize("command", ["take", "decide_go", "release", "measure"])
def test_no_step_is_taken_past_its_own_operation(call: Callers, command: str):
    """A decision, a release and a measurement move the case where they happen; naming the step moves nothing."""
    state = {"take": "new", "decide_go": "documented", "release": "building", "measure": "in_production"}[command]
    case = decided_case(call.cast.founder, call.cast.adviser, call.clock.now(), state=state)

    for who in ("founder", "adviser"):
        call.post(who, f"/cases/{case.pk}/move", {"command": command}, 422)
    case.refresh_from_db()
    assert case.state == state


def test_internal_messages_are_for_staff(call: Callers):
    case = decided_case(call.cast.founder, call.cast.adviser, call.clock.now())
    path = f"/cases/{case.pk}/messages"
    call.post("adviser", path, {"text": "Between us.", "is_internal": True}, 201)
    call.post("adviser", path, {"text": "For all."}, 201)

    assert call.post("founder", path, {"text": "Mine.", "is_internal": True}, 403)["data"]["rule"] == "internal-notes"
    assert [row["text"] for row in call.get("founder", path)["items"]] == ["For all."]
    assert [row["text"] for row in call.get("adviser", path)["items"]] == ["For all.", "Between us."]
    actions = [row["action"] for row in call.get("founder", f"/cases/{case.pk}/timeline")["items"]]
    assert not [action for action in actions if action.endswith("internal")]
    assert call.post("auditor", path, {"text": "I only read."}, 403)["data"]["rule"] == "auditors-read"
    assert call.get("rival", path, 404)["code"] == "absent"


def test_an_adviser_names_the_company_but_only_one_that_is_there(call: Callers):
    need = services.write_need(
        call.cast.adviser.actor, now=call.clock.now(), text="x y z", language="en", plan={}, organisation_id=None
    )
    case = services.open_case(
        call.cast.adviser.actor, now=call.clock.now(), need=need, title="T", contact_email="", channel="phone"
    )
    assert call.post("adviser", f"/cases/{case.pk}/take", {"organisation_id": 99999}, 404)["code"] == "absent"

    taken = call.post("adviser", f"/cases/{case.pk}/take", {"organisation_id": call.cast.company.pk})
    assert taken["organisation"]["id"] == call.cast.company.pk


def test_a_printed_document_is_downloaded(call: Callers):
    case = decided_case(call.cast.founder, call.cast.adviser, call.clock.now(), state="planned")
    document = call.post("adviser", f"/cases/{case.pk}/documents", {"sections": SECTIONS}, 201)
    file = call.house.store.folder("documents") / "printed.pdf"
    file.write_bytes(b"%PDF-1.7 printed")
    services.attach_pdf(
        robot("document-writer"),
        now=call.clock.now(),
        document_id=document["id"],
        path=call.house.store.relative(file),
        sha256="0" * 64,
    )

    address = call.get("founder", f"/documents/{document['id']}")["pdf"]
    answer: Any = call.client.get(address, headers=call.headers("founder"))
    assert b"".join(answer.streaming_content) == b"%PDF-1.7 printed"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert told(call.client.get(address, headers=call.headers("rival")), 404)["code"] == "absent"
    file.unlink()
    assert told(call.client.get(address, headers=call.headers("founder")), 503)["code"] == "file-not-in-place"


@pytest.mark.usefixtures("pack")
def test_the_catalogue_is_public_and_comes_page_by_page(call: Callers):
    counted = {row["kind"]: row["entries"] for row in call.get("visitor", "/catalogue")["items"]}
    seen: list[str] = []
    address = f"{ROOT}/catalogue/services?limit=7"
    while address:
        answer = call.client.get(address)
        seen += [row["code"] for row in answer.json()["items"]]
        address = answer.headers.get("Link", "").partition(">")[0].removeprefix("<")

    assert len(seen) == len(set(seen)) == counted["services"]
    entry = call.get("visitor", f"/catalogue/services/{seen[0]}")
    assert {"en", "fr", "de", "lb"} >= set(entry["content"]["title"])
    assert entry["source"]
    assert call.get("visitor", "/catalogue/services/none-such", 404)["code"] == "absent"
    assert call.get("visitor", "/catalogue/none-such", 422)["code"] == "fields-unusable"


def test_cases_come_page_by_page_while_others_are_added(call: Callers):
    def add() -> int:
        return decided_case(call.cast.founder, call.cast.adviser, call.clock.now()).pk

    made = [add() for _ in range(5)]
    first: Any = call.get("founder", "/cases?limit=2")
    add()
    second = call.get("founder", f"/cases?limit=2&after={first['next']}")
    last = call.get("founder", f"/cases?limit=2&after={second['next']}")

    assert [row["id"] for part in (first, second, last) for row in part["items"]] == made[::-1]
    assert last["next"] is None
    for bad in ("x", "W10", "eyJhIjoxfQ", "WyJ4Il0", "WyIxIiwiMiJd"):
        assert call.get("founder", f"/cases?after={bad}", 422)["code"] == "cursor-unusable"
    assert call.get("founder", "/cases?limit=201", 422)["code"] == "fields-unusable"
    assert call.get("founder", "/cases?state=none", 422)["code"] == "state-unknown"
    assert call.get("founder", "/cases?state=closed")["items"] == []


def test_a_case_is_taken_for_a_company_alone(call: Callers):
    now = call.clock.now()
    need = services.write_need(VISITOR, now=now, text="x y z", language="en", plan={}, organisation_id=None)
    case = services.open_case(VISITOR, now=now, need=need, title="T", contact_email="", channel="web")

    authority = {"organisation_id": call.cast.data_holder.pk}

    assert call.post("adviser", f"/cases/{case.pk}/take", authority, 422)["code"] == "not-a-company"
