"""What others may see of a table, as a steward says it: column by column, and up to three conditions on the rows.

It reads no data. What is offered for a column fits its type; the data floor checks it again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as said
from django.utils.translation import gettext_lazy as _

from minett.api.errors import words_of
from minett.kernel.content import Text, gettext_noop
from minett.kernel.errors import BadInput
from minett.planes.data import masks as m
from minett.planes.data.expressions import (
    And,
    Column,
    Compare,
    Expression,
    In,
    IsNull,
    Literal,
    Not,
    Operator,
    Scalar,
)
from minett.planes.data.policy_json import mask_from_json, mask_to_json
from minett.planes.data.policy_tree import ColumnRule
from minett.planes.data.schema import ColumnSpec, ColumnType, Sensitivity
from minett.web.forms.numbers import one_number

HIDDEN, SHOWN = "hide", "show"
# The name under which the installation keeps the key of codes that replace values.
MASK_KEY = "installation"
CONDITIONS = 3
IN, KNOWN, MISSING = "in", "known", "missing"
OPERATORS = {
    Operator.EQ.value: gettext_noop("is"),
    Operator.NE.value: gettext_noop("is not"),
    Operator.LT.value: gettext_noop("is below"),
    Operator.LE.value: gettext_noop("is at most"),
    Operator.GT.value: gettext_noop("is above"),
    Operator.GE.value: gettext_noop("is at least"),
    IN: gettext_noop("is one of"),
    KNOWN: gettext_noop("is known"),
    MISSING: gettext_noop("is missing"),
}
UNITS = {
    m.TimeUnit.YEAR: gettext_noop("only the year"),
    m.TimeUnit.QUARTER: gettext_noop("only the quarter"),
    m.TimeUnit.MONTH: gettext_noop("only the month"),
    m.TimeUnit.WEEK: gettext_noop("only the week"),
    m.TimeUnit.DAY: gettext_noop("only the day"),
    m.TimeUnit.HOUR: gettext_noop("only the hour"),
}
SENSITIVITIES = {
    Sensitivity.NONE: gettext_noop("harmless"),
    Sensitivity.LOW: gettext_noop("low"),
    Sensitivity.PERSONAL: gettext_noop("personal"),
    Sensitivity.SENSITIVE: gettext_noop("sensitive"),
}
_MASKS: tuple[m.Mask, ...] = (
    *(m.Bucket(width) for width in (5, 10, 100, 1000)),
    *(m.RoundTo(digits) for digits in (2, 1, 0, -1, -2, -3)),
    *(m.TruncateDate(unit) for unit in reversed(m.TimeUnit)),
    *(m.KeepLast(count) for count in (2, 4)),
    m.KeyedHash(MASK_KEY),
    m.Null(),
)


def offered(kind: ColumnType) -> list[m.Mask]:
    """Return the masks that a page offers for a type."""
    return [mask for mask in _MASKS if m.fits(mask, kind)]


def code_of(mask: m.Mask) -> str:
    """Return what stands for a mask in a form."""
    return json.dumps(mask_to_json(mask), sort_keys=True, separators=(",", ":"))


def mask_words(mask: m.Mask) -> str:  # noqa: PLR0911 - one return for each mask.
    """Return a mask as a short choice."""
    match mask:
        case m.Null():
            return said("always empty")
        case m.Constant():
            return said("the same value in every row")
        case m.Bucket(width):
            return said("in steps of %(width)s") % {"width": f"{width:.15g}"}
        case m.RoundTo(digits):
            return said("rounded to multiples of %(step)s") % {"step": f"{10.0**-digits:.10g}"}
        case m.TruncateDate(unit):
            return said(UNITS[unit])
        case m.KeepLast(n):
            return said("only the last %(count)s characters") % {"count": n}
        case m.KeyedHash():
            return said("replaced by a code")


class ColumnForm(forms.Form):
    """One column. What stays hidden needs no description; its values are then treated as sensitive."""

    meaning = forms.CharField(
        label=_("Meaning"), max_length=1000, required=False, widget=forms.TextInput(attrs={"size": 36})
    )
    unit = forms.CharField(label=_("Unit"), max_length=40, required=False, widget=forms.TextInput(attrs={"size": 7}))
    sensitivity = forms.ChoiceField(label=_("Sensitivity"), required=False)
    shown = forms.ChoiceField(label=_("What others see"), initial=HIDDEN)

    def __init__(self, *args: Any, spec: ColumnSpec, mask: m.Mask | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.spec = spec
        sensitivities = [(one.value, said(words)) for one, words in SENSITIVITIES.items()]
        self.fields["sensitivity"].choices = [("", said("choose")), *sensitivities]  # type: ignore[attr-defined]
        self.fields["shown"].choices = self._ways(mask)  # type: ignore[attr-defined]
        for field in self.fields.values():
            gaps = {"field": field.label, "column": spec.name}
            field.widget.attrs["aria-label"] = said("%(field)s of the column %(column)s") % gaps

    def _ways(self, mask: m.Mask | None) -> list[tuple[str, Any]]:
        masks = offered(self.spec.type)
        if mask is not None and mask not in masks:
            masks.insert(0, mask)
        named = [(code_of(one), mask_words(one)) for one in masks]
        return [(HIDDEN, said("nothing: hidden")), (SHOWN, said("values as they are")), (said("masked values"), named)]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("shown", HIDDEN) != HIDDEN:
            if not given.get("meaning"):
                self.add_error("meaning", said("Say what the values mean."))
            if not given.get("sensitivity"):
                self.add_error("sensitivity", said("Choose how much harm a value could do."))
        return given

    def described(self) -> ColumnSpec:
        """Return the column as it was described."""
        given, spec = self.cleaned_data, self.spec
        meaning = spec.meaning
        if given["meaning"] != meaning.in_("en"):
            meaning = Text.of(given["meaning"] or spec.name)
        sensitivity = Sensitivity(given["sensitivity"] or Sensitivity.SENSITIVE)
        return ColumnSpec(spec.name, spec.type, meaning, given["unit"] or None, sensitivity, spec.nullable)

    def rule(self) -> ColumnRule | None:
        """Return what others see of the column; None while that cannot be read."""
        way = self.cleaned_data.get("shown")
        if way is None:
            return None
        mask = None if way in {HIDDEN, SHOWN} else mask_from_json(json.loads(way))
        return ColumnRule(self.spec.name, keep=way != HIDDEN, mask=mask)


class RowsForm(forms.Form):
    """Which rows others see: all of them, or those for which up to three conditions hold together."""

    keep = forms.BooleanField(label=_("Keep the row filter that holds now"), required=False)

    def __init__(self, *args: Any, types: Mapping[str, ColumnType], now: Expression | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.types, self.now = types, now
        if now is None:
            del self.fields["keep"]
        columns = [("", "–"), *((name, name) for name in types)]
        operators = [("", "–"), *((code, said(words)) for code, words in OPERATORS.items())]
        for number in range(CONDITIONS):
            self.fields[f"column{number}"] = forms.ChoiceField(label=_("Column"), choices=columns, required=False)
            self.fields[f"operator{number}"] = forms.ChoiceField(
                label=_("Comparison"), choices=operators, required=False
            )
            self.fields[f"value{number}"] = forms.CharField(
                label=_("Value"), max_length=500, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
            )

    def lines(self) -> list[tuple[forms.BoundField, ...]]:
        """Return the fields of each condition, for the page."""
        return [tuple(self[f"{part}{n}"] for part in ("column", "operator", "value")) for n in range(CONDITIONS)]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        parts = [part for number in range(CONDITIONS) if (part := self._part(given, number)) is not None]
        if given.get("keep") and parts:
            self.add_error("keep", said("Keep the filter that holds now, or give conditions, not both."))
        given["rows"] = self.now if given.get("keep") else _joined(parts)
        return given

    def _part(self, given: Mapping[str, Any], number: int) -> Expression | None:
        column, operator, value = (given.get(f"{part}{number}", "") for part in ("column", "operator", "value"))
        needs_value = operator not in {KNOWN, MISSING}
        if not (column or operator or value):
            return None
        for part, missing in (("column", not column), ("operator", not operator)):
            if missing:
                self.add_error(f"{part}{number}", said("Complete this condition, or leave it out."))
                return None
        if needs_value and not value:
            self.add_error(f"value{number}", said("Give the value to compare with."))
            return None
        try:
            return _condition(column, operator, value, self.types[column])
        except ValidationError as error:
            self.add_error(f"value{number}", error)
        except BadInput as error:
            self.add_error(f"value{number}", words_of(error))
        return None


def _joined(parts: list[Expression]) -> Expression | None:
    if len(parts) > 1:
        return And(tuple(parts))
    return parts[0] if parts else None


def _condition(name: str, operator: str, value: str, kind: ColumnType) -> Expression:
    """Raise ValidationError for a value that the column's type does not have."""
    column = Column(name)
    if operator == MISSING:
        return IsNull(column)
    if operator == KNOWN:
        return Not(IsNull(column))
    if operator == IN:
        values = [_value(part, kind) for part in value.split(";") if part.strip()]
        if not values:
            raise ValidationError(said("Give at least one value, with semicolons between several."))
        return In(column, tuple(Literal.of(one) for one in values))
    return Compare(Operator(operator), column, Literal.of(_value(value, kind)))


