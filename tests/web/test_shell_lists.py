"""Lists page by page, and as files."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from operator import itemgetter
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minett.apps.people.models import Organisation
from minett.kernel.quantities import Quantity
from minett.web import pages


@pytest.mark.django_db
@pytest.mark.parametrize("by", [("-created_at", "-pk"), ("created_at", "legal_name", "pk"), ("-pk",)])
def test_pages_follow_each_other_without_gaps_or_repeats(by):
    Organisation.objects.bulk_create(
        Organisation(
            kind="company",
            legal_name=f"Company {tie % 2} (invented)",
            country="LU",
            created_at=datetime(2026, 1, 1, 0, 0, 0, tie, tzinfo=UTC),
        )
        for tie in (5, 5, 5, 1, 9, 9, 2)
    )
    seen, cursor = [], ""
    for _turn in range(4):
        found = pages.keyset(Organisation.objects.all(), cursor, 2, by=by)
        seen += [row.pk for row in found.items]
        cursor = found.next_cursor
    assert not cursor
    assert seen == list(Organisation.objects.order_by(*by).values_list("pk", flat=True))


@pytest.mark.django_db
@pytest.mark.parametrize("cursor", ["%%%", "bm9wZQ", "WzEsMiwzXQ", "WyJ4Il0", "e30", "\u00e9", "W" * 5000])
def test_a_made_up_cursor_is_bad_input(cursor):
    with pytest.raises(pages.BadCursor):
        pages.keyset(Organisation.objects.all(), cursor, 2)


@pytest.mark.parametrize("sign", ["\x00", "\ud800"])
def test_signs_that_no_database_takes_as_text_are_bad_input(sign):
    cursor = base64.urlsafe_b64encode(json.dumps([sign, "1"]).encode()).decode()
    with pytest.raises(pages.BadCursor):
        pages.keyset(Organisation.objects.all(), cursor, 2, by=("legal_name", "pk"))


@given(st.text(max_size=30))
def test_no_cell_is_a_formula(words):
    assert not pages.cell(words).lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


def body(kind: str, rows: list[dict[str, object]]) -> str:
    columns = [pages.Column(name, itemgetter(name)) for name in ("id", "name", "used")]
    response = pages.export(rows, columns, kind, file_name="jobs")
    assert response["Content-Disposition"] == f'attachment; filename="jobs.{kind}"'
    return b"".join(cast("Iterator[bytes]", response.streaming_content)).decode()


ROWS: list[dict[str, object]] = [
    {"id": -1, "name": '=HYPERLINK("x")', "used": Quantity.of("2.5", "node-hour")},
    {"id": 2, "name": "é, ;", "used": None},
]


def test_a_list_as_csv():
    lines = list(csv.reader(io.StringIO(body("csv", ROWS).removeprefix("\ufeff"))))
    assert lines == [["id", "name", "used"], ["-1", '\'=HYPERLINK("x")', "2.5 node-hour"], ["2", "é, ;", ""]]


def test_a_list_as_json():
    found = json.loads(body("json", ROWS))
    assert found[0]["used"] == {"amount": "2.5", "unit": "node-hour"}
    assert found[1] == {"id": 2, "name": "é, ;", "used": None}
    assert json.loads(body("json", [])) == []


def test_no_other_format():
    with pytest.raises(pages.BadFormat):
        body("xlsx", [])
