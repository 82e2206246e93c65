"""How the list of data products is narrowed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class ProductFilter(forms.Form):
    """Words in the products' texts, and a sector; what no list knows narrows nothing."""

    search = forms.CharField(
        label=_("Words"), max_length=200, required=False, widget=forms.TextInput(attrs={"type": "search"})
    )
    sector = forms.ChoiceField(label=_("Sector"), required=False)

    def __init__(self, data: Any, sectors: list[tuple[str, str]]) -> None:
        super().__init__(data)
        field = self.fields["sector"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above.
        field.choices = [("", gettext("all")), *sectors]

    def chosen(self) -> dict[str, str]:
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}
