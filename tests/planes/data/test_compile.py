"""The compiled SQL means what the policy says, checked against a second reading of the tree in plain Python."""

from __future__ import annotations

import hashlib
import hmac
import math
import re
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minett.planes.data import compile as c
from minett.planes.data import expressions as e
from minett.planes.data import masks as m
from minett.planes.data.policy_tree import ColumnRule, DataPolicy

from .trees import EXPRESSIONS, KEYS, LEAF_AND_ROWS, MASK_AND_ROWS, ODD, ROW, RULES, SCHEMA, TYPES


def ordered(left: Any, right: Any) -> Any:
    """Bring two values to a form that Python orders as SQL does."""
    if isinstance(left, float) != isinstance(right, float):
        left, right = float(left), float(right)
    if isinstance(left, float):
        return (math.isnan(left), left), (math.isnan(right), right)
    return left, right


def compared(op: Any, left: Any, right: Any) -> Any:
    if left is None or right is None:
        return None
    a, b = ordered(left, right)
    equal = (a[0] and b[0]) or a == b if isinstance(a, tuple) else a == b
    less = not equal and a < b
    return {
        "eq": equal,
        "ne": not equal,
        "lt": less,
        "le": less or equal,
        "gt": not less and not equal,
        "ge": not less,
    }[op.value]


def both(parts: Any) -> Any:
    return False if False in parts else None if None in parts else True


def either(parts: Any) -> Any:
    return True if True in parts else None if None in parts else False


def negated(value: Any) -> Any:
    return None if value is None else not value


def truth(node: Any, row: Any) -> Any:  # noqa: PLR0911
    def value(operand: Any) -> Any:
        return row[operand.name] if isinstance(operand, e.Column) else operand.value

    match node:
        case e.Compare(op, left, right):
            return compared(op, value(left), value(right))
        case e.In(operand, values):
            return either([compared(e.Operator.EQ, value(operand), one.value) for one in values])
        case e.Between(operand, low, high):
            ends = (e.Operator.GE, low), (e.Operator.LE, high)
            return both([compared(op, value(operand), end.value) for op, end in ends])
        case e.Like(operand, pattern):
            signs = {"%": ".*", "_": "."}
            regex = "".join(signs.get(letter, re.escape(letter)) for letter in pattern)
            text = value(operand)
            return None if text is None else re.fullmatch(regex, text, re.DOTALL) is not None
        case e.IsNull(operand):
            return value(operand) is None
        case e.And(parts):
            return both([truth(part, row) for part in parts])
        case e.Or(parts):
            return either([truth(part, row) for part in parts])
        case e.Not(part):
            return negated(truth(part, row))


def half_away(value: Any) -> Any:
    return float(Decimal(value).quantize(Decimal(1), ROUND_HALF_UP)) if abs(value) < 2**52 else value


def rounded(value: Any, digits: Any) -> Any:
    if isinstance(value, int):
        step = 10**-digits
        size = (abs(value) + step // 2) // step * step
        found = size if value >= 0 else -size
        return found if -(2**63) <= found < 2**63 else None
    if not math.isfinite(value):
        return value
    power = 10.0 ** abs(digits)
    found = half_away(value * power) / power if digits >= 0 else half_away(value / power) * power
    return found if math.isfinite(found) else value


def bucketed(value: Any, width: Any) -> Any:
    if isinstance(value, int):
        found = value // width * width
        return found if found >= -(2**63) else None
    share = value / float(width)
    return (float(math.floor(share)) if math.isfinite(share) else share) * float(width)


def truncated(value: Any, unit: Any) -> Any:
    moment = value if isinstance(value, datetime) else datetime.combine(value, time())
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    found = {
        "year": day.replace(month=1, day=1),
        "quarter": day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1),
        "month": day.replace(day=1),
        "week": day - timedelta(days=day.weekday()),
        "day": day,
        "hour": moment.replace(minute=0, second=0, microsecond=0),
    }[unit.value]
    return found if isinstance(value, datetime) else found.date()


def hashed(value: Any, key: Any) -> Any:
    if isinstance(value, datetime):
        value = (value - datetime.fromisoformat("1970-01-01")) // timedelta(microseconds=1)
    return hmac.new(KEYS[key], str(value).encode(), hashlib.sha256).hexdigest()


def shown(mask: Any, value: Any) -> Any:  # noqa: PLR0911
    if isinstance(mask, m.Constant):
        return mask.value.value
    if value is None or isinstance(mask, m.Null):
        return None
    match mask:
        case m.Bucket(width):
            return bucketed(value, width)
        case m.RoundTo(digits):
            return rounded(value, digits)
        case m.TruncateDate(unit):
            return truncated(value, unit)
        case m.KeepLast(n):
            return "…" + value[-n:] if len(value) > n else "…"
        case m.KeyedHash(key):
            return hashed(value, key)
    return value


