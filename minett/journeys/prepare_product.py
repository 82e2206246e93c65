"""Preparing a data product: an upload waits, read but not published, until its steward has said what it is.

    store/uploads/<person>/arriving-<word>   a file on its way in, as it came; gone once it was read
    store/uploads/<person>/<token>.parquet   what the data engine read of it, in types of the house
    store/uploads/<person>/<token>.json      who sent it, what was found in it, what was written about it so far
    store/uploads/<person>/<token>.lock      held by whoever works on this upload

Nothing here is published or granted. Only the person who sent a file finds it, by a token that nobody guesses;
what is older than a day is removed.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from minett.apps.dataproducts import access, queries
from minett.apps.dataproducts.models import Product
from minett.apps.dataproducts.services import ProductCodeTaken
from minett.apps.people import access as people
from minett.apps.people.models import User
from minett.journeys import equipment, publish_product, uploads
from minett.journeys.publish_product import ProductFields, Published
from minett.journeys.uploads import Upload
from minett.kernel.actor import Actor, Role
from minett.kernel.content import Text
from minett.kernel.content import gettext_noop as _
from minett.kernel.errors import Absent, BadInput, Clash, MinettError
from minett.planes.data.files import turn
from minett.planes.data.policy_tree import DataPolicy
from minett.planes.data.port import MEBIBYTE, Limits, Table
from minett.planes.data.schema import TableSchema
from minett.policy.actions import Action
from minett.policy.decide import decide, demand
from minett.policy.rules.data import ProductFacts
from minett.policy.states import PRODUCT

LIMITS = Limits(file_bytes=100 * MEBIBYTE)
MOST_WAITING = 20
PREVIEW_ROWS = 10

logger = logging.getLogger("minett.uploads")


class UploadTooLarge(BadInput):
    code = "upload-too-large"
    sentence = _("A page takes files of at most %(most)s MiB. Publish a larger one through the API.")


class TooManyUploads(Clash):
    code = "too-many-uploads"
    sentence = _("%(count)s of your files wait here already. Publish one of them or throw it away.")


class TooManyColumns(BadInput):
    code = "too-many-columns"
    sentence = _(
        "The file has %(columns)s columns; at most %(most)s can be described on a page. Publish it through the API."
    )


class AlreadyPublished(Clash):
    """Data: product, the code of what the upload became."""

    code = "upload-already-published"
    sentence = _("This file was published already, as %(product)s.")


class Stream(Protocol):
    """An upload as it comes in; an empty piece is its end."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Described:
    """What a steward says of a new product."""

    code: str
    title: Text
    description: Text
    keywords: tuple[str, ...]
    sector: str
    owner_id: int
    licence: str
    source: str
    governance: str


def stewardships(actor: Actor) -> tuple[int, ...]:
    """Return the ids of the organisations whose data the actor may publish; raises NotAllowed when there is none."""
    held = sorted(organisation for organisation, role in actor.memberships if role is Role.STEWARD)
    allowed = tuple(one for one in held if decide(actor, Action.PRODUCT_PUBLISH, _facts(one)))
    if not allowed:
        demand(actor, Action.PRODUCT_PUBLISH, _facts(None))
    return allowed


def _facts(owner_id: int | None) -> ProductFacts:
    return ProductFacts(owner_id=owner_id, steward_id=None, private=False, state=PRODUCT.initial)


def own_product(actor: Actor, code: str, command: str = "publish") -> Product:
    """Return a product for which the actor may give a command of its table.

    Raises Absent when it is hidden, NotAllowed when it is another's, CommandNotInTable when it is withdrawn.
    """
    product = access.visible(actor).filter(code=code).first()
    if product is None:
        raise Absent
    action = Action.PRODUCT_WITHDRAW if command == "withdraw" else Action.PRODUCT_PUBLISH
    demand(actor, action, access.facts_of(product))
    PRODUCT.step(product.state, command)
    return product


