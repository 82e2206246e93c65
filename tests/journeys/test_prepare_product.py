"""Preparing a product: what waits is the sender's alone, is published once, and does not stay."""

from __future__ import annotations

import io
import json
import os
import stat
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.db import connection

from minett.apps.dataproducts import services
from minett.apps.dataproducts.models import Product, ProductVersion
from minett.apps.people import queries
from minett.apps.people import services as people
from minett.journeys import prepare_product, publish_product, uploads
from minett.journeys.equipment import Equipment
from minett.kernel.actor import Actor, Role, robot
from minett.kernel.content import Text
from minett.kernel.errors import Absent
from minett.planes.data import intake
from minett.planes.data.adapters.duckdb import DuckDBEngine
from minett.planes.data.compile import PolicyShowsNothing
from minett.planes.data.policy_tree import ColumnRule, DataPolicy
from minett.planes.data.schema import Sensitivity, TableSchema
from minett.policy.decide import NotAllowed
from minett.policy.states import CommandNotInTable
from tests.apps.grants import world
from tests.cast import HOUSE, Cast

CSV = b"age,town\n3,Esch\n4,\n"
SWEEPER = robot("upload-sweeper")


class OutsideEngine(DuckDBEngine):
    """The real engine, which insists on being called outside of transactions."""

    def infer(self, *args: Any) -> Any:
        assert connection.savepoint_ids == []
        return super().infer(*args)

    def to_parquet(self, *args: Any, **kwargs: Any) -> Any:
        assert connection.savepoint_ids == []
        return super().to_parquet(*args, **kwargs)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Equipment]:
    with world.equipped(tmp_path / "store", world.Outbox(), OutsideEngine()) as house:
        yield house


def sent(actor: Actor, now: datetime, content: bytes = CSV, name: str = "towns.csv", **changed: Any) -> uploads.Upload:
    given: dict[str, Any] = {"key": str(uuid.uuid4()), "most_columns": 40, **changed}
    return prepare_product.receive(actor, now=now, stream=io.BytesIO(content), name=name, **given)


def described(cast: Cast, **changed: Any) -> prepare_product.Described:
    given: dict[str, Any] = {
        "code": "towns",
        "title": Text.of("Towns"),
        "description": Text.of("Ages by town."),
        "keywords": ("towns",),
        "sector": "finance",
        "owner_id": cast.data_holder.pk,
        "licence": "CC0",
        "source": "invented for a test",
        "governance": "open",
    }
    return prepare_product.Described(**{**given, **changed})


def policy(*shown: str) -> DataPolicy:
    return DataPolicy(None, tuple(ColumnRule(name, keep=True) for name in shown), ("evaluation",), None, 1)


def meant(upload: uploads.Upload) -> TableSchema:
    columns = tuple(replace(column, sensitivity=Sensitivity.NONE) for column in upload.schema.columns)
    return TableSchema(columns)


def publish(cast: Cast, now: datetime, upload: uploads.Upload, **changed: Any) -> publish_product.Published:
    given: dict[str, Any] = {"schema": meant(upload), "policy": policy("age"), "described": described(cast), **changed}
    return prepare_product.publish(cast.steward.actor, now=now, token=upload.token, **given)


def files_of(house: Equipment) -> list[Path]:
    return sorted(path for path in house.store.folder("uploads").rglob("*") if path.is_file())


def test_a_file_is_read_and_waits(cast: Cast, now: datetime, house: Equipment):
    upload = sent(cast.steward.actor, now, name="C:\\data\\to\x00wns\n.csv")

    assert (upload.name, upload.rows, upload.bytes, upload.nulls) == ("towns.csv", 2, len(CSV), {"age": 0, "town": 1})
    assert {column.name: column.type.value for column in upload.schema.columns} == {"age": "integer", "town": "text"}
    assert prepare_product.waiting(cast.steward.actor, now=now) == [upload]
    record, lock, table = files_of(house)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (record, lock, table)] == [0o600] * 3
    assert stat.S_IMODE(record.parent.stat().st_mode) == 0o700
    kept = json.loads(record.read_text())
    assert (kept["person_id"], kept["organisation_id"]) == (cast.steward.user.pk, cast.data_holder.pk)
    assert pq.read_table(table).num_rows == 2


def test_the_same_bytes_under_the_same_key_are_the_same_upload(cast: Cast, now: datetime, house: Equipment):
    key = str(uuid.uuid4())
    first, again = (sent(cast.steward.actor, now, key=key) for _time in range(2))
    other = sent(cast.steward.actor, now, CSV + b"5,Belval\n", key=key)

    assert first == again
    assert len({first.token, other.token, sent(cast.steward.actor, now).token}) == 3