def plain(rows: Any) -> Any:
    """Make NaN equal to itself, so that rows can be compared."""
    nan = [
        {key: "NaN" if isinstance(value, float) and math.isnan(value) else value for key, value in row.items()}
        for row in rows
    ]
    return [sorted(row.items()) for row in nan]


def policy_of(columns: Any, rows: Any = None) -> Any:
    return DataPolicy(rows, tuple(columns), ("research",), None, 1)


@pytest.fixture(scope="module")
def connection() -> Any:
    with duckdb.connect(":memory:") as opened:
        yield opened


def agree(connection: duckdb.DuckDBPyConnection, rows: Any, where: Any, columns: Any) -> Any:
    """Compare DuckDB's answer with the plain reading."""
    connection.register("given", pa.Table.from_pylist(rows, schema=SCHEMA.to_arrow()))
    policy = policy_of(columns, where)
    found = connection.sql(c.compile_projection(policy, SCHEMA, "given", KEYS)).to_arrow_table()

    kept = [row for row in rows if where is None or truth(where, row) is True]
    wanted = [{rule.name: shown(rule.mask, row[rule.name]) for rule in columns} for row in kept]
    assert plain(found.to_pylist()) == plain(wanted)
    declared = c.projected_schema(policy, SCHEMA).to_arrow()
    assert found.column_names == declared.names
    assert found.schema.types == declared.types


@settings(max_examples=100, deadline=None)
@given(LEAF_AND_ROWS)
def test_every_comparison_means_the_same(connection: duckdb.DuckDBPyConnection, drawn: Any) -> None:
    name, leaf, rows = drawn
    agree(connection, rows, leaf, [ColumnRule(name, keep=True)])
    agree(connection, rows, e.Not(leaf), [ColumnRule(name, keep=True)])


@settings(max_examples=100, deadline=None)
@given(MASK_AND_ROWS)
def test_every_mask_shows_the_same(connection: duckdb.DuckDBPyConnection, drawn: Any) -> None:
    rule, rows = drawn
    agree(connection, rows, None, [rule])


EDGES: dict[str, list[Any]] = {
    "whole": [-(2**63), -55, -50, -49, -7, -1, 0, 1, 7, 45, 50, 2**63 - 1],
    "part": [-2.5, -0.0, 0.49, 0.5, 1.5, 149.99, 1e300, math.inf, -math.inf, math.nan],
    ODD: ["", "a", "ab", "abc", "é😀'"],
    "select": [date(1, 1, 1), date(2026, 12, 31), date(9999, 12, 31)],
    "source": [datetime.fromisoformat("2026-12-31T23:59:59.999999")],
    "flag": [True, False],
}


@pytest.mark.parametrize("name", TYPES)
def test_masks_agree_at_the_edges(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    masks: list[m.Mask] = [
        m.Null(),
        m.Constant(e.Literal.of("x")),
        *(m.Bucket(width) for width in (2, 7, 50, 0.5)),
        *(m.RoundTo(digits) for digits in (-2, -1, 0, 1)),
        *(m.TruncateDate(unit) for unit in m.TimeUnit),
        *(m.KeepLast(n) for n in (1, 2, 3)),
    ]
    rows = [dict.fromkeys(TYPES) | {name: value} for value in (*EDGES[name], None)]
    for mask in (mask for mask in masks if m.fits(mask, TYPES[name])):
        agree(connection, rows, None, [ColumnRule(name, keep=True, mask=mask)])


@settings(max_examples=30, deadline=None)
@given(rows=st.lists(ROW, max_size=6), where=EXPRESSIONS, columns=RULES)
def test_whole_policies_give_the_same_table(
    connection: duckdb.DuckDBPyConnection, rows: Any, where: Any, columns: Any
) -> None:
    agree(connection, rows, where, columns)


A, B = e.Column("flag"), e.Column("whole")
IS_A, IS_B = e.Compare(e.Operator.EQ, A, e.Literal.of(True)), e.Compare(e.Operator.EQ, B, e.Literal.of(1))  # noqa: FBT003


@pytest.mark.parametrize(
    "where",
    [
        e.And((IS_A, IS_B)),
        e.Or((IS_A, IS_B)),
        e.Not(e.And((IS_A, IS_B))),
        e.Not(e.Or((IS_A, IS_B))),
        e.Or((e.Not(IS_A), e.And((IS_A, IS_B)))),
        e.And((e.Or((IS_A, IS_B)), e.Not(IS_B))),
    ],
)
def test_and_or_not_follow_the_three_valued_tables(connection: duckdb.DuckDBPyConnection, where: Any) -> None:
    rows = [
        dict.fromkeys(TYPES) | {"flag": flag, "whole": whole} for flag in (True, False, None) for whole in (1, 0, None)
    ]
    agree(connection, rows, where, [ColumnRule("flag", keep=True), ColumnRule("whole", keep=True)])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("whole", -12),
        (ODD, "Élise's"),
        ("select", date(2026, 11, 24)),
        ("source", datetime.fromisoformat("2026-11-24T09:30:15.123456")),
    ],
)
@pytest.mark.parametrize("key", KEYS)
def test_the_hash_is_the_one_of_rfc_2104(
    connection: duckdb.DuckDBPyConnection, name: Any, value: Any, key: Any
) -> None:
    rows = [dict.fromkeys(TYPES) | {name: value}]
    agree(connection, rows, None, [ColumnRule(name, keep=True, mask=m.KeyedHash(key))])


