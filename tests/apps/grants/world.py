"""The set-up that allowed and refused cases share: one published product, one request, one grant."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings

from minett.apps.dataproducts import services as products
from minett.apps.dataproducts.models import Product
from minett.apps.grants import services
from minett.apps.grants.models import AccessRequest, Grant
from minett.journeys import equipment
from minett.kernel.actor import robot
from minett.kernel.content import Text
from minett.planes.data.adapters.duckdb import DuckDBEngine
from minett.planes.data.expressions import Column, Compare, Literal, Operator
from minett.planes.data.masks import Bucket
from minett.planes.data.policy_tree import ColumnRule, DataPolicy, to_json
from minett.planes.data.port import SnapshotFile
from minett.planes.data.schema import ColumnSpec, ColumnType, TableSchema
from tests.cast import Cast

BUILDER = robot("snapshot-builder")
EXPIRER = robot("grant-expirer")
SAFEGUARDS = "Two engineers, one encrypted disk, deleted at the end."
LAST_DAY = date(2027, 6, 30)

SCHEMA = TableSchema(
    (
        ColumnSpec("age", ColumnType.INTEGER, Text.of("Age of the domain in months")),
        ColumnSpec("length", ColumnType.INTEGER, Text.of("Length of the address in characters")),
        ColumnSpec("is_phishing", ColumnType.INTEGER, Text.of("Whether the page is a phishing page")),
        ColumnSpec("owner_mail", ColumnType.TEXT, Text.of("Mail address of the domain's owner")),
    )
)
POLICY = DataPolicy(
    rows=Compare(Operator.GE, Column("age"), Literal.of(0)),
    columns=(
        ColumnRule("age", keep=True),
        ColumnRule("length", keep=True, mask=Bucket(10)),
        ColumnRule("is_phishing", keep=True),
        ColumnRule("owner_mail", keep=False),
    ),
    purposes=("model-training", "evaluation"),
    until=LAST_DAY,
    version=1,
)
ROWS = 40
SHOWN_ROWS = 36  # Every tenth domain has an unknown age (-1), and the policy leaves those rows out.


def write_table(path: Path, *, rows: int = ROWS) -> Path:
    """Write a small table in the columns of SCHEMA."""
    columns = {
        "age": [-1 if n % 10 == 0 else n for n in range(rows)],
        "length": [20 + n for n in range(rows)],
        "is_phishing": [n % 2 for n in range(rows)],
        "owner_mail": [f"owner{n}@example.org" for n in range(rows)],
    }
    pq.write_table(pa.table(columns, schema=SCHEMA.to_arrow()), path)
    return path


def description(cast: Cast, **changed: Any) -> dict[str, Any]:
    return {
        "code": "phishing-pages",
        "title": Text.of({"en": "Phishing pages", "fr": "Pages d’hameçonnage"}),
        "description": Text.of("Features of pages that were reported as phishing, and of pages that were not."),
        "keywords": ["phishing", "sécurité"],
        "sector": "cybersecurity",
        "owner": cast.data_holder,
        "steward": cast.steward.user,
        "licence": "CC BY 4.0",
        "source": "https://example.org/phishing",
        "governance": "restricted",
        **changed,
    }


def sha_of(word: str) -> str:
    return hashlib.sha256(word.encode()).hexdigest()


def publish(
    cast: Cast, now: datetime, *, policy: DataPolicy | None = POLICY, word: str = "one", **changed: Any
) -> Product:
    """Publish a product by the services alone; its file is only named, not written."""
    product = products.create_product(cast.steward.actor, now=now, **description(cast, **changed))
    publish_version(cast, now, product, word)
    if policy is not None:
        products.set_policy(cast.steward.actor, now=now, product_id=product.pk, tree=to_json(policy))
    product.refresh_from_db()
    return product


def publish_version(cast: Cast, now: datetime, product: Product, word: str, **changed: Any):
    facts: dict[str, Any] = {"path": f"products/{sha_of(word)}.parquet", "sha256": sha_of(word), "size": 900}
    facts |= {"rows": ROWS, "schema": SCHEMA.to_json(), "profile": {}, **changed}
    return products.publish_version(cast.steward.actor, now=now, product_id=product.pk, **facts)


def ask(cast: Cast, now: datetime, product: Product, **changed: Any) -> AccessRequest:
    """Ask as the company's engineer."""
    terms: dict[str, Any] = {"purpose": "model-training", "columns": ["age", "is_phishing"], "days": 90}
    terms |= {"safeguards": SAFEGUARDS, "organisation_id": cast.company.pk, "case_id": None, **changed}
    return services.ask(cast.engineer.actor, now=now, product_id=product.pk, **terms)


def approve(cast: Cast, now: datetime, request: AccessRequest) -> Grant:
    services.review(
        cast.steward.actor,
        now=now,
        request_id=request.pk,
        vote="approve",
        reason="The purpose fits.",
        content_sha256=request.content_sha256,
    )
    return Grant.objects.get(request=request)


def built_for(grant: Grant, **changed: Any) -> SnapshotFile:
    """Return what an engine would tell about the grant's snapshot."""
    whole = SnapshotFile(Path("s.parquet"), sha_of("snapshot"), SHOWN_ROWS, 700, tuple(grant.columns))
    return replace(whole, **changed)


def activate(now: datetime, grant: Grant, **changed: Any) -> Grant:
    built = built_for(grant, **changed)
    return services.activate(BUILDER, now=now, grant_id=grant.pk, built=built, path="snapshots/s.parquet")


@dataclass
class Outbox:
    """Keeps what would be enqueued."""

    sent: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __call__(self, task: str, **arguments: int | str) -> None:
        self.sent.append((task, arguments))


@contextmanager
def equipped(root: Path, outbox: Outbox, engine: Any = None) -> Iterator[equipment.Equipment]:
    """Give the journeys a store of their own and the real data engine, and afterwards what they had before."""
    before = list(equipment._factory)
    house = equipment.Equipment(
        executor=None,  # type: ignore[arg-type]  # No compute is used here.
        data=engine or DuckDBEngine(),
        store=equipment.Store(root),
        enqueue=outbox,
        signing_key=settings.SIGNING_KEY,
    )
    equipment.install(lambda: house)
    try:
        yield house
    finally:
        equipment._factory[:] = before
        equipment.current.cache_clear()
