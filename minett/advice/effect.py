"""What changed between a baseline and afterwards, with the interval it probably lies in. It reads and keeps nothing.

Two sets of values are compared by the difference of their means and Welch's interval, which does not assume that
both vary alike (B. L. Welch, Biometrika 34, 1947). Where the values cannot carry a conclusion, it says so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean, variance
from typing import Any

from scipy.special import stdtrit

from minett.kernel.content import gettext_noop as _
from minett.kernel.errors import BadInput

FEWEST_VALUES = 3
CONFIDENCE = 0.95
# Beyond this size squares leave the range of floating-point numbers.
LARGEST = 1e150


class EffectNeedsNumbers(BadInput):
    code = "effect-needs-numbers"
    sentence = _("Both the baseline and the time after need at least one number, and every number must be finite.")


class DirectionUnknown(BadInput):
    code = "direction-unknown"
    sentence = _("Say whether lower or higher values are better.")


class Improved(StrEnum):
    """Whether the change is an improvement. CANNOT_TELL is an answer: the values do not settle it."""

    YES = "yes"
    NO = "no"
    CANNOT_TELL = "cannot tell"


METHOD = _(
    "The means of both periods are compared, with Welch's 95 % interval for their difference. It takes the values of"
    " a period as independent of each other, and it does not prove what caused the change."
)
METHOD_TOO_FEW = _(
    "The means of both periods are compared. With fewer than three values in a period nothing more can be said."
)


@dataclass(frozen=True, slots=True)
class Effect:
    """The change from before to after, in the unit of the values.

    `difference` is after minus before; `low` and `high` are its 95 % interval, None where a period has a single
    value. `relative` is the difference as a share of the mean before, None where that mean is zero. `method` is an
    English sentence without gaps; `formula` has the numbers put in.
    """

    before_mean: float
    after_mean: float
    difference: float
    low: float | None
    high: float | None
    relative: float | None
    n_before: int
    n_after: int
    improved: Improved
    method: str
    formula: str


def effect(before: Sequence[float], after: Sequence[float], direction: str) -> Effect:
    """Compare the values of a baseline with those of the time after; `direction` is "lower" or "higher".

    `improved` is CANNOT_TELL when the interval holds zero or a period has fewer than three values.
    Raises EffectNeedsNumbers, DirectionUnknown.
    """
    if direction not in {"lower", "higher"}:
        raise DirectionUnknown
    first, second = _usable(before), _usable(after)
    mean_before, mean_after = fmean(first), fmean(second)
    difference = mean_after - mean_before
    half = _half_width(first, second)
    enough = min(len(first), len(second)) >= FEWEST_VALUES
    return Effect(
        before_mean=mean_before,
        after_mean=mean_after,
        difference=difference,
        low=None if half is None else difference - half,
        high=None if half is None else difference + half,
        relative=difference / abs(mean_before) if mean_before else None,
        n_before=len(first),
        n_after=len(second),
        improved=_conclusion(difference, half if enough else None, direction),
        method=METHOD if enough else METHOD_TOO_FEW,
        formula=_formula(mean_before, mean_after, difference, half),
    )


def _usable(values: Sequence[Any]) -> list[float]:
    known = [value for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)]
    if not values or len(known) != len(values):
        raise EffectNeedsNumbers
    # Whole numbers may be too large for a float; comparing them first keeps the conversion safe.
    if not all(-LARGEST <= value <= LARGEST for value in known):
        raise EffectNeedsNumbers
    return [float(value) for value in known]


def _half_width(before: Sequence[float], after: Sequence[float]) -> float | None:
    """Return half of Welch's interval, or None where a period has no spread to measure."""
    if min(len(before), len(after)) < 2:  # noqa: PLR2004 - a spread needs two values.
        return None
    parts = [variance(values) / len(values) for values in (before, after)]
    squared = sum(parts)
    if squared == 0:
        return 0.0
    shares = [part / squared for part in parts]
    # The Welch-Satterthwaite degrees of freedom, from shares so that large values do not overflow.
    below = sum(share**2 / (len(values) - 1) for share, values in zip(shares, (before, after), strict=True))
    quantile = float(stdtrit(1 / below, 1 - (1 - CONFIDENCE) / 2))
    return quantile * math.sqrt(squared)


def _conclusion(difference: float, half: float | None, direction: str) -> Improved:
    if half is None or difference - half <= 0 <= difference + half:
        return Improved.CANNOT_TELL
    return Improved.YES if (difference < 0) == (direction == "lower") else Improved.NO


def _formula(before: float, after: float, difference: float, half: float | None) -> str:
    """Write the sum out, with four significant digits, in signs that need no translation."""
    written = f"{after:.4g} − {before:.4g} = {difference:.4g}"
    if half is None:
        return written
    return f"{written}; t₀.₉₇₅ · √(s₁²/n₁ + s₂²/n₂) = {half:.4g}"
