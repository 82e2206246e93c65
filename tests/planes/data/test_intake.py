"""Files from outside: each bad one ends in its own error, and in time."""

from __future__ import annotations

import dataclasses
import gzip
import os
import subprocess
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from minett.kernel.content import Text
from minett.planes.data import intake as i
from minett.planes.data.port import Limits
from minett.planes.data.schema import ColumnSpec, ColumnType, Sensitivity, TableSchema

SCHEMA = TableSchema(
    (
        ColumnSpec("id", ColumnType.INTEGER, Text.of("Number"), nullable=False),
        ColumnSpec("town", ColumnType.TEXT, Text.of("Town")),
        ColumnSpec("wage", ColumnType.NUMBER, Text.of("Wage"), "EUR", Sensitivity.PERSONAL),
        ColumnSpec("day", ColumnType.DATE, Text.of("Day")),
        ColumnSpec("seen", ColumnType.TIMESTAMP, Text.of("Seen")),
        ColumnSpec("ok", ColumnType.BOOLEAN, Text.of("Fine")),
    )
)
ROWS = [
    {
        "id": number,
        "town": None if number == 1 else f"Esch {number % 3}",
        "wage": 1000.5 + number,
        "day": date(2026, 1, 1 + number),
        "seen": datetime.fromisoformat(f"2026-01-01T0{number}:00:00"),
        "ok": number % 2 == 0,
    }
    for number in range(10)
]
ONE_TEXT = TableSchema((ColumnSpec("t", ColumnType.TEXT, Text.of("Text")),))
LIMITS = Limits(cpu_seconds=10, wall_seconds=15)


def parquet(tmp_path: Path, rows: Any = ROWS, schema: Any = None, name: Any = "t.parquet") -> Any:
    path = tmp_path / name
    pq.write_table(pa.Table.from_pylist(rows, schema=schema or SCHEMA.to_arrow()), path)
    return path


def test_a_good_file_is_counted(tmp_path: Path) -> None:
    path = parquet(tmp_path)
    found = i.inspect(path, SCHEMA, LIMITS)

    facts = {column.name: column for column in found.columns}
    assert (found.rows, found.bytes) == (10, path.stat().st_size)
    assert (facts["town"].nulls, facts["town"].distinct) == (1, 3)
    assert (facts["town"].low, facts["town"].high) == ("Esch 0", "Esch 2")
    assert (facts["id"].low, facts["id"].high, facts["id"].distinct) == ("0", "9", 10)
    assert facts["day"].high == "2026-01-10"


def test_nothing_is_told_of_personal_values(tmp_path: Path) -> None:
    wage = {column.name: column for column in i.inspect(parquet(tmp_path), SCHEMA, LIMITS).columns}["wage"]

    assert dataclasses.astuple(wage) == ("wage", 0, None, None, None)


def test_narrow_types_and_another_order_are_taken(tmp_path: Path) -> None:
    narrow = pa.schema(
        [
            ("ok", pa.bool_()),
            ("id", pa.int16()),
            ("wage", pa.float32()),
            ("town", pa.dictionary(pa.int32(), pa.string())),
            ("day", pa.date32()),
            ("seen", pa.timestamp("ms", "UTC")),
        ]
    )
    assert i.inspect(parquet(tmp_path, schema=narrow), SCHEMA, LIMITS).rows == 10


@pytest.mark.parametrize("kept", [0.3, 0.9, 0.999])
def test_a_truncated_file(tmp_path: Path, kept: Any) -> None:
    path = parquet(tmp_path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])

    with pytest.raises(i.FileTruncated):
        i.inspect(path, SCHEMA, LIMITS)


@pytest.mark.parametrize("content", [b"", b"PA", b"PAR1", b"PAR1\xff\xff\xff\x7fPAR1"])
def test_a_file_with_nothing_between_its_ends(tmp_path: Path, content: Any) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(content)

    with pytest.raises(i.FileTruncated):
        i.inspect(path, SCHEMA, LIMITS)


def test_a_hole_in_the_middle(tmp_path: Path) -> None:
    path = parquet(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[:4] + b"\xff" * 200 + whole[204:])

    with pytest.raises(i.FileDamaged):
        i.inspect(path, SCHEMA, LIMITS)