@pytest.mark.parametrize("name", ["founder", "authority", "manager", "partner", "visitor"])
def test_who_is_no_steward_sends_nothing(cast: Cast, now: datetime, house: Equipment, name: str):
    class Untouched(io.BytesIO):
        def read(self, *_size: Any) -> bytes:
            raise AssertionError

    with pytest.raises(NotAllowed):
        prepare_product.receive(
            cast.actors()[name], now=now, stream=Untouched(), name="t.csv", key="k", most_columns=40
        )
    assert files_of(house) == []


def second_steward(cast: Cast, now: datetime, organisation: Any) -> Actor:
    people.give_role(HOUSE, now=now, person=cast.partner.user, organisation=organisation, role=Role.STEWARD)
    return queries.actor_of(cast.partner.user)


@pytest.mark.parametrize("own_house", [True, False])
def test_another_person_finds_nothing_whoever_they_are(cast: Cast, now: datetime, house: Equipment, own_house: bool):
    upload = sent(cast.steward.actor, now)
    other = second_steward(cast, now, cast.data_holder if own_house else cast.partner_org)

    assert prepare_product.waiting(other, now=now) == []
    with pytest.raises(Absent):
        prepare_product.obtain(other, upload.token, now=now)
    with pytest.raises(Absent):
        prepare_product.throw_away(other, now=now, token=upload.token)
    with pytest.raises(NotAllowed):
        prepare_product.obtain(cast.founder.actor, upload.token, now=now)


def test_who_is_no_steward_any_more_loses_the_upload(cast: Cast, now: datetime, house: Equipment):
    upload = sent(cast.steward.actor, now)

    with pytest.raises(NotAllowed):
        prepare_product.obtain(replace(cast.steward.actor, memberships=frozenset()), upload.token, now=now)


@pytest.mark.parametrize("token", ["", "x", "../secret", "a" * 48, "A" * 48, "arriving-0", "0" * 48 + "\n"])
def test_a_token_that_is_none(cast: Cast, now: datetime, house: Equipment, token: str):
    with pytest.raises(Absent):
        prepare_product.obtain(cast.steward.actor, token, now=now)


@pytest.mark.parametrize(
    ("content", "name", "error"),
    [
        (b"", "t.csv", intake.FileTruncated),
        (b"PAR1 cut", "t.parquet", intake.FileTruncated),
        (b"PK\x03\x04zip", "t.parquet", intake.NotThisFormat),
        (b"a,b\n", "t.txt", intake.NotThisFormat),
        (b"a,b\n1\n", "t.csv", intake.FileDamaged),
        (b"a,A\n1,2\n", "t.csv", intake.ColumnNamesUnusable),
        (b"a,b,c\n1,2,3\n", "t.csv", prepare_product.TooManyColumns),
    ],
)
def test_a_bad_file_leaves_no_trace(cast, now: datetime, house: Equipment, content: bytes, name: str, error: Any):
    with pytest.raises(error):
        sent(cast.steward.actor, now, content, name, most_columns=2)
    assert [path for path in files_of(house) if path.suffix != ".lock"] == []
    assert prepare_product.waiting(cast.steward.actor, now=now) == []


def test_a_file_over_the_size_is_not_kept(cast: Cast, now: datetime, house: Equipment, monkeypatch):
    monkeypatch.setattr(prepare_product, "LIMITS", replace(prepare_product.LIMITS, file_bytes=10))

    with pytest.raises(prepare_product.UploadTooLarge):
        sent(cast.steward.actor, now)
    assert files_of(house) == []


def test_so_many_files_wait_and_no_more(cast: Cast, now: datetime, house: Equipment, monkeypatch):
    monkeypatch.setattr(prepare_product, "MOST_WAITING", 2)
    first, _second = sent(cast.steward.actor, now), sent(cast.steward.actor, now)

    with pytest.raises(prepare_product.TooManyUploads):
        sent(cast.steward.actor, now)
    prepare_product.throw_away(cast.steward.actor, now=now, token=first.token)
    assert sent(cast.steward.actor, now).rows == 2


def test_what_was_written_is_kept_with_it(cast: Cast, now: datetime, house: Equipment):
    upload = sent(cast.steward.actor, now)
    draft = {"title_en": ["Ti\ud800tle"], "purposes": ["research", "evaluation"]}

    prepare_product.keep_draft(cast.steward.actor, now=now, token=upload.token, draft=draft)

    assert prepare_product.obtain(cast.steward.actor, upload.token, now=now) == replace(upload, draft=draft)


def test_the_preview_shows_what_the_policy_shows(cast: Cast, now: datetime, house: Equipment):
    upload = sent(cast.steward.actor, now)
    given: dict[str, Any] = {"now": now, "token": upload.token, "schema": upload.schema}

    table = prepare_product.preview(cast.steward.actor, policy=policy("town"), **given)

    assert (table.columns, [row["town"] for row in table.rows]) == (("town",), ["Esch", None])
    with pytest.raises(PolicyShowsNothing):
        prepare_product.preview(cast.steward.actor, policy=policy(), **given)


