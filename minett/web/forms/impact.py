"""What a company says about its own numbers: the indicator with its baseline, and what was measured after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from minett.apps.impact.models import Direction
from minett.web.forms.numbers import NumbersField

DIRECTIONS = (
    (Direction.LOWER_IS_BETTER.value, _("Lower is better")),
    (Direction.HIGHER_IS_BETTER.value, _("Higher is better")),
)


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class _Measured(forms.Form):
    """The part that both measurements have: numbers, the period, the method, and whether they are real."""

    values = NumbersField(
        label=_("Values"),
        help_text=_("One number a line, for each day, week or batch of the period. 12,5 and 12.5 both work."),
    )
    period_from = forms.DateField(label=_("First day"), widget=_day())
    period_to = forms.DateField(label=_("Last day"), widget=_day())
    method = forms.CharField(
        label=_("How it was measured"),
        help_text=_("From which records, by whom, what was left out. It must be the same before and after."),
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    is_simulated = forms.BooleanField(
        label=_("These values are simulated"),
        help_text=_("Tick it when nobody measured them. They are then marked wherever they are shown."),
        required=False,
    )


class BaselineForm(_Measured):
    name = forms.CharField(
        label=_("What you measure"), help_text=_("For example: minutes of an analyst for a report."), max_length=200
    )
    unit = forms.CharField(label=_("Unit"), help_text=_("For example: minutes, euros, parts."), max_length=60)
    how = forms.CharField(
        label=_("What it says"),
        help_text=_("What counts and what does not, so that the same is counted again later."),
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    direction = forms.ChoiceField(label=_("Which way is better"), choices=DIRECTIONS, widget=forms.RadioSelect)
    field_order = ("name", "unit", "how", "direction")


class AfterForm(_Measured):
    indicator = forms.TypedChoiceField(label=_("What you measured"), coerce=int)
    field_order = ("indicator",)

    def __init__(self, data: Any, indicators: Sequence[tuple[int, str]]) -> None:
        super().__init__(data)
        field = self.fields["indicator"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above.
        field.choices = list(indicators)
