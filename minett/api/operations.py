"""How an operation is declared, and how its answer is told. The declaration names the action; others decide on it.

    @operation(router, "POST", "/cases/{case_id}/take", action=Action.CASE_TAKE, answer=CaseTold)
    def take(request: ApiRequest, case_id: Id, body: Take) -> CaseTold: ...

A route without a declaration stops the start of the house.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import wraps
from typing import Any, TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from ninja import NinjaAPI, Router
from ninja.constants import NOT_SET
from pydantic import BaseModel

from minett.api import once
from minett.api.lists import Page
from minett.api.problems import MEDIA_TYPE
from minett.api.proof import ApiRequest, BeforeBody, Proof
from minett.kernel.actor import Actor
from minett.kernel.content import gettext_noop as _
from minett.policy.actions import Action
from minett.policy.decide import NotAllowed

View = TypeVar("View", bound=Callable[..., Any])
MARK = "minett_declared"
ACTION = "x-minett-action"
KEY_PARAMETER = {
    "in": "header",
    "name": once.HEADER,
    "required": False,
    "schema": {"type": "string", "pattern": once.KEY.pattern},
    "description": "Sent again with the same body, the write is done once and answered with the same answer.",
}
PROBLEM = {
    "description": "What went wrong, by RFC 9457",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


class Body(StrEnum):
    """What an operation reads from the body."""

    NOTHING = ""
    JSON = "application/json"
    FILES = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class Declared:
    """What is known of an operation: its name, method, path, action, what it takes, and how a repeat is met.

    `works_outside`: its work must not run inside a transaction (a data engine reads a file).
    `kept`: what is remembered of the answer for a repeat, where that is not all of it (a secret).
    """

    name: str
    method: str
    path: str
    action: Action
    status: int
    body: Body
    largest_body: int | None
    works_outside: bool
    kept: Callable[[Any], BaseModel] | None

    @property
    def writes(self) -> bool:
        return self.method != "GET"


def operation(
    router: Router,
    method: str,
    path: str,
    *,
    action: Action,
    answer: Any = None,
    status: int = 200,
    works_outside: bool = False,
    kept: Callable[[Any], BaseModel] | None = None,
    before_body: BeforeBody | None = None,
    largest_body: int | None = None,
) -> Callable[[View], View]:
    """Add an operation to the router. `answer` is the schema of its answer; None where it returns a file."""

    def declare(view: View) -> View:
        noun = view.__module__.rpartition(".")[2]
        declared = Declared(
            name=f"{noun}.{view.__name__}",
            method=method,
            path=path,
            action=action,
            status=status,
            body=_body_of(view),
            largest_body=largest_body,
            works_outside=works_outside,
            kept=kept,
        )
        setattr(view, MARK, declared)
        router.add_api_operation(
            path,
            [method],
            view,
            auth=NOT_SET if before_body is None else Proof(before_body),
            response={status: answer},
            operation_id=declared.name.replace(".", "_"),
            summary=(inspect.getdoc(view) or "").partition("\n")[0].rstrip("."),
            tags=[noun],
            openapi_extra=_extra(declared, is_file=answer is None),
        )
        return view

    return declare


def _body_of(view: Callable[..., Any]) -> Body:
    names = inspect.signature(view).parameters
    if "file" in names:
        return Body.FILES
    return Body.JSON if "body" in names else Body.NOTHING


def _extra(declared: Declared, *, is_file: bool) -> dict[str, Any]:
    responses: dict[Any, Any] = {"default": PROBLEM}
    if is_file:
        responses[declared.status] = {
            "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}
        }
    parameters = [KEY_PARAMETER] if declared.writes else []
    return {ACTION: declared.action.value, "parameters": parameters, "responses": responses}


def declared_of(view: Callable[..., Any]) -> Declared:
    """Return the declaration of a view; raises ImproperlyConfigured where there is none."""
    found = getattr(view, MARK, None)
    if not isinstance(found, Declared):
        raise ImproperlyConfigured(f"{view.__module__}.{view.__name__} declares no action: use `operation`.")
    return found


def all_declared(api: NinjaAPI) -> Iterator[Declared]:
    """Yield the declarations of all operations of the API."""
    for bound in api._get_bound_routers():  # noqa: SLF001 - ninja names no public way to what is mounted.
        for path_view in bound.path_operations.values():
            for mounted in path_view.operations:
                yield declared_of(mounted.view_func)


def answering(view: Callable[..., Any]) -> Callable[..., HttpResponseBase]:
    """Run a view once for a key, and tell its answer. Added to the API, so that it surrounds every operation."""
    declared = declared_of(view)

    @wraps(view)
    def answered(request: ApiRequest, **given: Any) -> HttpResponseBase:
        must_be_in_scope(request.actor, declared.action)

        def work() -> once.Done:
            result = view(request, **given)
            answer = told(request, declared, result)
            kept = answer if declared.kept is None else told(request, declared, declared.kept(result))
            return once.Done(answer, kept)

        if not declared.writes:
            return work().answer
        return once.perform(request, declared.name, work, works_outside=declared.works_outside)

    return answered


def must_be_in_scope(actor: Actor, action: Action) -> None:
    """Raise NotAllowed for a token that was not issued for the operation's action, also where the answer is a list.

    The policy asks for the scopes again wherever it decides; this stands before it, for every operation alike.
    """
    if actor.scopes is not None and not any(fnmatchcase(action.value, scope) for scope in actor.scopes):
        raise NotAllowed(rule="token-scope", reason=_("the token was not issued for this action."))


def told(request: ApiRequest, declared: Declared, result: Any) -> HttpResponseBase:
    """Return the HTTP answer for what a view returned: a schema, or an answer that it made itself (a file)."""
    if isinstance(result, HttpResponseBase):
        answer = result
    elif isinstance(result, BaseModel):
        answer = HttpResponse(result.model_dump_json(), status=declared.status, content_type="application/json")
    else:
        raise TypeError(f"{declared.name} returned {type(result).__name__}, which is no schema.")
    if isinstance(result, Page) and result.next:
        answer.headers["Link"] = f'<{_next_address(request, result.next)}>; rel="next"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _next_address(request: ApiRequest, cursor: str) -> str:
    query = request.GET.copy()
    query["after"] = cursor
    return f"{request.path}?{query.urlencode()}"
