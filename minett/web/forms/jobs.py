"""What is asked before a training: which data, on which compute, and what is to be learnt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from minett.apps.jobs.models import JobKind
from minett.policy.states import JOB

Choices = Sequence[tuple[str, Any]]
KINDS: dict[str, Any] = {JobKind.TRAINING: _("Training"), JobKind.EVALUATION: _("Evaluation")}


class TrainForm(forms.Form):
    """The choices are what the person may use at this moment; the journey checks them again."""

    grant = forms.ChoiceField(label=_("Data"), widget=forms.RadioSelect)
    allocation = forms.ChoiceField(label=_("Compute"), widget=forms.RadioSelect)
    target = forms.ChoiceField(
        label=_("What the model is to predict"),
        help_text=_("One column of the data. All other columns are what it learns from."),
    )
    subgroup = forms.ChoiceField(
        label=_("Compare groups by"),
        help_text=_("The evaluation then says for each group how good the model is, so that nobody is treated worse."),
        required=False,
    )

    def __init__(self, data: Any, *, grants: Choices, allocations: Choices, columns: Choices) -> None:
        first = {"grant": grants[0][0], "allocation": allocations[0][0]} if grants and allocations else None
        super().__init__(data, initial=first)
        choices = {
            "grant": grants,
            "allocation": allocations,
            "target": [("", _("Choose a column")), *columns],
            "subgroup": [("", _("no groups")), *columns],
        }
        for name, values in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above.
            field.choices = list(values)


class JobFilter(forms.Form):
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=lambda: [("", _("all")), *((code, _(it.label)) for code, it in JOB.standings.items())],
    )
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=lambda: [("", _("all")), *KINDS.items()])

    def chosen(self) -> dict[str, Any]:
        """Return what was chosen; a choice that does not exist counts as none."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}