def receive(
    actor: Actor,
    *,
    now: datetime,
    stream: Stream,
    name: str,
    key: str,
    most_columns: int,
    product_code: str = "",
) -> Upload:
    """Take a file in and have it read; the same bytes under the same `key` again are the same upload.

    Of `name` only the ending counts, and it is kept for its sender to read. With a `product_code` the columns must
    be those of the product's newest version, and are described as there.
    Raises NotAllowed, the errors of `own_product` and TooManyUploads before anything is read; UploadTooLarge,
    TooManyColumns, and the errors of `minett.planes.data.intake`.
    """
    owners = stewardships(actor)
    product = own_product(actor, product_code) if product_code else None
    folder = uploads.folder_of(actor.must_be_person())
    if (count := len(uploads.waiting(folder, now))) >= MOST_WAITING:
        raise TooManyUploads(count=count)
    with _arriving(folder, name) as path:
        token = _token(actor, key, product_code, _written(stream, path))
        with turn(folder, token):
            known = uploads.read(folder, token)
            if known is not None:
                return known
            schema, rows, nulls = _looked_into(path, product, folder / f"{token}.parquet", most_columns)
            owner_id = owners[0] if product is None else product.owner_id
            upload = Upload(
                token=token,
                person_id=actor.must_be_person(),
                organisation_id=owner_id,
                name=uploads.readable(name),
                received_at=now,
                rows=rows,
                bytes=path.stat().st_size,
                schema=schema,
                nulls=nulls,
                product_code=product_code,
            )
            uploads.keep(folder, upload)
    return upload


