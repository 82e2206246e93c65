"""Asking for data, deciding about it, and ending a grant. What is offered and allowed is said by the services."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from minett.apps.cases.models import Case
from minett.planes.data.policy_tree import DataPolicy
from minett.planes.data.purposes import PURPOSES
from minett.policy.states import REQUEST
from minett.web.middleware import page_language

LONGEST_TEXT = 5_000


class AskForm(forms.Form):
    """The conversation about access: what for, which columns, how long, how protected, in which case."""

    purpose = forms.ChoiceField(
        label=_("What will you use the data for?"),
        help_text=_("The owner allows these purposes and no other."),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what you will use the data for.")},
    )
    columns = forms.MultipleChoiceField(
        label=_("Which columns do you need?"),
        help_text=_("Ask for what the purpose needs and no more: it is decided sooner."),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one column.")},
    )
    days = forms.IntegerField(
        label=_("For how many days?"),
        help_text=_("Counted from the day on which the request is approved. You can ask again before they end."),
        initial=180,
        error_messages={"required": _("Say for how many days."), "invalid": _("Write a whole number of days.")},
    )
    safeguards = forms.CharField(
        label=_("How will you protect the data?"),
        help_text=_("Who works with it, where, and what happens to it afterwards."),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": _("Say how you will protect the data.")},
    )
    case = forms.ChoiceField(
        label=_("Which case is it for?"),
        help_text=_("With a case, your adviser sees the request on its timeline."),
        required=False,
    )

    def __init__(
        self,
        data: Any = None,
        *,
        rules: DataPolicy,
        meanings: dict[str, str],
        cases: Sequence[Case] | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **kwargs)
        purposes = [(code, PURPOSES[code].title.in_(page_language())) for code in rules.purposes]
        columns = [(rule.name, meanings.get(rule.name, rule.name)) for rule in rules.kept]
        _offer(self.fields["purpose"], purposes)
        _offer(self.fields["columns"], columns)
        if cases is None:
            del self.fields["case"]
        else:
            known = [(str(case.pk), f"{case.number} · {case.title}") for case in cases]
            _offer(self.fields["case"], [("", gettext("no case")), *known])

    def terms(self) -> dict[str, Any]:
        """Return the terms of a valid form as the services take them."""
        names = ("purpose", "columns", "days", "safeguards")
        return {name: self.cleaned_data[name] for name in names}

    def case_id(self) -> int | None:
        return int(self.cleaned_data["case"]) if self.cleaned_data.get("case") else None


class ReviewForm(forms.Form):
    """The vote, at the end of what was read; `content_sha256` names what that was."""

    vote = forms.ChoiceField(
        label=_("Your decision"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what you decide.")},
    )
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("The applicant reads it, and it stands in the ledger."),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Say why: the other side reads the reason.")},
    )
    content_sha256 = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, votes: Iterable[str], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        words = [(vote, gettext(REQUEST.step("submitted", vote).label)) for vote in votes]
        _offer(self.fields["vote"], words)


class RevokeForm(forms.Form):
    """Why a grant ends before its time."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("The holder of the grant reads it. The data cannot be used from this moment on."),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say why: the other side reads the reason.")},
    )


class StateFilter(forms.Form):
    """One state of a list's table; an unknown one narrows nothing."""

    state = forms.ChoiceField(label=_("State"), required=False)

    def __init__(self, data: Any, states: Iterable[tuple[str, str]]) -> None:
        super().__init__(data)
        _offer(self.fields["state"], [("", gettext("all")), *states])

    def chosen(self) -> str | None:
        return self.cleaned_data.get("state") or None if self.is_valid() else None


def _offer(field: forms.Field, choices: list[tuple[str, str]]) -> None:
    assert isinstance(field, forms.ChoiceField)  # noqa: S101 - the forms above declare it.
    field.choices = choices
