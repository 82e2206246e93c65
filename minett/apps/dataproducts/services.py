"""Writes about data products: their description, the versions of their data, their policy, and their end."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from django.db import IntegrityError, transaction

from minett.apps.dataproducts import access, queries
from minett.apps.dataproducts.models import GovernanceModel, Product, ProductPolicy, ProductVersion
from minett.apps.ledger import services as ledger
from minett.apps.people import queries as people
from minett.apps.people.models import Organisation, User
from minett.kernel.actor import Actor, Role
from minett.kernel.content import Text
from minett.kernel.content import gettext_noop as _
from minett.kernel.errors import BadInput, Clash
from minett.planes.data import policy_tree
from minett.planes.data.compile import checked
from minett.planes.data.schema import TableSchema
from minett.policy.actions import Action
from minett.policy.decide import demand
from minett.policy.decision import Decision
from minett.policy.rules.data import ProductFacts
from minett.policy.states import PRODUCT

CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
SHA256 = re.compile(r"[0-9a-f]{64}")
LONGEST_CODE = 80


class ProductCodeTaken(Clash):
    code = "product-code-taken"
    sentence = _("There is already a data product with the code %(code)s. Choose another code.")


class ProductFactsUnusable(BadInput):
    """Data: field, the name of the fact that cannot be used."""

    code = "product-facts-unusable"
    sentence = _("This fact of the data product is missing or cannot be used: %(field)s.")


class StewardNotOfOwner(BadInput):
    code = "steward-not-of-owner"
    sentence = _("%(name)s is not a steward of the organisation that owns the data.")


class VersionFactsUnusable(BadInput):
    """Data: field, the name of the fact that cannot be used."""

    code = "version-facts-unusable"
    sentence = _("This fact of the version is missing or cannot be used: %(field)s.")


class ProductHasNoVersion(Clash):
    code = "product-has-no-version"
    sentence = _("This data product has no version yet. Publish a version, then set the policy.")


class WithdrawalNeedsReason(BadInput):
    code = "withdrawal-needs-reason"
    sentence = _("Say why the data product is withdrawn: those who use it will read the reason.")


@transaction.atomic
def create_product(
    actor: Actor,
    *,
    now: datetime,
    code: str,
    title: Text,
    description: Text,
    keywords: Sequence[str],
    sector: str,
    owner: Organisation,
    steward: User | None,
    licence: str,
    source: str,
    governance: str,
    is_private: bool = False,
) -> Product:
    """Describe a data product; it is a draft, which only its owner sees, until a version is published.

    `code` is lower-case words joined by hyphens. Raises NotAllowed, ProductCodeTaken, ProductFactsUnusable
    and StewardNotOfOwner.
    """
    steward_id = None if steward is None else steward.pk
    facts = ProductFacts(owner_id=owner.pk, steward_id=steward_id, private=is_private, state=PRODUCT.initial)
    decision = demand(actor, Action.PRODUCT_PUBLISH, facts)
    _must_be_usable(code=code, sector=sector, licence=licence, source=source, governance=governance)
    if steward is not None and not people.actor_of(steward, now=now).has_in(owner.pk, Role.STEWARD):
        raise StewardNotOfOwner(name=steward.name)
    product = Product(
        code=code,
        title=title.to_json(),
        description=description.to_json(),
        keywords=list(keywords),
        sector=sector,
        owner=owner,
        steward=steward,
        licence=licence,
        source=source,
        governance=governance,
        is_private=is_private,
        created_at=now,
    )
    _insert(product)
    _tell(actor, product, now=now, action=Action.PRODUCT_PUBLISH, decision=decision, after={"code": code})
    return product


def _must_be_usable(**facts: str) -> None:
    """Raise ProductFactsUnusable for the first fact that is empty or not of its kind."""
    for field, value in facts.items():
        if not value.strip():
            raise ProductFactsUnusable(field=field)
    if not CODE.fullmatch(facts["code"]) or len(facts["code"]) > LONGEST_CODE:
        raise ProductFactsUnusable(field="code")
    if facts["governance"] not in GovernanceModel.values:
        raise ProductFactsUnusable(field="governance")


def _insert(product: Product) -> None:
    try:
        # The database alone knows whether the code is free, also when two arrive at the same moment.
        with transaction.atomic():
            product.save(force_insert=True)
    except IntegrityError as error:
        if Product.objects.filter(code=product.code).exists():
            raise ProductCodeTaken(code=product.code) from error
        raise


@transaction.atomic
def publish_version(
    actor: Actor,
    *,
    now: datetime,
    product_id: int,
    path: str,
    sha256: str,
    size: int,
    rows: int,
    schema: Mapping[str, Any],
    profile: Mapping[str, Any],
) -> ProductVersion:
    """Publish a checked file as the newest version; what is the newest already is returned, not repeated.

    `path` is relative to the installation's store, `size` in bytes. Raises VersionFactsUnusable,
    SchemaNotUnderstood, and CommandNotInTable for a withdrawn product.
    """
    product, decision = _locked(actor, Action.PRODUCT_PUBLISH, product_id)
    before, after = product.state, PRODUCT.step(product.state, "publish").to
    _must_be_a_version(path=path, sha256=sha256, size=size, rows=rows)
    columns = TableSchema.from_json(schema).to_json()
    newest = ProductVersion.objects.filter(product=product).order_by("-number").first()
    if newest is not None and (newest.sha256, newest.schema) == (sha256, columns):
        return newest
    version = ProductVersion.objects.create(
        product=product,
        number=1 if newest is None else newest.number + 1,
        path=path,
        sha256=sha256,
        bytes=size,
        rows=rows,
        schema=columns,
        profile=dict(profile),
        published_at=now,
    )
    product.state = after
    product.save(update_fields=["state"])
    written = {"state": after, "version": version.number, "sha256": sha256}
    _tell(
        actor,
        product,
        now=now,
        action=Action.PRODUCT_PUBLISH,
        decision=decision,
        before={"state": before},
        after=written,
    )
    return version


def _must_be_a_version(*, path: str, sha256: str, size: int, rows: int) -> None:
    relative = PurePosixPath(path)
    sound = {
        "path": bool(path) and not relative.is_absolute() and ".." not in relative.parts and "\0" not in path,
        "sha256": SHA256.fullmatch(sha256) is not None,
        "size": size > 0,
        "rows": rows >= 0,
    }
    for field, holds in sound.items():
        if not holds:
            raise VersionFactsUnusable(field=field)


@transaction.atomic
def set_policy(actor: Actor, *, now: datetime, product_id: int, tree: Mapping[str, Any]) -> ProductPolicy:
    """Say what others may see of the product from now on; the same policy again changes nothing.

    Running grants keep the policy that they were given under. Raises PolicyNotUnderstood and the errors of
    `minett.planes.data.compile.checked` where the policy does not fit the columns, ProductHasNoVersion, and
    CommandNotInTable for a withdrawn product.
    """
    product, decision = _locked(actor, Action.PRODUCT_PUBLISH, product_id)
    offer = queries.current(product)
    if offer.schema is None:
        raise ProductHasNoVersion
    # The table lets a policy be set exactly where a version may be published.
    PRODUCT.step(product.state, "publish")
    policy = policy_tree.from_json(tree)
    checked(policy, offer.schema)
    sha256, newest = policy_tree.policy_hash(policy), offer.policy
    if newest is not None and newest.sha256 == sha256:
        return newest
    row = ProductPolicy.objects.create(
        product=product,
        number=1 if newest is None else newest.number + 1,
        tree=policy_tree.to_json(policy),
        sha256=sha256,
        author_id=actor.person_id,
        set_at=now,
    )
    old = None if newest is None else {"policy": newest.number, "sha256": newest.sha256}
    new = {"policy": row.number, "sha256": sha256}
    _tell(actor, product, now=now, action=Action.PRODUCT_PUBLISH, decision=decision, before=old, after=new)
    return row


@transaction.atomic
def withdraw(actor: Actor, *, now: datetime, product_id: int, reason: str) -> Product:
    """Take the product off the list: nobody can ask for it any more, and running grants go on to their end."""
    product, decision = _locked(actor, Action.PRODUCT_WITHDRAW, product_id)
    before = product.state
    product.state = PRODUCT.step(before, "withdraw").to
    if not reason.strip():
        raise WithdrawalNeedsReason
    product.withdrawn_reason = reason.strip()
    product.save(update_fields=["state", "withdrawn_reason"])
    _tell(
        actor,
        product,
        now=now,
        action=Action.PRODUCT_WITHDRAW,
        decision=decision,
        reason=product.withdrawn_reason,
        before={"state": before},
        after={"state": product.state},
    )
    return product


def _locked(actor: Actor, action: Action, product_id: int) -> tuple[Product, Decision]:
    """Lock the row, then read it again: the state that is checked is the state that is changed."""
    Product.objects.select_for_update().filter(pk=product_id).values_list("pk").first()
    product = access.obtain(actor, action, product_id)
    return product, demand(actor, action, access.facts_of(product))


def _tell(
    actor: Actor,
    product: Product,
    *,
    now: datetime,
    action: Action,
    decision: Decision,
    reason: str = "",
    before: Any = None,
    after: Any = None,
) -> None:
    ledger.record(
        actor,
        now=now,
        action=action,
        noun="product",
        noun_id=product.pk,
        decision=decision,
        reason=reason,
        before=before,
        after=after,
    )
