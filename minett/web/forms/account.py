"""What a person gives for a new API token: a name, what it may do, and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext as said
from django.utils.translation import gettext_lazy as _

from minett.kernel.content import gettext_noop
from minett.policy.actions import Action

# By the first word of an action; what only people do in a browser (sign in, the desk, the portal) has no token.
PARTS = {
    "catalogue": gettext_noop("Catalogue"),
    "need": gettext_noop("Needs and plans"),
    "case": gettext_noop("Cases, messages and documents"),
    "data": gettext_noop("Data products, requests and grants"),
    "compute": gettext_noop("Compute: allocations and jobs"),
    "model": gettext_noop("Models"),
    "impact": gettext_noop("Measured effects"),
    "people": gettext_noop("Organisations and people"),
    "network": gettext_noop("Other AI Factories"),
    "ledger": gettext_noop("Ledger"),
}
CHANGE = gettext_noop("read and change")
# Nobody changes the ledger.
EVERYTHING = {"ledger": gettext_noop("read and check")}
LONGEST_DAYS = 366


def scopes() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield each part with its ticks: reading, and where there is more to do, everything."""
    for part, label in PARTS.items():
        actions = [action.value for action in Action if action.value.startswith(f"{part}:")]
        ticks = [(f"{part}:*:view*", said("read"))] if any(":view" in action for action in actions) else []
        if any(":view" not in action for action in actions):
            ticks.append((f"{part}:*", said(EVERYTHING.get(part, CHANGE))))
        yield said(label), ticks


class TokenForm(forms.Form):
    """A new token."""

    name = forms.CharField(
        label=_("Name"),
        help_text=_("What the token is for, so that you know it again."),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    days = forms.IntegerField(
        label=_("For how many days"),
        min_value=1,
        max_value=LONGEST_DAYS,
        initial=90,
        error_messages={
            "min_value": _("A token lives at least one day."),
            "max_value": _("A token lives at most 366 days."),
            "invalid": _("Give a whole number of days."),
        },
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        help_text=_("A token may never do more than you may yourself."),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Tick at least one thing that the token may do.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [tick for _part, ticks in scopes() for tick in ticks]
        self.fields["scopes"].choices = choices  # type: ignore[attr-defined]

    def parts(self) -> list[tuple[str, list[Any]]]:
        """Return each part with the boxes of its ticks, for the page."""
        boxes = {box.data["value"]: box for box in self["scopes"]}
        return [(part, [boxes[value] for value, _words in ticks]) for part, ticks in scopes()]
