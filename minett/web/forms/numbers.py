"""Numbers as people write them: with a decimal comma or point, one a line or in a row. What has two meanings is asked.

It knows no noun. A value that cannot be read is named in the error, so that it can be found in a long list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

LONGEST_SHOWN = 40
_BETWEEN = re.compile(r",?[ \t\r\n\f\v;]+")
_PLAIN = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
# Spaces that do not break a line, and the Swiss apostrophe, group thousands and nothing else.
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:[\u00a0\u202f'’][0-9]{3})+(?:[.,][0-9]+)?")
_GROUPS = re.compile(r"[\u00a0\u202f'’]")
# "1,234" is a little more than one in Esch and a little more than a thousand in London.
_TWO_WAYS = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:(?:,[0-9]{3})+(?:\.[0-9]+)?|(?:\.[0-9]{3})+,[0-9]+|(?:\.[0-9]{3}){2,})")
_SPACED = re.compile(r"[+-]?[1-9][0-9]{0,2}(?: [0-9]{3})+(?:[.,][0-9]+)?")
# A comma before one, two or more than three digits, or after a lone zero, can only be a decimal comma.
_COMMA_IS_DECIMAL = re.compile(r"[+-]?(?:0,[0-9]+|[0-9]+,(?:[0-9]{1,2}|[0-9]{4,}))")


def one_number(words: str, *, comma_is_decimal: bool = False) -> Decimal:
    """Read one number. Raises ValidationError for what is none, and for what can be read in two ways."""
    word = words.strip().replace("\u2212", "-")
    if _GROUPED.fullmatch(word):
        word = _GROUPS.sub("", word)
    elif _TWO_WAYS.fullmatch(word) and not (comma_is_decimal and word.count(",") == 1 and "." not in word):
        raise _two_ways(word)
    word = word.replace(",", ".")
    if not _PLAIN.fullmatch(word):
        raise _no_number(words)
    try:
        return Decimal(word)
    except InvalidOperation as error:
        raise _no_number(words) from error


def numbers(text: str) -> list[float]:
    """Read a list of numbers: one a line, or in a row with commas, semicolons or spaces between them."""
    for line in text.splitlines():
        if _SPACED.fullmatch(line.strip()):
            raise _two_ways(line.strip())
    pieces = [piece.rstrip(",") for piece in _BETWEEN.split(text.strip(" \t\r\n\f\v;,")) if piece.rstrip(",")]
    if len(pieces) == 1 and pieces[0].count(",") == 1 and "." not in pieces[0]:
        raise _two_ways(pieces[0])
    decimal = any(_COMMA_IS_DECIMAL.fullmatch(piece) for piece in pieces)
    return [float(number) for piece in pieces for number in _read(piece, comma_is_decimal=decimal)]


def _read(piece: str, *, comma_is_decimal: bool) -> Iterator[Decimal]:
    """Yield the numbers of a piece without spaces; several commas, or commas beside points, stand between numbers."""
    is_row = piece.count(",") > 1 or ("," in piece and "." in piece)
    if not is_row or _TWO_WAYS.fullmatch(piece):
        yield one_number(piece, comma_is_decimal=comma_is_decimal)
        return
    yield from (one_number(part) for part in piece.split(",") if part)


def _no_number(words: str) -> ValidationError:
    message = _("“%(value)s” is not a number. Write digits, such as 12 or 12.5.")
    return ValidationError(message % {"value": words.strip()[:LONGEST_SHOWN]}, code="no-number")


def _two_ways(words: str) -> ValidationError:
    message = _(
        "“%(value)s” can be read in two ways. Leave out marks of thousands and put each number on its own line."
    )
    return ValidationError(message % {"value": words[:LONGEST_SHOWN]}, code="two-ways")


class NumberField(forms.CharField):
    """One number, as a Decimal."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(max_length=40, **options)

    def clean(self, value: Any) -> Any:
        words = super().clean(value)
        return one_number(words, comma_is_decimal=bool(_COMMA_IS_DECIMAL.fullmatch(words))) if words else None


class NumbersField(forms.CharField):
    """A list of numbers, as floats."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.Textarea(attrs={"rows": 6, "inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(max_length=250_000, **options)

    def clean(self, value: Any) -> Any:
        return numbers(super().clean(value))
