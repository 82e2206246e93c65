"""Snapshots: only under the right permit, only what the policy shows, whole or not there."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from minett.kernel.content import Text
from minett.planes.data import expressions as e
from minett.planes.data import masks as m
from minett.planes.data import port
from minett.planes.data.adapters import duckdb as adapter
from minett.planes.data.adapters.duckdb import DuckDBEngine
from minett.planes.data.policy_tree import ColumnRule, DataPolicy, policy_hash
from minett.planes.data.schema import ColumnSpec, ColumnType, TableSchema
from minett.policy.permit import Permit, PermitExpired, PermitForSomethingElse

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
SCHEMA = TableSchema(
    (
        ColumnSpec("id", ColumnType.INTEGER, Text.of("Number"), nullable=False),
        ColumnSpec("town", ColumnType.TEXT, Text.of("Town")),
        ColumnSpec("wage", ColumnType.NUMBER, Text.of("Wage")),
        ColumnSpec("secret", ColumnType.TEXT, Text.of("Secret")),
    )
)
POLICY = DataPolicy(
    rows=e.Compare(e.Operator.NE, e.Column("town"), e.Literal.of("Hidden")),
    columns=(
        ColumnRule("id", keep=True),
        ColumnRule("town", keep=True, mask=m.KeyedHash("project-1")),
        ColumnRule("wage", keep=True, mask=m.RoundTo(-2)),
    ),
    purposes=("research",),
    until=date(2026, 12, 31),
    version=1,
)
ENGINE = DuckDBEngine({"project-1": b"0123456789abcdef"})


@pytest.fixture
def source(tmp_path: Path) -> Path:
    rows = [
        {
            "id": number,
            "town": "Hidden" if number % 4 == 0 else f"Esch {number % 3}",
            "wage": number + 0.5,
            "secret": f"canary-{number}",
        }
        for number in range(40_000)
    ]
    path = tmp_path / "k=1" / "source.parquet"
    path.parent.mkdir()
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA.to_arrow()), path, row_group_size=15_000)
    return path


def permit_for(source: Path, policy: Any = POLICY, **changes: Any) -> Any:
    sha256 = hashlib.sha256(source.read_bytes()).hexdigest()
    permit = Permit(
        what=port.snapshot_name(policy_hash(policy), sha256),
        subject="person:1",
        purpose="research",
        until=NOW + timedelta(hours=1),
        columns=("id", "town", "wage"),
        details=(("source_sha256", sha256),),
    )
    return dataclasses.replace(permit, **changes)


def make(
    source: Path, target: Any, *, engine: Any = ENGINE, permit: Any = None, policy: Any = POLICY, now: Any = NOW
) -> Any:
    return engine.materialise(permit or permit_for(source, policy), policy, SCHEMA, source, target, now)


def test_a_snapshot_has_what_the_policy_shows_in_the_source_s_order(source: Path, tmp_path: Path) -> None:
    made = make(source, tmp_path / "s")
    table = pq.read_table(made.path)

    assert table.column_names == list(made.columns) == ["id", "town", "wage"]
    assert table.column("id").to_pylist() == [number for number in range(40_000) if number % 4]
    assert set(table.column("wage").to_pylist()) == {100.0 * step for step in range(401)}
    assert len(set(table.column("town").to_pylist())) == 3
    assert (made.rows, made.bytes) == (30_000, made.path.stat().st_size)
    assert made.sha256 == hashlib.sha256(made.path.read_bytes()).hexdigest()
    assert made.path.name == f"{policy_hash(POLICY)[:16]}-{permit_for(source).detail('source_sha256')[:16]}.parquet"
    assert b"canary" not in made.path.read_bytes()
    assert b"Esch" not in made.path.read_bytes()
    assert b"Hidden" not in made.path.read_bytes()


def test_the_engine_holds_the_port(source: Path) -> None:
    engine: port.DataEngine = ENGINE

    assert engine.preview(POLICY, SCHEMA, source, 1).columns == ("id", "town", "wage")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"until": NOW}, PermitExpired),
        ({"what": "snapshot:1"}, PermitForSomethingElse),
        ({"details": ()}, port.SourceIsNotTheAgreedOne),
        ({"details": (("source_sha256", "0" * 64),)}, port.SourceIsNotTheAgreedOne),
        ({"purpose": "model-training"}, port.PurposeNotAllowed),
        ({"columns": ("id", "town")}, port.ColumnsNotPermitted),
        ({"columns": ()}, port.ColumnsNotPermitted),
    ],
)
def test_a_permit_that_does_not_fit_builds_nothing(source: Path, tmp_path: Path, changes: Any, error: Any) -> None:
    with pytest.raises(error):
        make(source, tmp_path / "s", permit=permit_for(source, **changes))
    assert not (tmp_path / "s").exists()


def test_a_permit_for_one_policy_is_not_for_another(source: Path, tmp_path: Path) -> None:
    wider = dataclasses.replace(POLICY, rows=None)

    with pytest.raises(PermitForSomethingElse):
        make(source, tmp_path, permit=permit_for(source), policy=wider)


def test_the_last_day_of_a_policy_belongs_to_it(source: Path, tmp_path: Path) -> None:
    lasting = permit_for(source, until=datetime(2030, 1, 1, tzinfo=UTC))
    make(source, tmp_path / "s", permit=lasting, now=datetime(2026, 12, 31, 23, 59, tzinfo=UTC))

    with pytest.raises(port.PolicyEnded):
        make(source, tmp_path / "s", permit=lasting, now=datetime(2027, 1, 1, tzinfo=UTC))


def test_another_version_of_the_file_is_refused(source: Path, tmp_path: Path) -> None:
    permit = permit_for(source)
    pq.write_table(pq.read_table(source).slice(1), source)

    with pytest.raises(port.SourceIsNotTheAgreedOne):
        make(source, tmp_path, permit=permit)


def test_a_file_that_changes_while_it_is_read_leaves_no_snapshot(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = adapter._shaped

    def meddle(batch: Any, shape: Any) -> Any:
        with source.open("ab") as file:
            file.write(b"x")
        return real(batch, shape)

    monkeypatch.setattr(adapter, "_shaped", meddle)
    with pytest.raises(port.SourceChanged):
        make(source, tmp_path / "s")
    assert [path.suffix for path in (tmp_path / "s").iterdir()] == [".lock"]


def test_a_finished_snapshot_is_not_built_again(source: Path, tmp_path: Path) -> None:
    made = make(source, tmp_path / "s")
    before = made.path.stat().st_ino

    assert make(source, tmp_path / "s") == made
    assert made.path.stat().st_ino == before


@pytest.mark.parametrize("harm", ["snapshot", "sidecar", "sidecar-gone"])
def test_a_harmed_snapshot_is_built_again(source: Path, tmp_path: Path, harm: Any) -> None:
    made = make(source, tmp_path / "s")
    sidecar = made.path.with_suffix(".json")
    if harm == "snapshot":
        made.path.write_bytes(made.path.read_bytes()[:-1] + b"X")
    elif harm == "sidecar":
        sidecar.write_text("{")
    else:
        sidecar.unlink()

    assert make(source, tmp_path / "s") == made
    assert hashlib.sha256(made.path.read_bytes()).hexdigest() == made.sha256


def test_another_key_makes_another_snapshot_and_no_key_is_written_down(source: Path, tmp_path: Path) -> None:
    made = make(source, tmp_path / "s")
    other = make(source, tmp_path / "s", engine=DuckDBEngine({"project-1": b"fedcba9876543210"}))

    assert other.path == made.path
    assert other.sha256 != made.sha256
    assert "0123456789abcdef" not in repr(ENGINE)
    assert "fedcba9876543210" not in made.path.with_suffix(".json").read_text()


def test_a_crash_leaves_a_half_that_the_next_build_sweeps(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "s"
    with monkeypatch.context() as patch:
        patch.setattr(os, "fdopen", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            make(source, folder)
    stem = next(folder.glob("*.lock")).stem
    (folder / f"{stem}.parquet.0123.part").write_bytes(b"half")
    (folder / "other.parquet.0123.part").write_bytes(b"of somebody else")

    make(source, folder)
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [f"{stem}.json", f"{stem}.lock", f"{stem}.parquet", "other.parquet.0123.part"]
    )


def test_builds_at_the_same_time_build_once(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = []
    real = DuckDBEngine._stream

    def counted(self: Any, *given: Any) -> Any:
        built.append(1)
        return real(self, *given)

    monkeypatch.setattr(DuckDBEngine, "_stream", counted)
    results = []
    threads = [threading.Thread(target=lambda: results.append(make(source, tmp_path / "s"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(built) == 1
    assert len(results) == 4
    assert len(set(results)) == 1


def test_the_engine_s_words_about_hidden_values_stay_inside(source: Path, tmp_path: Path) -> None:
    """A text where the schema promises a number fails in the engine, which quotes the value."""
    wrong = TableSchema((ColumnSpec("secret", ColumnType.INTEGER, Text.of("Not a number")),))
    policy = dataclasses.replace(POLICY, rows=None, columns=(ColumnRule("secret", keep=True),))
    permit = permit_for(source, policy, columns=("secret",))

    for step in (
        lambda: ENGINE.preview(policy, wrong, source, 5),
        lambda: ENGINE.materialise(permit, policy, wrong, source, tmp_path / "s", NOW),
    ):
        with pytest.raises(port.EngineFailed) as caught:
            step()
        assert "canary" not in f"{caught.value!r} {caught.value} {caught.value.__cause__!r}"
        assert caught.value.__suppress_context__
    assert not list((tmp_path / "s").glob("*.parquet"))


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM glob('/*')",
        "COPY (SELECT 1) TO '{folder}/out.csv'",
        "ATTACH '{folder}/out.db'",
        "SET memory_limit = '20GB'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "SELECT * FROM a_table_of_python",
    ],
)
def test_a_connection_reaches_its_file_and_nothing_else(source: Path, tmp_path: Path, statement: Any) -> None:
    a_table_of_python = pa.table({"a": [1]})
    with duckdb.connect() as free:
        assert free.sql("SELECT * FROM a_table_of_python").fetchall() == [(1,)]

    with ENGINE._reading(source, "test") as connection:
        with pytest.raises(duckdb.Error):
            connection.sql(statement.format(folder=tmp_path)).fetchall()
        count = connection.sql(f"SELECT count(*) FROM read_parquet('{source}')").fetchall()
    assert count == [(40_000,)]
    assert a_table_of_python.num_rows == 1


def test_preview_is_short_and_masked(source: Path) -> None:
    few = ENGINE.preview(POLICY, SCHEMA, source, 3)

    assert [row["id"] for row in few.rows] == [1, 2, 3]
    assert all(len(row["town"]) == 64 for row in few.rows)
    assert len(ENGINE.preview(POLICY, SCHEMA, source, 10**9).rows) == adapter.PREVIEW_ROWS
    assert ENGINE.preview(POLICY, SCHEMA, source, -5).rows == ()


def test_paths_that_could_mean_several_files_are_refused(source: Path, tmp_path: Path) -> None:
    with pytest.raises(port.PathNotUsable):
        ENGINE.preview(POLICY, SCHEMA, source.with_name("*.parquet"), 1)
    with pytest.raises(port.PathNotUsable):
        ENGINE.preview(POLICY, SCHEMA, source.relative_to(source.anchor), 1)
    link = tmp_path / "link.parquet"
    link.symlink_to(source)
    with pytest.raises(port.DataFileMissing):
        ENGINE.preview(POLICY, SCHEMA, link, 1)


def test_a_split_deals_every_row_once_and_the_same_way_each_time(source: Path, tmp_path: Path) -> None:
    made, permit = make(source, tmp_path / "s"), permit_for(source)
    train, test = ENGINE.split(permit, made.path, tmp_path / "a", 0.2, 7, NOW)
    again = ENGINE.split(permit, made.path, tmp_path / "b", 0.2, 7, NOW)
    other = ENGINE.split(permit, made.path, tmp_path / "b", 0.2, 8, NOW)

    left, right = (pq.read_table(path).column("id").to_pylist() for path in (train, test))
    assert sorted(left + right) == [number for number in range(40_000) if number % 4]
    assert left == sorted(left)
    assert 0.19 < len(right) / 30_000 < 0.21
    assert [path.read_bytes() for path in again] == [train.read_bytes(), test.read_bytes()]
    assert other[1].read_bytes() != test.read_bytes()


def test_a_split_needs_the_snapshot_s_own_permit_and_a_whole_snapshot(source: Path, tmp_path: Path) -> None:
    made = make(source, tmp_path / "s")
    permit = permit_for(source)

    with pytest.raises(PermitForSomethingElse):
        ENGINE.split(permit_for(source, what="snapshot:x"), made.path, tmp_path, 0.2, 7, NOW)
    with pytest.raises(PermitExpired):
        ENGINE.split(permit, made.path, tmp_path, 0.2, 7, NOW + timedelta(days=1))
    for share in (0, 1, -0.1, float("nan")):
        with pytest.raises(port.ShareNotUsable):
            ENGINE.split(permit, made.path, tmp_path, share, 7, NOW)
    with pytest.raises(port.SnapshotNotIntact):
        ENGINE.split(permit, source, tmp_path, 0.2, 7, NOW)
    made.path.write_bytes(source.read_bytes())
    with pytest.raises(port.SnapshotNotIntact):
        ENGINE.split(permit, made.path, tmp_path, 0.2, 7, NOW)


def test_a_split_that_would_leave_a_part_empty_writes_none(source: Path, tmp_path: Path) -> None:
    policy = dataclasses.replace(POLICY, rows=e.Compare(e.Operator.LT, e.Column("id"), e.Literal.of(2)))
    made = make(source, tmp_path / "s", policy=policy)

    with pytest.raises(port.SplitLeavesNothing):
        ENGINE.split(permit_for(source, policy), made.path, tmp_path / "a", 0.000001, 7, NOW)
    assert not list((tmp_path / "a").glob("*.parquet"))


def test_the_record_beside_a_snapshot_says_what_it_is(source: Path, tmp_path: Path) -> None:
    made = make(source, tmp_path / "s")
    record = json.loads(made.path.with_suffix(".json").read_text())

    assert record["name"] == permit_for(source).what
    assert record["columns"] == ["id", "town", "wage"]
    assert set(record["keys"]) == {"project-1"}
