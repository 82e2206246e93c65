"""What a visitor may say at the front door: a need in any words, and an address to answer to."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_lazy as _

from minett.advice.need import NeedEmpty


class NeedForm(forms.Form):
    """The large box. Nothing is cut or refused here: the thinking floor says what is wrong with a text.

    `answer` is what a chip of the plan adds to the need.
    """

    use_required_attribute = False

    need = forms.Field(
        label=_("What would you like to do better?"),
        help_text=_("Two sentences in your own words are enough, in French, German, Luxembourgish or English."),
        widget=forms.Textarea(attrs={"class": "large", "rows": 5}),
        error_messages={"required": gettext_lazy(NeedEmpty.sentence)},
    )
    answer = forms.Field(required=False, widget=forms.HiddenInput)

    def whole(self) -> str:
        """Return the need with the answer behind it."""
        return "\n".join(filter(None, (self.data.get("need", ""), self.data.get("answer", ""))))


class KeepForm(forms.Form):
    """A mail address, nothing more. Whether it can be used is said by the journey."""

    email = forms.CharField(
        label=_("Your mail address"),
        help_text=_("An adviser answers to it. It is used for nothing else."),
        max_length=254,
        error_messages={"required": _("Write the mail address to which an adviser may answer.")},
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
