"""Lists of the API: one page at a time, by key. Rows that are added meanwhile neither repeat nor hide others."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from pydantic import BaseModel, Field

from minett.kernel.content import gettext_noop as _
from minett.kernel.errors import BadInput

LARGEST_PAGE = 200
Row = TypeVar("Row")
Item = TypeVar("Item", bound=Model)
Out = TypeVar("Out", bound=BaseModel)


class CursorUnusable(BadInput):
    code = "cursor-unusable"
    sentence = _("This page of the list cannot be found. Start again without “after”.")


class Paging(BaseModel):
    """Which page of a list."""

    after: str = Field("", max_length=600, description="The `next` of the page before; empty for the first page.")
    limit: int = Field(50, ge=1, le=LARGEST_PAGE, description="How many entries a page has at most.")


class Page(BaseModel, Generic[Out]):
    """One page of a list; `next` is null on the last one. The header Link gives the address of the next page."""

    items: list[Out]
    next: str | None


def page(
    rows: QuerySet[Item], paging: Paging, make: Callable[[Item], Out], *, by: Sequence[str] = ("-pk",)
) -> Page[Out]:
    """Return one page of the rows, in the order of `by`: columns that are never null, the last one unique.

    A "-" turns the order round. Raises CursorUnusable.
    """
    fields = [_column(rows, name.removeprefix("-")) for name in by]
    ordered = rows.order_by(*by)
    if paging.after:
        ordered = ordered.filter(_after(by, fields, _read(paging.after, fields)))
    found = list(ordered[: paging.limit + 1])
    shown = found[: paging.limit]
    more = _write([field.value_to_string(shown[-1]) for field in fields]) if len(found) > len(shown) else None
    return Page(items=[make(row) for row in shown], next=more)


def newest_first(
    rows: Sequence[Row], paging: Paging, make: Callable[[Row], Out], *, number: Callable[[Row], int]
) -> Page[Out]:
    """Return one page of rows that a query has read whole, by falling number. Raises CursorUnusable."""
    left = list(rows)
    if paging.after:
        try:
            last = int(_values(paging.after)[0])
        except (ValueError, TypeError, IndexError) as error:
            raise CursorUnusable from error
        left = [row for row in left if number(row) < last]
    shown = left[: paging.limit]
    more = _write([str(number(shown[-1]))]) if len(left) > len(shown) else None
    return Page(items=[make(row) for row in shown], next=more)


def _column(rows: QuerySet[Any], name: str) -> Any:
    options = rows.model._meta  # noqa: SLF001 - Django's documented way to a model's fields.
    return options.pk if name == "pk" else options.get_field(name)


def _after(by: Sequence[str], fields: Sequence[Any], values: Sequence[Any]) -> Q:
    """Equal in the earlier columns and further on in one: the rows behind the cursor's row."""
    behind, equal = Q(), Q()
    for name, field, value in zip(by, fields, values, strict=True):
        behind |= equal & Q(**{f"{field.attname}__{'lt' if name.startswith('-') else 'gt'}": value})
        equal &= Q(**{field.attname: value})
    return behind


def _write(values: list[str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def _values(cursor: str) -> list[Any]:
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise CursorUnusable from error
    if not isinstance(values, list) or not all(isinstance(value, str) and _is_text(value) for value in values):
        raise CursorUnusable
    return values


def _is_text(value: str) -> bool:
    """Say whether a database takes the value as text: no zero sign, and no halves of signs, which are no UTF-8."""
    return not any(letter == "\x00" or "\ud800" <= letter <= "\udfff" for letter in value)


def _read(cursor: str, fields: Sequence[Any]) -> list[Any]:
    try:
        return [field.to_python(value) for field, value in zip(fields, _values(cursor), strict=True)]
    except (ValueError, ValidationError) as error:
        raise CursorUnusable from error
