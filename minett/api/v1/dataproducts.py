"""Data products: found by everybody, published and withdrawn by the stewards of their owner."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from ninja import File, Query, Router, UploadedFile
from pydantic import Field

from minett.api.lists import Page, Paging, page
from minett.api.operations import operation
from minett.api.proof import ApiRequest
from minett.api.schemas.base import Id, Standing
from minett.api.schemas.dataproducts import (
    PreviewTold,
    ProductDetail,
    ProductTold,
    PublishedTold,
    PublishGiven,
    VersionTold,
    WithdrawGiven,
)
from minett.apps.dataproducts import access, queries, services
from minett.apps.people import access as people
from minett.apps.people.models import User
from minett.journeys import publish_product
from minett.kernel.content import Text
from minett.planes.data import policy_tree
from minett.planes.data.schema import TableSchema
from minett.policy.actions import Action
from minett.policy.decide import decide, demand
from minett.policy.rules.data import ProductFacts
from minett.policy.states import PRODUCT

router = Router()
MOST_PREVIEWED = 200
# The description beside the file, and the borders between the parts of the body.
ROOM_BESIDE_FILE = 2**20


@operation(router, "GET", "/data-products", action=Action.PRODUCT_VIEW, answer=Page[ProductTold])
def products(
    request: ApiRequest,
    paging: Query[Paging],
    sector: Annotated[str, Field(max_length=80)] = "",
    search: Annotated[str, Field(max_length=100)] = "",
) -> Page[ProductTold]:
    """List the data products that whoever asks may open, by code."""
    rows = queries.listing(request.actor, sector=sector or None, search=search or None)
    return page(rows, paging, ProductTold.of, by=("code",))


@operation(router, "GET", "/data-products/{product_id}", action=Action.PRODUCT_VIEW, answer=ProductDetail)
def product(request: ApiRequest, product_id: Id) -> ProductDetail:
    """Read one data product: its newest version, and what its policy shows."""
    return _detail(request, product_id)


def _detail(request: ApiRequest, product_id: int) -> ProductDetail:
    offer = queries.detail(request.actor, product_id)
    return ProductDetail.whole(
        offer,
        commands=list(queries.commands(request.actor, offer.product)),
        is_steward=bool(decide(request.actor, Action.PRODUCT_PUBLISH, access.facts_of(offer.product))),
    )


@operation(router, "GET", "/data-products/{product_id}/preview", action=Action.PRODUCT_VIEW, answer=PreviewTold)
def preview(
    request: ApiRequest,
    product_id: Id,
    limit: Annotated[int, Field(ge=1, le=MOST_PREVIEWED)] = publish_product.PREVIEW_ROWS,
) -> PreviewTold:
    """See a few rows as the policy shows them; restricted data needs a grant."""
    return PreviewTold.of(publish_product.preview(request.actor, product_id, limit, now=request.now))


def only_stewards(request: ApiRequest) -> None:
    """Send away, before the upload is read, whoever is no steward of the organisation in the address."""
    match = request.resolver_match
    given = str(match.kwargs.get("organisation_id", "")) if match else ""
    owner_id = int(given) if given.isdecimal() and len(given) < len(str(2**63)) else None
    facts = ProductFacts(owner_id=owner_id, steward_id=None, private=False, state=PRODUCT.initial)
    demand(request.actor, Action.PRODUCT_PUBLISH, facts)


@operation(
    router,
    "POST",
    "/organisations/{organisation_id}/data-products",
    action=Action.PRODUCT_PUBLISH,
    answer=PublishedTold,
    status=201,
    works_outside=True,
    before_body=only_stewards,
    largest_body=publish_product.LIMITS.file_bytes + ROOM_BESIDE_FILE,
)
def publish(request: ApiRequest, organisation_id: Id, body: PublishGiven, file: File[UploadedFile]) -> PublishedTold:
    """Publish a file (Parquet, or CSV by its name) as a data product of the organisation, with its policy.

    A code that the organisation uses already gets a new version and policy where they differ.
    """
    owner = people.obtain(request.actor, Action.ORGANISATION_VIEW, organisation_id)
    with _on_disk(file) as path:
        published = publish_product.publish(
            request.actor,
            now=request.now,
            file=path,
            schema=TableSchema.from_json({"columns": body.columns}),
            policy=policy_tree.from_json(body.policy),
            owner=owner,
            # Whoever publishes keeps the product; another steward is named on the product's page.
            steward=User.objects.get(pk=request.actor.person_id),
            **_described(body),
        )
    return PublishedTold(
        id=published.product.pk,
        code=published.product.code,
        standing=Standing.of(PRODUCT, published.product.state),
        version=VersionTold.model_validate(published.version, from_attributes=True),
        policy_number=published.policy.number,
        policy_sha256=published.policy.sha256,
    )


def _described(body: PublishGiven) -> Any:
    same = ("code", "keywords", "sector", "licence", "source", "governance", "is_private")
    texts = {"title": Text.of(body.title), "description": Text.of(body.description)}
    return {**{name: getattr(body, name) for name in same}, **texts}


@contextmanager
def _on_disk(file: UploadedFile) -> Iterator[Path]:
    """Give the upload a name of our own on disk; of the client's name only the ending counts, and only `.csv`."""
    ending = ".csv" if str(file.name or "").lower().endswith(".csv") else ".parquet"
    with tempfile.TemporaryDirectory(prefix="minett-upload-") as folder:
        path = Path(folder) / f"upload{ending}"
        with path.open("xb") as written:
            for piece in file.chunks():
                written.write(piece)
        yield path


@operation(router, "POST", "/data-products/{product_id}/withdraw", action=Action.PRODUCT_WITHDRAW, answer=ProductDetail)
def withdraw(request: ApiRequest, product_id: Id, body: WithdrawGiven) -> ProductDetail:
    """Take a data product off the list; running grants go on to their end."""
    services.withdraw(request.actor, now=request.now, product_id=product_id, reason=body.reason)
    return _detail(request, product_id)
