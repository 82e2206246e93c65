"""What may replace a column's values before anybody sees them. A mask never sees another column."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import StrEnum

from minett.planes.data.expressions import Literal, PolicyNotUnderstood
from minett.planes.data.schema import ColumnType

MOST_DIGITS = 9
LARGEST_WIDTH = 10**15
MOST_KEPT = 64
KEY_NAME = re.compile(r"[a-z][a-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True)
class Null:
    """Every value is missing; the column stays so that programs find it."""


@dataclass(frozen=True, slots=True)
class Constant:
    """Every row shows the same value, also where the value was missing."""

    value: Literal


@dataclass(frozen=True, slots=True)
class Bucket:
    """The lower end of the step of `width` that the value falls in; steps start at zero."""

    width: int | float

    def __post_init__(self) -> None:
        if isinstance(self.width, bool) or not isinstance(self.width, int | float):
            raise PolicyNotUnderstood(problem="a bucket's width is a number")
        if not math.isfinite(self.width) or not 0 < self.width <= LARGEST_WIDTH:
            raise PolicyNotUnderstood(problem=f"a bucket's width is above 0 and at most {LARGEST_WIDTH}")


@dataclass(frozen=True, slots=True)
class RoundTo:
    """Rounded half away from zero to `digits` places; -3 rounds to thousands."""

    digits: int

    def __post_init__(self) -> None:
        if isinstance(self.digits, bool) or not isinstance(self.digits, int):
            raise PolicyNotUnderstood(problem="the number of digits is an integer")
        if not -MOST_DIGITS <= self.digits <= MOST_DIGITS:
            raise PolicyNotUnderstood(problem=f"the number of digits is between -{MOST_DIGITS} and {MOST_DIGITS}")


class TimeUnit(StrEnum):
    YEAR = "year"
    QUARTER = "quarter"
    MONTH = "month"
    WEEK = "week"
    DAY = "day"
    HOUR = "hour"


@dataclass(frozen=True, slots=True)
class TruncateDate:
    """The first moment of the unit. Weeks start on Monday (ISO 8601)."""

    unit: TimeUnit


@dataclass(frozen=True, slots=True)
class KeepLast:
    """An ellipsis and the last `n` characters; only the ellipsis where the text is not longer than `n`."""

    n: int

    def __post_init__(self) -> None:
        if isinstance(self.n, bool) or not isinstance(self.n, int) or not 0 < self.n <= MOST_KEPT:
            raise PolicyNotUnderstood(problem=f"between 1 and {MOST_KEPT} characters can be kept")


@dataclass(frozen=True, slots=True)
class KeyedHash:
    """HMAC-SHA-256 (RFC 2104), 64 hexadecimal digits. `key` only names the key; the engine has the bytes.

    With one key for each project, tables of two projects cannot be joined on the result.
    """

    key: str

    def __post_init__(self) -> None:
        if not isinstance(self.key, str) or not KEY_NAME.fullmatch(self.key):
            raise PolicyNotUnderstood(problem="a key's name has lower-case letters, digits and hyphens")


Mask = Null | Constant | Bucket | RoundTo | TruncateDate | KeepLast | KeyedHash

_HASHED = {ColumnType.TEXT, ColumnType.INTEGER, ColumnType.DATE, ColumnType.TIMESTAMP}


def fits(mask: Mask, kind: ColumnType) -> bool:
    """Whether the mask says something about this type, and hides something of it."""
    match mask:
        case Null() | Constant():
            return True
        case Bucket(width):
            whole = isinstance(width, int) and width > 1
            return kind is ColumnType.NUMBER or (kind is ColumnType.INTEGER and whole)
        case RoundTo(digits):
            return kind is ColumnType.NUMBER or (kind is ColumnType.INTEGER and digits < 0)
        case TruncateDate(unit):
            short = unit in (TimeUnit.DAY, TimeUnit.HOUR)
            return kind is ColumnType.TIMESTAMP or (kind is ColumnType.DATE and not short)
        case KeepLast():
            return kind is ColumnType.TEXT
        case KeyedHash():
            return kind in _HASHED


def masked_type(mask: Mask | None, kind: ColumnType) -> ColumnType:
    """Return the type of the column after the mask."""
    match mask:
        case Constant(value):
            return value.type
        case KeyedHash():
            return ColumnType.TEXT
        case _:
            return kind
