"""How a file from outside comes in: checked from its ends, then read in a process that may die of it.

This room opens the file once, without following a link, and hands only that open file to the reader. It never
parses Parquet or CSV itself, and what the reader answers is read as strictly as the file.
"""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import minett
from minett.kernel.content import gettext_noop
from minett.kernel.errors import BadInput, MinettError, Unavailable
from minett.planes.data.files import digest_of, identity, published
from minett.planes.data.port import ColumnFacts, FoundColumn, FoundTable, Inspection, Limits, SourceChanged
from minett.planes.data.schema import ColumnType, TableSchema

MAGIC = b"PAR1"
SHORTEST_PARQUET = 12  # Magic, four bytes of footer length, magic.
LONGEST_ANSWER = 4 * 2**20
HEAD_BYTES = 4096
OTHER_KINDS: Mapping[bytes, str] = {
    b"PK\x03\x04": "ZIP",
    b"\x1f\x8b": "gzip",
    b"PARE": "encrypted Parquet",
    b"%PDF": "PDF",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"ARROW1": "Arrow",
}


class NotARegularFile(BadInput):
    code = "not-a-regular-file"
    sentence = gettext_noop("This is a link, a folder or a device, or it is not there. Send the file itself.")


class FileTooLarge(BadInput):
    code = "file-too-large"
    sentence = gettext_noop("The file has %(bytes)s bytes; at most %(limit)s are taken.")


class NotThisFormat(BadInput):
    code = "not-this-format"
    sentence = gettext_noop("This is not a %(wanted)s file; it looks like %(found)s. Send Parquet or CSV.")


class FileTruncated(BadInput):
    code = "file-truncated"
    sentence = gettext_noop("The file ends too early: a part of it is missing. Send it again.")


class FileDamaged(BadInput):
    code = "file-damaged"
    sentence = gettext_noop("The file cannot be read to its end: it is damaged or breaks its format.")


class FileTooLargeWhenRead(BadInput):
    """Data: what (rows, row groups, columns, bytes, memory, time, footer)."""

    code = "file-too-large-when-read"
    sentence = gettext_noop("Once read, the file is larger than allowed (%(what)s). Send it in parts.")


class ColumnsDiffer(BadInput):
    """Data: missing, extra, wrong_type; each a list of names."""

    code = "columns-differ"
    sentence = gettext_noop(
        "The columns are not the declared ones. Missing: %(missing)s; extra: %(extra)s;"
        " of another type: %(wrong_type)s."
    )


class ColumnsNotTaken(BadInput):
    """Data: columns, the names with their types."""

    code = "columns-not-taken"
    sentence = gettext_noop(
        "These columns have a type that is not taken: %(columns)s. Taken are text, whole numbers of up to 63 bits,"
        " numbers, yes or no, days, and moments in UTC up to the microsecond."
    )


class ColumnNamesUnusable(BadInput):
    """Data: columns, the names."""

    code = "column-names-unusable"
    sentence = gettext_noop(
        "These cannot name a column: %(columns)s. Each column needs a name of its own, whatever its case, of at most"
        " 128 visible characters."
    )


class ValuesMissing(BadInput):
    code = "values-missing"
    sentence = gettext_noop("These columns must have a value in every row: %(columns)s.")


class ReaderFailed(Unavailable):
    code = "reader-failed"
    sentence = gettext_noop("The reader of files could not work. Try again later.")


_FAULTS: Mapping[str, type[MinettError]] = {
    fault.code: fault
    for fault in (
        FileTruncated,
        FileDamaged,
        FileTooLargeWhenRead,
        ColumnsDiffer,
        ColumnsNotTaken,
        ColumnNamesUnusable,
        ValuesMissing,
    )
}


def inspect(path: Path, declared: TableSchema, limits: Limits) -> Inspection:
    """Read an untrusted file to its end and return what was counted.

    A name that ends in `.csv` is read as CSV (UTF-8, comma, one line of names), anything else as Parquet.
    Raises NotARegularFile, FileTooLarge, NotThisFormat, FileTruncated, FileDamaged, FileTooLargeWhenRead,
    ColumnsDiffer, ValuesMissing, SourceChanged, ReaderFailed.
    """
    with _opened(path, limits) as file:
        before, sha256 = identity(file), digest_of(file)
        answer = _read_apart(path, file, declared, limits, None)
        if identity(file) != before:
            raise SourceChanged
        return _inspection(answer, declared, before[2], sha256)


def infer(path: Path, limits: Limits) -> FoundTable:
    """Read an untrusted file of which nothing is declared to its end, and say what its columns are.

    Raises as `inspect` does, but ColumnsNotTaken and ColumnNamesUnusable instead of ColumnsDiffer and ValuesMissing.
    """
    with _opened(path, limits) as file:
        before = identity(file)
        answer = _read_apart(path, file, None, limits, None)
        if identity(file) != before:
            raise SourceChanged
        return _found(answer, before[2])


def to_parquet(path: Path, declared: TableSchema, limits: Limits, target: Path) -> Inspection:
    """Inspect, and write the values to `target` in the declared types; hash and size are the target's.

    Raises as `inspect` does; `target` is then untouched.
    """
    with _opened(path, limits) as file, published(target) as written:
        before = identity(file)
        answer = _read_apart(path, file, declared, limits, written)
        if identity(file) != before:
            raise SourceChanged
        size = os.fstat(written).st_size
        return _inspection(answer, declared, size, digest_of(written))


