"""A page costs at most eight queries, and as many with ten thousand cases as with ten."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import pytest
from django.db import connection
from django.db.models import Model

from tests.architecture.crowd import Crowd
from tests.architecture.doors import doors
from tests.architecture.forms import Form, Page
from tests.architecture.knocking import Answer, House
from tests.architecture.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

MOST = 8
# A page shows fifty rows with what belongs to them. One that reads more reads the whole table one day.
MOST_ROWS = 700
FEW, MANY = 10, 10_000
# The check of the whole ledger reads it row by row; `queries.verify` keeps none of them.
READS_EVERY_ROW = frozenset({"GET /ledger/verify/"})
# What the test's own savepoint costs is not the page's.
NOT_COUNTED = re.compile(r"SAVEPOINT|RELEASE|ROLLBACK")


@dataclass
class Cost:
    """The queries of one answer, and how many rows became objects in memory."""

    queries: list[str] = field(default_factory=list)
    rows: int = 0

    def note(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if not NOT_COUNTED.match(sql):
            self.queries.append(sql)
        return execute(sql, params, many, context)


@dataclass(frozen=True, order=True)
class Asked:
    """One page as one member asks for it; `query` holds a filter, a further page or an export."""

    title: str
    member: str
    address: str
    query: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return f"{self.title}{'?' if self.query else ''}{urlencode(self.query)} as {self.member}"

    @property
    def may_read_all(self) -> bool:
        """Whether every row belongs into the answer, which is written while it is read."""
        return "format" in dict(self.query) or self.title in READS_EVERY_ROW


Costs = dict[Asked, Cost]


class Counter:
    """Counts what pages cost. What is kept in memory after the first request is not counted."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.house = House(world)
        self.pages = [door for door in doors(world) if door.method == "GET" and not door.is_api and not door.is_sign_in]
        self.cost, self.warm = Cost(), set[str]()
        made = Model.from_db.__func__  # type: ignore[attr-defined]

        def counted(cls: type[Model], *given: Any) -> Model:
            self.cost.rows += 1
            row: Model = made(cls, *given)
            return row

        monkeypatch.setattr(Model, "from_db", classmethod(counted))

    def first(self) -> Costs:
        """Return the cost of every page that is shown to a member, and once of its filters, pages and exports."""
        costs: Costs = {}
        for door in self.pages:
            narrowed = False
            for member in self.house.members:
                asked = Asked(door.title, member, door.address())
                cost, html = self.of(asked)
                if cost is not None:
                    costs[asked] = cost
                    costs |= {} if narrowed else self._narrowed(asked, html)
                    narrowed = True
        return costs

    def again(self, costs: Costs) -> Costs:
        """Return what the same pages cost now."""
        return {asked: cost for asked in costs if (cost := self.of(asked)[0]) is not None}

    def _narrowed(self, asked: Asked, html: str) -> Costs:
        found = (replace(asked, query=tuple(query.items())) for query in _narrowed(html, asked.address))
        return {one: cost for one in found if (cost := self.of(one)[0]) is not None}

    def of(self, asked: Asked) -> tuple[Cost | None, str]:
        """Return the cost, and the page; no cost where it is not shown."""
        address = f"{asked.address}?{urlencode(asked.query)}" if asked.query else asked.address
        answer = self._once(asked.member, address)
        if answer.status == 200 and address not in self.warm:
            self.warm.add(address)
            answer = self._once(asked.member, address)
        html = answer.body.decode() if answer.is_html else ""
        return (self.cost, html) if answer.status == 200 else (None, "")

    def _once(self, member: str, address: str) -> Answer:
        self.cost = Cost()
        with connection.execute_wrapper(self.cost.note):
            return self.house.knock(member, "GET", address)


def _narrowed(html: str, address: str) -> Iterator[Mapping[str, str]]:
    """Yield what the page offers to ask it for: each filter by itself, and each link to itself (pages, exports)."""
    page, seen = Page(html, address), set()
    offers = [{name: _value(form, name)} for form in page.forms if _is_filter(form, address) for name in form.kinds]
    offers += [dict(parse_qsl(urlsplit(link).query)) for link in page.links if _leads_here(link, address)]
    for offer in offers:
        if offer and tuple(offer) not in seen:
            seen.add(tuple(offer))
            yield offer


def _is_filter(form: Form, address: str) -> bool:
    return form.method == "GET" and urljoin(address, form.action).split("?")[0] == address


def _value(form: Form, name: str) -> str:
    return next(iter(form.choices(name)), "a")


def _leads_here(link: str, address: str) -> bool:
    return "?" in link and urlsplit(urljoin(address, link)).path == address


@pytest.fixture(scope="module")
def costs(world: World) -> Iterator[tuple[Costs, Costs]]:
    """Return what everything costs with few rows and with many."""
    with pytest.MonkeyPatch.context() as patched:
        crowd, counter = Crowd(world), Counter(world, patched)
        crowd.grow(FEW)
        few = counter.first()
        crowd.grow(MANY - FEW)
        yield few, counter.again(few)


def _as_table(few: Costs, many: Costs, keys: Iterable[Asked]) -> str:
    lines = [f"{'queries':>7} {'many':>5} {'rows':>6} {'many':>6}  page"]
    for key in sorted(keys):
        left, right = few.get(key, Cost()), many.get(key, Cost())
        lines.append(f"{len(left.queries):>7} {len(right.queries):>5} {left.rows:>6} {right.rows:>6}  {key}")
    return "\n".join(lines)


def test_no_page_costs_more_than_its_budget(costs: tuple[Costs, Costs]) -> None:
    few, many = costs
    over = [key for key in many if max(len(few[key].queries), len(many[key].queries)) > MOST]
    one = "\n".join(sql[:200] for sql in (many[over[0]].queries if over else ()))
    assert not over, f"over {MOST} queries:\n{_as_table(few, many, over)}\n\n{one}"


def test_the_number_of_rows_does_not_matter(costs: tuple[Costs, Costs]) -> None:
    few, many = costs
    growing = [key for key in many if len(few[key].queries) != len(many[key].queries)]
    assert not growing, f"pages whose queries change with the rows:\n{_as_table(few, many, growing)}"


def test_no_page_reads_a_whole_table(costs: tuple[Costs, Costs]) -> None:
    few, many = costs
    over = [key for key in many if many[key].rows > MOST_ROWS and not key.may_read_all]
    assert not over, f"pages that read more than {MOST_ROWS} rows into memory:\n{_as_table(few, many, over)}"


def test_pages_were_counted(costs: tuple[Costs, Costs]) -> None:
    few, many = costs
    assert len({key.title for key in many}) > 30, _as_table(few, many, many)
    assert [key for key in few if key not in many] == []
