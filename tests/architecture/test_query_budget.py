"""A page costs at most eight queries, and as many with ten thousand cases as with ten."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import pytest
from django.db import connection

from tests.architecture.crowd import Crowd
from tests.architecture.doors import Door, doors
from tests.architecture.forms import Form, Page
from tests.architecture.knocking import House
from tests.architecture.world import World

pytestmark = pytest.mark.django_db

MOST = 8
FEW, MANY = 10, 10_000
# What the test's own savepoint costs is not the page's.
NOT_COUNTED = re.compile(r"SAVEPOINT|RELEASE|ROLLBACK")
Costs = dict[tuple[str, str], list[str]]


class Counter:
    """Counts the queries of pages. What is kept in memory after the first request is not counted."""

    def __init__(self, world: World) -> None:
        self.house = House(world)
        self.pages = [door for door in doors(world) if door.method == "GET" and not door.is_api and not door.is_sign_in]

    def all(self) -> Costs:
        """Return the queries of every page that is shown to a member, and of its filters, pages and exports."""
        costs: Costs = {}
        for door in self.pages:
            for member in self.house.members:
                costs |= self._of_page(door, member, with_filters=not any(title == door.title for title, _ in costs))
        return costs

    def _of_page(self, door: Door, member: str, *, with_filters: bool) -> Costs:
        address = door.address()
        queries, html = self._asked(member, address)
        if queries is None:
            return {}
        found = {(door.title, member): queries}
        for query in _narrowed(html, address) if with_filters else ():
            narrowed, _html = self._asked(member, f"{address}?{urlencode(query)}")
            found[f"{door.title} ?{'&'.join(sorted(query))}", member] = narrowed or []
        return found

    def _asked(self, member: str, address: str) -> tuple[list[str] | None, str]:
        queries, html = self._once(member, address)
        if queries is not None and len(queries) > MOST:
            queries, html = self._once(member, address)
        return queries, html

    def _once(self, member: str, address: str) -> tuple[list[str] | None, str]:
        told: list[str] = []

        def noted(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
            if not NOT_COUNTED.match(sql):
                told.append(sql)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(noted):
            answer = self.house.knock(member, "GET", address)
        html = answer.body.decode() if answer.is_html else ""
        return (told, html) if answer.status == 200 else (None, "")


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
def costs(world: World) -> tuple[Costs, Costs]:
    """Return what everything costs with few rows and with many."""
    crowd, counter = Crowd(world), Counter(world)
    crowd.grow(FEW)
    counter.all()
    few = counter.all()
    crowd.grow(MANY - FEW)
    return few, counter.all()


def _as_table(few: Costs, many: Costs) -> str:
    lines = [f"{'few':>4} {'many':>5}  page"]
    for key in sorted(few.keys() | many.keys()):
        counts = [str(len(costs[key])) if key in costs else "-" for costs in (few, many)]
        lines.append(f"{counts[0]:>4} {counts[1]:>5}  {key[0]} as {key[1]}")
    return "\n".join(lines)


def test_no_page_costs_more_than_its_budget(costs: tuple[Costs, Costs]) -> None:
    few, many = costs
    over = {key: queries for key, queries in many.items() if len(queries) > MOST}
    one = "\n".join(sql[:200] for sql in next(iter(over.values()), []))
    assert not over, f"over {MOST} queries:\n{_as_table({k: few.get(k, []) for k in over}, over)}\n\n{one}"


def test_the_number_of_rows_does_not_matter(costs: tuple[Costs, Costs]) -> None:
    few, many = costs
    growing = [key for key in few.keys() & many.keys() if len(few[key]) != len(many[key])]
    chosen = [{key: costs[key] for key in growing} for costs in (few, many)]
    assert not growing, f"pages whose queries change with the rows:\n{_as_table(*chosen)}"


def test_pages_were_counted(costs: tuple[Costs, Costs]) -> None:
    few, many = costs
    assert len({title for title, _member in many}) > 30, _as_table(few, many)
    assert all(key in many for key in few if "?" not in key[0])