def test_the_filter_sees_raw_values_and_the_reader_masked_ones(connection: duckdb.DuckDBPyConnection) -> None:
    rows = [{"whole": 41}, {"whole": 49}]
    connection.register("given", pa.Table.from_pylist(rows, schema=SCHEMA.to_arrow()))
    above = e.Compare(e.Operator.GT, e.Column("whole"), e.Literal.of(45))
    policy = policy_of([ColumnRule("whole", keep=True, mask=m.Bucket(10))], above)

    assert connection.sql(c.compile_projection(policy, SCHEMA, "given")).fetchall() == [(40,)]


@pytest.mark.parametrize(
    ("columns", "rows", "error"),
    [
        ([ColumnRule("salary", keep=False)], None, c.PolicyNamesUnknownColumn),
        ([ColumnRule("Flag", keep=True)], None, c.PolicyNamesUnknownColumn),
        ([ColumnRule("flag", keep=True)], e.IsNull(e.Column("salary")), c.PolicyNamesUnknownColumn),
        ([], None, c.PolicyShowsNothing),
        ([ColumnRule("flag", keep=False)], None, c.PolicyShowsNothing),
        ([ColumnRule("flag", keep=True, mask=m.KeepLast(2))], None, c.MaskDoesNotFit),
        ([ColumnRule("whole", keep=True, mask=m.RoundTo(2))], None, c.MaskDoesNotFit),
        ([ColumnRule("whole", keep=True, mask=m.Bucket(1))], None, c.MaskDoesNotFit),
        ([ColumnRule("select", keep=True, mask=m.TruncateDate(m.TimeUnit.DAY))], None, c.MaskDoesNotFit),
        ([ColumnRule("whole", keep=True, mask=m.KeyedHash("unknown"))], None, c.MaskKeyMissing),
        ([ColumnRule("flag", keep=True)], e.Like(e.Column("whole"), "1%"), c.PolicyComparesUnlikeTypes),
        (
            [ColumnRule("flag", keep=True)],
            e.Not(e.Compare(e.Operator.EQ, e.Column("whole"), e.Literal.of("1"))),
            c.PolicyComparesUnlikeTypes,
        ),
        (
            [ColumnRule("flag", keep=True)],
            e.Compare(e.Operator.LT, e.Column("select"), e.Column("source")),
            c.PolicyComparesUnlikeTypes,
        ),
    ],
)
def test_what_does_not_fit_the_table_is_refused(columns: Any, rows: Any, error: Any) -> None:
    with pytest.raises(error):
        c.compile_projection(policy_of(columns, rows), SCHEMA, "given", {"unknown": b"short"})


def test_columns_without_a_rule_are_not_in_the_statement() -> None:
    policy = policy_of([ColumnRule("whole", keep=True), ColumnRule("flag", keep=False)])
    sql = c.compile_projection(policy, SCHEMA, "given")

    assert "flag" not in sql
    assert "part" not in sql
    assert c.projected_schema(policy, SCHEMA).names == ("whole",)


def test_a_day_is_truncated_to_a_day(connection: duckdb.DuckDBPyConnection) -> None:
    rows = [{"select": date(2026, 11, 24)}]
    connection.register("given", pa.Table.from_pylist(rows, schema=SCHEMA.to_arrow()))
    policy = policy_of([ColumnRule("select", keep=True, mask=m.TruncateDate(m.TimeUnit.WEEK))])

    assert connection.sql(c.compile_projection(policy, SCHEMA, "given")).fetchall() == [(date(2026, 11, 23),)]