def test_a_footer_of_nonsense(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(b"PAR1" + os.urandom(2000) + (1900).to_bytes(4, "little") + b"PAR1")

    with pytest.raises(i.FileDamaged):
        i.inspect(path, SCHEMA, LIMITS)


def test_a_footer_over_the_limit(tmp_path: Path) -> None:
    with pytest.raises(i.FileTooLargeWhenRead) as caught:
        i.inspect(parquet(tmp_path), SCHEMA, dataclasses.replace(LIMITS, footer_bytes=10))
    assert caught.value.data == {"what": "footer"}


def test_other_columns_than_declared(tmp_path: Path) -> None:
    other = pa.schema([("id", pa.string()), ("town", pa.string()), ("x", pa.int64()), ("wage", pa.binary())])
    with pytest.raises(i.ColumnsDiffer) as caught:
        i.inspect(parquet(tmp_path, [], other), SCHEMA, LIMITS)
    assert caught.value.data == {
        "missing": ["day", "seen", "ok"],
        "extra": ["x"],
        "wrong_type": ["id", "wage"],
    }


def test_one_column_twice(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.Table.from_arrays([pa.array(["a"])] * 2, names=["t", "t"]), path)

    with pytest.raises(i.ColumnsDiffer):
        i.inspect(path, ONE_TEXT, LIMITS)


def test_values_missing_where_they_must_not(tmp_path: Path) -> None:
    loose = SCHEMA.to_arrow().set(0, pa.field("id", pa.int64()))
    with pytest.raises(i.ValuesMissing) as caught:
        i.inspect(parquet(tmp_path, [ROWS[0] | {"id": None}], loose), SCHEMA, LIMITS)
    assert caught.value.data == {"columns": ["id"]}


def bomb(path: Any, length: Any, rows: Any, groups: Any = 1) -> Any:
    """Write one long text, repeated by reference: a file of some kilobytes that stands for gigabytes."""
    zeros = pa.Array.from_buffers(pa.int32(), rows, [None, pa.py_buffer(bytes(4 * rows))])
    table = pa.table({"t": pa.DictionaryArray.from_arrays(zeros, pa.array(["x" * length]))})
    with pq.ParquetWriter(path, table.schema, compression="zstd", store_schema=False) as writer:
        for _ in range(groups):
            writer.write_table(table, row_group_size=rows)
    return path


def test_a_dictionary_bomb_of_many_rows(tmp_path: Path) -> None:
    path = bomb(tmp_path / "t.parquet", length=100, rows=5_000_000, groups=10)
    assert path.stat().st_size < 1_000_000

    with pytest.raises(i.FileTooLargeWhenRead) as caught:
        i.inspect(path, ONE_TEXT, dataclasses.replace(LIMITS, read_bytes=256 * 2**20))
    assert caught.value.data == {"what": "bytes"}


def test_a_dictionary_bomb_of_one_huge_text(tmp_path: Path) -> None:
    path = bomb(tmp_path / "t.parquet", length=4_000_000, rows=100_000)
    assert path.stat().st_size < 100_000

    with pytest.raises(i.FileTooLargeWhenRead) as caught:
        i.inspect(path, ONE_TEXT, dataclasses.replace(LIMITS, memory_bytes=256 * 2**20))
    assert caught.value.data == {"what": "memory"}


def test_more_rows_or_groups_than_allowed(tmp_path: Path) -> None:
    path = bomb(tmp_path / "t.parquet", length=1, rows=50, groups=30)

    for limits in ({"rows": 1499}, {"row_groups": 29}):
        with pytest.raises(i.FileTooLargeWhenRead) as caught:
            i.inspect(path, ONE_TEXT, dataclasses.replace(LIMITS, **limits))
        assert caught.value.data["what"].replace(" ", "_") in limits
    assert i.inspect(path, ONE_TEXT, dataclasses.replace(LIMITS, rows=1500, row_groups=30)).rows == 1500


def test_a_reader_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    path = bomb(tmp_path / "t.parquet", length=100, rows=5_000_000, groups=10)
    limits = dataclasses.replace(LIMITS, read_bytes=2**40, wall_seconds=1, cpu_seconds=10)

    with pytest.raises(i.FileTooLargeWhenRead) as caught:
        i.inspect(path, ONE_TEXT, limits)
    assert caught.value.data == {"what": "time"}


def test_a_file_over_the_size(tmp_path: Path) -> None:
    path = parquet(tmp_path)
    size = path.stat().st_size

    with pytest.raises(i.FileTooLarge) as caught:
        i.inspect(path, SCHEMA, dataclasses.replace(LIMITS, file_bytes=size - 1))
    assert caught.value.data == {"bytes": size, "limit": size - 1}


def zipped(path: Any) -> Any:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "a,b")


