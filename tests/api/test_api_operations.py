"""Every operation declares its action, and the description of the API is sound."""

from __future__ import annotations

import copy
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest
import schemathesis
from django.conf import settings as config
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.urls import get_resolver
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from ninja import NinjaAPI, Router

from minett.api.operations import ACTION, all_declared, answering
from minett.api.problems import BodyTooLarge
from minett.api.v1.api import ROUTE_MARK, api, must_be_readable
from minett.policy.actions import Action
from minett.policy.decide import RULES
from tests.api.callers import ROOT, Callers

DECLARED = list(all_declared(api))
# What the platform's robots, its operators and the pages alone do.
NOT_FOR_CLIENTS = {
    Action.GRANT_BUILD,
    Action.GRANT_EXPIRE,
    Action.GRANT_USE,
    Action.JOB_RUN,
    Action.MODEL_REGISTER,
    Action.MODEL_EVALUATE,
    Action.ORGANISATION_CREATE,
    Action.PERSON_CREATE,
    Action.MEMBERSHIP_GIVE,
    Action.SESSION_OPEN,
    Action.DESK_VIEW,
    Action.PACK_LOAD,
    Action.PORTAL_VIEW,
    # These two are asked for by the fields and the reader of a message.
    Action.MESSAGE_VIEW_INTERNAL,
    Action.MESSAGE_WRITE_INTERNAL,
}


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema()))
    return read


def operations(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in described["paths"].items():
        for method, details in methods.items():
            yield path, method, details


def test_every_operation_declares_an_action_that_the_policy_knows(described: dict[str, Any]):
    said = {
        (method.upper(), path.removeprefix(ROOT)): details[ACTION] for path, method, details in operations(described)
    }

    assert said == {(each.method, each.path): each.action.value for each in DECLARED}
    assert {each.action for each in DECLARED} <= set(RULES)


def test_the_api_reaches_every_action_that_is_for_people():
    assert {each.action for each in DECLARED} == set(Action) - NOT_FOR_CLIENTS


def test_an_operation_without_an_action_stops_the_start():
    router = Router()

    @router.get("/loose")
    def loose(request: HttpRequest) -> str:
        return "loose"

    house = NinjaAPI(urls_namespace="loose", docs_url=None)
    house.add_decorator(answering, mode="operation")
    house.add_router("", router)
    with pytest.raises(ImproperlyConfigured, match="loose"):
        _ = house.urls


def test_names_are_used_once():
    names = Counter(each.name for each in DECLARED)

    assert [name for name, times in names.items() if times > 1] == []


def test_every_route_carries_the_mark_that_the_portal_checks():
    routes: list[Any] = [entry for entry in get_resolver().url_patterns if str(entry.pattern) == "api/v1/"]

    assert len(routes) == 1
    assert all(isinstance(getattr(entry.callback, ROUTE_MARK), Action) for entry in routes[0].url_patterns)


def test_the_description_is_sound(described: dict[str, Any], call: Callers):
    assert call.get("visitor", "/openapi.json")["openapi"].startswith("3.1")
    for name, schema in described["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        assert schema, name
    references = set(re.findall(r"'\$ref': '#/components/schemas/([^']+)'", str(described)))
    assert references <= set(described["components"]["schemas"])
    for path, _method, details in operations(described):
        named = {parameter["name"] for parameter in details["parameters"] if parameter["in"] == "path"}
        assert named == set(re.findall(r"{(\w+)}", path))


def test_an_independent_reader_understands_every_operation(described: dict[str, Any]):
    read = schemathesis.openapi.from_dict(copy.deepcopy(described))
    results: list[Any] = list(read.get_all_operations())
    found = [result.ok() for result in results]

    assert {(each.method.upper(), each.path.removeprefix(ROOT)) for each in found} == {
        (each.method, each.path) for each in DECLARED
    }


def test_writes_take_a_key_and_reads_do_not(described: dict[str, Any]):
    for _path, method, details in operations(described):
        keys = [parameter for parameter in details["parameters"] if parameter["name"] == "Idempotency-Key"]
        assert len(keys) == (method == "post")


READS = [each for each in DECLARED if each.method == "GET" and "{" not in each.path]


@pytest.mark.parametrize("declared", READS, ids=lambda declared: declared.name)
def test_reads_answer_any_query_as_described(declared: Any, described: dict[str, Any], call: Callers):
    """What schemathesis makes up of the description is answered by what is described, and never by a failure."""
    read = schemathesis.openapi.from_dict(copy.deepcopy(described))
    operation = read[f"{ROOT}{declared.path}"]["GET"]
    whole = {"$ref": f"#/components/schemas/{_answer(described, declared.path)}", "components": described["components"]}
    check = Draft202012Validator(whole)

    @settings(
        max_examples=8,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        query = {name: value for name, value in (case.query or {}).items() if value is not None}
        answer = call.client.get(f"{ROOT}{declared.path}", query, headers=call.headers("auditor"))
        assert answer.status_code in {200, 403, 422}, answer.content
        if answer.status_code == 200:
            check.validate(answer.json())

    ask()


def _answer(described: dict[str, Any], path: str) -> str:
    schema = described["paths"][f"{ROOT}{path}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    return str(schema["$ref"]).rpartition("/")[2]


@settings(max_examples=40, deadline=None, database=None)
@given(length=st.text(max_size=30) | st.integers().map(str))
def test_any_length_header_is_told_apart(length: str):
    """A length that is no number, or too large a one, is told as a fault, never as a crash."""
    request = HttpRequest()
    request.method = "POST"
    request.META |= {"CONTENT_LENGTH": length, "CONTENT_TYPE": "application/json", "wsgi.input": io.BytesIO()}
    request.content_type = "application/json"
    write = next(each for each in DECLARED if each.name == "needs.describe")
    is_small = length == "" or (length.isdecimal() and int(length) <= config.DATA_UPLOAD_MAX_MEMORY_SIZE)
    with nullcontext() if is_small else pytest.raises(BodyTooLarge):
        must_be_readable(request, {"POST": write})  # type: ignore[arg-type]
