"""What somebody may see of a table, as data: rows, columns, masks, purposes, end. It touches no data itself.

A column without a rule is hidden. Everything unknown in a stored policy is refused, never skipped.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from minett.planes.data.expressions import Expression, PolicyNotUnderstood
from minett.planes.data.masks import Mask
from minett.planes.data.policy_json import (
    MOST_PARTS,
    date_from_json,
    expression_from_json,
    expression_to_json,
    fields,
    mask_from_json,
    mask_to_json,
    rows_of,
)
from minett.planes.data.purposes import PURPOSES
from minett.planes.data.schema import must_be_name


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """Keep a column, as it is or masked; or say openly that it is hidden."""

    name: str
    keep: bool
    mask: Mask | None = None

    def __post_init__(self) -> None:
        must_be_name(self.name)
        if self.mask is not None and not self.keep:
            raise PolicyNotUnderstood(problem=f"{self.name} is hidden, so it cannot have a mask")


@dataclass(frozen=True, slots=True)
class DataPolicy:
    """`rows` None keeps every row. `until` is the last day, in UTC, on which the policy may be used."""

    rows: Expression | None
    columns: tuple[ColumnRule, ...]
    purposes: tuple[str, ...]
    until: date | None
    version: int

    def __post_init__(self) -> None:
        names = [rule.name.casefold() for rule in self.columns]
        unknown = sorted(set(self.purposes) - set(PURPOSES))
        if len(set(names)) != len(names):
            raise PolicyNotUnderstood(problem="a column has two rules")
        if unknown or not self.purposes or len(set(self.purposes)) != len(self.purposes):
            raise PolicyNotUnderstood(problem=f"the purposes are missing, repeated or unknown {unknown}")
        if isinstance(self.version, bool) or not isinstance(self.version, int) or self.version < 1:
            raise PolicyNotUnderstood(problem="the version is a number from 1")

    @property
    def kept(self) -> tuple[ColumnRule, ...]:
        return tuple(rule for rule in self.columns if rule.keep)


def to_json(policy: DataPolicy) -> dict[str, Any]:
    """Return the policy as plain JSON values; `from_json` gives the same policy back."""
    return {
        "version": policy.version,
        "rows": None if policy.rows is None else expression_to_json(policy.rows),
        "columns": [
            {"name": rule.name, "keep": rule.keep, "mask": rule.mask and mask_to_json(rule.mask)}
            for rule in policy.columns
        ],
        "purposes": list(policy.purposes),
        "until": policy.until and policy.until.isoformat(),
    }


def from_json(given: object) -> DataPolicy:
    """Read a stored policy; raises PolicyNotUnderstood (or SchemaNotUnderstood for a column's name)."""
    version, rows, columns, purposes, until = fields(given, "version", "rows", "columns", "purposes", "until")
    if not isinstance(purposes, list) or not all(isinstance(purpose, str) for purpose in purposes):
        raise PolicyNotUnderstood(problem="purposes is a list of texts")
    return DataPolicy(
        rows=None if rows is None else expression_from_json(rows),
        columns=tuple(_rule(rule) for rule in rows_of(columns, MOST_PARTS)),
        purposes=tuple(purposes),
        until=None if until is None else date_from_json(until),
        version=version,
    )


def _rule(given: object) -> ColumnRule:
    name, keep, mask = fields(given, "name", "keep", "mask")
    if not isinstance(keep, bool):
        raise PolicyNotUnderstood(problem="keep is true or false")
    return ColumnRule(name, keep, None if mask is None else mask_from_json(mask))


def policy_hash(policy: DataPolicy) -> str:
    """Return SHA-256 (hexadecimal) of the policy's canonical JSON: sorted keys, no spaces, UTF-8."""
    text = json.dumps(to_json(policy), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
