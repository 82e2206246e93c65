"""Publishing a data product: the file, what it is, what others may see of it, and taking a product off the list.

A description is several forms on one page; `Description` holds them together. It decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import PurePath
from typing import Any

from django import forms
from django.conf import settings
from django.utils.text import slugify
from django.utils.translation import gettext as said
from django.utils.translation import gettext_lazy as _

from minett.apps.dataproducts.models import GovernanceModel
from minett.apps.dataproducts.services import CODE, LONGEST_CODE
from minett.journeys.prepare_product import Described
from minett.journeys.uploads import Upload
from minett.kernel.content import LANGUAGES, Text
from minett.planes.data.policy_tree import ColumnRule, DataPolicy
from minett.planes.data.purposes import PURPOSES
from minett.planes.data.schema import ColumnSpec, TableSchema
from minett.web.forms.publishing_policy import HIDDEN, SHOWN, ColumnForm, RowsForm, code_of
from minett.web.middleware import page_language

# A browser sends four fields for each column, and these many besides.
FIELDS_BESIDE, FIELDS_OF_COLUMN = 40, 4
MOST_KEYWORDS = 20
MAIN_FACTS = ("title_en", "description_en", "code", "owner", "sector", "keywords", "source", "licence", "governance")
OTHER_TEXTS = tuple(f"{part}_{code}" for code in LANGUAGES if code != "en" for part in ("title", "description"))
Draft = Mapping[str, list[str]]


def most_columns() -> int:
    """Return how many columns a form can describe within what the installation lets a browser send."""
    fields: int | None = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
    return 2000 if fields is None else max(1, (fields - FIELDS_BESIDE) // FIELDS_OF_COLUMN)


class UploadForm(forms.Form):
    """The file to publish."""

    file = forms.FileField(
        label=_("File"),
        max_length=400,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".parquet,.csv"}),
        error_messages={"required": _("Choose the file to publish.")},
    )

    def __init__(self, *args: Any, most_mebibytes: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].help_text = said(
            "Parquet, or CSV in UTF-8 with commas and one line of names. At most %(most)s MiB and %(columns)s columns."
        ) % {"most": most_mebibytes, "columns": most_columns()}


class FactsForm(forms.Form):
    """What people read about the product."""

    code = forms.RegexField(
        rf"^(?:{CODE.pattern})\Z",
        label=_("Short name in addresses"),
        help_text=_("Lower-case letters and digits, joined by hyphens. It cannot be changed later."),
        max_length=LONGEST_CODE,
        strip=True,
        error_messages={
            "required": _("Give the product a short name."),
            "invalid": _("Use lower-case letters and digits, joined by hyphens, such as phishing-pages."),
        },
    )
    owner = forms.ChoiceField(label=_("Owner"), help_text=_("The organisation whose data this is."))
    sector = forms.ChoiceField(label=_("Sector"), error_messages={"required": _("Choose the sector.")})
    keywords = forms.CharField(
        label=_("Words that people search for"),
        help_text=_("With commas between them."),
        max_length=600,
        required=False,
    )
    source = forms.CharField(
        label=_("Where the data is from"),
        help_text=_("Who collected it, how and when; an address where there is one."),
        max_length=1000,
        error_messages={"required": _("Say where the data is from.")},
    )
    licence = forms.CharField(
        label=_("Licence"),
        help_text=_("The terms under which others may use it, such as CC BY 4.0."),
        max_length=1000,
        error_messages={"required": _("Name the licence.")},
    )
    governance = forms.ChoiceField(
        label=_("Way of access"),
        widget=forms.RadioSelect,
        choices=(
            (GovernanceModel.OPEN.value, _("Open: everybody may look at rows, as you show them below.")),
            (
                GovernanceModel.RESTRICTED.value,
                _("On request: rows are seen only by those whose request you have approved."),
            ),
        ),
        error_messages={"required": _("Choose how others get access.")},
    )

    def __init__(
        self, *args: Any, owners: Sequence[tuple[str, str]], sectors: Sequence[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.owners = owners
        for code, name in settings.LANGUAGES:
            self.fields[f"title_{code}"], self.fields[f"description_{code}"] = _texts(code, name)
        self.fields["sector"].choices = [("", said("choose")), *sectors]  # type: ignore[attr-defined]
        self.fields["owner"].choices = owners  # type: ignore[attr-defined]
        if len(owners) == 1:
            del self.fields["owner"]
        self.order_fields((*MAIN_FACTS, *OTHER_TEXTS))

    def main(self) -> list[forms.BoundField]:
        """Return the fields that every product needs, in their order on the page."""
        return [self[name] for name in MAIN_FACTS if name in self.fields]

    def others(self) -> list[forms.BoundField]:
        """Return title and description in the other languages."""
        return [self[name] for name in OTHER_TEXTS]

    def clean_keywords(self) -> tuple[str, ...]:
        words = re.split(r"\s*[,;\n]\s*", self.cleaned_data["keywords"].strip())
        return tuple(dict.fromkeys(word for word in words if word))[:MOST_KEYWORDS]

    def described(self) -> Described:
        """Return what a valid form says."""
        given = self.cleaned_data
        texts = {part: {code: given[f"{part}_{code}"] for code in LANGUAGES} for part in ("title", "description")}
        title, description = (Text.of({k: v for k, v in words.items() if v}) for words in texts.values())
        names = ("code", "keywords", "sector", "licence", "source", "governance")
        plain = {name: given[name] for name in names}
        owner_id = int(given.get("owner") or self.owners[0][0])
        return Described(title=title, description=description, owner_id=owner_id, **plain)


def _texts(code: str, language: str) -> tuple[forms.CharField, forms.CharField]:
    needed = code == "en"
    gaps = {"language": language}
    title = forms.CharField(
        label=said("Title (%(language)s)") % gaps,
        max_length=200,
        required=needed,
        widget=forms.TextInput(attrs={"lang": code}),
        error_messages={"required": said("Give the product a title.")},
    )
    description = forms.CharField(
        label=said("Description (%(language)s)") % gaps,
        help_text=said("Two sentences: what the data is, and what it is good for.") if needed else "",
        max_length=4000,
        required=needed,
        widget=forms.Textarea(attrs={"rows": 3, "lang": code}),
        error_messages={"required": said("Describe the product.")},
    )
    return title, description


class TermsForm(forms.Form):
    """What others may use the data for, and until when."""

    purposes = forms.MultipleChoiceField(
        label=_("What may it be used for?"),
        help_text=_("Who asks for access chooses one of these purposes and no other."),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Tick at least one purpose.")},
    )
    until = forms.DateField(
        label=_("Last day of use"),
        help_text=_("After this day nobody sees anything. Leave it empty for no end."),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": _("Write a day like 2027-01-31.")},
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        titles = [(code, purpose.title.in_(page_language())) for code, purpose in PURPOSES.items()]
        self.fields["purposes"].choices = titles  # type: ignore[attr-defined]

    def clean_until(self) -> date | None:
        until: date | None = self.cleaned_data["until"]
        if until is not None and until < self.today:
            raise forms.ValidationError(said("This day is over. Choose today or a later day."))
        return until


class WithdrawForm(forms.Form):
    """Why a product is taken off the list."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Everybody who opens the product reads it, and it stands in the ledger."),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Say why: those who use the data will read it.")},
    )


