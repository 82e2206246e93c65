"""The data engine that is always there: DuckDB in this process, one short connection for each step.

Each connection is locked before it reads, and can reach one file only. It runs statements that this floor has
compiled, never a user's SQL, and it writes nothing: pyarrow writes what it streams.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from minett.planes.data import intake, port
from minett.planes.data.compile import compile_projection, parquet_source, projected_schema, quoted_text
from minett.planes.data.files import digest_of, identity, published, turn
from minett.planes.data.masks import KeyedHash
from minett.planes.data.policy_tree import DataPolicy, policy_hash
from minett.planes.data.schema import TableSchema
from minett.policy.permit import Permit

BATCH_ROWS = 32_768
PREVIEW_ROWS = 200
SIDECAR_FORMAT = 1
LONGEST_SIDECAR = 2**20
_GLOB = frozenset("*?[]")

# Everything that could load code, find files, or name things of this Python process is off from the start.
_SETTINGS: Mapping[str, Any] = {
    "allow_community_extensions": False,
    "allow_persistent_secrets": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "preserve_insertion_order": True,
    "python_enable_replacements": False,
    "temp_directory": "",
    "threads": 2,
}


@dataclass(frozen=True, slots=True)
class DuckDBEngine:
    """`keys` gives the bytes of each key that KeyedHash masks name (at least 16 bytes each)."""

    keys: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    memory_limit: str = "1GB"

    def inspect(self, path: Path, declared: TableSchema, limits: port.Limits) -> port.Inspection:
        return intake.inspect(path, declared, limits)

    def infer(self, path: Path, limits: port.Limits) -> port.FoundTable:
        return intake.infer(path, limits)

    def to_parquet(self, path: Path, declared: TableSchema, limits: port.Limits, target: Path) -> port.Inspection:
        return intake.to_parquet(path, declared, limits, target)

    def materialise(
        self,
        permit: Permit,
        policy: DataPolicy,
        schema: TableSchema,
        source: Path,
        target_dir: Path,
        now: datetime,
    ) -> port.SnapshotFile:
        with _held(source) as file:
            before, source_sha256 = identity(file), digest_of(file)
            name = port.snapshot_name(policy_hash(policy), source_sha256)
            _must_allow(permit, policy, name, source_sha256, now)
            stem = f"{policy_hash(policy)[:16]}-{source_sha256[:16]}"
            sql = compile_projection(policy, schema, parquet_source(str(source)), self.keys)
            with turn(target_dir, stem):
                target = target_dir / f"{stem}.parquet"
                keys = self._fingerprints(policy)
                if (finished := _finished(target, name, keys)) is not None:
                    return finished
                return self._build(_Order(sql, source, file, before), policy, schema, target, name)

    def _build(
        self, order: _Order, policy: DataPolicy, schema: TableSchema, target: Path, name: str
    ) -> port.SnapshotFile:
        shape = projected_schema(policy, schema).to_arrow()
        # The old record goes first: a crash in between leaves a file that nobody takes for finished.
        _sidecar(target).unlink(missing_ok=True)
        with published(target) as written:
            rows = self._stream(order, shape, written)
            if identity(order.file) != order.before:
                raise port.SourceChanged
            size, sha256 = os.fstat(written).st_size, digest_of(written)
        facts = port.SnapshotFile(target, sha256, rows, size, tuple(shape.names))
        _record(facts, name, self._fingerprints(policy))
        return facts

    def _stream(self, order: _Order, shape: pa.Schema, written: int) -> int:
        rows = 0
        with (
            self._reading(order.source, "snapshot") as connection,
            os.fdopen(written, "wb", closefd=False) as sink,
            pq.ParquetWriter(sink, shape, compression="zstd") as writer,
        ):
            for batch in connection.sql(order.sql).to_arrow_reader(BATCH_ROWS):
                rows += len(batch)
                writer.write_batch(_shaped(batch, shape))
        return rows

    def preview(self, policy: DataPolicy, schema: TableSchema, source: Path, limit: int) -> port.Table:
        rows = max(0, min(limit, PREVIEW_ROWS))
        with _held(source):
            sql = compile_projection(policy, schema, parquet_source(str(source)), self.keys)
            with self._reading(source, "preview") as connection:
                found = connection.sql(f"{sql} LIMIT {rows}").to_arrow_table()
        return port.Table(tuple(found.column_names), tuple(found.to_pylist()))

    def split(
        self,
        permit: Permit,
        snapshot_path: Path,
        target_dir: Path,
        holdout_share: float,
        seed: int,
        now: datetime,
    ) -> tuple[Path, Path]:
        if not 0 < holdout_share < 1:
            raise port.ShareNotUsable
        with _held(snapshot_path) as file:
            record = _read_record(snapshot_path)
            permit.must_be_for(str(record.get("name")), now)
            if record.get("sha256") != digest_of(file):
                raise port.SnapshotNotIntact
            return _split(file, snapshot_path.stem, target_dir, holdout_share, seed)

    def _fingerprints(self, policy: DataPolicy) -> dict[str, str]:
        """Return what changes when a key does, without telling the key: a new key makes a new snapshot."""
        names = {rule.mask.key for rule in policy.kept if isinstance(rule.mask, KeyedHash)}
        return {
            name: hmac.digest(self.keys[name], b"minett snapshot key", "sha256").hex()[:32] for name in sorted(names)
        }

    @contextmanager
    def _reading(self, source: Path, step: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a locked connection that can open `source` and nothing else; its own errors stay inside."""
        try:
            with duckdb.connect(":memory:", config={**_SETTINGS, "memory_limit": self.memory_limit}) as connection:
                connection.execute(f"SET allowed_paths = [{quoted_text(str(source))}]")
                connection.execute("SET enable_external_access = false")
                connection.execute("SET lock_configuration = true")
                yield connection
        except (duckdb.Error, pa.ArrowException):
            raise port.EngineFailed(step=step) from None


