"""Every way into the house, from the code itself: the routes of the portal and the operations of the API.

A door knows its method, its pattern and its declared action, and how to be addressed with the world's rows. What a
pattern's gaps stand for is told once, in `Rows`; a gap that is not known there fails with a clear message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model

from minett.api.operations import ACTION, all_declared
from minett.api.v1.api import api
from minett.policy.actions import Action
from minett.policy.states import ALLOCATION, JOB, MODEL, StateTable
from minett.web.declared import routes
from tests.architecture.world import World

API = "api/v1/"
CONVERTED = re.compile(r"<(?:\w+:)?(\w+)>")
NAMED_GROUP = re.compile(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")
TABLES: Mapping[str, StateTable] = {"allocations": ALLOCATION, "jobs": JOB, "models": MODEL}
ABSENT_NUMBER, ABSENT_WORD = 987_654_321, "no-such-thing"
# What stands behind an address that is no path: any path that nothing else takes.
ANYTHING = re.compile(r"\^?\.\*\$?$")


@dataclass(frozen=True)
class Gap:
    """What fills a gap of a pattern; `noun` and `row` say which object it names, where it names one.

    `seen_by` names the members who see it, where that is not told by a list of the noun.
    """

    value: Any
    noun: str = ""
    row: Model | None = None
    seen_by: tuple[str, ...] = ()

    @property
    def absent(self) -> Any:
        """Return a value of the same kind that names nothing."""
        return ABSENT_NUMBER if isinstance(self.value, int) else ABSENT_WORD


@dataclass(frozen=True)
class Door:
    """One method of one pattern. `shape` has its gaps in braces, commands of state tables already filled in."""

    method: str
    pattern: str
    shape: str
    action: Action | None
    is_api: bool
    gaps: Mapping[str, Gap] = field(default_factory=dict)

    def address(self, **instead: Any) -> str:
        """Return the address with the world's rows, or with other values for some gaps."""
        values = {name: gap.value for name, gap in self.gaps.items()} | instead
        return "/" + self.shape.format(**values)

    @property
    def title(self) -> str:
        return f"{self.method} /{self.pattern}"

    @property
    def is_sign_in(self) -> bool:
        """Whether the page is one of the sign-in package, which asks for no role."""
        return self.pattern.startswith("accounts/")


class Rows:
    """The world's row for each gap. Some steps need a row in another state than the pages that show one."""

    def __init__(self, world: World) -> None:
        built = world.built
        self.by_name = {
            "case_id": _row("case", built.case),
            "document_id": _row("document", world.document),
            "product_id": _row("product", world.restricted),
            "request_id": _row("request", built.request),
            "grant_id": _row("grant", built.grant),
            "allocation_id": _row("allocation", built.allocation),
            "job_id": _row("job", built.job),
            "version_id": _row("model", world.version),
            "indicator_id": _row("indicator", world.indicator),
            "organisation_id": _row("organisation", world.cast.company),
            "token_id": _row("token", world.token),
            "secret": Gap(world.need.secret),
            # Keys of mails that were never sent.
            "key": Gap("no-such-key"),
            "uidb36": Gap("1"),
            "provider_id": Gap("no-such-provider"),
        }
        self.by_place = {
            ("cases", "pk"): self.by_name["case_id"],
            ("documents", "pk"): self.by_name["document_id"],
            ("requests", "pk"): self.by_name["request_id"],
            ("grants", "pk"): self.by_name["grant_id"],
            ("allocations", "pk"): self.by_name["allocation_id"],
            ("jobs", "pk"): self.by_name["job_id"],
            ("models", "pk"): self.by_name["version_id"],
            ("account", "pk"): self.by_name["token_id"],
            ("ledger", "number"): Gap(1, "entry"),
            ("data", "code"): Gap(world.restricted.code, "product", world.restricted),
            ("catalogue", "kind"): Gap("usecases"),
            ("catalogue", "code"): Gap(world.usecase.entry.code),
            ("network", "code"): Gap(world.peer.code),
            ("publish", "token"): Gap(world.upload.token, seen_by=("steward",)),
            ("publish", "code"): Gap(world.restricted.code, "product", world.restricted),
        }
        self.by_step = {
            ("case", "take"): world.new,
            ("case", "plan"): world.taken,
            ("case", "document"): world.planned,
            ("case", "documents"): world.planned,
            ("case", "draft"): world.planned,
            ("case", "move"): world.measured,
            ("case", "after"): world.measured,
            ("document", "decide"): world.undecided,
            ("document", "decision"): world.undecided,
            ("request", "review"): world.submitted,
            ("request", "close"): world.submitted,
            ("request", "resubmit"): world.returned,
            ("allocation", "award"): world.requested,
            ("allocation", "reject"): world.requested,
            ("job", "cancel"): world.queued,
            ("indicator", "baseline"): world.unmeasured,
            ("organisation", "data-products"): world.cast.data_holder,
        }

    def gap(self, method: str, pattern: str, name: str) -> Gap:
        """Return what fills a gap; raises LookupError for one that nobody told about."""
        place = pattern.removeprefix(API).partition("/")[0]
        found = self.by_place.get((place, name)) or self.by_name.get(name)
        if found is None:
            raise LookupError(f"/{pattern}: say in tests/architecture/doors.py what <{name}> stands for")
        step = pattern.rstrip("/").rpartition("/")[2]
        other = self.by_step.get((found.noun, step))
        return found if other is None or (method == "GET" and step == "documents") else _row(found.noun, other)


