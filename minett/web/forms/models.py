"""What a reviewer says about a model, and how the list of models is narrowed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from minett.policy.states import MODEL


class ReviewForm(forms.Form):
    """The reason, and the SHA-256 of the report that was on the page: a decision on another one is refused."""

    report_sha256 = forms.CharField(max_length=64, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Whoever uses this model, or misses it, will read it."),
        max_length=4_000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class ModelFilter(forms.Form):
    search = forms.CharField(
        label=_("Words"), max_length=100, required=False, widget=forms.TextInput(attrs={"type": "search"})
    )
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=lambda: [("", _("all")), *((code, _(it.label)) for code, it in MODEL.standings.items())],
    )

    def chosen(self) -> dict[str, Any]:
        """Return what was chosen; a choice that does not exist counts as none."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}
