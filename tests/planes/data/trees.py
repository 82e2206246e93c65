"""Strategies for policies over one table whose names and values are as awkward as they may be."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

from hypothesis import strategies as st

from minett.kernel.content import Text
from minett.planes.data import expressions as e
from minett.planes.data import masks as m
from minett.planes.data.policy_tree import ColumnRule
from minett.planes.data.schema import ColumnSpec, ColumnType, TableSchema

ODD = "wo\"rd's; --"
TYPES = {
    "flag": ColumnType.BOOLEAN,
    "whole": ColumnType.INTEGER,
    "part": ColumnType.NUMBER,
    ODD: ColumnType.TEXT,
    "select": ColumnType.DATE,
    "source": ColumnType.TIMESTAMP,
}
SCHEMA = TableSchema(tuple(ColumnSpec(name, kind, Text.of("x")) for name, kind in TYPES.items()))
KEYS = {"project-1": b"0123456789abcdef0123", "long-key": b"k" * 100}

LETTERS = st.sampled_from("aAbé😀'\"%_\\ ;-\n$")
FEW_TEXTS = st.sampled_from(["", "a", "A", "ab", "aB", "abc", "o'x", "%", "a_c", "é😀", "bca"])
# Most values come from small pools, so that filters meet values they are equal to, or just beside.
SCALARS: dict[ColumnType, st.SearchStrategy[Any]] = {
    ColumnType.BOOLEAN: st.booleans(),
    ColumnType.INTEGER: st.integers(-8, 8) | st.integers(-(2**63) + 1, 2**63 - 1),
    ColumnType.NUMBER: st.sampled_from([0.0, -0.0, 0.5, 1.5, 2.0, -2.5, 1e300, -7.0])
    | st.floats(-1e6, 1e6, allow_subnormal=False),
    ColumnType.TEXT: FEW_TEXTS
    | st.text(LETTERS, max_size=4)
    | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6),
    ColumnType.DATE: st.dates(date(2026, 1, 1), date(2026, 1, 6)) | st.dates(),
    ColumnType.TIMESTAMP: st.datetimes(),
}
IN_ROWS = SCALARS | {ColumnType.NUMBER: SCALARS[ColumnType.NUMBER] | st.sampled_from([math.nan, math.inf, -math.inf])}
ROW = st.fixed_dictionaries({name: st.none() | IN_ROWS[kind] for name, kind in TYPES.items()})


def column_of_rows(name: Any) -> Any:
    """Return rows in which only the column `name` has values."""
    values = st.lists(st.none() | IN_ROWS[TYPES[name]], min_size=8, max_size=20)
    return values.map(lambda found: [dict.fromkeys(TYPES) | {name: value} for value in found])


def literals(kind: Any) -> Any:
    return SCALARS[kind].map(e.Literal.of)


def leaves(name: Any) -> Any:
    kind, column = TYPES[name], e.Column(name)
    near = (
        literals(ColumnType.INTEGER) | literals(ColumnType.NUMBER)
        if kind in (ColumnType.INTEGER, ColumnType.NUMBER)
        else literals(kind)
    )
    options = [
        st.builds(e.Compare, st.sampled_from(e.Operator), st.just(column), near),
        st.builds(e.Compare, st.sampled_from(e.Operator), near, st.just(column)),
        st.builds(e.In, st.just(column), st.lists(literals(kind), min_size=1, max_size=3).map(tuple)),
        st.builds(e.Between, st.just(column), near, near),
        st.just(e.IsNull(column)),
    ]
    if kind is ColumnType.TEXT:
        options.append(
            st.builds(
                e.Like,
                st.just(column),
                st.sampled_from(["a%", "%b%", "_", "a_c", "A%", "%", "a", "%B"]) | st.text(LETTERS, max_size=5),
            )
        )
    return st.one_of(options)


EXPRESSIONS = st.recursive(
    st.sampled_from(sorted(TYPES)).flatmap(leaves),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3).map(tuple).map(e.And)
        | st.lists(inner, min_size=1, max_size=3).map(tuple).map(e.Or)
        | inner.map(e.Not)
    ),
    max_leaves=6,
)
ANY_MASK = (
    st.just(m.Null())
    | st.sampled_from(list(ColumnType)).flatmap(literals).map(m.Constant)
    | st.builds(m.Bucket, st.sampled_from([1, 2, 7, 1000, 0.5, 2.5]))
    | st.builds(m.RoundTo, st.integers(-4, 4))
    | st.builds(m.TruncateDate, st.sampled_from(m.TimeUnit))
    | st.builds(m.KeepLast, st.integers(1, 4))
    | st.builds(m.KeyedHash, st.sampled_from(sorted(KEYS)))
)


def rules(name: Any) -> Any:
    fitting = ANY_MASK.filter(lambda mask: m.fits(mask, TYPES[name]))
    return st.builds(ColumnRule, st.just(name), st.just(True), st.none() | fitting)  # noqa: FBT003


LEAF_AND_ROWS = st.sampled_from(sorted(TYPES)).flatmap(
    lambda name: st.tuples(st.just(name), leaves(name), column_of_rows(name))
)
MASK_AND_ROWS = st.sampled_from(sorted(TYPES)).flatmap(lambda name: st.tuples(rules(name), column_of_rows(name)))
RULES = st.sets(st.sampled_from(sorted(TYPES)), min_size=1).flatmap(
    lambda names: st.tuples(*(rules(name) for name in sorted(names)))
)
