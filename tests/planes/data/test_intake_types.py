"""Files of which nothing is declared: what their columns are, and which files cannot be taken at all."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minett.planes.data import intake as i
from minett.planes.data.intake_types import guessed, unusable_names
from minett.planes.data.port import FoundTable, Limits
from minett.planes.data.schema import ColumnType, Sensitivity

LIMITS = Limits(cpu_seconds=10, wall_seconds=15)


def types_of(found: FoundTable) -> dict[str, str]:
    return {column.name: column.type.value for column in found.columns}


def csv(folder: Path, text: str) -> Path:
    path = folder / "t.csv"
    path.write_text(text)
    return path


def parquet(folder: Path, **columns: Any) -> Path:
    path = folder / "t.parquet"
    pq.write_table(pa.table(columns), path)
    return path


def test_a_csv_is_read_to_its_end(tmp_path: Path) -> None:
    rows = "id,price,town,day,seen,ok,zip,late,none\n1,2.5,Esch,2026-01-01,2026-01-01T10:00:00,true,04123,1,\n"
    rows += "2,,Belval,2026-02-01,2026-01-01 11:00,false,04124,x,\n"

    found = i.infer(csv(tmp_path, rows), LIMITS)

    assert (found.rows, found.bytes) == (2, len(rows))
    assert types_of(found) == {
        "id": "integer",
        "price": "number",
        "town": "text",
        "day": "date",
        "seen": "timestamp",
        "ok": "boolean",
        "zip": "text",
        "late": "text",
        "none": "text",
    }
    assert {column.name: column.nulls for column in found.columns if column.nulls} == {"price": 1, "none": 2}


def test_a_word_far_down_makes_the_column_text(tmp_path: Path) -> None:
    numbers = "\n".join(str(n) for n in range(400_000))

    assert types_of(i.infer(csv(tmp_path, f"n\n{numbers}\nend\n"), LIMITS)) == {"n": "text"}


@pytest.mark.parametrize("value", ["2026-02-31", "2026-01-01 25:00", "12345678901234567890", "1e999x", "NaN", "1,5"])
def test_what_no_type_can_keep_is_text(tmp_path: Path, value: str) -> None:
    assert types_of(i.infer(csv(tmp_path, f'v\n"{value}"\n'), LIMITS)) == {"v": "text"}


def test_a_parquet_says_its_types_itself(tmp_path: Path) -> None:
    path = parquet(
        tmp_path,
        id=pa.array([1, None], pa.int16()),
        seen=pa.array([datetime(2026, 1, 1)] * 2, pa.timestamp("ms")),  # noqa: DTZ001 - moments have no zone here.
        day=[date(2026, 1, 1)] * 2,
    )

    found = i.infer(path, LIMITS)

    assert types_of(found) == {"id": "integer", "seen": "timestamp", "day": "date"}
    assert [column.nulls for column in found.columns] == [1, 0, 0]
    assert {column.sensitivity for column in found.schema.columns} == {Sensitivity.SENSITIVE}


def test_what_was_found_can_be_written(tmp_path: Path) -> None:
    path, target = csv(tmp_path, "n,t\n1,a\n"), tmp_path / "out.parquet"

    told = i.to_parquet(path, i.infer(path, LIMITS).schema, LIMITS, target)

    assert pq.read_table(target).to_pylist() == [{"n": 1, "t": "a"}]
    assert (told.columns[0].low, told.columns[0].distinct) == (None, None)


def test_types_that_are_not_taken_are_named(tmp_path: Path) -> None:
    with pytest.raises(i.ColumnsNotTaken) as caught:
        i.infer(parquet(tmp_path, good=[1], bad=pa.array([[1]], pa.list_(pa.int64()))), LIMITS)
    assert caught.value.data == {"columns": ["bad (list<element: int64>)"]}


@pytest.mark.parametrize("header", ["a,A", "a,,b", "a,a", "a, ", f"{'x' * 129}", "a\tb,c", ","])
def test_names_that_cannot_be_used_are_named(tmp_path: Path, header: str) -> None:
    with pytest.raises(i.ColumnNamesUnusable):
        i.infer(csv(tmp_path, f"{header}\n1,2,3\n"), LIMITS)


def test_too_many_columns(tmp_path: Path) -> None:
    with pytest.raises(i.FileTooLargeWhenRead):
        i.infer(csv(tmp_path, ",".join(f"c{n}" for n in range(2001)) + "\n"), LIMITS)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", i.FileTruncated),
        (b"PK\x03\x04", i.NotThisFormat),
        (b"a,b\n1,2\n3\n", i.FileDamaged),
        (b"a,b\n1,\xff\xfe\n", i.FileDamaged),
        (b"\n\n", i.FileDamaged),
    ],
)
def test_a_bad_csv(tmp_path: Path, content: bytes, error: type[Exception]) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)

    with pytest.raises(error):
        i.infer(path, LIMITS)


def test_limits_hold_without_a_description(tmp_path: Path) -> None:
    with pytest.raises(i.FileTooLargeWhenRead) as caught:
        i.infer(csv(tmp_path, "a\n" + "1\n" * 50), dataclasses.replace(LIMITS, rows=49))
    assert caught.value.data == {"what": "rows"}


@pytest.mark.parametrize(
    "answer",
    [
        b"[]",
        b'{"rows": 1, "columns": []}',
        b'{"rows": 1, "columns": [{"name": "a", "type": "money", "nulls": 0}]}',
        b'{"rows": 1, "columns": [{"name": "a\\u0000", "type": "text", "nulls": 0}]}',
        b'{"rows": 1, "columns": [%s, %s]}' % ((b'{"name": "a", "type": "text", "nulls": 0}',) * 2),
    ],
)
def test_an_answer_that_makes_no_sense_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    monkeypatch.setattr(i, "_run", lambda *_: (answer, 0, False))

    with pytest.raises(i.ReaderFailed):
        i.infer(csv(tmp_path, "a\n1\n"), LIMITS)


@given(st.lists(st.integers(-(10**20), 10**20) | st.none(), max_size=20))
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_a_guessed_type_keeps_every_value(numbers: list[int | None]) -> None:
    texts = [None if number is None else str(number) for number in numbers]
    batch = pa.record_batch({"n": pa.array(texts, pa.string())})

    kind = guessed(["n"], [batch])["n"]

    read = {ColumnType.INTEGER: int, ColumnType.NUMBER: float, ColumnType.TEXT: str}[kind]
    assert [number for number in numbers if number is not None] == [int(read(text)) for text in texts if text]


def test_good_names_are_left_alone() -> None:
    assert unusable_names(["a", "b c", "Größe", "c"]) == []
