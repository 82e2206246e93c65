from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest

from minett.kernel.content import Text
from minett.planes.data.schema import (
    ARROW,
    ColumnSpec,
    ColumnType,
    SchemaNotUnderstood,
    Sensitivity,
    TableSchema,
    kind_of_arrow,
)

SCHEMA = TableSchema(
    (
        ColumnSpec("day", ColumnType.DATE, Text.of("Day"), nullable=False),
        ColumnSpec("load", ColumnType.NUMBER, Text.of({"fr": "Charge"}), "kW", Sensitivity.SENSITIVE),
    )
)


def test_json_gives_the_same_schema_back() -> None:
    assert TableSchema.from_json(json.loads(json.dumps(SCHEMA.to_json()))) == SCHEMA


def test_arrow_has_types_and_which_columns_may_be_empty() -> None:
    assert SCHEMA.to_arrow() == pa.schema(
        [pa.field("day", pa.date32(), nullable=False), pa.field("load", pa.float64())]
    )


def column(**changes: Any) -> Any:
    return {"columns": [SCHEMA.to_json()["columns"][0] | changes]}


@pytest.mark.parametrize(
    "given",
    [
        None,
        {"columns": []},
        {"columns": "x"},
        {"columns": [1]},
        {"columns": SCHEMA.to_json()["columns"], "more": 1},
        column(more=1),
        column(type="blob"),
        column(type=[]),
        column(meaning={}),
        column(meaning=None),
        column(meaning={"en": 1}),
        column(unit=3),
        column(sensitivity="secret"),
        column(nullable="no"),
        column(name="a\0b"),
        {"columns": [SCHEMA.to_json()["columns"][0]] * 2},
        {"columns": [column(name=name)["columns"][0] for name in ("a", "A")]},
    ],
)
def test_a_schema_that_is_not_understood_is_refused(given: Any) -> None:
    with pytest.raises(SchemaNotUnderstood):
        TableSchema.from_json(given)


@pytest.mark.parametrize("kind", ColumnType)
def test_every_type_is_known_again_from_arrow(kind: Any) -> None:
    assert kind_of_arrow(ARROW[kind]) is kind


@pytest.mark.parametrize(
    ("arrow", "kind"),
    [
        (pa.int8(), ColumnType.INTEGER),
        (pa.float32(), ColumnType.NUMBER),
        (pa.dictionary(pa.int32(), pa.string()), ColumnType.TEXT),
        (pa.timestamp("ms", "UTC"), ColumnType.TIMESTAMP),
        (pa.timestamp("us", "Europe/Luxembourg"), None),
        (pa.uint64(), None),
        (pa.decimal128(10, 2), None),
        (pa.list_(pa.int64()), None),
        (pa.binary(), None),
    ],
)
def test_other_arrow_types_are_taken_only_when_no_value_changes(arrow: Any, kind: Any) -> None:
    assert kind_of_arrow(arrow) is kind
