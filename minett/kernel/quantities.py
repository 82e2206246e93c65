"""Amounts with their unit. Adding unlike units is an error, and a conversion names its factor."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Self

from minett.kernel.content import gettext_noop
from minett.kernel.errors import BadInput


class Unit(StrEnum):
    """MeluXina charges whole node-hours, EuroHPC's AI Factory calls count GPU-hours: never mixed silently."""

    NODE_HOUR = "node-hour"
    GPU_HOUR = "GPU-hour"
    CPU_HOUR = "CPU-hour"
    EUR = "EUR"
    WATT_HOUR = "Wh"


class UnlikeUnits(BadInput):
    code = "unlike-units"
    sentence = gettext_noop(
        "%(left)s and %(right)s are different units. Convert one of them first, with a named factor."
    )


@dataclass(frozen=True, slots=True)
class Factor:
    """How many `target` units one `source` unit is, and why (for example: 4 GPUs in each node)."""

    source: Unit
    target: Unit
    per_unit: Decimal
    because: str


@dataclass(frozen=True, slots=True, order=False)
class Quantity:
    """A decimal amount of one unit."""

    amount: Decimal
    unit: Unit

    @classmethod
    def of(cls, amount: Decimal | float | str, unit: Unit | str) -> Self:
        return cls(Decimal(str(amount)), Unit(unit))

    def _same(self, other: Quantity) -> Decimal:
        if self.unit is not other.unit:
            raise UnlikeUnits(left=self.unit.value, right=other.unit.value)
        return other.amount

    def __add__(self, other: Quantity) -> Quantity:
        return Quantity(self.amount + self._same(other), self.unit)

    def __sub__(self, other: Quantity) -> Quantity:
        return Quantity(self.amount - self._same(other), self.unit)

    def __mul__(self, times: Decimal | int) -> Quantity:
        return Quantity(self.amount * times, self.unit)

    def __lt__(self, other: Quantity) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Quantity) -> bool:
        return self.amount <= self._same(other)

    def converted(self, factor: Factor) -> Quantity:
        """Return the amount in the factor's target unit; the factor must start from this unit."""
        if factor.source is not self.unit:
            raise UnlikeUnits(left=self.unit.value, right=factor.source.value)
        return Quantity(self.amount * factor.per_unit, factor.target)

    def __str__(self) -> str:
        return f"{self.amount.normalize():f} {self.unit.value}"
