"""A steward publishes: bad files are told beside the field, nothing typed is lost, and twice is once."""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.test import Client

from minett.apps.dataproducts import queries
from minett.apps.dataproducts.models import Product, ProductPolicy, ProductVersion
from minett.apps.people import services as people
from minett.journeys import prepare_product
from minett.kernel.actor import Role
from minett.kernel.clock import SystemClock
from minett.planes.data import masks as m
from minett.web.once import new_key
from tests.apps.grants import world
from tests.cast import HOUSE, Cast
from tests.planes.data.test_intake import bomb
from tests.web.publishing_world import CSV, described, file, uploaded
from tests.web.stock import few_queries, load_catalogue, send, words


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Any]:
    with world.equipped(tmp_path / "store", world.Outbox()) as house:
        yield house


@pytest.fixture
def steward(client: Client, cast: Cast, house: Any) -> Client:
    load_catalogue()
    client.force_login(cast.steward.user)
    return client


def test_from_a_file_to_a_page(steward: Client):
    with few_queries():
        assert "At most 100 MiB" in words(steward.get("/publish/"))
    url = uploaded(steward)
    with few_queries():
        page = words(steward.get(url))
    assert "whole number" in page
    assert "1 value missing" in page

    answer = described(steward, url)

    assert (answer.status_code, answer["Location"]) == (302, "/data/towns/")
    product = Product.objects.get()
    offer = queries.current(product)
    rules, schema = offer.rules, offer.schema
    assert rules is not None
    assert schema is not None
    assert (product.title, product.keywords) == ({"en": "Towns", "fr": "Villes"}, ["towns", "visits"])
    assert [(rule.name, rule.keep, rule.mask) for rule in rules.columns] == [
        ("visits", True, m.Bucket(10)),
        ("town", True, None),
        ("mail", False, None),
    ]
    assert schema.by_name["mail"].sensitivity == "sensitive"
    assert "visits is at least 4" in words(steward.get("/data/towns/"))


@pytest.mark.parametrize("name", ["founder", "adviser", "authority", "manager"])
def test_others_are_refused_before_their_file_is_read(client: Client, cast: Cast, house: Any, monkeypatch, name: str):
    client.force_login(getattr(cast, name).user)
    monkeypatch.setattr("django.http.multipartparser.MultiPartParser.parse", None)

    assert client.get("/publish/").status_code == 403
    assert send(client, "/publish/", file=file()).status_code == 403
    assert "Publish a data product" not in words(client.get("/data/"))


def test_a_visitor_is_led_to_sign_in(client: Client, db: None, house: Any):
    for answer in (
        client.get("/publish/"),
        send(client, "/publish/", file=file()),
        client.get(f"/publish/{'0' * 48}/"),
    ):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/login/")


def test_forged_forms_are_refused(cast: Cast, house: Any):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.steward.user)

    assert send(client, "/publish/", file=file()).status_code == 403
    assert not list(house.store.folder("uploads").rglob("*.json"))


def _cut() -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"a": [1, 2, 3]}), sink)
    return sink.getvalue()[:-20]


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (b"", "t.parquet", "ends too early"),
        (_cut(), "t.parquet", "ends too early"),
        (b"PK\x03\x04", "t.parquet", "looks like ZIP"),
        (b"a,b\n1\n", "t.csv", "damaged"),
        (b"a,a\n1,2\n", "t.csv", "These cannot name a column: a, a."),
        (b",".join(b"c%d" % n for n in range(241)) + b"\n", "t.csv", "The file has 241 columns; at most 240"),
    ],
)
def test_a_bad_file_is_told_beside_the_field(steward: Client, content: bytes, name: str, told: str):
    answer = send(steward, "/publish/", file=file(content, name))

    assert answer.status_code == 422
    assert told in answer.context["form"].errors["file"][0]