@dataclass(frozen=True, slots=True)
class Known:
    """What the page knows before anything is typed. `rules` are those of the product's newest policy, if any."""

    upload: Upload
    owners: Sequence[tuple[str, str]]
    sectors: Sequence[tuple[str, str]]
    rules: DataPolicy | None
    today: date


class Description:
    """All forms of the page; `facts` is None for a new version, whose product is described already."""

    def __init__(self, known: Known, data: Any = None) -> None:
        self.known = known
        rules, schema = known.rules, known.upload.schema
        is_new = not known.upload.product_code
        self.facts = (
            FactsForm(data, owners=known.owners, sectors=known.sectors, initial=self._facts()) if is_new else None
        )
        masks = {rule.name: rule for rule in rules.columns} if rules else {}
        self.columns = [
            ColumnForm(
                data,
                prefix=f"c{number}",
                spec=spec,
                mask=masks[spec.name].mask if spec.name in masks else None,
                initial=_column(spec, masks.get(spec.name), described=not is_new),
            )
            for number, spec in enumerate(schema.columns)
        ]
        self.rows = RowsForm(data, types=schema.types, now=rules.rows if rules else None, initial={"keep": True})
        terms = {"purposes": list(rules.purposes), "until": rules.until} if rules else {}
        self.terms = TermsForm(data, today=known.today, initial=terms)
        if data is None and known.upload.draft:
            for form in self.forms():
                form.initial = {**form.initial, **_typed_before(form, known.upload.draft)}

    def _facts(self) -> dict[str, Any]:
        stem = slugify(PurePath(self.known.upload.name).stem)[:LONGEST_CODE].strip("-")
        return {"code": stem.replace("_", "-")}

    def forms(self) -> Iterator[forms.Form]:
        if self.facts is not None:
            yield self.facts
        yield from (*self.columns, self.rows, self.terms)

    def is_valid(self) -> bool:
        # Every form is read, so that all that is wrong is told at once.
        return all([form.is_valid() for form in self.forms()])  # noqa: C419

    def problems(self) -> list[tuple[str, str, str]]:
        """Return label, id of the control and words of all that is wrong, in the order of the page."""
        return [problem for form in self.forms() for problem in _problems(form)]

    def draft(self) -> dict[str, list[str]]:
        """Return what was typed, field by field."""
        found: dict[str, list[str]] = {}
        for form in self.forms():
            names = [form.add_prefix(name) for name in form.fields]
            found |= {name: form.data.getlist(name) for name in names if name in form.data}  # type: ignore[attr-defined]
        return found

    def schema(self) -> TableSchema:
        """Return the columns of a valid description."""
        return TableSchema(tuple(column.described() for column in self.columns))

    def policy(self) -> DataPolicy | None:
        """Return what others would see; None while that cannot be read yet. The descriptions may still be missing."""
        self.is_valid()
        rules = [column.rule() for column in self.columns]
        purposes = self.terms.cleaned_data.get("purposes")
        if None in rules or not purposes or self.rows.errors or self.terms.errors:
            return None
        made = DataPolicy(
            rows=self.rows.cleaned_data["rows"],
            columns=tuple(rule for rule in rules if rule is not None),
            purposes=tuple(purposes),
            until=self.terms.cleaned_data["until"],
            version=1,
        )
        return _numbered(made, self.known.rules)