@pytest.mark.parametrize(
    ("write", "found"),
    [
        (zipped, "ZIP"),
        (lambda path: path.write_bytes(gzip.compress(b"a,b")), "gzip"),
        (lambda path: path.write_text("id,town\n1,Esch\n"), "text"),
        (lambda path: path.write_bytes(b"\x7fELF\0\0"), "binary data"),
    ],
)
def test_another_kind_of_file_under_the_name(tmp_path: Path, write: Any, found: Any) -> None:
    path = tmp_path / "t.parquet"
    write(path)

    with pytest.raises(i.NotThisFormat) as caught:
        i.inspect(path, SCHEMA, LIMITS)
    assert caught.value.data == {"wanted": "Parquet", "found": found}


def test_a_link_a_folder_a_pipe_and_nothing(tmp_path: Path) -> None:
    real = parquet(tmp_path)
    link, pipe = tmp_path / "link.parquet", tmp_path / "pipe.parquet"
    link.symlink_to(real)
    os.mkfifo(pipe)

    for path in (link, pipe, tmp_path, tmp_path / "absent.parquet"):
        with pytest.raises(i.NotARegularFile):
            i.inspect(path, SCHEMA, LIMITS)


CSV = """\ufeffid,town,wage,day,seen,ok
1,"Esch, Uelzecht",10.5,2026-01-01,2026-01-01T10:00:00,true
2,,,,,
"""


def test_a_csv_is_counted_and_becomes_parquet(tmp_path: Path) -> None:
    path, target = tmp_path / "t.csv", tmp_path / "out.parquet"
    path.write_text(CSV)

    assert i.inspect(path, SCHEMA, LIMITS).rows == 2
    found = i.to_parquet(path, SCHEMA, LIMITS, target)

    assert pq.read_table(target).to_pylist() == [
        {
            "id": 1,
            "town": "Esch, Uelzecht",
            "wage": 10.5,
            "day": date(2026, 1, 1),
            "seen": datetime.fromisoformat("2026-01-01T10:00:00"),
            "ok": True,
        },
        {"id": 2, "town": None, "wage": None, "day": None, "seen": None, "ok": None},
    ]
    assert i.inspect(target, SCHEMA, LIMITS) == found


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", i.FileTruncated),
        (b"PK\x03\x04", i.NotThisFormat),
        (b"PAR1abc", i.NotThisFormat),
        (b"id,town\n1,Esch\n", i.ColumnsDiffer),
        (CSV.replace("10.5", "a lot").encode(), i.ColumnsDiffer),
        (CSV.encode() + b"3,too,few\n", i.FileDamaged),
        (CSV.encode() + b'3,"' + b"x" * 3_000_000, i.FileDamaged),
        (CSV.encode() + b"3,\xff\xfe,,,,\n", i.FileDamaged),
        (CSV.encode() + b",no id,,,,\n", i.ValuesMissing),
    ],
)
def test_a_bad_csv_leaves_nothing_behind(tmp_path: Path, content: Any, error: Any) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)

    with pytest.raises(error):
        i.to_parquet(path, SCHEMA, LIMITS, tmp_path / "out.parquet")
    assert [entry.name for entry in tmp_path.iterdir()] == ["t.csv"]


def test_a_csv_value_of_another_type_names_its_column(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(CSV.replace("10.5", "a lot"))

    with pytest.raises(i.ColumnsDiffer) as caught:
        i.inspect(path, SCHEMA, LIMITS)
    assert caught.value.data == {"missing": [], "extra": [], "wrong_type": ["wage"]}


def test_the_reader_sees_nothing_of_our_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the child is started with is ours to choose; a secret in our environment must not reach it."""
    monkeypatch.setenv("MINETT_SECRET", "x")
    seen: dict[str, Any] = {}
    real = subprocess.Popen

    def spy(command: Any, **options: Any) -> Any:
        seen.update(options)
        return real(command, **options)

    monkeypatch.setattr(subprocess, "Popen", spy)
    i.inspect(parquet(tmp_path), SCHEMA, LIMITS)

    assert "MINETT_SECRET" not in seen["env"]
    assert len(seen["pass_fds"]) == 1


@pytest.mark.parametrize(
    "answer", [b"", b"[]", b"{", b'{"rows": 1, "columns": []}', b'{"rows": 1, "columns": [{}, {}, {}, {}, {}, {}]}']
)
def test_an_answer_that_makes_no_sense_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    monkeypatch.setattr(i, "_run", lambda *_: (answer, 0, False))

    with pytest.raises(i.ReaderFailed):
        i.inspect(parquet(tmp_path), SCHEMA, LIMITS)
