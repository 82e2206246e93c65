"""What is asked for, held against what the owner offers: complete or not, and the policy that would be granted.

It is pure: it reads no table and decides nothing about who may ask.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from minett.apps.dataproducts.models import ProductPolicy, ProductVersion
from minett.apps.dataproducts.queries import Offer
from minett.apps.ledger.chain import canonical
from minett.kernel.content import gettext_noop as _
from minett.kernel.errors import BadInput, Clash
from minett.planes.data.compile import checked
from minett.planes.data.policy_tree import DataPolicy
from minett.planes.data.port import PolicyEnded

# Whoever needs data for longer asks again: a grant without a foreseeable end is forgotten, not overseen.
LONGEST_DAYS = 1_826


class ProductNotOffered(Clash):
    code = "product-not-offered"
    sentence = _("This data product is not offered now: it is withdrawn, or its owner has set no access policy.")


class PurposeNotOffered(BadInput):
    """Data: purpose (what was asked for) and offered (codes, joined by commas)."""

    code = "purpose-not-offered"
    sentence = _("The data is not offered for the purpose %(purpose)s, only for: %(offered)s.")


class ColumnsMissing(BadInput):
    """Data: offered, names joined by commas."""

    code = "columns-missing"
    sentence = _("Choose at least one column. Offered are: %(offered)s.")


class ColumnsNotOffered(BadInput):
    """Hidden columns and columns that do not exist look the same. Data: columns, offered; joined by commas."""

    code = "columns-not-offered"
    sentence = _("These columns are not offered: %(columns)s. Offered are: %(offered)s.")


class PeriodTooShort(BadInput):
    code = "period-too-short"
    sentence = _("Ask for at least one day.")


class PeriodTooLong(BadInput):
    """Data: days (asked for), longest (whole days that can be asked for now), until (the last of them)."""

    code = "period-too-long"
    sentence = _("%(days)s days are too many: at most %(longest)s days can be asked for, until %(until)s.")


class SafeguardsMissing(BadInput):
    code = "safeguards-missing"
    sentence = _("Say how you will protect the data: who works with it, where, and what happens to it afterwards.")


@dataclass(frozen=True, slots=True)
class Terms:
    """What a company asks for. `days` counts from the moment of approval."""

    purpose: str
    columns: tuple[str, ...]
    days: int
    safeguards: str

    @classmethod
    def of(cls, purpose: str, columns: Sequence[str], days: int, safeguards: str) -> Terms:
        """Take the words as they came: a column named twice counts once, spaces around the text do not count."""
        return cls(purpose, tuple(dict.fromkeys(columns)), days, safeguards.replace("\0", "").strip())

    def must_be_offered(self, policy: DataPolicy) -> None:
        """Raise PurposeNotOffered, ColumnsMissing or ColumnsNotOffered."""
        if self.purpose not in policy.purposes:
            raise PurposeNotOffered(purpose=self.purpose, offered=", ".join(policy.purposes))
        offered = [rule.name for rule in policy.kept]
        if not self.columns:
            raise ColumnsMissing(offered=", ".join(offered))
        if beyond := [name for name in self.columns if name not in offered]:
            raise ColumnsNotOffered(columns=", ".join(beyond), offered=", ".join(offered))

    def must_be_complete(self, policy: DataPolicy, now: datetime) -> None:
        """Raise the first thing that is missing or not offered (the errors of this module, or PolicyEnded)."""
        self.must_be_offered(policy)
        self._must_fit_the_period(policy, now)
        if not self.safeguards:
            raise SafeguardsMissing

    def _must_fit_the_period(self, policy: DataPolicy, now: datetime) -> None:
        if self.days < 1:
            raise PeriodTooShort
        end = _open_end(policy, now)
        left = LONGEST_DAYS if end is None else min(LONGEST_DAYS, (end - now).days)
        if self.days > left:
            raise PeriodTooLong(days=self.days, longest=left, until=(now + timedelta(days=left)).date().isoformat())

    def until(self, policy: DataPolicy, now: datetime) -> datetime:
        """Return the exclusive end of a grant that is given at `now`; raises PolicyEnded."""
        end = _open_end(policy, now)
        asked = now + timedelta(days=self.days)
        return asked if end is None else min(asked, end)

    def sha256(self, **bound: Any) -> str:
        """Return the hash of the terms together with what else a vote is bound to."""
        return hashlib.sha256(canonical({"terms": asdict(self), **bound}).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Offered:
    """What can be asked for now: the newest version and policy, which fit each other."""

    version: ProductVersion
    policy: ProductPolicy
    rules: DataPolicy


def offered(offer: Offer) -> Offered:
    """Return the offer when it is complete; raise ProductNotOffered, or the error of what does not fit."""
    version, policy, rules, schema = offer.version, offer.policy, offer.rules, offer.schema
    if offer.product.state != "published" or version is None or policy is None or rules is None or schema is None:
        raise ProductNotOffered
    checked(rules, schema)
    return Offered(version, policy, rules)


def end_of(policy: DataPolicy) -> datetime | None:
    """Return the exclusive end of a policy: the midnight, in UTC, after its last day; None without an end."""
    if policy.until is None or policy.until == date.max:
        return None
    return datetime.combine(policy.until, time.min, tzinfo=UTC) + timedelta(days=1)


def _open_end(policy: DataPolicy, now: datetime) -> datetime | None:
    """Return the policy's end, which must lie ahead; raises PolicyEnded."""
    end = end_of(policy)
    if end is not None and end <= now:
        raise PolicyEnded(until=str(policy.until))
    return end


def narrowed(policy: DataPolicy, columns: Sequence[str]) -> DataPolicy:
    """Return the policy with the granted columns alone, in the policy's order; rows and masks stay."""
    wanted = frozenset(columns)
    return replace(policy, columns=tuple(rule for rule in policy.kept if rule.name in wanted))
