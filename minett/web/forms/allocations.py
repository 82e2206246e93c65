"""What is asked when a company wants compute, and when the officer decides. Whether it may be is decided elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from minett.policy.states import ALLOCATION
from minett.web.forms.numbers import NumberField


class AskForm(forms.Form):
    """A machine (whose unit comes with it), an amount, and why."""

    cluster = forms.ChoiceField(
        label=_("Machine"),
        help_text=_("Each machine counts in its own unit. Machines that are only planned cannot be asked for yet."),
        widget=forms.RadioSelect,
    )
    amount = NumberField(
        label=_("Amount"),
        help_text=_("In the unit of the machine, with up to four decimals."),
    )
    justification = forms.CharField(
        label=_("What it is for"),
        help_text=_("Which runs, how many, and why this amount. The officer decides on these words."),
        max_length=4_000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    def __init__(self, data: Any, machines: Sequence[tuple[str, str]]) -> None:
        super().__init__(data, initial={"cluster": machines[0][0]} if len(machines) == 1 else None)
        field = self.fields["cluster"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above.
        field.choices = list(machines)


class DecisionForm(forms.Form):
    """The officer's words. Amount and days are needed for an award alone."""

    amount = NumberField(label=_("Amount to award"), required=False)
    days = forms.IntegerField(
        label=_("For how many days"),
        help_text=_("From the moment of the award on."),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("The company reads it, whichever way you decide."),
        max_length=4_000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, data: Any = None, *, command: str = "award", **options: Any) -> None:
        super().__init__(data, **options)
        for name in ("amount", "days"):
            self.fields[name].required = command != "reject"


class AllocationFilter(forms.Form):
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=lambda: [("", _("all")), *((code, _(it.label)) for code, it in ALLOCATION.standings.items())],
    )

    def chosen(self) -> dict[str, Any]:
        """Return what was chosen; a choice that does not exist counts as none."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}
