"""One entry against its model: pydantic's errors become problems with a line. It looks at no other entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from pydantic import ValidationError

from minett.apps.catalogue.pack.nodes import Node
from minett.apps.catalogue.pack.problems import SENTENCES, Problem
from minett.apps.catalogue.pack.schema import MODELS, Entry
from minett.kernel.content import LANGUAGES
from minett.kernel.quantities import Unit

Data = dict[str, Any]

_WANTED: Mapping[str, str] = {
    "string_type": "text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a text in each language",
    "model_type": "a group of fields",
    "model_attributes_type": "a group of fields",
    "decimal_type": "a number",
    "is_instance_of": "a number",
    "decimal_parsing": "a number",
}


def validate(kind: str, node: Node, file: str, path: str) -> tuple[Entry | None, tuple[Problem, ...]]:
    """Return the entry, or None with every problem that it has."""
    try:
        return MODELS[kind].model_validate(node.plain()), ()
    except ValidationError as error:
        found = error.errors(include_url=False)
    return None, tuple(_problem(dict(item), node, file, path) for item in found)


def _problem(error: Data, node: Node, file: str, path: str) -> Problem:
    location: tuple[str | int, ...] = tuple(error["loc"])
    code, data = _translate(error, location)
    where = node.at(location)
    return Problem(file, where.line, path + _dotted(location), code, data)


def _dotted(location: tuple[str | int, ...]) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in location if step != "[key]")
    return "".join(steps)


def _translate(error: Data, location: tuple[str | int, ...]) -> tuple[str, Data]:
    kind = str(error["type"])
    base: Data = {"field": _field(location), "given": _shown(error.get("input"))}
    context: Data = error.get("ctx", {})
    if kind in SENTENCES and kind != "missing":
        return kind, base | context
    if kind in _WANTED:
        return "wrong-type", base | {"wanted": _WANTED[kind]}
    translate = _TRANSLATIONS.get(kind)
    if translate:
        return translate(base, context, location)
    return "not-valid", base | {"why": str(error["msg"])}


def _field(location: tuple[str | int, ...]) -> str:
    """Name the innermost field; a language or a position alone would say nothing."""
    names = [step for step in location if isinstance(step, str) and step != "[key]"]
    if names and names[-1] in LANGUAGES and len(names) > 1:
        return f"{names[-2]} ({names[-1]})"
    return names[-1] if names else "entry"


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, (bool, int, str, date, datetime)):
        text = str(value)
        return text if len(text) <= 60 else text[:59] + "…"  # noqa: PLR2004 - the width of a message
    return "a list" if isinstance(value, list) else "a group" if isinstance(value, dict) else str(value)[:60]


def _missing(base: Data, _context: Data, _location: tuple[str | int, ...]) -> tuple[str, Data]:
    return "missing", base


def _extra(base: Data, _context: Data, _location: tuple[str | int, ...]) -> tuple[str, Data]:
    return "unknown-field", base


def _date(base: Data, _context: Data, _location: tuple[str | int, ...]) -> tuple[str, Data]:
    return "wrong-date", base


def _zone(base: Data, _context: Data, _location: tuple[str | int, ...]) -> tuple[str, Data]:
    return "no-time-zone", base


def _choice(base: Data, context: Data, location: tuple[str | int, ...]) -> tuple[str, Data]:
    if location[-1] == "[key]":
        return "unknown-language", base | {"known": ", ".join(LANGUAGES)}
    if "unit" in location:
        return "unknown-unit", base | {"known": ", ".join(unit.value for unit in Unit)}
    return "not-one-of", base | {"known": str(context.get("expected", "")).replace("'", "")}


def _pattern(base: Data, context: Data, location: tuple[str | int, ...]) -> tuple[str, Data]:
    if context.get("pattern", "").startswith("^[a-z0-9]+"):
        return "bad-id", base
    return "bad-form", base | {"form": _FORMS.get(str(location[-1]), context.get("pattern", ""))}


def _short(base: Data, context: Data, _location: tuple[str | int, ...]) -> tuple[str, Data]:
    return "too-few", base | {"limit": context.get("min_length", 1)}


def _long(base: Data, context: Data, _location: tuple[str | int, ...]) -> tuple[str, Data]:
    return "too-long", base | {"limit": context.get("max_length", 0)}


def _bounds(base: Data, context: Data, _location: tuple[str | int, ...]) -> tuple[str, Data]:
    bound = next(((name, value) for name, value in context.items() if name in {"ge", "le", "gt", "lt"}), None)
    why = f"{_BOUNDS[bound[0]]} {bound[1]}" if bound else "too many digits"
    return "not-in-range", base | {"why": why}


_BOUNDS = {"ge": "at least", "le": "at most", "gt": "more than", "lt": "less than"}
_FORMS = {
    "nace": "two digits, or 12.3 or 12.34 in quotes",
    "country": "two capital letters",
    "currency": "three capital letters",
    "website": "an address that begins with https://",
    "selected": "year-month or year-month-day in quotes",
}
_TRANSLATIONS: Mapping[str, Callable[[Data, Data, tuple[str | int, ...]], tuple[str, Data]]] = {
    "missing": _missing,
    "extra_forbidden": _extra,
    "date_type": _date,
    "date_parsing": _date,
    "date_from_datetime_parsing": _date,
    "date_from_datetime_inexact": _date,
    "datetime_type": _date,
    "datetime_parsing": _date,
    "timezone_aware": _zone,
    "literal_error": _choice,
    "enum": _choice,
    "string_pattern_mismatch": _pattern,
    "too_short": _short,
    "too_long": _long,
    "string_too_long": _long,
    "greater_than_equal": _bounds,
    "less_than_equal": _bounds,
    "decimal_max_digits": _bounds,
    "decimal_max_places": _bounds,
    "decimal_whole_digits": _bounds,
}