def _row(noun: str, row: Model) -> Gap:
    return Gap(row.pk, noun, row)


def doors(world: World) -> Iterator[Door]:
    """Yield every door: pages twice, since only asking tells which of them take a form, and operations."""
    rows = Rows(world)
    yield from _pages(rows)
    yield from _operations(rows)


def _pages(rows: Rows) -> Iterator[Door]:
    operations = {_path(declared.path) for declared in all_declared(api)}
    for route in routes():
        is_api = route.pattern.startswith(API)
        if is_api and CONVERTED.sub("<>", route.pattern) in operations:
            continue
        for pattern in _with_commands(route.pattern, route.action):
            # What the API has beside its operations only tells: its description, and that there is nothing.
            for method in ("GET",) if is_api else ("GET", "POST"):
                yield _door(rows, method, pattern, route.action, is_api=is_api)


def _operations(rows: Rows) -> Iterator[Door]:
    for declared in all_declared(api):
        pattern = API + declared.path.lstrip("/").replace("{", "<").replace("}", ">")
        yield _door(rows, declared.method, pattern, declared.action, is_api=True)


def _path(path: str) -> str:
    return API + re.sub(r"{\w+}", "<>", path.lstrip("/"))


def _with_commands(pattern: str, action: Action | None) -> Iterator[str]:
    """Yield the pattern once for each command of its state table that its action is for."""
    if "<str:command>" not in pattern:
        yield pattern
        return
    steps = TABLES[pattern.partition("/")[0]].transitions
    commands = dict.fromkeys(command for (_at, command), step in steps.items() if step.action == action)
    yield from (pattern.replace("<str:command>", command) for command in commands)


def _door(rows: Rows, method: str, pattern: str, action: Action | None, *, is_api: bool) -> Door:
    shape = ANYTHING.sub("nothing-here", pattern)
    shape = NAMED_GROUP.sub(lambda found: f"{{{found[1]}}}", shape)
    shape = CONVERTED.sub(lambda found: f"{{{found[1]}}}", shape).replace("^", "").replace("$", "").replace("\\", "")
    names = re.findall(r"{(\w+)}", shape)
    gaps = {name: rows.gap(method, pattern, name) for name in names}
    return Door(method, pattern, shape, action, is_api, gaps)


def described() -> Iterator[tuple[str, str, object]]:
    """Yield method, path and declared action of every operation that the API's own description has."""
    for path, methods in api.get_openapi_schema()["paths"].items():
        for method, details in methods.items():
            yield method.upper(), path, details.get(ACTION)
