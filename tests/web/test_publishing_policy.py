"""Describing an upload: what is wrong is told beside its field, nothing typed is lost, and the policy can be read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from minett.apps.dataproducts.models import Product
from minett.planes.data import masks as m
from minett.planes.data.policy_json import mask_to_json
from minett.planes.data.schema import ColumnType
from minett.web.forms.publishing_policy import code_of, mask_words, offered
from tests.apps.grants import world
from tests.cast import Cast
from tests.web.publishing_world import BUCKET, DESCRIBED, described, uploaded
from tests.web.stock import few_queries, load_catalogue, words


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Any]:
    with world.equipped(tmp_path / "store", world.Outbox()) as house:
        yield house


@pytest.fixture
def steward(client: Client, cast: Cast, house: Any) -> Client:
    load_catalogue()
    client.force_login(cast.steward.user)
    return client


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"title_en": ""}, "title_en", "title"),
    ({"title_en": "x\0"}, "title_en", "Null"),
    ({"code": "Not a code"}, "code", "lower-case"),
    ({"code": "../../etc"}, "code", "lower-case"),
    ({"sector": "nothing"}, "sector", "valid choice"),
    ({"governance": "secret"}, "governance", "valid choice"),
    ({"c1-meaning": ""}, "c1-meaning", "what the values mean"),
    ({"c1-sensitivity": ""}, "c1-sensitivity", "harm"),
    ({"c1-shown": BUCKET}, "c1-shown", "valid choice"),
    ({"c1-shown": '{"mask":"constant"}'}, "c1-shown", "valid choice"),
    ({"column0": "salary"}, "column0", "valid choice"),
    ({"operator0": "like"}, "operator0", "valid choice"),
    ({"column0": ""}, "column0", "Complete this condition"),
    ({"operator0": ""}, "operator0", "Complete this condition"),
    ({"value0": ""}, "value0", "Give the value"),
    ({"value0": "many"}, "value0", "is not a number"),
    ({"value0": "9" * 400}, "value0", "at most 63 bits"),
    ({"purposes": []}, "purposes", "purpose"),
    ({"purposes": ["spying"]}, "purposes", "valid choice"),
    ({"until": "31.12.2099"}, "until", "2027-01-31"),
    ({"until": "2020-01-01"}, "until", "is over"),
]


def test_what_is_wrong_is_told_beside_its_field_and_all_else_is_kept(steward: Client):
    url = uploaded(steward)
    for changed, field, told in WRONG:
        answer = described(steward, url, **{"source": "Kept words", **changed})

        assert answer.status_code == 422, changed
        errors = {
            form.add_prefix(name): [str(words) for words in found]
            for form in answer.context["page"].forms()
            for name, found in form.errors.items()
        }
        assert list(errors) == [field], changed
        assert told in errors[field][0]
        assert 'value="Kept words"' in words(answer)
    assert not Product.objects.exists()


def test_columns_that_are_all_hidden_publish_nothing(steward: Client):
    answer = described(steward, uploaded(steward), **{"c0-shown": "hide", "c1-shown": "hide"})

    assert "Keep at least one" in words(answer)
    assert not Product.objects.exists()


def test_the_preview_shows_rows_as_others_see_them_and_loses_nothing(steward: Client):
    url = uploaded(steward)

    with few_queries():
        answer = described(steward, url, "preview", title_en="Half a title", **{"c1-meaning": ""})

    page = words(answer)
    assert answer.status_code == 200
    assert "visits: only in steps of 10" in page
    assert answer.context["rows"] == [["40", "Belval"]]
    assert "example.org" not in page
    assert 'value="Half a title"' in page
    assert 'value="Half a title"' in words(steward.get(url))
    assert steward.get(url).context["rows"] == [["40", "Belval"]]


def test_the_policy_is_read_while_it_is_written(steward: Client):
    url = uploaded(steward)

    part = steward.post(url, {**DESCRIBED, "do": "preview"}, headers={"HX-Request": "true"})
    unfinished = steward.post(url, {"do": "preview", "purposes": "research"}, headers={"HX-Request": "true"})
    empty = described(steward, url, "preview", value0="1000")

    assert "<html" not in words(part)
    assert "Shown as they are: town." in words(part)
    assert "Choose what is shown" in words(unfinished)
    assert "No row passes" in words(empty)


@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        ({"column0": "town", "operator0": "in", "value0": "Esch; Dudelange"}, 2),
        ({"column0": "visits", "operator0": "known", "value0": ""}, 2),
        ({"column0": "visits", "operator0": "missing", "value0": ""}, 1),
        ({"column1": "town", "operator1": "eq", "value1": "Esch"}, 0),
        ({"column0": "visits", "operator0": "lt", "value0": "3,5"}, 1),
        ({"column0": "town", "operator0": "eq", "value0": "'; DROP TABLE products; --"}, 0),
    ],
)
def test_conditions_hold_together(steward: Client, condition: dict[str, str], rows: int):
    answer = described(steward, uploaded(steward), "preview", **condition)

    assert len(answer.context["rows"]) == rows


def test_hostile_names_and_values_stay_words(steward: Client):
    hostile = "<script>alert(1)</script>"
    content = f'"{hostile}","q""uote\'s; --"\n"{hostile}",1\n'.encode()
    url = uploaded(steward, content, f"{hostile}.csv")
    given = {
        "column0": "",
        "operator0": "",
        "value0": "",
        "c0-shown": "show",
        "title_en": hostile,
        "c0-meaning": hostile,
    }
    given |= {"c1-shown": "show"}

    for page in (words(steward.get(url)), words(described(steward, url, "preview", **given))):
        assert hostile not in page
        assert "&lt;script&gt;" in page
    assert described(steward, url, **given).status_code == 302
    assert hostile not in words(steward.get("/data/towns/"))


def test_many_columns_cost_no_more_queries(steward: Client):
    content = ",".join(f"c{n}" for n in range(40)) + "\n" + ",".join("1" * 40) + "\n"
    url = uploaded(steward, content.encode())

    with few_queries():
        assert len(steward.get(url).context["columns"]) == 40
    fields = {f"c{n}-{part}": "" for n in range(40) for part in ("meaning", "unit", "sensitivity")}
    fields |= {f"c{n}-shown": "hide" for n in range(40)}
    assert described(steward, url, "keep", **fields)["Location"] == url


def test_what_is_kept_stands_there_again(steward: Client):
    url = uploaded(steward)
    described(steward, url, "keep", title_en="Kept", purposes=["research"])

    page = steward.get(url)

    assert 'value="Kept"' in words(page)
    assert page.context["page"].terms["purposes"].value() == ["research"]
    assert not page.context["problems"]


@pytest.mark.parametrize("kind", list(ColumnType))
def test_masks_on_offer_fit_their_type(kind: ColumnType):
    masks = offered(kind)

    assert m.Null() in masks
    assert all(m.fits(mask, kind) for mask in masks)
    assert len({mask_words(mask) for mask in masks}) == len({code_of(mask) for mask in masks}) == len(masks)


def test_every_kind_of_mask_but_the_constant_is_on_offer():
    kinds = {mask_to_json(mask)["mask"] for kind in ColumnType for mask in offered(kind)}

    assert kinds == {"null", "bucket", "round-to", "truncate-date", "keep-last", "keyed-hash"}
