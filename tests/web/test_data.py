"""Data products and asking for them: hidden stays hidden, the form keeps what was typed, sent twice asks once."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from minett.apps.dataproducts.models import Product, ProductVersion
from minett.apps.grants.models import AccessRequest
from minett.journeys import publish_product
from minett.kernel.clock import SystemClock
from tests.apps.grants import world
from tests.cast import Cast
from tests.web.stock import POLICY, asked, few_queries, granted, send, words

TERMS: dict[str, Any] = {
    "purpose": "model-training",
    "columns": ["age", "is_phishing"],
    "days": "90",
    "safeguards": world.SAFEGUARDS,
}
PAGE = "/data/phishing-pages/"
ASK = "/data/phishing-pages/ask/"


@pytest.fixture
def product(cast: Cast) -> Product:
    return world.publish(cast, SystemClock().now(), policy=POLICY)


def signed_in(client: Client, person) -> Client:
    client.force_login(person.user)
    return client


def test_the_list_shows_what_may_be_opened_and_nothing_else(client: Client, cast: Cast, product: Product):
    hidden = world.publish(cast, SystemClock().now(), policy=POLICY, code="hidden", word="two", is_private=True)
    assert "phishing-pages" in words(client.get("/data/"))
    assert "/data/hidden/" not in words(client.get("/data/"))
    assert client.get("/data/hidden/").status_code == client.get("/data/nothing/").status_code == 404
    signed_in(client, cast.steward)
    assert "/data/hidden/" in words(client.get("/data/"))
    assert client.get(f"/data/{hidden.code}/").status_code == 200


def test_lists_stay_within_the_budget_with_many_rows(client: Client, cast: Cast, product: Product):
    signed_in(client, cast.engineer)
    facts = {field.attname: getattr(product, field.attname) for field in Product._meta.fields if field.name != "id"}
    Product.objects.bulk_create(Product(**{**facts, "code": f"p-{number:03}"}) for number in range(120))
    seen: list[str] = []
    url = "/data/"
    while url:
        with few_queries():
            response = client.get(url)
        seen += [cells[0].url for cells in response.context["rows"]]
        cursor = response.context["next_cursor"]
        url = f"/data/?cursor={cursor}" if cursor else ""
    assert len(seen) == len(set(seen)) == 121
    assert len(json.loads(words(client.get("/data/?format=json&search=phishing")))) == 121


def test_search_narrows_the_list(client: Client, product: Product):
    assert "phishing-pages" in words(client.get("/data/?search=hameçonnage"))
    assert "Nothing found" in words(client.get("/data/?search=weather"))


def test_a_product_says_what_its_policy_shows_and_hides_the_rest(client: Client, product: Product):
    with few_queries():
        page = words(client.get(PAGE))
    assert "Age of the domain in months" in page
    assert "owner_mail" not in page
    assert "Allowed purposes" in page
    assert "no figures yet" in page
    assert "Ask for access" in page


def test_the_usual_time_is_counted_from_decided_requests(client: Client, cast: Cast):
    request = asked(cast)
    AccessRequest.objects.filter(pk=request.pk).update(created_at=request.created_at - timedelta(days=4))
    world.approve(cast, request.created_at, request)
    assert "4 days" in words(client.get(PAGE))


@pytest.mark.parametrize("name", ["steward", "manager"])
def test_staff_read_why_they_cannot_ask(client: Client, cast: Cast, product: Product, name: str):
    signed_in(client, getattr(cast, name))
    with few_queries():
        page = words(client.get(PAGE))
    assert ASK not in page
    assert "access is asked for by a company" in page
    assert client.get(ASK).status_code == 403


def test_a_product_without_policy_cannot_be_asked_for(client: Client, cast: Cast):
    world.publish(cast, SystemClock().now(), policy=None)
    assert "It cannot be asked for now" in words(client.get(PAGE))
    assert signed_in(client, cast.engineer).get(ASK).status_code == 409


def real_file(root: Path, product: Product) -> None:
    version = ProductVersion.objects.get(product=product)
    (root / version.path).parent.mkdir(parents=True, exist_ok=True)
    world.write_table(root / version.path)


def test_the_preview_is_open_to_the_owner_and_told_to_others(client: Client, cast: Cast, product: Product, tmp_path):
    real_file(tmp_path, product)
    with world.equipped(tmp_path, world.Outbox()):
        assert "shown only with a grant" in words(client.get(f"{PAGE}preview/"))
        signed_in(client, cast.steward)
        with few_queries():
            page = words(client.get(f"{PAGE}preview/"))
        part = words(client.get(f"{PAGE}preview/?only=age", headers={"HX-Request": "true"}))
    assert "owner_mail" not in page
    assert "20 rows, as the policy shows them" in page
    assert "<html" not in part
    assert ">age<" in part
    assert "is_phishing" not in part


def test_the_holder_of_a_grant_previews_what_was_granted(client: Client, cast: Cast, tmp_path):
    grant = granted(cast)
    real_file(tmp_path, grant.version.product)
    with world.equipped(tmp_path, world.Outbox()):
        page = words(signed_in(client, cast.engineer).get(f"{PAGE}preview/"))
        assert "shown only with a grant" in words(signed_in(client, cast.rival).get(f"{PAGE}preview/"))
    assert "is_phishing" in page
    assert ">length<" not in page


def test_preview_rows_are_few(cast: Cast):
    assert publish_product.PREVIEW_ROWS <= 20


def test_a_visitor_is_led_to_sign_in_and_back(client: Client, product: Product):
    answer = client.get(ASK)
    assert answer.status_code == 302
    assert "next=/data/phishing-pages/ask/" in answer["Location"]
    assert send(client, ASK, **TERMS).status_code == 302
    assert not AccessRequest.objects.exists()


def test_asking_twice_by_the_same_form_asks_once(client: Client, cast: Cast, product: Product):
    signed_in(client, cast.engineer)
    with few_queries():
        assert client.get(ASK).status_code == 200
    key = str(uuid.uuid4())
    answers = [send(client, ASK, key, do="ask", **TERMS) for _time in range(2)]
    request = AccessRequest.objects.get()
    assert {answer["Location"] for answer in answers} == {f"/requests/{request.pk}/"}
    assert (request.state, request.days, request.columns) == ("submitted", 90, ["age", "is_phishing"])
    assert request.organisation_id == cast.company.pk


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"purpose": "fishing"}, "purpose"),
        ({"purpose": ""}, "purpose"),
        ({"columns": ["owner_mail"]}, "columns"),
        ({"columns": []}, "columns"),
        ({"days": "many"}, "days"),
        ({"days": "0"}, "days"),
        ({"days": "99999"}, "days"),
        ({"safeguards": "  "}, "safeguards"),
        ({"case": "12"}, "case"),
    ],
)
def test_what_is_missing_is_told_beside_its_question(client, cast: Cast, product: Product, changed, field: str):
    signed_in(client, cast.engineer)
    given = {**TERMS, "safeguards": "Kept words, on one encrypted disk.", **changed}
    answer = send(client, ASK, **given)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert AccessRequest.objects.count() == 0
    if field != "safeguards":
        assert "Kept words, on one encrypted disk." in words(answer)


def test_what_was_written_waits_until_it_is_sent(client: Client, cast: Cast, product: Product):
    signed_in(client, cast.engineer)
    answer = send(client, ASK, do="keep", safeguards="Half a thought", columns=["age"])
    assert answer["Location"] == ASK
    page = client.get(ASK)
    assert "Half a thought" in words(page)
    assert page.context["form"].initial["columns"] == ["age"]
    send(client, ASK, do="ask", **TERMS)
    assert "Half a thought" not in words(client.get(ASK))
