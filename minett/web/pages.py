"""Lists on pages: one page at a time by keyset, and any list as CSV or JSON. It knows no noun and no permission."""

from __future__ import annotations

import base64
import binascii
import csv
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import StreamingHttpResponse

from minett.kernel.content import Text
from minett.kernel.content import gettext_noop as _
from minett.kernel.errors import BadInput
from minett.kernel.quantities import Quantity

Row = TypeVar("Row")
Item = TypeVar("Item", bound=Model)
PAGE_SIZE = 50
LARGEST_PAGE = 200


class BadCursor(BadInput):
    code = "bad-cursor"
    sentence = _("This page of the list cannot be found. Start again from the first page.")


class BadFormat(BadInput):
    code = "bad-export-format"
    sentence = _("Lists are given out as CSV or JSON. Choose one of the two.")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of a list, and the cursor of the next one; empty on the last page."""

    items: list[Row]
    next_cursor: str = ""


@dataclass(frozen=True, slots=True)
class Heading:
    """The head of a table's column; `numeric` columns stand to the right with digits under digits."""

    label: str
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of `components/table.html`: words, a link when it has a `url`, a badge when it has a state.

    `value` may be safe HTML (a `<time>` from the `day` filter); anything else is escaped.
    """

    value: Any = ""
    url: str = ""
    noun: str = ""
    state: str = ""


def keyset(
    queryset: QuerySet[Item], cursor: str = "", size: int = PAGE_SIZE, *, by: Sequence[str] = ("-pk",)
) -> Page[Item]:
    """Return the page that follows `cursor` (the first one when it is empty).

    `by` is the order: names of columns that are never null, the last one unique; "-" turns the order round.
    Rows that are added meanwhile neither repeat nor hide others. Raises BadCursor.
    """
    size = max(1, min(size, LARGEST_PAGE))
    fields = [_column(queryset, name.removeprefix("-")) for name in by]
    rows = queryset.order_by(*by)
    if cursor:
        rows = rows.filter(_after(by, fields, _read_cursor(cursor, fields)))
    found = list(rows[: size + 1])
    more = _write_cursor(found[size - 1], fields) if len(found) > size else ""
    return Page(found[:size], more)


def _column(queryset: QuerySet[Any], name: str) -> Any:
    options = queryset.model._meta  # noqa: SLF001 - Django's documented way to a model's fields.
    return options.pk if name == "pk" else options.get_field(name)


def _after(by: Sequence[str], fields: Sequence[Any], values: Sequence[Any]) -> Q:
    """Equal in all earlier columns and further on in one: the rows behind the cursor's row."""
    behind, equal = Q(), Q()
    for name, field, value in zip(by, fields, values, strict=True):
        further = "lt" if name.startswith("-") else "gt"
        behind |= equal & Q(**{f"{field.attname}__{further}": value})
        equal &= Q(**{field.attname: value})
    return behind


def _write_cursor(item: Model, fields: Sequence[Any]) -> str:
    values = [field.value_to_string(item) for field in fields]
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def _read_cursor(cursor: str, fields: Sequence[Any]) -> list[Any]:
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(values, list):
            raise BadCursor
        return [field.to_python(_as_text(value)) for field, value in zip(fields, values, strict=True)]
    except (ValueError, binascii.Error, ValidationError, RecursionError) as error:
        raise BadCursor from error


def _as_text(value: Any) -> str:
    """Return a value of a cursor; raises ValueError for signs that no database takes as text."""
    text = str(value)
    if "\x00" in text:
        raise ValueError("zero sign")
    # Halves of signs cannot be encoded.
    text.encode()
    return text


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """One column of an export: `name` for machines (JSON, first line of CSV), `value` reads it from a row."""

    name: str
    value: Callable[[Row], Any]


def export(rows: Iterable[Row], columns: Sequence[Column[Row]], kind: str, *, file_name: str) -> StreamingHttpResponse:
    """Return the list as a file that is written while it is sent. `kind` is "csv" or "json", else BadFormat."""
    writers = {"csv": (_csv, "text/csv; charset=utf-8"), "json": (_json, "application/json")}
    if kind not in writers:
        raise BadFormat
    write, content_type = writers[kind]
    response = StreamingHttpResponse(write(rows, columns), content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name}.{kind}"'
    return response


class _Line:
    """A file that keeps nothing: the CSV writer's line comes straight back."""

    def write(self, line: str) -> str:
        return line


def _csv(rows: Iterable[Row], columns: Sequence[Column[Row]]) -> Iterator[str]:
    writer = csv.writer(_Line(), lineterminator="\r\n")
    # Spreadsheets take UTF-8 for what it is only when the file says so first.
    yield "\ufeff" + str(writer.writerow([column.name for column in columns]))
    for row in rows:
        yield str(writer.writerow([cell(column.value(row)) for column in columns]))


def _json(rows: Iterable[Row], columns: Sequence[Column[Row]]) -> Iterator[str]:
    yield "["
    mark = "\n"
    for row in rows:
        record = {column.name: plain(column.value(row)) for column in columns}
        yield mark + json.dumps(record, ensure_ascii=False)
        mark = ",\n"
    yield "\n]\n"


def plain(value: Any) -> Any:
    """Return the value as JSON can say it: amounts with their unit, days and moments in ISO 8601."""
    if isinstance(value, Quantity):
        return {"amount": str(value.amount), "unit": value.unit.value}
    if isinstance(value, Text):
        return value.to_json()
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return value if value is None or isinstance(value, bool | int | float | dict | list) else str(value)


def cell(value: Any) -> str:
    """Return a CSV cell. Words that a spreadsheet would run as a formula get an apostrophe in front.

    Numbers keep their minus sign: only text can be a formula (OWASP, CSV injection).
    """
    if value is None:
        return ""
    if isinstance(value, int | float | Decimal):
        return str(value)
    said = plain(value)
    text = said if isinstance(said, str) else _joined(value, said)
    return f"'{text}" if text.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else text


def _joined(value: Any, said: Any) -> str:
    return str(value) if isinstance(value, Quantity) else json.dumps(said, ensure_ascii=False)
