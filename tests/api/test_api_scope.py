"""No field of a body widens a right: whose an object is comes from its address and from who asks, never from a body."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minett.api.operations import Body, Declared, all_declared
from minett.api.v1.api import api
from minett.apps.cases.models import Case, Message
from minett.apps.ledger.models import Entry
from tests.api.callers import ROOT, Callers
from tests.apps.grants import world as data
from tests.apps.jobs import compute_world as world

JSON_WRITES = [each for each in all_declared(api) if each.body is Body.JSON]
NAMES = (
    "organisation_id",
    "organisation",
    "owner",
    "owner_id",
    "case_id",
    "person_id",
    "actor",
    "applicant_id",
    "steward_id",
    "author",
    "adviser_id",
    "submitter_id",
    "reviewer_id",
    "state",
    "is_internal",
    "scopes",
    "role",
    "now",
    "key",
)
VALUES = st.one_of(st.integers(0, 20), st.booleans(), st.text(max_size=8), st.none(), st.just("*"))
WITHIN = settings(
    max_examples=40, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def address_of(declared: Declared, number: int) -> str:
    path = declared.path
    while "{" in path:
        before, _brace, rest = path.partition("{")
        path = before + str(number) + rest.partition("}")[2]
    return path


@pytest.mark.parametrize("declared", JSON_WRITES, ids=lambda declared: declared.name)
def test_a_field_that_an_operation_does_not_know_is_refused(call: Callers, declared: Declared):
    schema = api.get_openapi_schema()
    told = schema["paths"][f"{ROOT}{declared.path}"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    model = schema["components"]["schemas"][told["$ref"].rpartition("/")[2]]

    assert model["additionalProperties"] is False
    unknown = dict.fromkeys(set(NAMES) - set(model["properties"]), 1)
    before = Entry.objects.count() + 1
    problem = call.post("founder", address_of(declared, 1), unknown, 422)
    assert set(unknown) <= {field["at"][-1] for field in problem["data"]["fields"]}
    assert Entry.objects.count() == before


def test_extra_fields_never_open_what_is_foreign(call: Callers):
    """Whatever is added to a body, a rival changes nothing of the founder's, and learns nothing of it."""
    case = world.decided_case(call.cast.founder, call.cast.adviser, call.clock.now())
    allocation = world.requested(call.cast, call.clock.now(), case)
    request = data.ask(call.cast, call.clock.now(), data.publish(call.cast, call.clock.now()), case_id=case.pk)
    bodies: dict[str, dict[str, Any]] = {
        f"/cases/{case.pk}/messages": {"text": "Hello."},
        f"/cases/{case.pk}/take": {},
        f"/cases/{case.pk}/move": {"command": "build"},
        f"/cases/{case.pk}/requests": {**terms(), "product_id": request.product_id},
        f"/allocations/{allocation.pk}/award": {
            "amount": {"amount": "1", "unit": "node-hour"},
            "days": 3,
            "reason": "x",
        },
        f"/requests/{request.pk}/resubmit": terms(),
        f"/requests/{request.pk}/review": {"vote": "approve", "reason": "x", "content_sha256": request.content_sha256},
    }
    call.headers("rival")
    rows = Entry.objects.count()

    @WITHIN
    @given(
        address=st.sampled_from(sorted(bodies)),
        extra=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4),
    )
    def attack(address: str, extra: dict[str, Any]) -> None:
        answer = call.sent("rival", address, {**bodies[address], **extra})
        assert answer.status_code in {404, 422}, answer.content
        assert b"Ferrum" not in answer.content

    attack()
    assert Entry.objects.count() == rows
    assert (Case.objects.get().state, Message.objects.count()) == ("go", 0)


def test_extra_fields_never_speak_for_another(call: Callers):
    """What a founder writes is the founder's, whatever the body says besides."""
    case = world.decided_case(call.cast.founder, call.cast.adviser, call.clock.now())

    @WITHIN
    @given(extra=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=3))
    def write(extra: dict[str, Any]) -> None:
        answer = call.sent("founder", f"/cases/{case.pk}/messages", {"text": "Hello.", **extra})
        known = set(extra) <= {"is_internal"} and isinstance(extra.get("is_internal", False), bool)
        expected = {403} if known and extra.get("is_internal") else {201} if known else {422}
        assert answer.status_code in expected, json.dumps(extra)

    write()
    assert set(Message.objects.values_list("author_id", "is_internal")) == {(call.cast.founder.user.pk, False)}


def terms() -> dict[str, Any]:
    return {"purpose": "model-training", "columns": ["age"], "days": 30, "safeguards": data.SAFEGUARDS}
