"""Publishing: an untrusted file becomes a product, once; and a preview shows what this reader may see."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import connection

from minett.apps.dataproducts import services
from minett.apps.dataproducts.models import Product, ProductPolicy, ProductVersion
from minett.apps.grants import services as grants
from minett.journeys import publish_product
from minett.journeys.equipment import Equipment
from minett.kernel.errors import Absent
from minett.planes.data import intake
from minett.planes.data.adapters.duckdb import DuckDBEngine
from minett.planes.data.compile import PolicyNamesUnknownColumn
from minett.planes.data.policy_tree import ColumnRule
from minett.planes.data.port import PolicyEnded
from minett.policy.decide import NotAllowed
from tests.apps.grants.world import (
    POLICY,
    SCHEMA,
    SHOWN_ROWS,
    Outbox,
    activate,
    approve,
    ask,
    description,
    equipped,
    write_table,
)
from tests.cast import Cast


class OutsideEngine(DuckDBEngine):
    """The real engine, which insists on being called outside the journey's transactions."""

    def to_parquet(self, *args: Any, **kwargs: Any) -> Any:
        assert connection.savepoint_ids == []
        return super().to_parquet(*args, **kwargs)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Equipment]:
    with equipped(tmp_path / "store", Outbox(), OutsideEngine()) as house:
        yield house


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return write_table(tmp_path / "in.parquet")


def publish(cast: Cast, now: datetime, file: Path, by: str = "steward", **changed: Any) -> publish_product.Published:
    given: dict[str, Any] = {"schema": SCHEMA, "policy": POLICY, **description(cast), **changed}
    return publish_product.publish(cast.actors()[by], now=now, file=file, **given)


def test_a_file_becomes_a_product(cast: Cast, now: datetime, house: Equipment, table: Path):
    published = publish(cast, now, table)

    kept = house.store.absolute(published.version.path)
    assert published.product.state == "published"
    assert kept.name == f"{published.version.sha256}.parquet"
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == published.version.sha256
    assert published.version.bytes == kept.stat().st_size
    assert published.version.rows == pq.read_metadata(kept).num_rows == 40
    facts = {column["name"]: column for column in published.version.profile["columns"]}
    assert (facts["is_phishing"]["distinct"], facts["age"]["nulls"]) == (2, 0)
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]


def test_publishing_again_yields_the_same_rows(cast: Cast, now: datetime, house: Equipment, table: Path):
    first, again = publish(cast, now, table), publish(cast, now + timedelta(days=1), table)

    assert (first.product, first.version, first.policy) == (again.product, again.version, again.policy)
    counts = (Product.objects.count(), ProductVersion.objects.count(), ProductPolicy.objects.count())
    assert counts == (1, 1, 1)


def test_a_csv_file_is_kept_as_parquet(cast: Cast, now: datetime, house: Equipment, tmp_path: Path):
    file = tmp_path / "in.csv"
    file.write_text("age,length,is_phishing,owner_mail\n3,20,1,a@example.org\n-1,30,0,b@example.org\n")

    published = publish(cast, now, file)

    assert pq.read_table(house.store.absolute(published.version.path)).schema == SCHEMA.to_arrow()


def test_other_data_is_another_version_of_the_same_product(
    cast: Cast, now: datetime, house: Equipment, table: Path, tmp_path: Path
):
    publish(cast, now, table)

    second = publish(cast, now, write_table(tmp_path / "more.parquet", rows=50))

    assert (second.version.number, second.policy.number) == (2, 1)


