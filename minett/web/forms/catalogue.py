"""How a list of the catalogue is narrowed. Words that no list knows narrow it to nothing, they are no error."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

LONGEST_SEARCH = 200


class EntryFilter(forms.Form):
    """Search words, and a select for each thing by which the kind can be narrowed."""

    search = forms.CharField(
        label=_("Words"), max_length=LONGEST_SEARCH, required=False, widget=forms.TextInput(attrs={"type": "search"})
    )
    step = forms.ChoiceField(label=_("Step"), required=False)
    partner = forms.ChoiceField(label=_("Partner"), required=False)
    sector = forms.ChoiceField(label=_("Sector"), required=False)

    def __init__(self, data: Any, choices: dict[str, list[tuple[str, str]]]) -> None:
        super().__init__(data)
        for name in ("step", "partner", "sector"):
            if name in choices:
                field = self.fields[name]
                assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above.
                field.choices = [("", gettext("all")), *choices[name]]
            else:
                del self.fields[name]
        if "search" not in choices:
            del self.fields["search"]

    def chosen(self) -> dict[str, str]:
        """Return what was chosen; a choice that does not exist counts as none."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}