def test_an_upload_is_published_once_and_its_file_goes(cast: Cast, now: datetime, house: Equipment):
    upload = sent(cast.steward.actor, now)

    done = publish(cast, now, upload)

    assert (done.product.state, done.product.steward_id) == ("published", cast.steward.user.pk)
    assert (done.version.rows, done.policy.number) == (2, 1)
    assert [path.suffix for path in files_of(house)] == [".json", ".lock"]
    with pytest.raises(prepare_product.AlreadyPublished) as caught:
        publish(cast, now, upload, described=described(cast, code="other"))
    assert caught.value.data == {"product": "towns"}
    assert prepare_product.waiting(cast.steward.actor, now=now) == []
    assert ProductVersion.objects.count() == 1


def test_a_code_that_is_used_adds_no_version_to_another_product(cast: Cast, now: datetime, house: Equipment):
    publish(cast, now, sent(cast.steward.actor, now))

    with pytest.raises(services.ProductCodeTaken):
        publish(cast, now, sent(cast.steward.actor, now, CSV + b"5,Belval\n"))
    assert ProductVersion.objects.count() == 1


def test_what_cannot_be_published_waits_on(cast: Cast, now: datetime, house: Equipment):
    upload = sent(cast.steward.actor, now)
    with pytest.raises(PolicyShowsNothing):
        publish(cast, now, upload, policy=policy())

    assert prepare_product.obtain(cast.steward.actor, upload.token, now=now) == upload
    assert publish(cast, now, upload).version.number == 1


def test_a_worker_killed_after_publishing_comes_back_to_the_same_product(
    cast: Cast, now: datetime, house: Equipment, monkeypatch: pytest.MonkeyPatch
):
    upload, real = sent(cast.steward.actor, now), publish_product.publish

    def killed(*args: Any, **fields: Any) -> Any:
        real(*args, **fields)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(publish_product, "publish", killed)
        with pytest.raises(KeyboardInterrupt):
            publish(cast, now, upload)

    assert publish(cast, now, upload).version.number == 1
    assert Product.objects.count() == 1


@pytest.mark.parametrize("owner", ["partner_org", "company"])
def test_nobody_publishes_for_an_organisation_they_do_not_keep(cast: Cast, now: datetime, house: Equipment, owner: str):
    upload = sent(cast.steward.actor, now)

    with pytest.raises(NotAllowed):
        publish(cast, now, upload, described=described(cast, owner_id=getattr(cast, owner).pk))
    assert not Product.objects.exists()


def test_a_new_version_has_the_columns_of_the_one_before(cast: Cast, now: datetime, house: Equipment):
    publish(cast, now, sent(cast.steward.actor, now))
    upload = sent(cast.steward.actor, now, CSV + b"5,Belval\n", product_code="towns")

    done = publish(cast, now, upload, described=None)

    assert (upload.schema.by_name["age"].sensitivity, done.version.number) == (Sensitivity.NONE, 2)
    assert done.product.title == {"en": "Towns"}
    with pytest.raises(intake.ColumnsDiffer):
        sent(cast.steward.actor, now, b"age\n3\n", product_code="towns")


def test_a_new_version_is_for_those_who_keep_the_product(cast: Cast, now: datetime, house: Equipment):
    product = publish(cast, now, sent(cast.steward.actor, now)).product
    other = second_steward(cast, now, cast.partner_org)
    with pytest.raises(NotAllowed):
        sent(other, now, product_code="towns")
    with pytest.raises(Absent):
        sent(cast.steward.actor, now, product_code="nothing")

    services.withdraw(cast.steward.actor, now=now, product_id=product.pk, reason="Out of date.")
    with pytest.raises(CommandNotInTable):
        sent(cast.steward.actor, now, product_code="towns")


def test_what_is_a_day_old_is_gone(cast: Cast, now: datetime, house: Equipment):
    old, young = sent(cast.steward.actor, now - timedelta(hours=25)), sent(cast.steward.actor, now)
    orphan = old_file(house, cast, "arriving-0123.csv", now)

    with pytest.raises(Absent):
        prepare_product.obtain(cast.steward.actor, old.token, now=now)
    assert prepare_product.sweep(SWEEPER, now=now) == 1

    assert not orphan.exists()
    assert {path.name.partition(".")[0] for path in files_of(house)} == {young.token}
    assert prepare_product.sweep(SWEEPER, now=now) == 0


def old_file(house: Equipment, cast: Cast, name: str, now: datetime) -> Path:
    path = house.store.folder("uploads") / str(cast.steward.user.pk) / name
    path.write_text("left by a crash")
    moment = (now - timedelta(days=2)).timestamp()
    os.utime(path, (moment, moment))
    return path
