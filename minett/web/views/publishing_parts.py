"""What the page of an upload shows: its columns, and what others would see under the policy that is being written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from minett.api.errors import words_of
from minett.apps.catalogue.models import EntryKind
from minett.apps.dataproducts import queries
from minett.apps.dataproducts.models import Product
from minett.apps.people import queries as people
from minett.journeys import prepare_product
from minett.journeys.uploads import Upload
from minett.kernel.actor import Actor
from minett.kernel.errors import MinettError
from minett.planes.data.policy_tree import DataPolicy
from minett.web.catalogue_titles import choices_of, titles_of
from minett.web.forms.publishing import Description, Known
from minett.web.forms.publishing_policy import ColumnForm
from minett.web.middleware import page_language
from minett.web.views import data_shown


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """A column as it was found, with the form that describes it."""

    name: str
    kind: str
    nulls: int
    form: ColumnForm


def product_of(actor: Actor, upload: Upload) -> Product | None:
    """Return the product that the upload is a new version of. Raises as `prepare_product.own_product` does."""
    return prepare_product.own_product(actor, upload.product_code) if upload.product_code else None


def known(actor: Actor, upload: Upload, product: Product | None, now: datetime) -> Known:
    """Return what the forms stand on: two queries for a new product, two for a new version."""
    if product is not None:
        return Known(upload, (), (), queries.current(product).rules, now.date())
    titles = titles_of(actor, EntryKind.SECTORS)
    own = people.visible_organisations(actor).filter(pk__in=prepare_product.stewardships(actor)).order_by("pk")
    owners = [(str(one.pk), one.display_name) for one in own]
    return Known(upload, owners, choices_of(titles, EntryKind.SECTORS, page_language()), None, now.date())


def columns(upload: Upload, page: Description) -> list[ColumnRow]:
    return [
        ColumnRow(form.spec.name, _(data_shown.TYPES[form.spec.type]), upload.nulls.get(form.spec.name, 0), form)
        for form in page.columns
    ]


def reading(actor: Actor, upload: Upload, page: Description, now: datetime) -> dict[str, Any]:
    """Return the policy as sentences and a few rows as others would see them; or why that cannot be shown yet."""
    policy = page.policy() if page.terms.is_bound else _policy_before(page)
    if policy is None:
        return {"why_not": _("Choose what is shown of the columns and tick a purpose: then you read here what holds.")}
    if not policy.kept:
        return {"why_not": _("All columns are hidden. Show at least one.")}
    schema = upload.schema
    try:
        table = prepare_product.preview(actor, now=now, token=upload.token, schema=schema, policy=policy)
    except MinettError as error:
        return {"sentences": data_shown.sentences(policy), "why_not": words_with_lists(error)}
    names = list(table.columns)
    rows = data_shown.preview_rows(names, table.rows)
    return {"sentences": data_shown.sentences(policy), "names": names, "rows": rows}


def _policy_before(page: Description) -> DataPolicy | None:
    """Return the policy that the page starts from: what was kept as a draft, read as if it was sent, or what holds."""
    draft = page.known.upload.draft
    if draft:
        typed = QueryDict(mutable=True)
        for name, values in draft.items():
            typed.setlist(name, values)
        return Description(page.known, typed).policy()
    return page.known.rules


def words_with_lists(error: MinettError) -> str:
    """Return the sentence of an error whose gaps may hold lists of names."""
    lists = {gap: ", ".join(map(str, value)) or "–" for gap, value in error.data.items() if isinstance(value, list)}
    return words_of(type(error)(**{**error.data, **lists}))
