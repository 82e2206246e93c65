"""What comes in, read strictly: JSON without doubles, without numbers that are none, without signs that are no text.

It knows no noun; what a body must say is told by the schemas.
"""

from __future__ import annotations

import json
import math
from typing import Any, cast

from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from ninja.parser import Parser

from minett.api.problems import BodyUnreadable


class StrictParser(Parser):
    """ninja turns whatever `parse_body` raises into its own error, which is told as BodyUnreadable."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        read = json.loads(request.body, parse_constant=_no_number, parse_float=_finite, object_pairs_hook=_no_doubles)
        _must_be_text(read)
        return cast("dict[str, Any]", read)

    def parse_querydict(
        self, data: MultiValueDict[str, Any], list_fields: list[str], request: HttpRequest
    ) -> dict[str, Any]:
        found: dict[str, Any] = super().parse_querydict(data, list_fields, request)
        if any(isinstance(value, str) and "\x00" in value for value in found.values()):
            raise BodyUnreadable
        return found


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(digits)
    return value


def _no_number(word: str) -> Any:
    raise ValueError(word)


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that says a thing twice: two readers would understand two different things."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _must_be_text(value: Any) -> None:
    """Raise ValueError for the zero sign and for halves of signs, which no database takes as text."""
    if isinstance(value, str):
        if "\x00" in value:
            raise ValueError("zero sign")
        value.encode()
    elif isinstance(value, dict):
        for key, inner in value.items():
            _must_be_text(key)
            _must_be_text(inner)
    elif isinstance(value, list):
        for inner in value:
            _must_be_text(inner)