def _column(spec: ColumnSpec, rule: ColumnRule | None, *, described: bool) -> dict[str, Any]:
    """Return what stands in a column's form at first: nothing for a new product, else what holds now."""
    if not described:
        return {"shown": HIDDEN}
    way = HIDDEN if rule is None or not rule.keep else SHOWN if rule.mask is None else code_of(rule.mask)
    return {
        "meaning": spec.meaning.in_("en"),
        "unit": spec.unit or "",
        "sensitivity": spec.sensitivity.value,
        "shown": way,
    }


def _numbered(made: DataPolicy, before: DataPolicy | None) -> DataPolicy:
    """Give the policy the next number, unless it says what the one before says."""
    if before is None:
        return made
    same = replace(made, version=before.version)
    return same if same == before else replace(made, version=before.version + 1)


def _typed_before(form: forms.Form, draft: Draft) -> dict[str, Any]:
    typed: dict[str, Any] = {}
    for name, field in form.fields.items():
        values = draft.get(form.add_prefix(name))
        if isinstance(field, forms.MultipleChoiceField):
            typed[name] = values or []
        elif isinstance(field, forms.BooleanField):
            typed[name] = bool(values)
        elif values:
            typed[name] = values[0]
    return typed


def _problems(form: forms.Form) -> Iterator[tuple[str, str, str]]:
    for words in form.non_field_errors():
        yield "", "", str(words)
    for field in form:
        if field.errors:
            label = field.field.widget.attrs.get("aria-label") or field.label
            yield str(label), field.id_for_label, str(field.errors[0])
