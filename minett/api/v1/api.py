"""The API as a whole: its routers, its gate, and its description. Each noun has its own module beside this one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from importlib import import_module
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, re_path
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from minett.api import problems, proof
from minett.api.operations import Body, Declared, answering, declared_of
from minett.api.parsing import StrictParser
from minett.api.proof import ApiRequest, Proof
from minett.policy.actions import Action

NOUNS = (
    "needs",
    "catalogue",
    "network",
    "cases",
    "documents",
    "dataproducts",
    "requests",
    "grants",
    "allocations",
    "jobs",
    "models",
    "impact",
    "ledger",
    "organisations",
    "tokens",
)
# As many digits as any length that is taken anywhere could have.
LONGEST_LENGTH = 18
# The name under which the portal's check of routes finds the action of an address.
ROUTE_MARK = "minett_action"
DESCRIBED = "openapi-json"
PUBLIC = (DESCRIBED, "api-root")
DESCRIPTION = """Everything that the portal can do. Objects that are hidden look as if they did not exist.

Amounts carry their unit, texts are maps of language to words, moments are ISO 8601 in UTC. Lists come in pages:
`next` and the header `Link` lead on. Writes take the header `Idempotency-Key`. Failures are problem documents."""

Answer = Callable[..., HttpResponseBase]


class HouseApi(NinjaAPI):
    """ninja's API behind a gate that tells every failure as a problem document."""

    def _get_urls(self) -> list[Any]:
        by_route: dict[str, dict[str, Declared]] = {}
        patterns: list[URLPattern] = []
        for bound in self._get_bound_routers():
            for pattern, declared in zip(bound.urls_paths(bound.prefix), _declared_in(bound), strict=True):
                by_route.setdefault(str(pattern.pattern), {})[declared.method] = declared
                patterns.append(pattern)
        for pattern in patterns:
            pattern.callback = gate(pattern.callback, by_route[str(pattern.pattern)])
        # The description stands at its own address; whatever else is asked for is told as absent.
        public = []
        for found in super()._get_urls():
            if isinstance(found, URLPattern) and found.name in PUBLIC:
                view = found.callback if found.name == DESCRIBED else problems.of_absence
                found.callback = marked(view, Action.PORTAL_VIEW)
                public.append(found)
        return [*patterns, *public, re_path(r"^.*$", marked(problems.of_absence, Action.PORTAL_VIEW))]

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """Return the description, with the shape of failures and the ways to prove who asks."""
        found = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        components = found["components"]
        components["schemas"]["Problem"] = problems.Problem.model_json_schema()
        cookie = {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
        components["securitySchemes"]["Session"] = cookie
        for methods in found["paths"].values():
            for details in methods.values():
                details["security"] = [{Proof.__name__: []}, {"Session": []}, {}]
        return found


def _declared_in(bound: Any) -> list[Declared]:
    views = (mounted.view_func for path in bound.path_operations.values() for mounted in path.operations)
    return [declared_of(view) for view in views]


def marked(view: Answer, action: Action) -> Answer:
    def shown(request: HttpRequest, *_args: Any, **_given: Any) -> HttpResponseBase:
        return view(request)

    shown.csrf_exempt = True  # type: ignore[attr-defined]
    setattr(shown, ROUTE_MARK, action)
    return shown


def gate(view: Answer, methods: Mapping[str, Declared]) -> Answer:
    """Give the request its moment, and send away what no operation can read, before anything is done."""

    @wraps(view)
    def gated(request: ApiRequest, *args: Any, **given: Any) -> HttpResponseBase:
        request.now = proof.CLOCK.now()
        try:
            must_be_readable(request, methods)
        except problems.Fault as fault:
            return problems.of_fault(request, fault)
        return view(request, *args, **given)

    gated.csrf_exempt = True  # type: ignore[attr-defined]  # `Proof` asks for the token where a cookie proves.
    setattr(gated, ROUTE_MARK, next(iter(methods.values())).action)
    return gated


def must_be_readable(request: ApiRequest, methods: Mapping[str, Declared]) -> None:
    """Raise the fault of a request whose method, media type or size no operation of its address takes."""
    declared = methods.get(str(request.method))
    if declared is None:
        taken = ", ".join(sorted(methods))
        raise problems.MethodNotTaken(method=str(request.method)[:20], taken=taken, headers={"Allow": taken})
    if "\x00" in request.path:
        raise problems.BodyUnreadable
    if declared.body is not Body.NOTHING and request.content_type != declared.body:
        raise problems.MediaTypeNotTaken(wanted=declared.body.value, headers={"Accept": declared.body.value})
    limit = declared.largest_body or settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    length = request.headers.get("Content-Length") or "0"
    if not length.isdecimal() or len(length) > LONGEST_LENGTH or int(length) > limit:
        raise problems.BodyTooLarge(limit=limit)


def of_proof(request: HttpRequest, refused: proof.ProofRefused) -> HttpResponseBase:
    return problems.of_error(request, refused.error, status=401)


def build() -> HouseApi:
    """Put the API together. Raises ImproperlyConfigured for a route that declares no action."""
    made = HouseApi(
        title="Minett",
        version="1",
        description=DESCRIPTION,
        urls_namespace="api-v1",
        auth=Proof(),
        parser=StrictParser(),
        docs_url=None,
    )
    for failure, handler in {**problems.HANDLERS, proof.ProofRefused: of_proof}.items():
        made.add_exception_handler(failure, handler)
    made.add_decorator(answering, mode="operation")
    for noun in NOUNS:
        made.add_router("", import_module(f"minett.api.v1.{noun}").router)
    return made


api = build()