def test_a_bomb_is_told_beside_the_field(steward: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = bomb(tmp_path / "t.parquet", length=100, rows=5_000_000, groups=2)
    monkeypatch.setattr(prepare_product, "LIMITS", replace(prepare_product.LIMITS, read_bytes=64 * 2**20))

    answer = send(steward, "/publish/", file=file(path.read_bytes(), "t.parquet"))

    assert "larger than allowed" in answer.context["form"].errors["file"][0]


@pytest.mark.parametrize("size", [200_000, 5_000])
def test_a_file_over_the_size_is_told_and_not_kept(steward: Client, house: Any, monkeypatch, size: int):
    monkeypatch.setattr(prepare_product, "LIMITS", replace(prepare_product.LIMITS, file_bytes=1000))

    answer = send(steward, "/publish/", file=file(b"a\n" * (size // 2)))

    assert (answer.status_code, len(answer.context["form"].errors["file"])) == (422, 1)
    assert "at most 100 MiB" in answer.context["form"].errors["file"][0]
    assert not [path for path in house.store.folder("uploads").rglob("*") if path.is_file()]


def test_a_form_without_file_or_key(steward: Client):
    assert "Choose the file" in words(send(steward, "/publish/"))
    assert steward.post("/publish/", {"file": file()}).status_code == 422


def test_the_same_file_sent_twice_by_one_form_is_one_upload(steward: Client):
    key = new_key()

    assert uploaded(steward, key=key) == uploaded(steward, key=key)
    assert len(steward.get("/publish/").context["waiting"]) == 1
    assert uploaded(steward, key=key, content=CSV + b"1,Dudelange,d@example.org\n") != uploaded(steward, key=key)


def test_the_description_sent_twice_publishes_once(steward: Client):
    url = uploaded(steward)

    answers = [described(steward, url) for _time in range(2)]

    assert {answer["Location"] for answer in answers} == {"/data/towns/"}
    assert (Product.objects.count(), ProductVersion.objects.count(), ProductPolicy.objects.count()) == (1, 1, 1)
    assert steward.get(url)["Location"] == "/data/towns/"


def test_another_stewards_upload_is_absent(steward: Client, cast: Cast):
    url = uploaded(steward)
    people.give_role(
        HOUSE,
        now=SystemClock().now() - timedelta(minutes=1),
        person=cast.partner.user,
        organisation=cast.data_holder,
        role=Role.STEWARD,
    )
    other = Client()
    other.force_login(cast.partner.user)

    for answer in (other.get(url), described(other, url), send(other, f"{url}remove/")):
        assert answer.status_code == 404
    for do in ("publish", "keep", "preview"):
        assert described(other, "/publish/nothing/", do).status_code == 404
    assert steward.get(url).status_code == 200


def test_what_is_thrown_away_is_gone(steward: Client):
    url, key = uploaded(steward), new_key()

    assert {send(steward, f"{url}remove/", key)["Location"] for _time in range(2)} == {"/publish/"}
    assert steward.get(url).status_code == 404


def test_a_code_that_is_taken_is_told_beside_it(steward: Client):
    described(steward, uploaded(steward))

    answer = described(steward, uploaded(steward, CSV + b"1,Esch,d@example.org\n"))

    assert answer.status_code == 422
    assert "There is already a data product" in answer.context["page"].facts.errors["code"][0]
    assert ProductVersion.objects.count() == 1


def test_a_new_version_keeps_what_is_said(steward: Client, cast: Cast):
    described(steward, uploaded(steward))
    page = words(steward.get("/data/towns/"))
    assert "/publish/?product=towns" in page
    with few_queries():
        assert "Towns" in words(steward.get("/publish/?product=towns"))

    url = uploaded(steward, CSV + b"50,Esch,d@example.org\n", product="towns")
    with few_queries():
        first = steward.get(url)
    assert first.context["rows"] == [["40", "Belval"], ["50", "Esch"]]
    columns = {
        f"c{n}-{name}": form[name].value()
        for n, form in enumerate(first.context["page"].columns)
        for name in form.fields
    }
    given = {**columns, "keep": "on", "purposes": ["evaluation", "research"], "until": "2099-12-31", "do": "publish"}
    assert steward.post(url, given)["Location"] == "/data/towns/"
    assert (ProductVersion.objects.count(), ProductPolicy.objects.count()) == (2, 1)

    url = uploaded(steward, CSV + b"60,Esch,d@example.org\n", product="towns")
    both = {**given, "column0": "visits", "operator0": "known"}
    assert "not both" in words(steward.post(url, both))
    assert steward.post(url, {**given, "c1-shown": "hide"}).status_code == 302
    assert ProductPolicy.objects.get(number=2).tree["version"] == 2


def test_other_columns_are_no_new_version(steward: Client):
    described(steward, uploaded(steward))

    answer = send(steward, "/publish/", file=file(b"visits,town,extra\n1,a,b\n"), product="towns")

    assert "Missing: mail; extra: extra; of another type: –." in answer.context["form"].errors["file"][0]


def test_withdrawing_needs_a_reason_and_happens_once(steward: Client, cast: Cast):
    described(steward, uploaded(steward))
    url, key = "/publish/towns/withdraw/", new_key()
    with few_queries():
        assert steward.get(url).status_code == 200
    assert send(steward, url).status_code == 422
    founder = Client()
    founder.force_login(cast.founder.user)
    assert send(founder, url, reason="Mine").status_code == 403
    assert send(founder, "/publish/nothing/withdraw/", reason="Mine").status_code == 404
    assert "withdraw" not in words(founder.get("/data/towns/"))

    answers = [send(steward, url, key, reason="Out of date.") for _time in range(2)]

    assert {answer["Location"] for answer in answers} == {"/data/towns/"}
    assert Product.objects.get().withdrawn_reason == "Out of date."
    assert steward.get("/publish/?product=towns").status_code == 409
    assert "/publish/" not in re.sub(r"<nav.*?</nav>", "", words(steward.get("/data/towns/")), flags=re.DOTALL)


def test_a_steward_of_two_says_for_whom(steward: Client, cast: Cast):
    moment = SystemClock().now() - timedelta(minutes=1)
    people.give_role(HOUSE, now=moment, person=cast.steward.user, organisation=cast.partner_org, role=Role.STEWARD)
    url = uploaded(steward)

    assert described(steward, url).status_code == 422
    assert described(steward, url, owner=cast.company.pk).status_code == 422
    assert described(steward, url, owner=cast.partner_org.pk).status_code == 302
    assert Product.objects.get().owner_id == cast.partner_org.pk


def test_an_odd_key_is_no_form(steward: Client):
    answer = steward.post("/publish/", {"form_key": f"{uuid.uuid4()}x", "file": file()})

    assert answer.status_code == 422
