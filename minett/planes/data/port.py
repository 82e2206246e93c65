"""The verbs of a data engine and the plain values they pass. It holds no engine and imports no adapter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from minett.kernel.content import gettext_noop
from minett.kernel.errors import BadInput, Clash, Expired, Refused, Unavailable
from minett.planes.data.intake_types import undescribed
from minett.planes.data.policy_tree import DataPolicy
from minett.planes.data.schema import ColumnType, TableSchema
from minett.policy.permit import Permit

MEBIBYTE = 2**20


class SourceIsNotTheAgreedOne(Refused):
    code = "source-is-not-the-agreed-one"
    sentence = gettext_noop("The file is not the version of the data that the permit is for.")


class SourceChanged(Clash):
    code = "source-changed"
    sentence = gettext_noop("The file changed while it was being read. Try again.")


class ColumnsNotPermitted(Refused):
    code = "columns-not-permitted"
    sentence = gettext_noop("The permit does not cover these columns: %(columns)s.")


class PurposeNotAllowed(Refused):
    code = "purpose-not-allowed"
    sentence = gettext_noop("The access policy does not allow the purpose %(purpose)s.")


class PolicyEnded(Expired):
    code = "policy-ended"
    sentence = gettext_noop("The access policy ended on %(until)s.")


class PathNotUsable(BadInput):
    code = "path-not-usable"
    sentence = gettext_noop("The path of the data is not absolute, or it has one of the characters * ? [ ].")


class EngineFailed(Unavailable):
    """The engine's own words may carry values of hidden rows, so they are not repeated. Data: step."""

    code = "engine-failed"
    sentence = gettext_noop("The data engine could not finish this step: %(step)s.")


class SnapshotNotIntact(Unavailable):
    code = "snapshot-not-intact"
    sentence = gettext_noop("The snapshot is missing or was changed. It must be built again.")
    retry_may_help = False


class DataFileMissing(Unavailable):
    code = "data-file-missing"
    sentence = gettext_noop("A file of this data is not in its place, or is not a plain file.")
    retry_may_help = False


class ShareNotUsable(BadInput):
    code = "share-not-usable"
    sentence = gettext_noop("The share that is held out must be between 0 and 1, without the ends.")


class SplitLeavesNothing(BadInput):
    code = "split-leaves-nothing"
    sentence = gettext_noop("With %(rows)s rows and this share, one of the two parts would be empty.")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an untrusted file may be and may become.

    `file_bytes` is its size on disk; `read_bytes` the sum of its values once read, whatever the file says;
    `memory_bytes` and `cpu_seconds` bind the process that reads; `wall_seconds` ends it from outside.
    """

    file_bytes: int = 512 * MEBIBYTE
    footer_bytes: int = 16 * MEBIBYTE
    read_bytes: int = 4096 * MEBIBYTE
    memory_bytes: int = 1024 * MEBIBYTE
    rows: int = 50_000_000
    row_groups: int = 20_000
    cpu_seconds: int = 120
    wall_seconds: int = 180


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """What was counted in a column. `distinct` is None above 1,000 different values.

    `low` and `high` are the ends as text. All three are None for personal and sensitive columns.
    """

    name: str
    nulls: int
    distinct: int | None = None
    low: str | None = None
    high: str | None = None


@dataclass(frozen=True, slots=True)
class Inspection:
    """A file that could be read to its end within the limits and has the declared columns."""

    rows: int
    bytes: int
    sha256: str
    columns: tuple[ColumnFacts, ...]


@dataclass(frozen=True, slots=True)
class FoundColumn:
    """A column of a file that nobody has described yet."""

    name: str
    type: ColumnType
    nulls: int


@dataclass(frozen=True, slots=True)
class FoundTable:
    """What stands in a file of which nothing was declared, once it was read to its end within the limits."""

    rows: int
    bytes: int
    columns: tuple[FoundColumn, ...]

    @property
    def schema(self) -> TableSchema:
        """Return the columns as found; their values count as sensitive until somebody says otherwise."""
        return undescribed({column.name: column.type for column in self.columns})


@dataclass(frozen=True, slots=True)
class SnapshotFile:
    """A policy made into a Parquet file. `sha256` is of the file's bytes, `columns` are the names in order."""

    path: Path
    sha256: str
    rows: int
    bytes: int
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A few rows for a page; each row maps a column's name to its value."""

    columns: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]


def snapshot_name(policy_hash: str, source_sha256: str) -> str:
    """Return what a permit for this snapshot is for (`Permit.what`)."""
    return f"snapshot:{policy_hash}:{source_sha256}"


class DataEngine(Protocol):
    """Every engine refuses alike: the permit is asked first, then the policy, then the data."""

    def inspect(self, path: Path, declared: TableSchema, limits: Limits) -> Inspection:
        """Read an untrusted Parquet or CSV file to its end in a process of its own.

        Raises the errors of `minett.planes.data.intake`.
        """

    def infer(self, path: Path, limits: Limits) -> FoundTable:
        """Read an untrusted file of which nothing is declared to its end, and say what its columns are.

        Raises the errors of `minett.planes.data.intake`, ColumnsNotTaken and ColumnNamesUnusable among them.
        """

    def to_parquet(self, path: Path, declared: TableSchema, limits: Limits, target: Path) -> Inspection:
        """Inspect, and write what was read to `target` as Parquet in the declared types.

        The returned hash and size are the target's. An existing target is replaced at once, never in part.
        """

    def materialise(
        self,
        permit: Permit,
        policy: DataPolicy,
        schema: TableSchema,
        source: Path,
        target_dir: Path,
        now: datetime,
    ) -> SnapshotFile:
        """Write what the policy shows of a Parquet `source` into `target_dir`, once; rows keep their order.

        The permit must be for `snapshot_name(...)`, have a detail `source_sha256` that is the file's, cover
        every shown column, and have a purpose of the policy. A finished snapshot is returned, not rebuilt.
        Raises the permit's errors and those of this module and of `minett.planes.data.compile`.
        """

    def preview(self, policy: DataPolicy, schema: TableSchema, source: Path, limit: int) -> Table:
        """Return up to `limit` rows (at most 200) as the policy shows them."""

    def split(
        self,
        permit: Permit,
        snapshot_path: Path,
        target_dir: Path,
        holdout_share: float,
        seed: int,
        now: datetime,
    ) -> tuple[Path, Path]:
        """Write the training and the test part of a snapshot; the same seed gives the same parts.

        The permit must be the snapshot's. Each row goes to the test part with the chance `holdout_share`.
        Raises the permit's errors, DataFileMissing, SnapshotNotIntact, ShareNotUsable, SplitLeavesNothing.
        """
