"""Filters of the ledger."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as said
from django.utils.translation import gettext_lazy as _

from minett.apps.cases.models import Case
from minett.kernel.content import gettext_noop

# What the house's services write about, in the order of a case's life.
NOUNS = {
    "need": gettext_noop("Need"),
    "case": gettext_noop("Case"),
    "message": gettext_noop("Message"),
    "assessment": gettext_noop("Assessment"),
    "document": gettext_noop("Document"),
    "product": gettext_noop("Data product"),
    "request": gettext_noop("Data request"),
    "grant": gettext_noop("Grant"),
    "allocation": gettext_noop("Allocation"),
    "job": gettext_noop("Job"),
    "model": gettext_noop("Model"),
    "indicator": gettext_noop("Indicator"),
    "measurement": gettext_noop("Measurement"),
    "person": gettext_noop("Person"),
    "organisation": gettext_noop("Organisation"),
    "membership": gettext_noop("Membership"),
    "token": gettext_noop("Token"),
    "pack": gettext_noop("Pack"),
    "network": gettext_noop("List of other AI Factories"),
}


class LedgerFilter(forms.Form):
    """Filters of the list; what is empty narrows nothing, and what is not known finds nothing."""

    noun = forms.ChoiceField(label=_("About"), required=False)
    actor = forms.CharField(
        label=_("Who"),
        max_length=100,
        required=False,
        widget=forms.SearchInput(attrs={"placeholder": "bot:job-runner"}),
    )
    case = forms.CharField(
        label=_("Case"), max_length=20, required=False, widget=forms.SearchInput(attrs={"placeholder": "2026-00001"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        nouns = [(noun, said(words)) for noun, words in NOUNS.items()]
        self.fields["noun"] = forms.ChoiceField(
            label=_("About"), choices=[("", said("Everything")), *nouns], required=False
        )

    def narrowed(self) -> Q:
        """Return the filters as one condition on the ledger's rows; a case is found by its number or its id."""
        self.is_valid()
        given, found = self.cleaned_data, Q()
        if given.get("noun"):
            found &= Q(noun=given["noun"])
        if who := given.get("actor"):
            found &= Q(actor_key=who) | Q(actor_name__icontains=who)
        if case := given.get("case"):
            by_number = Q(case_id__in=Case.objects.filter(number=case).values("pk"))
            found &= by_number | Q(case_id=int(case)) if case.isdecimal() else by_number
        return found
