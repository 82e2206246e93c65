"""Frozen dataclasses to plain JSON and back, led by their annotations. It knows no plan and no catalogue."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from minett.kernel.content import Text, gettext_noop
from minett.kernel.errors import BadInput

T = TypeVar("T")


class StoredShapeUnknown(BadInput):
    """Data: wanted (the type that was expected)."""

    code = "stored-shape-unknown"
    sentence = gettext_noop("The stored content cannot be read as %(wanted)s.")


def to_json(value: object) -> Any:
    """Return plain JSON: texts as mappings by language, decimals and dates as strings."""
    if isinstance(value, Text):
        return value.to_json()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_json(one) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return [to_json(one) for one in value]
    return _plain(value)


def _plain(value: object) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def from_json(kind: type[T], raw: Any) -> T:
    """Return the dataclass that `to_json` wrote. Raises StoredShapeUnknown when the content has another shape."""
    try:
        read: T = _read(kind, raw)
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise StoredShapeUnknown(wanted=kind.__name__) from error
    return read


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    return get_type_hints(kind)


def _read(kind: Any, raw: Any) -> Any:
    origin = get_origin(kind)
    if origin in {Union, types.UnionType}:
        return None if raw is None else _read(next(one for one in get_args(kind) if one is not type(None)), raw)
    if origin is tuple:
        return _read_tuple(get_args(kind), raw)
    if origin is not None and issubclass(origin, Mapping):
        return {key: _read(get_args(kind)[1], one) for key, one in raw.items()}
    if is_dataclass(kind) and kind is not Text:
        made: Any = kind
        return made(**{name: _read(hint, raw[name]) for name, hint in _hints(made).items()})
    return _read_plain(kind, raw)


def _read_tuple(kinds: tuple[Any, ...], raw: Any) -> tuple[Any, ...]:
    if not isinstance(raw, list | tuple):
        raise TypeError(raw)
    if len(kinds) == 2 and kinds[1] is Ellipsis:  # noqa: PLR2004
        return tuple(_read(kinds[0], one) for one in raw)
    return tuple(_read(kind, one) for kind, one in zip(kinds, raw, strict=True))


def _read_plain(kind: Any, raw: Any) -> Any:
    if kind is Text:
        return Text.of(raw)
    if kind in {date, datetime}:
        return kind.fromisoformat(raw)
    if kind is float:
        return float(raw)
    if kind is Decimal or issubclass(kind, Enum):
        return kind(raw)
    if not isinstance(raw, kind):
        raise TypeError(raw)
    return raw
