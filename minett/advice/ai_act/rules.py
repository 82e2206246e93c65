"""The dated rules, read from rules.yaml, and what each says about a text. It adds no rule of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from minett.advice.ai_act.cues import Cue, windows
from minett.kernel.content import Text

_HERE = Path(__file__).parent
Alternatives = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """One dated rule. `kind` is prohibited, high, transparency, gpai or scope."""

    id: str
    article: str
    kind: str
    applies_from: date
    basis: str
    source: str
    checked_on: date
    label: Text
    question: Text | None
    when: Alternatives
    unless: Alternatives
    exempt: Alternatives
    hint: Alternatives


@dataclass(frozen=True, slots=True)
class DutyRule:
    """A duty that goes with a class; `applies_from` of None means from the day of the rule that gave the class."""

    group: str
    article: str
    label: Text
    applies_from: date | None


class Verdict(StrEnum):
    HIT = "hit"
    POSSIBLE = "possible"
    EXEMPT = "exempt"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says about a text, with the sentences that made it say so."""

    rule: Rule
    verdict: Verdict
    sentences: tuple[str, ...]


@cache
def all_rules() -> tuple[Rule, ...]:
    raw = _raw()
    return tuple(_rule(row, raw) for row in raw["rules"])


@cache
def all_duties() -> tuple[DutyRule, ...]:
    rows = _raw()["duties"]
    return tuple(DutyRule(row["for"], row["article"], Text.of(row["label"]), row.get("applies_from")) for row in rows)


@cache
def _raw() -> Mapping[str, Any]:
    raw: Mapping[str, Any] = yaml.safe_load((_HERE / "rules.yaml").read_text("utf-8"))
    return raw


def _rule(row: Mapping[str, Any], raw: Mapping[str, Any]) -> Rule:
    facts = {**raw["defaults"][row["kind"]], **row}
    return Rule(
        id=row["id"],
        article=row["article"],
        kind=row["kind"],
        applies_from=facts["applies_from"],
        basis=facts["basis"],
        source=raw["sources"][facts["source"]],
        checked_on=raw["checked_on"],
        label=Text.of(row["label"]),
        question=Text.of(row["question"]) if "question" in row else None,
        when=_alternatives(row, "when"),
        unless=_alternatives(row, "unless"),
        exempt=_alternatives(row, "exempt"),
        hint=_alternatives(row, "hint"),
    )


def _alternatives(row: Mapping[str, Any], key: str) -> Alternatives:
    return tuple(tuple(alternative) for alternative in row.get(key, ()))


def findings(text: str) -> tuple[Finding, ...]:
    """Return what the rules find in the text, in the rules' order; each rule speaks once, with its firmest word."""
    seen = list(windows(text))
    found = (_strongest(_judged(rule, window) for window in seen) for rule in all_rules())
    return tuple(finding for finding in found if finding is not None)


def _strongest(many: Iterable[Finding | None]) -> Finding | None:
    ranks = {Verdict.HIT: 0, Verdict.POSSIBLE: 1, Verdict.EXEMPT: 2}
    return min((one for one in many if one is not None), key=lambda one: ranks[one.verdict], default=None)


def _judged(rule: Rule, seen: Mapping[str, Cue]) -> Finding | None:
    firm = _first(rule.when, seen)
    weak = _first(rule.hint, seen)
    cues = firm or weak
    if not cues or _first(rule.unless, seen):
        return None
    shown = tuple(dict.fromkeys(cue.sentence for cue in cues))
    if _first(rule.exempt, seen) and "profile" not in seen:
        return Finding(rule, Verdict.EXEMPT, shown)
    sure = bool(firm) and not any(cue.doubted for cue in firm)
    return Finding(rule, Verdict.HIT if sure else Verdict.POSSIBLE, shown)


def _first(alternatives: Alternatives, seen: Mapping[str, Cue]) -> Sequence[Cue]:
    """Return the cues of the first alternative that is wholly there, or nothing."""
    return next(([seen[name] for name in one] for one in alternatives if all(name in seen for name in one)), [])
