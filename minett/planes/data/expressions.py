"""The closed language of row filters. There is no free SQL: what has no class here cannot be said.

Truth is three-valued as in SQL: a comparison with a missing value is neither true nor false, and a row stays
only where the whole filter is true. Texts compare by code point; NaN equals itself and is above all numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from minett.kernel.content import gettext_noop
from minett.kernel.errors import BadInput
from minett.planes.data.schema import ColumnType, must_be_name

LONGEST_TEXT = 4000
LARGEST_INTEGER = 2**63 - 1

Scalar = bool | int | float | str | date | datetime


class PolicyNotUnderstood(BadInput):
    code = "policy-not-understood"
    sentence = gettext_noop("The access policy cannot be read: %(problem)s.")


class Operator(StrEnum):
    EQ = "eq"
    NE = "ne"
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"


@dataclass(frozen=True, slots=True)
class Column:
    name: str

    def __post_init__(self) -> None:
        must_be_name(self.name)


def type_of(value: Scalar) -> ColumnType:
    """Return the type a value stands for. Booleans and datetimes are asked first: they subclass others."""
    order = (
        (bool, ColumnType.BOOLEAN),
        (int, ColumnType.INTEGER),
        (float, ColumnType.NUMBER),
        (str, ColumnType.TEXT),
        (datetime, ColumnType.TIMESTAMP),
        (date, ColumnType.DATE),
    )
    for python, found in order:
        if isinstance(value, python):
            return found
    raise PolicyNotUnderstood(problem=f"{type(value).__name__} is no type of a value")


def must_be_text(value: object) -> str:
    """Return a text that every engine stores unchanged: no NUL, no half of a surrogate pair, not too long."""
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or "\0" in value:
        raise PolicyNotUnderstood(problem=f"a text has at most {LONGEST_TEXT} characters and no NUL")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise PolicyNotUnderstood(problem="a text must be valid Unicode") from error
    return value


@dataclass(frozen=True, slots=True)
class Literal:
    """A typed value. A missing value has no literal: ask with IsNull."""

    type: ColumnType
    value: Scalar

    def __post_init__(self) -> None:
        if type_of(self.value) is not self.type:
            raise PolicyNotUnderstood(problem=f"{self.value!r} is not of type {self.type}")
        if isinstance(self.value, str):
            must_be_text(self.value)
        if isinstance(self.value, int) and not -LARGEST_INTEGER <= self.value <= LARGEST_INTEGER:
            raise PolicyNotUnderstood(problem="an integer has at most 63 bits and a sign")
        if isinstance(self.value, float) and not math.isfinite(self.value):
            raise PolicyNotUnderstood(problem="a number is finite")
        if isinstance(self.value, datetime) and self.value.tzinfo is not None:
            raise PolicyNotUnderstood(problem="a timestamp has no zone and means UTC")

    @classmethod
    def of(cls, value: Scalar) -> Literal:
        return cls(type_of(value), value)


Operand = Column | Literal


@dataclass(frozen=True, slots=True)
class Compare:
    op: Operator
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class In:
    operand: Column
    values: tuple[Literal, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise PolicyNotUnderstood(problem="a list of values is empty")


@dataclass(frozen=True, slots=True)
class Between:
    """Both ends belong to the range."""

    operand: Column
    low: Literal
    high: Literal


@dataclass(frozen=True, slots=True)
class Like:
    """`%` stands for any text, `_` for one character, case counts, and there is no escape character."""

    operand: Column
    pattern: str

    def __post_init__(self) -> None:
        must_be_text(self.pattern)


@dataclass(frozen=True, slots=True)
class IsNull:
    operand: Column


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Expression, ...]

    def __post_init__(self) -> None:
        if not self.parts:
            raise PolicyNotUnderstood(problem="`and` has no parts")


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Expression, ...]

    def __post_init__(self) -> None:
        if not self.parts:
            raise PolicyNotUnderstood(problem="`or` has no parts")


@dataclass(frozen=True, slots=True)
class Not:
    part: Expression


Expression = Compare | In | Between | Like | IsNull | And | Or | Not


def operands_of(node: Expression) -> tuple[Operand, ...]:
    """Return the columns and literals that this node itself compares; none for and, or, not."""
    match node:
        case Compare(_, left, right):
            return (left, right)
        case In(operand, values):
            return (operand, *values)
        case Between(operand, low, high):
            return (operand, low, high)
        case Like(operand, _) | IsNull(operand):
            return (operand,)
        case And() | Or() | Not():
            return ()


def walk(node: Expression) -> Iterator[Expression]:
    """Yield the node and everything below it, outermost first."""
    yield node
    if isinstance(node, And | Or):
        for part in node.parts:
            yield from walk(part)
    elif isinstance(node, Not):
        yield from walk(node.part)


def columns_of(node: Expression) -> frozenset[str]:
    return frozenset(
        operand.name for part in walk(node) for operand in operands_of(part) if isinstance(operand, Column)
    )
