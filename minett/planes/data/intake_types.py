"""Which types the columns of a file have that nobody has described yet. It opens no file and raises nothing.

A type is only taken where every value of the column is written in it; everything else is text, which loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from minett.kernel.content import Text
from minett.planes.data.schema import LONGEST_NAME, ColumnSpec, ColumnType, Sensitivity, TableSchema

# In the order in which they are tried. Numbers with leading zeros (postal codes, telephones) and with more digits
# than a type keeps are texts.
PATTERNS: Mapping[ColumnType, str] = {
    ColumnType.BOOLEAN: r"^(?:true|false|True|False|TRUE|FALSE)$",
    ColumnType.INTEGER: r"^-?(?:0|[1-9][0-9]{0,17})$",
    ColumnType.NUMBER: r"^-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?$",
    ColumnType.DATE: r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    ColumnType.TIMESTAMP: r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?$",
}


def unusable_names(names: Sequence[str]) -> list[str]:
    """Return the names that cannot name a column, and those that are there twice, whatever their case."""
    folded = [name.casefold() for name in names]
    return [
        name
        for name in names
        if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable() or folded.count(name.casefold()) > 1
    ]


def undescribed(types: Mapping[str, ColumnType]) -> TableSchema:
    """Return columns of which nothing but the type is known; their values are treated as sensitive."""
    return TableSchema(
        tuple(ColumnSpec(name, kind, Text.of(name), sensitivity=Sensitivity.SENSITIVE) for name, kind in types.items())
    )


def guessed(names: Sequence[str], batches: Iterable[pa.RecordBatch]) -> dict[str, ColumnType]:
    """Return the narrowest type in which all texts of each column are written; `batches` hold texts or nulls."""
    open_types = {name: list(PATTERNS) for name in names}
    filled: set[str] = set()
    for batch in batches:
        for name in names:
            texts = batch.column(name).drop_null()
            if len(texts):
                filled.add(name)
                open_types[name] = [kind for kind in open_types[name] if _all_are(texts, kind)]
    return {name: (open_types[name] or [ColumnType.TEXT])[0] if name in filled else ColumnType.TEXT for name in names}


def _all_are(texts: pa.Array, kind: ColumnType) -> bool:
    return bool(pc.all(pc.match_substring_regex(texts, PATTERNS[kind])).as_py())
