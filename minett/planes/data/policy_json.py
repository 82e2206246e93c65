"""Row filters and masks as strict JSON. An unknown node, key or operator is refused, as is a huge tree."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from minett.planes.data import masks as m
from minett.planes.data.expressions import (
    And,
    Between,
    Column,
    Compare,
    Expression,
    In,
    IsNull,
    Like,
    Literal,
    Not,
    Operand,
    Operator,
    Or,
    PolicyNotUnderstood,
)
from minett.planes.data.schema import ColumnType

DEEPEST = 24
MOST_PARTS = 1000


def fields(given: object, *names: str) -> list[Any]:
    """Return the values of exactly these keys, in this order; any other set of keys is refused."""
    if not isinstance(given, dict) or set(given) != set(names):
        raise PolicyNotUnderstood(problem="expected exactly the keys " + ", ".join(names))
    return [given[name] for name in names]


def rows_of(given: object, most: int = MOST_PARTS) -> list[Any]:
    if not isinstance(given, list) or len(given) > most:
        raise PolicyNotUnderstood(problem=f"expected a list of at most {most} entries")
    return given


def date_from_json(given: object) -> date:
    try:
        return date.fromisoformat(given)  # type: ignore[arg-type]  # A wrong type is caught right below.
    except (TypeError, ValueError) as error:
        raise PolicyNotUnderstood(problem=f"{given!r} is no date like 2027-01-31") from error


def literal_to_json(literal: Literal) -> dict[str, Any]:
    value = literal.value
    return {"type": literal.type.value, "value": value.isoformat() if isinstance(value, date) else value}


def literal_from_json(given: object) -> Literal:
    kind, value = fields(given, "type", "value")
    try:
        found = ColumnType(kind)
        if found is ColumnType.DATE:
            value = date.fromisoformat(value)
        elif found is ColumnType.TIMESTAMP:
            value = datetime.fromisoformat(value)
        elif found is ColumnType.NUMBER and type(value) is int:
            value = float(value)  # JSON writers drop the point of 1.0.
    except (TypeError, ValueError, OverflowError) as error:
        raise PolicyNotUnderstood(problem=f"{value!r} is no value of type {kind!r}") from error
    return Literal(found, value)


def _operand_to_json(operand: Operand) -> dict[str, Any]:
    return {"column": operand.name} if isinstance(operand, Column) else {"literal": literal_to_json(operand)}


def _operand_from_json(given: object) -> Operand:
    if isinstance(given, dict) and set(given) == {"column"}:
        return Column(given["column"])
    return literal_from_json(fields(given, "literal")[0])


def expression_to_json(node: Expression) -> dict[str, Any]:  # noqa: PLR0911 - one return for each node.
    match node:
        case Compare(op, left, right):
            ends = {"left": _operand_to_json(left), "right": _operand_to_json(right)}
            return {"node": "compare", "op": op.value, **ends}
        case In(operand, values):
            listed = [literal_to_json(value) for value in values]
            return {"node": "in", "column": operand.name, "values": listed}
        case Between(operand, low, high):
            ends = {"low": literal_to_json(low), "high": literal_to_json(high)}
            return {"node": "between", "column": operand.name, **ends}
        case Like(operand, pattern):
            return {"node": "like", "column": operand.name, "pattern": pattern}
        case IsNull(operand):
            return {"node": "is-null", "column": operand.name}
        case And(parts):
            return {"node": "and", "parts": [expression_to_json(part) for part in parts]}
        case Or(parts):
            return {"node": "or", "parts": [expression_to_json(part) for part in parts]}
        case Not(part):
            return {"node": "not", "part": expression_to_json(part)}


class _Reader:
    """Reads one tree and counts its nodes, so that a stored policy cannot grow without end."""

    def __init__(self) -> None:
        self.seen = 0

    def read(self, given: object, depth: int = 0) -> Expression:
        self.seen += 1
        if depth > DEEPEST or self.seen > MOST_PARTS:
            raise PolicyNotUnderstood(problem=f"a filter is at most {DEEPEST} deep, with {MOST_PARTS} parts")
        node = given.get("node") if isinstance(given, dict) else None
        leaf = _LEAVES.get(node) if isinstance(node, str) else None
        return leaf(given) if leaf else self._joined(node, given, depth)

    def _joined(self, node: object, given: object, depth: int) -> Expression:
        match node:
            case "and":
                return And(self._parts(given, depth))
            case "or":
                return Or(self._parts(given, depth))
            case "not":
                return Not(self.read(fields(given, "node", "part")[1], depth + 1))
            case _:
                raise PolicyNotUnderstood(problem=f"there is no node {node!r}")

    def _parts(self, given: object, depth: int) -> tuple[Expression, ...]:
        parts = rows_of(fields(given, "node", "parts")[1])
        return tuple(self.read(part, depth + 1) for part in parts)


def _compare(given: object) -> Expression:
    _, op, left, right = fields(given, "node", "op", "left", "right")
    if not isinstance(op, str) or op not in set(Operator):
        raise PolicyNotUnderstood(problem=f"there is no operator {op!r}")
    return Compare(Operator(op), _operand_from_json(left), _operand_from_json(right))


def _in(given: object) -> Expression:
    _, column, values = fields(given, "node", "column", "values")
    return In(Column(column), tuple(literal_from_json(value) for value in rows_of(values)))


def _between(given: object) -> Expression:
    _, column, low, high = fields(given, "node", "column", "low", "high")
    return Between(Column(column), literal_from_json(low), literal_from_json(high))


def _like(given: object) -> Expression:
    _, column, pattern = fields(given, "node", "column", "pattern")
    return Like(Column(column), pattern)


def _is_null(given: object) -> Expression:
    return IsNull(Column(fields(given, "node", "column")[1]))


_LEAVES: dict[str, Callable[[object], Expression]] = {
    "compare": _compare,
    "in": _in,
    "between": _between,
    "like": _like,
    "is-null": _is_null,
}


def expression_from_json(given: object) -> Expression:
    """Read a filter; raises PolicyNotUnderstood, or SchemaNotUnderstood for a column's name."""
    return _Reader().read(given)