@dataclass(frozen=True, slots=True)
class _Order:
    """A statement, the file it reads, and how that file was when it was hashed."""

    sql: str
    source: Path
    file: int
    before: tuple[int, int, int, int, int]


@contextmanager
def _held(path: Path) -> Iterator[int]:
    """Keep a regular file open while it is used; raises PathNotUsable or DataFileMissing."""
    if not path.is_absolute() or not _GLOB.isdisjoint(str(path)):
        raise port.PathNotUsable
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise port.DataFileMissing from error
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise port.DataFileMissing
        yield file
    finally:
        os.close(file)


def _must_allow(permit: Permit, policy: DataPolicy, name: str, source_sha256: str, now: datetime) -> None:
    if dict(permit.details).get("source_sha256") != source_sha256:
        raise port.SourceIsNotTheAgreedOne
    permit.must_be_for(name, now)
    if policy.until is not None and now.astimezone(UTC).date() > policy.until:
        raise port.PolicyEnded(until=policy.until.isoformat())
    if permit.purpose not in policy.purposes:
        raise port.PurposeNotAllowed(purpose=permit.purpose)
    shown = {rule.name for rule in policy.kept}
    if beyond := sorted(shown - set(permit.columns)):
        raise port.ColumnsNotPermitted(columns=", ".join(beyond))


def _shaped(batch: pa.RecordBatch, shape: pa.Schema) -> pa.RecordBatch:
    """Give the batch exactly the agreed types; a value that does not fit fails the build, never bends."""
    arrays = [column.cast(entry.type) for column, entry in zip(batch.columns, shape, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=shape)


def _sidecar(snapshot: Path) -> Path:
    return snapshot.with_suffix(".json")


def _record(facts: port.SnapshotFile, name: str, keys: Mapping[str, str]) -> None:
    content = {
        "format": SIDECAR_FORMAT,
        "name": name,
        "sha256": facts.sha256,
        "rows": facts.rows,
        "bytes": facts.bytes,
        "columns": list(facts.columns),
        "keys": dict(keys),
    }
    with published(_sidecar(facts.path)) as file:
        os.write(file, json.dumps(content, sort_keys=True, indent=1).encode())


def _read_record(snapshot: Path) -> dict[str, Any]:
    """Return what was recorded when the snapshot was finished; raises SnapshotNotIntact."""
    try:
        file = os.open(_sidecar(snapshot), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(file, "rb") as stream:
            found = json.loads(stream.read(LONGEST_SIDECAR))
    except (OSError, ValueError) as error:
        raise port.SnapshotNotIntact from error
    if not isinstance(found, dict) or found.get("format") != SIDECAR_FORMAT:
        raise port.SnapshotNotIntact
    return found


def _finished(target: Path, name: str, keys: Mapping[str, str]) -> port.SnapshotFile | None:
    """Return the snapshot if it stands there whole, made for the same thing with the same keys."""
    with suppress(port.SnapshotNotIntact, port.DataFileMissing):
        record = _read_record(target)
        with _held(target) as file:
            same = record.get("name") == name and record.get("keys") == keys
            if same and digest_of(file) == record.get("sha256"):
                columns = tuple(record["columns"])
                return port.SnapshotFile(target, record["sha256"], record["rows"], record["bytes"], columns)
    return None


def _split(file: int, stem: str, target_dir: Path, share: float, seed: int) -> tuple[Path, Path]:
    """Write both parts in one pass over the snapshot."""
    label = hashlib.sha256(f"{share!r}/{seed}".encode()).hexdigest()[:8]
    train = target_dir / f"{stem}-{label}-train.parquet"
    test = target_dir / f"{stem}-{label}-test.parquet"
    with turn(target_dir, f"{stem}-{label}"), published(train) as left, published(test) as right:
        rows = _deal(file, left, right, share, seed)
        if not all(rows):
            raise port.SplitLeavesNothing(rows=sum(rows))
    return train, test


def _deal(file: int, left: int, right: int, share: float, seed: int) -> tuple[int, int]:
    # Raw output of the bit generator, not numpy's distributions: only that is promised never to change.
    dice = np.random.PCG64(seed)
    threshold = np.uint64(int(share * 2.0**64))
    rows = held_out = 0
    with os.fdopen(file, "rb", closefd=False) as stream, pq.ParquetFile(stream) as snapshot:
        shape = snapshot.schema_arrow
        with _writer(left, shape) as train, _writer(right, shape) as test:
            for batch in snapshot.iter_batches(BATCH_ROWS, use_threads=False):
                chosen = pa.array(dice.random_raw(len(batch)) < threshold)
                part = batch.filter(chosen)
                test.write_batch(part)
                train.write_batch(batch.filter(pc.invert(chosen)))
                rows, held_out = rows + len(batch), held_out + len(part)
    return rows - held_out, held_out


@contextmanager
def _writer(file: int, shape: pa.Schema) -> Iterator[pq.ParquetWriter]:
    with os.fdopen(file, "wb", closefd=False) as sink, pq.ParquetWriter(sink, shape, compression="zstd") as writer:
        yield writer
