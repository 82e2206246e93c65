"""A permit holds only as signed, only until its end, and only for what it names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minett.policy import permit
from minett.policy.permit import Permit, PermitExpired, PermitForged, PermitForSomethingElse

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
PRIVATE, PUBLIC = permit.new_key()
GOOD = Permit(
    what="snapshot:1",
    subject="person:1",
    purpose="model-training",
    until=NOW + timedelta(hours=1),
    columns=("a", "b"),
    details=(("source_sha256", "00"),),
)
TOKEN = permit.sign(GOOD, PRIVATE)


def test_what_was_signed_is_read():
    assert permit.read(TOKEN, PUBLIC, NOW) == GOOD
    assert GOOD.detail("source_sha256") == "00"


@given(st.integers(0, len(TOKEN) - 1), st.sampled_from("abcXYZ019-_."))
def test_any_changed_sign_is_refused(at: int, sign: str):
    forged = TOKEN[:at] + sign + TOKEN[at + 1 :]
    # The last sign of a base64 part carries bits that are not used; changing those changes nothing that is signed.
    unused_bits = at in {TOKEN.index(".") - 1, TOKEN.rindex(".") - 1, len(TOKEN) - 1}
    if forged == TOKEN or unused_bits:
        return
    with pytest.raises(PermitForged):
        permit.read(forged, PUBLIC, NOW)


def test_another_installations_permit_is_refused():
    foreign, _public = permit.new_key()
    with pytest.raises(PermitForged):
        permit.read(permit.sign(GOOD, foreign), PUBLIC, NOW)


@pytest.mark.parametrize("after", [timedelta(hours=1), timedelta(days=1)])
def test_a_permit_ends_at_its_exclusive_end(after: timedelta):
    permit.read(TOKEN, PUBLIC, NOW + timedelta(minutes=59))
    with pytest.raises(PermitExpired):
        permit.read(TOKEN, PUBLIC, NOW + after)
    with pytest.raises(PermitExpired):
        GOOD.must_be_for("snapshot:1", NOW + after)


def test_a_permit_for_something_else_is_refused():
    GOOD.must_be_for("snapshot:1", NOW)
    with pytest.raises(PermitForSomethingElse):
        GOOD.must_be_for("snapshot:2", NOW)