@contextmanager
def _opened(path: Path, limits: Limits) -> Iterator[int]:
    """Open once, and check from outside: kind of file, size, first and last bytes."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise NotARegularFile from error
    try:
        facts = os.fstat(file)
        if not stat.S_ISREG(facts.st_mode):
            raise NotARegularFile
        if facts.st_size > limits.file_bytes:
            raise FileTooLarge(bytes=facts.st_size, limit=limits.file_bytes)
        if _is_csv(path):
            _must_look_like_text(file)
        else:
            _must_look_like_parquet(file, facts.st_size, limits)
        yield file
    finally:
        os.close(file)


def _is_csv(path: Path) -> bool:
    return path.suffix.lower() == ".csv"


def _kind_of(head: bytes) -> str:
    found = next((kind for start, kind in OTHER_KINDS.items() if head.startswith(start)), None)
    return found or ("binary data" if b"\0" in head else "text")


def _must_look_like_text(file: int) -> None:
    head = os.pread(file, HEAD_BYTES, 0)
    if not head:
        raise FileTruncated
    kind = "Parquet" if head.startswith(MAGIC) else _kind_of(head)
    if kind != "text":
        raise NotThisFormat(wanted="CSV", found=kind)


def _must_look_like_parquet(file: int, size: int, limits: Limits) -> None:
    head = os.pread(file, HEAD_BYTES, 0)
    if not head or MAGIC.startswith(head):
        raise FileTruncated
    if not head.startswith(MAGIC):
        raise NotThisFormat(wanted="Parquet", found=_kind_of(head))
    tail = os.pread(file, 8, max(size - 8, 0))
    footer = int.from_bytes(tail[:4], "little")
    if size < SHORTEST_PARQUET or tail[4:] != MAGIC or footer + SHORTEST_PARQUET > size:
        raise FileTruncated
    if footer > limits.footer_bytes:
        raise FileTooLargeWhenRead(what="footer")


def _read_apart(
    path: Path, file: int, declared: TableSchema | None, limits: Limits, target: int | None
) -> dict[str, Any]:
    """Run the reader on the open file and return its answer; raise the failure it met or died of."""
    request = {
        "file": file,
        "target": target,
        "csv": _is_csv(path),
        "schema": declared and declared.to_json(),
        "limits": asdict(limits),
    }
    handed = (file,) if target is None else (file, target)
    answer, status, late = _run(json.dumps(request).encode(), handed, limits.wall_seconds)
    if late or status in (-signal.SIGXCPU, -signal.SIGKILL):
        raise FileTooLargeWhenRead(what="time" if late or status == -signal.SIGXCPU else "memory")
    if status in (-signal.SIGABRT, -signal.SIGXFSZ):
        # The C++ below pyarrow aborts where memory it cannot do without is refused.
        raise FileTooLargeWhenRead(what="memory")
    if status < 0:
        raise FileDamaged
    return _understood(answer, status, declared)


def _run(request: bytes, handed: tuple[int, ...], wall_seconds: int) -> tuple[bytes, int, bool]:
    """Return the reader's output (cut at a limit), its exit status, and whether the time was up."""
    root = str(Path(minett.__file__).resolve().parent.parent)
    environment = {"PYTHONPATH": root, "ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "1"}
    environment |= {"OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"}
    command = [sys.executable, "-P", "-s", "-m", "minett.planes.data.intake_worker"]
    late = threading.Event()
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        cwd="/",
        pass_fds=handed,
    ) as reader:

        def stop() -> None:
            late.set()
            reader.kill()

        clock = threading.Timer(wall_seconds, stop)
        clock.start()
        try:
            answer = _exchange(reader, request)
        finally:
            reader.kill()
            status = reader.wait()
            clock.cancel()
    return answer, status, late.is_set()


def _exchange(reader: subprocess.Popen[bytes], request: bytes) -> bytes:
    assert reader.stdin is not None  # noqa: S101 - tells the type checker what PIPE promises.
    assert reader.stdout is not None  # noqa: S101
    try:
        reader.stdin.write(request)
        reader.stdin.close()
    except BrokenPipeError:
        return b""
    answer = reader.stdout.read(LONGEST_ANSWER + 1)
    if len(answer) <= LONGEST_ANSWER:
        reader.wait()
    return answer


def _understood(answer: bytes, status: int, declared: TableSchema | None) -> dict[str, Any]:
    try:
        found = json.loads(answer) if status == 0 else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ReaderFailed
    if "fault" in found:
        fault = _FAULTS.get(str(found["fault"]), FileDamaged)
        data = found.get("data")
        raise fault(**(data if isinstance(data, dict) else {}))
    columns = found.get("columns")
    if not isinstance(columns, list) or (declared is not None and len(columns) != len(declared.columns)):
        raise ReaderFailed
    return found


def _inspection(answer: dict[str, Any], declared: TableSchema, size: int, sha256: str) -> Inspection:
    try:
        facts = tuple(ColumnFacts(**column) for column in answer["columns"])
        rows = int(answer["rows"])
    except (TypeError, KeyError, ValueError) as error:
        raise ReaderFailed from error
    if tuple(fact.name for fact in facts) != declared.names:
        raise ReaderFailed
    return Inspection(rows=rows, bytes=size, sha256=sha256, columns=facts)


def _found(answer: dict[str, Any], size: int) -> FoundTable:
    try:
        told = [(str(one["name"]), ColumnType(one["type"]), int(one["nulls"])) for one in answer["columns"]]
        found = FoundTable(int(answer["rows"]), size, tuple(FoundColumn(*column) for column in told))
        names = found.schema.names
    except (TypeError, KeyError, ValueError, MinettError) as error:
        raise ReaderFailed from error
    if len(names) != len(told):
        raise ReaderFailed
    return found
