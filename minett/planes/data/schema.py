"""What a table's columns are: name, type, meaning, unit, sensitivity. It reads no file, it grants nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

import pyarrow as pa

from minett.kernel.content import Text, gettext_noop
from minett.kernel.errors import BadInput

LONGEST_NAME = 128
MOST_COLUMNS = 2000


class SchemaNotUnderstood(BadInput):
    code = "schema-not-understood"
    sentence = gettext_noop("The description of the columns cannot be used: %(problem)s.")


class ColumnType(StrEnum):
    """The closed set of types; a timestamp has microseconds, no zone, and means UTC."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    TEXT = "text"
    DATE = "date"
    TIMESTAMP = "timestamp"


class Sensitivity(StrEnum):
    """How much harm a value can do. From PERSONAL on, an inspection reports no values at all."""

    NONE = "none"
    LOW = "low"
    PERSONAL = "personal"
    SENSITIVE = "sensitive"


ARROW: Mapping[ColumnType, pa.DataType] = {
    ColumnType.BOOLEAN: pa.bool_(),
    ColumnType.INTEGER: pa.int64(),
    ColumnType.NUMBER: pa.float64(),
    ColumnType.TEXT: pa.string(),
    ColumnType.DATE: pa.date32(),
    ColumnType.TIMESTAMP: pa.timestamp("us"),
}


def must_be_name(name: object) -> str:
    """Return `name` unchanged; raise SchemaNotUnderstood unless it can name a column everywhere."""
    if not isinstance(name, str) or not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise SchemaNotUnderstood(problem=f"{str(name)[:LONGEST_NAME]!r} cannot name a column")
    return name


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """One column. `unit` is a symbol such as `ppm` or `kWh`, or None where the values have none."""

    name: str
    type: ColumnType
    meaning: Text
    unit: str | None = None
    sensitivity: Sensitivity = Sensitivity.NONE
    nullable: bool = True

    def __post_init__(self) -> None:
        must_be_name(self.name)

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "type": self.type.value,
            "meaning": self.meaning.to_json(),
            "unit": self.unit,
            "sensitivity": self.sensitivity.value,
            "nullable": self.nullable,
        }

    @classmethod
    def from_json(cls, given: object) -> Self:
        """Read what `to_json` wrote; any unknown or missing key raises SchemaNotUnderstood."""
        wanted = {"name", "type", "meaning", "unit", "sensitivity", "nullable"}
        if not isinstance(given, dict) or set(given) != wanted:
            raise SchemaNotUnderstood(problem="a column needs exactly " + ", ".join(sorted(wanted)))
        try:
            meaning = Text.of(given["meaning"])
            kind, sensitivity = ColumnType(given["type"]), Sensitivity(given["sensitivity"])
        except (ValueError, TypeError, AttributeError) as error:
            raise SchemaNotUnderstood(problem=str(error)) from error
        if not isinstance(given["nullable"], bool) or not isinstance(given["unit"], str | None):
            raise SchemaNotUnderstood(problem="nullable is true or false, and unit is a text or null")
        return cls(must_be_name(given["name"]), kind, meaning, given["unit"], sensitivity, given["nullable"])


@dataclass(frozen=True, slots=True)
class TableSchema:
    """The columns in order. Names that differ only in case are refused: SQL engines take them for one."""

    columns: tuple[ColumnSpec, ...]

    def __post_init__(self) -> None:
        folded = {column.name.casefold() for column in self.columns}
        if not 0 < len(self.columns) <= MOST_COLUMNS:
            raise SchemaNotUnderstood(problem=f"a table has between 1 and {MOST_COLUMNS} columns")
        if len(folded) != len(self.columns):
            raise SchemaNotUnderstood(problem="two columns have the same name, or differ only in case")

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def by_name(self) -> dict[str, ColumnSpec]:
        return {column.name: column for column in self.columns}

    @property
    def types(self) -> dict[str, ColumnType]:
        return {column.name: column.type for column in self.columns}

    def to_arrow(self) -> pa.Schema:
        fields = [pa.field(column.name, ARROW[column.type], nullable=column.nullable) for column in self.columns]
        return pa.schema(fields)

    def to_json(self) -> dict[str, Any]:
        return {"columns": [column.to_json() for column in self.columns]}

    @classmethod
    def from_json(cls, given: object) -> Self:
        """Read what `to_json` wrote; raises SchemaNotUnderstood."""
        if not isinstance(given, dict) or set(given) != {"columns"} or not isinstance(given["columns"], list):
            raise SchemaNotUnderstood(problem="a table is an object with one list, named columns")
        return cls(tuple(ColumnSpec.from_json(column) for column in given["columns"]))


def kind_of_arrow(kind: pa.DataType) -> ColumnType | None:
    """Return the type of the house that a file's column is read as, or None when we take no such column.

    64-bit unsigned integers, decimals and zones other than UTC are refused: reading them would change values.
    """
    if pa.types.is_dictionary(kind):
        return kind_of_arrow(kind.value_type)
    if pa.types.is_timestamp(kind):
        return ColumnType.TIMESTAMP if kind.tz in (None, "UTC") and kind.unit != "ns" else None
    checks = (
        (pa.types.is_boolean, ColumnType.BOOLEAN),
        (pa.types.is_uint64, None),
        (pa.types.is_integer, ColumnType.INTEGER),
        (pa.types.is_floating, ColumnType.NUMBER),
        (pa.types.is_string, ColumnType.TEXT),
        (pa.types.is_large_string, ColumnType.TEXT),
        (pa.types.is_string_view, ColumnType.TEXT),
        (pa.types.is_date, ColumnType.DATE),
    )
    return next((found for check, found in checks if check(kind)), None)
