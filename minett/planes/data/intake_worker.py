"""The process that reads an untrusted file, and that may die of it. It opens no path itself.

It is given one open file, limits its own memory and time before anything is parsed, and answers with one line
of JSON; the parent knows what each death means.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import resource
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from minett.planes.data.intake_types import guessed, undescribed, unusable_names
from minett.planes.data.port import Limits
from minett.planes.data.schema import (
    MOST_COLUMNS,
    ColumnSpec,
    ColumnType,
    Sensitivity,
    TableSchema,
    kind_of_arrow,
)

BATCH_ROWS = 8192
BLOCK = 2**20
MOST_DISTINCT = 1000
LONGEST_SHOWN = 80
LONGEST_HEADER = 2**16
MOST_NAMED = 20
_OPEN_SENSITIVITIES = (Sensitivity.NONE, Sensitivity.LOW)
Reader = Callable[[int, TableSchema, Limits], Iterator[pa.RecordBatch]]


class Fault(Exception):
    """A failure foreseen by the parent, which knows its code."""

    def __init__(self, fault: str, **data: Any) -> None:
        self.answer: dict[str, Any] = {"fault": fault, "data": data}
        super().__init__(fault)


@dataclass
class _Counted:
    spec: ColumnSpec
    nulls: int = 0
    seen: set[int] | None = field(default_factory=set)
    low: Any = None
    high: Any = None

    def add(self, column: pa.Array) -> None:
        self.nulls += column.null_count
        if self.spec.sensitivity not in _OPEN_SENSITIVITIES or column.null_count == len(column):
            return
        ends = pc.min_max(column).as_py()
        self.low = ends["min"] if self.low is None else min(self.low, ends["min"])
        self.high = ends["max"] if self.high is None else max(self.high, ends["max"])
        self._note(column)

    def _note(self, column: pa.Array) -> None:
        if self.seen is None:
            return
        different = pc.unique(column.drop_null())
        if len(different) > MOST_DISTINCT or len(self.seen) > MOST_DISTINCT:
            self.seen = None
        else:
            # The hashes are enough to count, and long texts would fill the memory.
            self.seen.update(hash(value) for value in different.to_pylist())

    def to_json(self) -> dict[str, Any]:
        told = self.spec.sensitivity in _OPEN_SENSITIVITIES
        few = self.seen is not None and len(self.seen) <= MOST_DISTINCT
        return {
            "name": self.spec.name,
            "nulls": self.nulls,
            "distinct": len(self.seen or ()) if told and few else None,
            "low": None if self.low is None else str(_short(self.low)),
            "high": None if self.high is None else str(_short(self.high)),
        }


def _short(value: Any) -> Any:
    return value[:LONGEST_SHOWN] if isinstance(value, str) else value


def _virtual_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 - a kernel file, not a path of ours.
        return int(statm.read().split()[0]) * resource.getpagesize()


def _limit_self(limits: Limits, *, writes: bool) -> None:
    """Bind memory (beyond what the libraries already mapped), processor time, and the size of any file."""
    space = _virtual_bytes() + limits.memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (space, space))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))
    written = limits.read_bytes if writes else 0
    resource.setrlimit(resource.RLIMIT_FSIZE, (written, written))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)


def _must_match(found: dict[str, bool], names: list[str], declared: TableSchema) -> None:
    """Compare names with the declared ones; `found` says for each whether its type fits."""
    doubled = {name for name in names if names.count(name) > 1}
    missing = [name for name in declared.names if name not in found]
    extra = sorted((set(names) - set(declared.names)) | doubled)
    wrong = [name for name in declared.names if not found.get(name, True)]
    if missing or extra or wrong:
        told = [_short(name) for name in extra[:50]]
        raise Fault("columns-differ", missing=missing, extra=told, wrong_type=wrong)


def _parquet(file: int, limits: Limits) -> pq.ParquetFile:
    return pq.ParquetFile(
        os.fdopen(file, "rb", closefd=False),
        buffer_size=BLOCK,
        pre_buffer=False,
        thrift_string_size_limit=limits.footer_bytes,
        thrift_container_size_limit=1_000_000,
    )


def _parquet_batches(file: int, declared: TableSchema, limits: Limits) -> Iterator[pa.RecordBatch]:
    table = _parquet(file, limits)
    facts = table.metadata
    if facts.num_rows > limits.rows:
        raise Fault("file-too-large-when-read", what="rows")
    if facts.num_row_groups > limits.row_groups:
        raise Fault("file-too-large-when-read", what="row groups")
    schema = table.schema_arrow
    types = declared.types
    fitting = {entry.name: kind_of_arrow(entry.type) is types.get(entry.name) for entry in schema}
    _must_match(fitting, list(schema.names), declared)
    groups = (facts.row_group(index).total_byte_size for index in range(facts.num_row_groups))
    if sum(groups) > limits.read_bytes:
        raise Fault("file-too-large-when-read", what="bytes")
    yield from table.iter_batches(batch_size=BATCH_ROWS, use_threads=False)


def _header(stream: io.BufferedReader) -> list[str]:
    head = stream.read(LONGEST_HEADER).decode("utf-8-sig", errors="strict" if _fits(stream) else "ignore")
    stream.seek(0)
    return next(csv.reader(io.StringIO(head, newline="")), [])


def _fits(stream: io.BufferedReader) -> bool:
    return os.fstat(stream.fileno()).st_size <= LONGEST_HEADER


def _csv_batches(file: int, declared: TableSchema, _limits: Limits) -> Iterator[pa.RecordBatch]:
    stream = os.fdopen(file, "rb", closefd=False)
    names = _header(stream)
    _must_match(dict.fromkeys(names, True), names, declared)
    convert = pa_csv.ConvertOptions(
        column_types=declared.to_arrow(),
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        timestamp_parsers=[pa_csv.ISO8601],
    )
    try:
        yield from pa_csv.open_csv(
            stream,
            read_options=pa_csv.ReadOptions(use_threads=False, block_size=BLOCK),
            parse_options=pa_csv.ParseOptions(newlines_in_values=True),
            convert_options=convert,
        )
    except pa.ArrowInvalid as error:
        # The only place where the library says which column a value did not fit is its message.
        where = re.search(r"In CSV column #(\d+)", str(error))
        if where is None or int(where[1]) >= len(names):
            raise
        raise Fault("columns-differ", missing=[], extra=[], wrong_type=[names[int(where[1])]]) from error


def _declared_form(batch: pa.RecordBatch, declared: TableSchema) -> pa.RecordBatch:
    arrays = [batch.column(entry.name).cast(entry.type) for entry in declared.to_arrow()]
    return pa.RecordBatch.from_arrays(arrays, names=list(declared.names))


def _count(
    batches: Iterator[pa.RecordBatch], declared: TableSchema, limits: Limits, writer: pq.ParquetWriter | None
) -> dict[str, Any]:
    """Go through all batches; stop as soon as the values read are more than the limits allow."""
    counted = [_Counted(spec) for spec in declared.columns]
    rows = size = 0
    for batch in batches:
        plain = _declared_form(batch, declared)
        rows, size = rows + len(plain), size + plain.nbytes
        if rows > limits.rows or size > limits.read_bytes:
            raise Fault("file-too-large-when-read", what="rows" if rows > limits.rows else "bytes")
        for column, facts in zip(plain.columns, counted, strict=True):
            facts.add(column)
        if writer is not None:
            writer.write_batch(plain)
    missing = [facts.spec.name for facts in counted if facts.nulls and not facts.spec.nullable]
    if missing:
        raise Fault("values-missing", columns=missing)
    return {"rows": rows, "columns": [facts.to_json() for facts in counted]}


def _must_be_named(names: list[str]) -> None:
    if not names:
        raise Fault("file-damaged")
    if len(names) > MOST_COLUMNS:
        raise Fault("file-too-large-when-read", what="columns")
    if unusable := unusable_names(names):
        raise Fault("column-names-unusable", columns=[_short(name) for name in unusable[:MOST_NAMED]])


def _inferred_parquet(file: int, limits: Limits) -> dict[str, Any]:
    entries = list(_parquet(file, limits).schema_arrow)
    _must_be_named([entry.name for entry in entries])
    kinds = {entry.name: kind_of_arrow(entry.type) for entry in entries}
    others = [f"{_short(entry.name)} ({entry.type!s:.40})" for entry in entries if kinds[entry.name] is None]
    if others:
        raise Fault("columns-not-taken", columns=others[:MOST_NAMED])
    found = {name: kind for name, kind in kinds.items() if kind is not None}
    return _counted_as(found, _parquet_batches, file, limits)


def _inferred_csv(file: int, limits: Limits) -> dict[str, Any]:
    """Guess from the texts, then read as guessed; a column that the reader will not read so is text."""
    names = _header(os.fdopen(file, "rb", closefd=False))
    _must_be_named(names)
    texts = undescribed(dict.fromkeys(names, ColumnType.TEXT))
    found = guessed(names, _csv_batches(file, texts, limits))
    while True:
        try:
            return _counted_as(found, _csv_batches, file, limits)
        except Fault as fault:
            wrong = [name for name in fault.answer["data"].get("wrong_type", ()) if found[name] != ColumnType.TEXT]
            if not wrong:
                raise
            found |= dict.fromkeys(wrong, ColumnType.TEXT)


def _counted_as(found: dict[str, ColumnType], read: Reader, file: int, limits: Limits) -> dict[str, Any]:
    declared = undescribed(found)
    os.lseek(file, 0, os.SEEK_SET)
    told = _count(read(file, declared, limits), declared, limits, None)
    columns = [column | {"type": found[column["name"]].value} for column in told["columns"]]
    return told | {"columns": columns}


def _read(request: dict[str, Any], limits: Limits) -> dict[str, Any]:
    file, target = request["file"], request["target"]
    if request["schema"] is None:
        return (_inferred_csv if request["csv"] else _inferred_parquet)(file, limits)
    declared = TableSchema.from_json(request["schema"])
    batches = (_csv_batches if request["csv"] else _parquet_batches)(file, declared, limits)
    if target is None:
        return _count(batches, declared, limits, None)
    # Nulls are checked at the end, so the file is written as if every column could have them.
    loose = pa.schema([entry.with_nullable(nullable=True) for entry in declared.to_arrow()])
    with os.fdopen(target, "wb", closefd=False) as sink, pq.ParquetWriter(sink, loose) as writer:
        return _count(batches, declared, limits, writer)


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    limits = Limits(**request["limits"])
    _limit_self(limits, writes=request["target"] is not None)
    try:
        return _read(request, limits)
    except Fault as fault:
        return fault.answer
    except (MemoryError, pa.ArrowMemoryError):
        return {"fault": "file-too-large-when-read", "data": {"what": "memory"}}
    except (pa.ArrowException, OSError, ValueError, csv.Error):
        return {"fault": "file-damaged", "data": {}}


def main() -> None:
    answer = _answer(json.loads(sys.stdin.buffer.read()))
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()
    # Nothing is left to clean up, and a library in trouble must not change the exit status.
    os._exit(0)


if __name__ == "__main__":
    main()
