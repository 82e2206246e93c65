"""Preparing a data product: an upload waits, read but not published, until its steward has said what it is.

    store/uploads/arriving-<word>    a file on its way in, as it came; gone once it was read
    store/uploads/<token>.parquet    what the data engine read of it, in types of the house
    store/uploads/<token>.json       who sent it, what was found in it, what was written about it so far
    store/uploads/<token>.lock       held by whoever works on this upload

Nothing here is published or granted. Only the person who sent a file finds it, by a token that nobody guesses;
what is older than a day is removed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from minett.apps.dataproducts import access, queries
from minett.apps.dataproducts.models import Product
from minett.journeys import equipment, publish_product
from minett.journeys.publish_product import Published
from minett.kernel.actor import Actor, Role
from minett.kernel.content import gettext_noop as _
from minett.kernel.errors import Absent, BadInput, Clash
from minett.planes.data.files import published, turn
from minett.planes.data.intake import FileTooLarge
from minett.planes.data.policy_tree import DataPolicy
from minett.planes.data.port import MEBIBYTE, FoundTable, Limits, Table
from minett.planes.data.schema import TableSchema
from minett.policy.actions import Action
from minett.policy.decide import decide, demand
from minett.policy.rules.data import ProductFacts
from minett.policy.states import PRODUCT

LIMITS = Limits(file_bytes=100 * MEBIBYTE)
PIECE = MEBIBYTE
MOST_WAITING = 20
KEPT_FOR = timedelta(days=1)
PREVIEW_ROWS = 10
LONGEST_NAME = 200
LONGEST_RECORD = 4 * MEBIBYTE
TOKEN = re.compile(r"[0-9a-f]{48}")
FORMAT = 1


class TooManyUploads(Clash):
    code = "too-many-uploads"
    sentence = _(
        "%(count)s of your files wait here already. Publish or remove one of them; each is removed a day after it came."
    )


class TooManyColumns(BadInput):
    code = "too-many-columns"
    sentence = _(
        "The file has %(columns)s columns; at most %(most)s can be described on a page. Publish it through the API."
    )


class AlreadyPublished(Clash):
    """Data: product, the code of what was published from the upload."""

    code = "upload-already-published"
    sentence = _("This file was published already, as %(product)s. Publish a new version of it instead.")


class Stream(Protocol):
    """An upload as it comes in; a piece may be empty only at the end."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Upload:
    """One file that waits. `nulls` counts the missing values by column; `draft` is what was written about it so far.

    `product_code` names the product that it will be a new version of, `published_as` the one it became.
    """

    token: str
    person_id: int
    organisation_id: int
    name: str
    received_at: datetime
    rows: int
    bytes: int
    schema: TableSchema
    nulls: Mapping[str, int]
    product_code: str = ""
    draft: Mapping[str, list[str]] | None = None
    published_as: str = ""

    @property
    def path(self) -> Path:
        """Return the file that the data engine wrote; pages never see what came in."""
        return _folder() / f"{self.token}.parquet"

    def to_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "person_id": self.person_id,
            "organisation_id": self.organisation_id,
            "name": self.name,
            "received_at": self.received_at.isoformat(),
            "rows": self.rows,
            "bytes": self.bytes,
            "schema": self.schema.to_json(),
            "nulls": dict(self.nulls),
            "product_code": self.product_code,
            "draft": self.draft,
            "published_as": self.published_as,
        }

    @classmethod
    def from_json(cls, token: str, given: Mapping[str, Any]) -> Upload:
        """Read what `to_json` wrote."""
        plain = {key: value for key, value in given.items() if key != "format"}
        plain["received_at"] = datetime.fromisoformat(plain["received_at"])
        plain["schema"] = TableSchema.from_json(plain["schema"])
        return cls(token=token, **plain)


def stewardships(actor: Actor) -> tuple[int, ...]:
    """Return the organisations whose data the actor may publish; raises NotAllowed when there is none."""
    held = sorted(organisation for organisation, role in actor.memberships if role is Role.STEWARD)
    allowed = tuple(one for one in held if decide(actor, Action.PRODUCT_PUBLISH, _facts(one)))
    if not allowed:
        demand(actor, Action.PRODUCT_PUBLISH, _facts(None))
    return allowed


def _facts(owner_id: int | None) -> ProductFacts:
    return ProductFacts(owner_id=owner_id, steward_id=None, private=False, state=PRODUCT.initial)


def own_product(actor: Actor, code: str, action: Action = Action.PRODUCT_PUBLISH) -> Product:
    """Return a product of which the actor is a steward. Raises Absent when it is hidden, NotAllowed otherwise."""
    product = access.visible(actor).filter(code=code).first()
    if product is None:
        raise Absent
    demand(actor, action, access.facts_of(product))
    return product


def receive(
    actor: Actor,
    *,
    now: datetime,
    stream: Stream,
    name: str,
    key: str,
    product_code: str = "",
    most_columns: int | None = None,
) -> Upload:
    """Take a file in and read it; the same bytes under the same `key` again are the same upload.

    With a `product_code` the columns must be those of the product's newest version, and are described as there.
    Raises NotAllowed and Absent before anything is read, CommandNotInTable for a withdrawn product,
    TooManyUploads, TooManyColumns, and the errors of `minett.planes.data.intake`.
    """
    owners = stewardships(actor)
    product = own_product(actor, product_code) if product_code else None
    if product is not None:
        PRODUCT.step(product.state, "publish")
    if (waiting := sum(1 for _one in _waiting(actor))) >= MOST_WAITING:
        raise TooManyUploads(count=waiting)
    with _arriving(".csv" if name.lower().endswith(".csv") else ".parquet") as path:
        token = _token(actor, key, product_code, _written(stream, path))
        with turn(_folder(), token):
            known = _read(token)
            if known is not None:
                return known
            blank = Upload(
                token=token,
                person_id=actor.must_be_person(),
                organisation_id=owners[0] if product is None else product.owner_id,
                name=_readable(name),
                received_at=now,
                rows=0,
                bytes=path.stat().st_size,
                schema=TableSchema.from_json({"columns": [_NOTHING_YET]}),
                nulls={},
                product_code=product_code,
            )
            upload = _looked_into(blank, path, product, most_columns)
            _keep(upload)
    return upload


_NOTHING_YET = {
    "name": "-",
    "type": "text",
    "meaning": {"en": "-"},
    "unit": None,
    "sensitivity": "none",
    "nullable": True,
}
