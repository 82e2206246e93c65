"""The catalogue's pages: everything with its source, narrowed by what the kind knows, within the budget."""

from __future__ import annotations

import csv
import io
import json

import pytest
from django.test import Client

from minett.apps.catalogue import queries
from minett.apps.catalogue.models import EntryVersion, PackEntry
from minett.kernel.actor import VISITOR
from minett.kernel.clock import SystemClock
from minett.web.views.catalogue_kinds import KINDS
from tests.web.stock import few_queries, load_catalogue, words


@pytest.fixture(autouse=True)
def _catalogue(db):
    load_catalogue()


def test_the_index_counts_every_kind(client: Client):
    with few_queries():
        page = words(client.get("/catalogue/"))
    for kind in KINDS:
        assert f'href="/catalogue/{kind.code}/"' in page
    assert f"{queries.listing(VISITOR, 'services').count()} entries" in page


@pytest.mark.parametrize("kind", [kind.code for kind in KINDS])
def test_every_list_and_every_entry_of_the_pack_can_be_shown(client: Client, kind: str):
    with few_queries():
        page = client.get(f"/catalogue/{kind}/")
    assert page.status_code == 200
    for row in queries.listing(VISITOR, kind):
        entry = client.get(f"/catalogue/{kind}/{row.entry.code}/")
        assert entry.status_code == 200
        assert "Version 1" in words(entry)


def test_an_entry_names_source_day_trust_and_history(client: Client, cast):
    client.force_login(cast.founder.user)
    row = queries.current(VISITOR, "schemes", ["fit-4-ai"])[0]
    EntryVersion.objects.filter(pk=row.pk).update(is_current=False)
    EntryVersion.objects.create(
        entry=row.entry,
        number=2,
        is_current=True,
        content=row.content,
        sha256="b" * 64,
        source=row.source,
        checked_on=row.checked_on,
        valid_from=row.valid_from,
        loaded_at=SystemClock().now(),
    )
    with few_queries():
        page = words(client.get("/catalogue/schemes/fit-4-ai/"))
    assert row.source in page
    assert "Sources differ" in page
    assert "Version 1" in page
    assert "Version 2" in page
    assert "Apply before you start" in page


def test_lists_are_narrowed(client: Client):
    assessed = words(client.get("/catalogue/services/?step=assess"))
    assert "/catalogue/services/ai-act-readiness" in assessed
    assert "single-entry-adviser" not in assessed
    by_partner = words(client.get("/catalogue/services/?partner=luxprovide"))
    assert "single-entry-adviser" not in by_partner
    by_sector = words(client.get("/catalogue/usecases/?sector=cybersecurity"))
    assert "cyb-phish" in by_sector
    assert "con-estimate" not in by_sector


def test_use_cases_are_found_by_words_of_any_language(client: Client):
    with few_queries():
        page = words(client.get("/catalogue/usecases/?search=hameçonnage"))
    assert "cyb-phish" in page
    assert "con-estimate" not in page
    assert "Nothing found" in words(client.get("/catalogue/usecases/?search=xyzzy"))


@pytest.mark.parametrize("query", ["step=nothing", "partner=nobody", "step=%00", "sector=finance"])
def test_an_unknown_choice_narrows_nothing(client: Client, query: str):
    page = client.get(f"/catalogue/services/?{query}")
    assert page.status_code == 200
    assert "single-entry-adviser" in words(page)


def test_pages_follow_each_other_without_loss_and_within_the_budget(client: Client):
    codes: list[str] = []
    url = "/catalogue/usecases/"
    while url:
        with few_queries():
            response = client.get(url)
        codes += [cells[0].url for cells in response.context["rows"]]
        cursor = response.context["next_cursor"]
        url = f"/catalogue/usecases/?cursor={cursor}" if cursor else ""
    assert len(codes) == len(set(codes)) == queries.listing(VISITOR, "usecases").count() > 50


def test_a_list_can_be_taken_away(client: Client):
    given = json.loads(words(client.get("/catalogue/schemes/?format=json")))
    assert {row["code"] for row in given} == {row.entry.code for row in queries.listing(VISITOR, "schemes")}
    lines = list(csv.reader(io.StringIO(words(client.get("/catalogue/schemes/?format=csv")).removeprefix("\ufeff"))))
    assert len(lines) == len(given) + 1
    assert client.get("/catalogue/schemes/?format=xls").status_code == 422
    assert client.get("/catalogue/schemes/?cursor=x").status_code == 422


def test_what_is_not_in_the_catalogue_is_absent(client: Client):
    PackEntry.objects.filter(code="fit-4-ai", kind="schemes").update(retired_at=SystemClock().now())
    for url in (
        "/catalogue/nothing/",
        "/catalogue/factory/",
        "/catalogue/services/nothing/",
        "/catalogue/schemes/fit-4-ai/",
    ):
        assert client.get(url).status_code == 404


def test_the_network_is_listed_and_narrowed(client: Client):
    with few_queries():
        page = words(client.get("/network/"))
    assert "LUMI AI Factory" in page
    assert "Kajaani" in page
    antennas = words(client.get("/network/?kind=antenna"))
    assert "LUMI AI Factory" not in antennas
    assert "LUMI AI Factory" in words(client.get("/network/?country=fi"))
    assert "No factory or antenna fits" in words(client.get("/network/?country=ZZ"))
    assert {row["country"] for row in json.loads(words(client.get("/network/?country=FI&format=json")))} == {"FI"}