def _bad_files(folder: Path) -> dict[str, tuple[Path, type[Exception]]]:
    whole = write_table(folder / "whole.parquet").read_bytes()
    (folder / "cut.parquet").write_bytes(whole[: len(whole) // 2])
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("a", "b")
    (folder / "zip.parquet").write_bytes(zipped.getvalue())
    (folder / "link.parquet").symlink_to(folder / "whole.parquet")
    pq.write_table(pa.table({"age": [1], "other": ["x"]}), folder / "columns.parquet")
    return {
        "cut": (folder / "cut.parquet", intake.FileTruncated),
        "zip": (folder / "zip.parquet", intake.NotThisFormat),
        "link": (folder / "link.parquet", intake.NotARegularFile),
        "missing": (folder / "missing.parquet", intake.NotARegularFile),
        "columns": (folder / "columns.parquet", intake.ColumnsDiffer),
    }


@pytest.mark.parametrize("kind", ["cut", "zip", "link", "missing", "columns"])
def test_a_bad_file_leaves_no_trace(cast: Cast, now: datetime, house: Equipment, tmp_path: Path, kind: str):
    file, error = _bad_files(tmp_path)[kind]

    with pytest.raises(error):
        publish(cast, now, file)

    assert not Product.objects.exists()
    assert not list(house.store.folder("products").iterdir())


@pytest.mark.parametrize("name", ["founder", "authority", "manager", "visitor"])
def test_who_may_not_publish_is_refused_before_the_file_is_read(
    cast: Cast, now: datetime, house: Equipment, tmp_path: Path, name: str
):
    with pytest.raises(NotAllowed):
        publish(cast, now, tmp_path / "missing.parquet", by=name)


def test_a_policy_that_does_not_fit_leaves_nothing_behind(cast: Cast, now: datetime, house: Equipment, table: Path):
    with pytest.raises(PolicyNamesUnknownColumn):
        publish(cast, now, table, policy=replace(POLICY, columns=(ColumnRule("salary", keep=True),)))

    assert not Product.objects.exists()


def test_a_failure_in_the_middle_publishes_nothing_and_can_be_repeated(
    cast: Cast, now: datetime, house: Equipment, table: Path, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_args: Any, **_kwargs: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(services, "set_policy", fail)
        with pytest.raises(KeyboardInterrupt):
            publish(cast, now, table)
    assert not Product.objects.exists()
    assert not ProductVersion.objects.exists()

    assert publish(cast, now, table).version.number == 1
    assert len(list(house.store.folder("products").iterdir())) == 1


def test_another_owners_code_is_taken(cast: Cast, now: datetime, house: Equipment, table: Path):
    foreign = description(cast, owner=cast.partner_org, steward=None)
    Product.objects.create(
        **{**foreign, "title": {"en": "x"}, "description": {"en": "x"}, "created_at": now, "is_private": True}
    )

    with pytest.raises(services.ProductCodeTaken):
        publish(cast, now, table)


def test_open_data_is_previewed_as_the_policy_shows_it(cast: Cast, now: datetime, house: Equipment, table: Path):
    product = publish(cast, now, table, governance="open").product

    shown = publish_product.preview(cast.actors()["visitor"], product.pk, now=now)
    everything = publish_product.preview(cast.rival.actor, product.pk, 1000, now=now)

    assert shown.columns == ("age", "length", "is_phishing")
    assert len(shown.rows) == 20
    assert len(everything.rows) == SHOWN_ROWS
    assert all(row["age"] >= 0 and row["length"] % 10 == 0 for row in everything.rows)
    assert "example.org" not in str(everything)


def test_restricted_rows_need_a_grant(cast: Cast, now: datetime, house: Equipment, table: Path):
    product = publish(cast, now, table).product
    for name in ("engineer", "rival", "adviser", "auditor", "visitor"):
        with pytest.raises(publish_product.PreviewNeedsGrant):
            publish_product.preview(cast.actors()[name], product.pk, now=now)

    grant = activate(now, approve(cast, now, ask(cast, now, product)))

    shown = publish_product.preview(cast.engineer.actor, product.pk, now=now)
    assert shown.columns == ("age", "is_phishing")
    assert publish_product.preview(cast.steward.actor, product.pk, now=now).columns == ("age", "length", "is_phishing")
    with pytest.raises(publish_product.PreviewNeedsGrant):
        publish_product.preview(cast.rival.actor, product.pk, now=now)
    with pytest.raises(publish_product.PreviewNeedsGrant):
        publish_product.preview(cast.engineer.actor, product.pk, now=now + timedelta(days=90))
    grants.revoke(cast.steward.actor, now=now, grant_id=grant.pk, reason="Misused.")
    with pytest.raises(publish_product.PreviewNeedsGrant):
        publish_product.preview(cast.engineer.actor, product.pk, now=now)


def test_a_hidden_product_has_no_preview(cast: Cast, now: datetime, house: Equipment, table: Path):
    product = publish(cast, now, table, governance="open", is_private=True).product

    for name in ("founder", "rival", "visitor"):
        with pytest.raises(Absent):
            publish_product.preview(cast.actors()[name], product.pk, now=now)


def test_an_ended_policy_and_a_missing_one_show_nothing(cast: Cast, now: datetime, house: Equipment, table: Path):
    ended = publish(cast, now, table, governance="open", policy=replace(POLICY, until=date(2026, 11, 24))).product
    bare = services.create_product(cast.steward.actor, now=now, **description(cast, code="bare", governance="open"))

    assert publish_product.preview(cast.rival.actor, ended.pk, now=now).rows
    with pytest.raises(PolicyEnded):
        publish_product.preview(cast.rival.actor, ended.pk, now=now + timedelta(days=1))
    with pytest.raises(publish_product.NothingToPreview):
        publish_product.preview(cast.steward.actor, bare.pk, now=now)


def test_what_was_withdrawn_is_shown_to_nobody_who_holds_no_grant(
    cast: Cast, now: datetime, house: Equipment, table: Path
):
    product = publish(cast, now, table, governance="open").product
    activate(now, approve(cast, now, ask(cast, now, product)))

    services.withdraw(cast.steward.actor, now=now, product_id=product.pk, reason="It names people.")

    for name in ("rival", "auditor", "visitor"):
        with pytest.raises(publish_product.PreviewNeedsGrant):
            publish_product.preview(cast.actors()[name], product.pk, now=now)
    assert publish_product.preview(cast.engineer.actor, product.pk, now=now).columns == ("age", "is_phishing")
    assert publish_product.preview(cast.steward.actor, product.pk, now=now).rows
