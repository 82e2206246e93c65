"""Publishing a data product: an untrusted file comes in, is checked and written into the store, and is described.

The file is read by the data engine alone, outside any transaction; what the store keeps is what the engine
wrote, never the bytes that came.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import NotRequired, TypedDict, Unpack

from django.db import transaction

from minett.apps.dataproducts import access, queries, services
from minett.apps.dataproducts.models import GovernanceModel, Product, ProductPolicy, ProductVersion
from minett.apps.grants import queries as grants
from minett.apps.people.models import Organisation, User
from minett.journeys import equipment
from minett.kernel.actor import Actor
from minett.kernel.content import Text
from minett.kernel.content import gettext_noop as _
from minett.kernel.errors import Clash, Refused
from minett.planes.data import policy_tree
from minett.planes.data.compile import checked
from minett.planes.data.policy_tree import DataPolicy
from minett.planes.data.port import Inspection, Limits, PolicyEnded, Table
from minett.planes.data.schema import TableSchema
from minett.policy.actions import Action
from minett.policy.decide import decide, demand
from minett.policy.rules.data import ProductFacts
from minett.policy.states import PRODUCT

LIMITS = Limits()
PREVIEW_ROWS = 20
STALE_SECONDS = 86_400


class NothingToPreview(Clash):
    code = "nothing-to-preview"
    sentence = _("There is nothing to show yet: the data product has no version, or no access policy.")


class PreviewNeedsGrant(Refused):
    code = "preview-needs-grant"
    sentence = _("The rows of this data product are shown only with a grant: %(reason)s")


class ProductFields(TypedDict):
    """What people read about a product; the arguments of `dataproducts.services.create_product`."""

    code: str
    title: Text
    description: Text
    keywords: Sequence[str]
    sector: str
    owner: Organisation
    steward: User | None
    licence: str
    source: str
    governance: str
    is_private: NotRequired[bool]


@dataclass(frozen=True, slots=True)
class Published:
    product: Product
    version: ProductVersion
    policy: ProductPolicy


def publish(
    actor: Actor,
    *,
    now: datetime,
    file: Path,
    schema: TableSchema,
    policy: DataPolicy,
    **product: Unpack[ProductFields],
) -> Published:
    """Check the file, keep it, and publish it with its policy; doing it again yields the same rows.

    `product` are the fields of ProductFields. A product that is there already keeps what is said of it, and gets
    a new version or policy where they differ.
    Raises NotAllowed before the file is touched; the errors of `minett.planes.data.intake` for the file, of
    `minett.planes.data.compile` for the policy, and of `minett.apps.dataproducts.services`.
    """
    demand(actor, Action.PRODUCT_PUBLISH, _facts_of(product))
    checked(policy, schema)
    path, found = _kept(file, schema)
    with transaction.atomic():
        row = _product(actor, now, product)
        version = services.publish_version(
            actor,
            now=now,
            product_id=row.pk,
            path=path,
            sha256=found.sha256,
            size=found.bytes,
            rows=found.rows,
            schema=schema.to_json(),
            profile={"columns": [asdict(column) for column in found.columns]},
        )
        tree = policy_tree.to_json(policy)
        rules = services.set_policy(actor, now=now, product_id=row.pk, tree=tree)
    row.refresh_from_db(fields=["state"])
    return Published(row, version, rules)


def _facts_of(product: ProductFields) -> ProductFacts:
    steward = product["steward"]
    return ProductFacts(
        owner_id=product["owner"].pk,
        steward_id=None if steward is None else steward.pk,
        private=product.get("is_private", False),
        state=PRODUCT.initial,
    )


def _product(actor: Actor, now: datetime, product: ProductFields) -> Product:
    """Return the owner's product of this code, made if it is not there; raises ProductCodeTaken for others'."""
    known = Product.objects.filter(code=product["code"], owner=product["owner"]).first()
    return known or services.create_product(actor, now=now, **product)


def _kept(file: Path, schema: TableSchema) -> tuple[str, Inspection]:
    """Have the file read and written into the store under the hash of what was written.

    A crash leaves at most a file without a row: the same file again lands on the same name.
    """
    house = equipment.current()
    folder = house.store.folder("products")
    with _arriving(folder) as arrived:
        found = house.data.to_parquet(file, schema, LIMITS, arrived)
        target = folder / f"{found.sha256}.parquet"
        arrived.replace(target)
        _to_disk(folder)
    return house.store.relative(target), found


@contextmanager
def _arriving(folder: Path) -> Iterator[Path]:
    """Give a name for a file on its way in, and sweep what a crash left of earlier ones a day ago."""
    for old in folder.glob("arriving-*"):
        if time.time() - old.lstat().st_mtime > STALE_SECONDS:
            old.unlink(missing_ok=True)
    arrived = folder / f"arriving-{secrets.token_hex(8)}"
    try:
        yield arrived
    finally:
        arrived.unlink(missing_ok=True)


def _to_disk(folder: Path) -> None:
    """Make the renaming outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def preview(actor: Actor, product_id: int, limit: int = PREVIEW_ROWS, *, now: datetime) -> Table:
    """Return a few rows of a product as the policy shows them to this actor.

    Open data that is offered is shown to whoever may view the product. Restricted data, and what was withdrawn, is
    shown to the owner's stewards and, narrowed to what was granted, to the holder of a running grant; nobody gets
    round asking by a preview.
    Raises Absent, PreviewNeedsGrant, NothingToPreview, PolicyEnded.
    """
    product = access.obtain(actor, Action.PRODUCT_VIEW, product_id)
    is_steward = decide(actor, Action.PRODUCT_PUBLISH, access.facts_of(product))
    is_open = product.governance == GovernanceModel.OPEN and product.state == "published"
    if is_open or is_steward:
        offer = queries.current(product)
        version, rules = offer.version, offer.rules
    else:
        version, rules = _granted(actor, product, now)
    if version is None or rules is None:
        raise NothingToPreview
    if rules.until is not None and now.date() > rules.until:
        raise PolicyEnded(until=rules.until.isoformat())
    house = equipment.current()
    source = house.store.absolute(version.path)
    return house.data.preview(rules, TableSchema.from_json(version.schema), source, limit)


def _granted(actor: Actor, product: Product, now: datetime) -> tuple[ProductVersion, DataPolicy]:
    """Return what the newest grant that the actor may use shows; raises PreviewNeedsGrant."""
    held = grants.usable(actor, now=now, product_id=product.pk, most=1)
    if not held:
        raise PreviewNeedsGrant(rule="preview-needs-grant", reason=_("ask for access first."))
    return held[0].version, policy_tree.from_json(held[0].tree)