def _value(words: str, kind: ColumnType) -> Scalar:
    readers: dict[ColumnType, Callable[[str], Scalar]] = {
        ColumnType.BOOLEAN: _boolean,
        ColumnType.INTEGER: _number,
        ColumnType.NUMBER: lambda word: float(one_number(word, comma_is_decimal=True)),
        ColumnType.TEXT: str,
        ColumnType.DATE: _day,
        ColumnType.TIMESTAMP: _moment,
    }
    return readers[kind](words.strip())


def _boolean(word: str) -> bool:
    known = {"yes": True, "true": True, said("yes"): True, "no": False, "false": False, said("no"): False}
    if word.casefold() not in known:
        raise ValidationError(said("Write yes or no."))
    return known[word.casefold()]


def _number(word: str) -> int | float:
    found = one_number(word, comma_is_decimal=True)
    return int(found) if found == found.to_integral_value() else float(found)


def _day(word: str) -> date:
    try:
        return date.fromisoformat(word)
    except ValueError as error:
        raise ValidationError(said("Write a day like 2027-01-31.")) from error


def _moment(word: str) -> datetime:
    try:
        found = datetime.fromisoformat(word)
    except ValueError as error:
        raise ValidationError(said("Write a moment in UTC like 2027-01-31 09:30.")) from error
    if found.tzinfo is not None:
        raise ValidationError(said("Write a moment in UTC like 2027-01-31 09:30."))
    return found
