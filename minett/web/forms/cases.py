"""What people give in a case: filters of the list, a message, whose case it is, the plan, the document's sections."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as said
from django.utils.translation import gettext_lazy as _

from minett.apps.cases.services import LONGEST_MESSAGE
from minett.apps.people.models import Organisation
from minett.journeys.register_company import NewCompany
from minett.journeys.usecase_document import LONGEST_SECTION, SECTIONS, TITLES
from minett.policy.states import CASE

OTHER = "other"


class CaseFilter(forms.Form):
    """Filters of the list; an unknown value narrows nothing."""

    search = forms.CharField(label=_("Search"), max_length=100, required=False, widget=forms.SearchInput())
    state = forms.ChoiceField(label=_("State"), required=False)
    mine = forms.BooleanField(label=_("Only mine"), required=False)
    unassigned = forms.BooleanField(label=_("Without an adviser"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        states = [(state, said(standing.label)) for state, standing in CASE.standings.items()]
        self.fields["state"] = forms.ChoiceField(
            label=_("State"), required=False, choices=[("", said("All states")), *states]
        )

    def chosen(self) -> dict[str, Any]:
        """Return the filters for the query; those that cannot be used are left out."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


class MessageForm(forms.Form):
    """A message; whether it can be used is said by the service."""

    body = forms.CharField(
        label=_("Write a message"),
        help_text=_("Everybody who takes part in this case reads it."),
        strip=False,
        max_length=LONGEST_MESSAGE * 2,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    internal = forms.BooleanField(label=_("Internal note"), help_text=_("The company does not see it."), required=False)


class CompanyForm(forms.Form):
    """Whose case it is: one of the companies that were found, or a new one."""

    organisation = forms.ChoiceField(label=_("Company"), required=False, widget=forms.RadioSelect)
    legal_name = forms.CharField(
        label=_("Legal name"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    registry_number = forms.CharField(
        label=_("Registry number"),
        help_text=_("As the trade register writes it, for example B123456."),
        max_length=40,
        required=False,
    )
    country = forms.RegexField(
        r"^[A-Za-z]{2}$",
        label=_("Country"),
        help_text=_("Two letters, for example LU."),
        initial="LU",
        required=False,
        error_messages={"invalid": _("Write the country as two letters, for example LU.")},
    )
    is_invented = forms.BooleanField(
        label=_("This company is invented"), help_text=_("For demonstrations. It is marked so."), required=False
    )
    contact_name = forms.CharField(
        label=_("Name of the person who asked"),
        help_text=_(
            "With a name, the address that the need came from gets an account for the company. "
            "The person sets a password with “Forgot your password?”."
        ),
        max_length=200,
        required=False,
    )

    def __init__(self, found: Sequence[Organisation], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(one.pk), _named(one)) for one in found]
        self.fields["organisation"] = forms.ChoiceField(
            label=_("Companies found"), choices=choices, required=False, widget=forms.RadioSelect
        )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("legal_name") and given.get("organisation"):
            raise forms.ValidationError(_("Choose a company from the list or give the name of a new one, not both."))
        return given

    def known(self) -> int | None:
        chosen = self.cleaned_data.get("organisation")
        return int(chosen) if chosen else None

    def new(self) -> NewCompany | None:
        given = self.cleaned_data
        if not given.get("legal_name"):
            return None
        return NewCompany(
            legal_name=given["legal_name"],
            country=(given.get("country") or "LU").upper(),
            registry_number=given.get("registry_number", ""),
            is_invented=bool(given.get("is_invented")),
        )


def _named(one: Organisation) -> str:
    return " · ".join(filter(None, (one.display_name, one.registry_number, one.country)))


class PlanForm(forms.Form):
    """The plan to agree: a use case out of the proposals or the catalogue, services, and why."""

    usecase = forms.ChoiceField(label=_("Use case"), widget=forms.RadioSelect)
    other = forms.ChoiceField(label=_("Use case of the catalogue"), required=False)
    services = forms.MultipleChoiceField(label=_("Services"), required=False, widget=forms.CheckboxSelectMultiple)
    reason = forms.CharField(
        label=_("Why this plan"),
        help_text=_("The company and the partners read it."),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Please give a reason: the company and the partners rely on it.")},
    )

    def __init__(
        self,
        proposals: Sequence[tuple[str, str]],
        catalogue: Sequence[tuple[str, str]],
        services: Iterable[tuple[str, str]],
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["usecase"] = forms.ChoiceField(
            label=_("Use case"),
            choices=[*proposals, (OTHER, said("Another one of the catalogue"))],
            widget=forms.RadioSelect,
            error_messages={"required": _("Choose the use case of the plan.")},
        )
        self.fields["other"] = forms.ChoiceField(
            label=_("Use case of the catalogue"),
            choices=[("", said("Choose one")), *catalogue],
            required=False,
        )
        self.fields["services"] = forms.MultipleChoiceField(
            label=_("Services"), choices=list(services), required=False, widget=forms.CheckboxSelectMultiple
        )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("usecase") == OTHER and not given.get("other"):
            self.add_error("other", _("Choose the use case of the catalogue."))
        return given

    def code(self) -> str:
        """Return the code of the use case that was chosen."""
        given = self.cleaned_data
        return str(given["other"] if given["usecase"] == OTHER else given["usecase"])


HELP = {
    "value": _("What changes for the company, one line for each."),
    "data": _("Which data, who holds them, and in what state they are."),
    "metrics": _("What is measured before and after, and in which unit."),
    "risks": _("What may go wrong, and who keeps an eye on it."),
    "compliance": _("What the law asks for, and who has confirmed it."),
    "resources": _("People, compute and money, each with its unit."),
    "plan": _("The steps in their order, one line for each."),
}


class DocumentForm(forms.Form):
    """The seven sections of a decision-ready document. What is missing is said by the journey."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in SECTIONS:
            self.fields[name] = forms.CharField(
                label=said(TITLES[name]),
                help_text=HELP[name],
                max_length=LONGEST_SECTION * 2,
                widget=forms.Textarea(attrs={"rows": 5}),
            )

    def sections(self) -> Mapping[str, str]:
        """Return what was typed, section by section."""
        return {name: str(self.data.get(name, "")) for name in SECTIONS}


class DecisionForm(forms.Form):
    """The company's decision on a document, with its reason."""

    decision = forms.ChoiceField(label=_("Decision"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("It stays with the decision. Whoever reads it later needs to understand it."),
        error_messages={
            "required": _("Please give a reason: whoever reads this later needs to understand the decision.")
        },
        max_length=LONGEST_SECTION,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["decision"] = forms.ChoiceField(
            label=_("Decision"),
            choices=[
                ("go", said("Go: ask for the data and the compute, and build.")),
                ("revise", said("Revise: the adviser changes the document.")),
                ("stop", said("Stop: the case ends here.")),
            ],
            widget=forms.RadioSelect,
            error_messages={"required": _("Choose go, revise or stop.")},
        )