@contextmanager
def _arriving(folder: Path, name: str) -> Iterator[Path]:
    """Give a place of our own naming for a file on its way in."""
    ending = ".csv" if name.lower().endswith(".csv") else ".parquet"
    path = folder / f"{uploads.ARRIVING}{secrets.token_hex(8)}{ending}"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _written(stream: Stream, path: Path) -> str:
    """Write the stream to a new file that only we may read; return the hash of its bytes."""
    digest, size = hashlib.sha256(), 0
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(file, "wb") as written:
        while piece := stream.read(MEBIBYTE):
            size += len(piece)
            if size > LIMITS.file_bytes:
                raise UploadTooLarge(most=LIMITS.file_bytes // MEBIBYTE)
            digest.update(piece)
            written.write(piece)
    return digest.hexdigest()


def _token(actor: Actor, key: str, product_code: str, sha256: str) -> str:
    """Return a name that nobody without the installation's key can guess, and that a repeat comes to again."""
    secret = hmac.digest(equipment.current().signing_key, b"minett-upload-token", "sha256")
    told = f"{actor.key} {key} {product_code or '-'} {sha256}"
    return hmac.digest(secret, told.encode(), "sha256").hex()[: uploads.TOKEN_LENGTH]


def _looked_into(
    path: Path, product: Product | None, target: Path, most_columns: int
) -> tuple[TableSchema, int, Mapping[str, int]]:
    """Have the data engine read the file and write what it read; return columns, rows and missing values."""
    engine = equipment.current().data
    known = None if product is None else queries.current(product).schema
    schema = known or engine.infer(path, LIMITS).schema
    if len(schema.columns) > most_columns:
        raise TooManyColumns(columns=len(schema.columns), most=most_columns)
    found = engine.to_parquet(path, schema, LIMITS, target)
    return schema, found.rows, {column.name: column.nulls for column in found.columns}


def waiting(actor: Actor, *, now: datetime) -> list[Upload]:
    """Return the actor's own uploads that are not published yet, newest first."""
    return uploads.waiting(uploads.folder_of(actor.must_be_person()), now)


def obtain(actor: Actor, token: str, *, now: datetime) -> Upload:
    """Return an upload of the actor's own. Raises NotAllowed, Absent, and AlreadyPublished."""
    stewardships(actor)
    upload = uploads.read(uploads.folder_of(actor.must_be_person()), token)
    if upload is None or upload.person_id != actor.person_id or upload.is_over(now):
        raise Absent
    if upload.published_as:
        raise AlreadyPublished(product=upload.published_as)
    return upload


@contextmanager
def _alone(actor: Actor, token: str, now: datetime) -> Iterator[Upload]:
    """Give the upload while nobody else works on it. Raises as `obtain` does."""
    obtain(actor, token, now=now)
    with turn(uploads.folder_of(actor.must_be_person()), token):
        yield obtain(actor, token, now=now)


def keep_draft(actor: Actor, *, now: datetime, token: str, draft: Mapping[str, list[str]]) -> None:
    """Keep what was written about an upload so far, as it was typed."""
    with _alone(actor, token, now) as upload:
        uploads.keep(uploads.folder_of(upload.person_id), replace(upload, draft=draft))


def throw_away(actor: Actor, *, now: datetime, token: str) -> None:
    """Remove an upload that is not to be published after all."""
    with _alone(actor, token, now) as upload:
        uploads.remove(uploads.folder_of(upload.person_id), token)


def preview(actor: Actor, *, now: datetime, token: str, schema: TableSchema, policy: DataPolicy) -> Table:
    """Return a few rows of an upload as others would see them under a policy.

    Raises the errors of `obtain`, of `minett.planes.data.compile` and of the data engine.
    """
    upload = obtain(actor, token, now=now)
    source = uploads.table_of(uploads.folder_of(upload.person_id), token)
    return equipment.current().data.preview(policy, schema, source, PREVIEW_ROWS)


def publish(
    actor: Actor,
    *,
    now: datetime,
    token: str,
    schema: TableSchema,
    policy: DataPolicy,
    described: Described | None,
) -> Published:
    """Publish an upload, once, and remove it; `described` is None for a new version of a product.

    Raises the errors of `obtain` (AlreadyPublished for a repeat), ProductCodeTaken, and those of
    `publish_product.publish`.
    """
    with _alone(actor, token, now) as upload:
        fields = _fields(actor, upload, described)
        folder = uploads.folder_of(upload.person_id)
        # Whoever is stopped between publishing and noting it comes back to the same product.
        uploads.keep(folder, replace(upload, becoming=fields["code"]))
        try:
            done = publish_product.publish(
                actor, now=now, file=uploads.table_of(folder, token), schema=schema, policy=policy, **fields
            )
        except MinettError:
            uploads.keep(folder, upload)
            raise
        uploads.keep(folder, replace(upload, published_as=done.product.code, draft=None))
        uploads.table_of(folder, token).unlink(missing_ok=True)
    return done


def _fields(actor: Actor, upload: Upload, described: Described | None) -> ProductFields:
    if upload.product_code:
        return _fields_of(own_product(actor, upload.product_code))
    if described is None:
        raise Absent
    # A code that the owner uses already would add a version to a product that nobody looked at here.
    if upload.becoming != described.code and Product.objects.filter(code=described.code).exists():
        raise ProductCodeTaken(code=described.code)
    return ProductFields(
        code=described.code,
        title=described.title,
        description=described.description,
        keywords=described.keywords,
        sector=described.sector,
        owner=people.obtain(actor, Action.ORGANISATION_VIEW, described.owner_id),
        steward=User.objects.get(pk=actor.must_be_person()),
        licence=described.licence,
        source=described.source,
        governance=described.governance,
    )


def _fields_of(product: Product) -> ProductFields:
    return ProductFields(
        code=product.code,
        title=Text.of(product.title),
        description=Text.of(product.description),
        keywords=product.keywords,
        sector=product.sector,
        owner=product.owner,
        steward=product.steward,
        licence=product.licence,
        source=product.source,
        governance=product.governance,
        is_private=product.is_private,
    )


def sweep(robot: Actor, *, now: datetime) -> int:
    """Remove what came more than a day ago, published or not, and what a crash left; return how many uploads."""
    count = uploads.sweep(now)
    if count:
        logger.info("%s removed %d uploads.", robot.key, count)
    return count