def mask_to_json(mask: m.Mask) -> dict[str, Any]:  # noqa: PLR0911 - one return for each mask.
    match mask:
        case m.Null():
            return {"mask": "null"}
        case m.Constant(value):
            return {"mask": "constant", "value": literal_to_json(value)}
        case m.Bucket(width):
            return {"mask": "bucket", "width": width}
        case m.RoundTo(digits):
            return {"mask": "round-to", "digits": digits}
        case m.TruncateDate(unit):
            return {"mask": "truncate-date", "unit": unit.value}
        case m.KeepLast(n):
            return {"mask": "keep-last", "n": n}
        case m.KeyedHash(key):
            return {"mask": "keyed-hash", "key": key}


def mask_from_json(given: object) -> m.Mask:  # noqa: PLR0911 - one return for each mask.
    """Read a mask; raises PolicyNotUnderstood."""
    match given.get("mask") if isinstance(given, dict) else None:
        case "null":
            fields(given, "mask")
            return m.Null()
        case "constant":
            return m.Constant(literal_from_json(fields(given, "mask", "value")[1]))
        case "bucket":
            return m.Bucket(fields(given, "mask", "width")[1])
        case "round-to":
            return m.RoundTo(fields(given, "mask", "digits")[1])
        case "truncate-date":
            return m.TruncateDate(_unit(fields(given, "mask", "unit")[1]))
        case "keep-last":
            return m.KeepLast(fields(given, "mask", "n")[1])
        case "keyed-hash":
            return m.KeyedHash(fields(given, "mask", "key")[1])
        case unknown:
            raise PolicyNotUnderstood(problem=f"there is no mask {unknown!r}")


def _unit(given: object) -> m.TimeUnit:
    if not isinstance(given, str) or given not in set(m.TimeUnit):
        raise PolicyNotUnderstood(problem=f"there is no unit of time {given!r}")
    return m.TimeUnit(given)
