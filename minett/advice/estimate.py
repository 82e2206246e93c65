"""A first range of node-hours for a use case on a cluster, with its formula. It is an estimate and never a quote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from minett.advice.cards import ClusterCard, UseCaseCard
from minett.advice.wording import say
from minett.kernel.content import Text, gettext_noop
from minett.kernel.errors import BadInput
from minett.kernel.quantities import Factor, Quantity, Unit

Range = tuple[Quantity, Quantity, Quantity]


class RowsNotPositive(BadInput):
    """Data: rows."""

    code = "rows-not-positive"
    sentence = gettext_noop("The number of rows must be at least 1, not %(rows)s.")


@dataclass(frozen=True, slots=True)
class ComputeEstimate:
    """Low, likely and high in node-hours; the other ranges have the same order.

    `gpu_hours` is None on a cluster without GPUs. `eur` and `wh` are None where price or power is not published.
    """

    cluster: str
    low: Quantity
    likely: Quantity
    high: Quantity
    factor: Factor | None
    gpu_hours: Range | None
    eur: Range | None
    wh: Range | None
    formula: str
    assumptions: tuple[Text, ...]
    checked_on: date


@cache
def _table() -> Mapping[str, Any]:
    table: Mapping[str, Any] = yaml.safe_load(Path(__file__).with_name("estimate.yaml").read_text("utf-8"))
    return table


def compute_estimate(card: UseCaseCard, cluster: ClusterCard, *, rows: int | None = None) -> ComputeEstimate:
    """Return the range for a first project of this use case on this cluster.

    `rows` is the size of the training table where known. Raises RowsNotPositive.
    """
    if rows is not None and rows < 1:
        raise RowsNotPositive(rows=rows)
    kind, by_kind = _heaviest(card)
    by_rows = _rows_factor(kind, rows)
    base = _table()["base_node_hours"].get(card.effort) or _table()["base_node_hours"]["M"]
    hours = (
        _hours(base["low"], by_kind, by_rows),
        _hours(base["likely"], by_kind, by_rows),
        _hours(base["high"], by_kind, by_rows),
    )
    factor = _gpu_factor(cluster)
    return ComputeEstimate(
        cluster=cluster.code,
        low=hours[0],
        likely=hours[1],
        high=hours[2],
        factor=factor,
        gpu_hours=_each(hours, factor) if factor else None,
        eur=_each(hours, _priced(cluster)) if cluster.node_price_eur is not None else None,
        wh=_each(hours, _powered(cluster)) if cluster.watts_per_node is not None else None,
        formula=f"node-hours = base({card.effort}) x data({kind}) x rows = "
        f"({base['low']}, {base['likely']}, {base['high']}) x {by_kind} x {by_rows}",
        assumptions=_assumptions(cluster, rows),
        checked_on=_table()["checked_on"],
    )


def _heaviest(card: UseCaseCard) -> tuple[str, Decimal]:
    factors = _table()["data_factor"]
    known = [kind for kind in card.data_kinds if kind in factors] or ["tabular"]
    kind = max(known, key=lambda one: factors[one])
    return kind, Decimal(str(factors[kind]))


def _rows_factor(kind: str, rows: int | None) -> Decimal:
    rule = _table()["rows"]
    if rows is None or kind not in rule["kinds"]:
        return Decimal(1)
    grown = (rows / rule["reference"]) ** rule["power"]
    return Decimal(str(round(min(max(grown, rule["least"]), rule["most"]), 2)))


def _hours(base: float, by_kind: Decimal, by_rows: Decimal) -> Quantity:
    """Round to two figures that count: more would pretend a precision that is not there."""
    amount = Decimal(str(base)) * by_kind * by_rows
    step = Decimal(10) ** (amount.adjusted() - 1)
    rounded = max(amount.quantize(step), Decimal("0.1"))
    return Quantity(rounded.normalize() + 0, Unit.NODE_HOUR)


def _each(hours: Range, factor: Factor) -> Range:
    return hours[0].converted(factor), hours[1].converted(factor), hours[2].converted(factor)


def _gpu_factor(cluster: ClusterCard) -> Factor | None:
    count = cluster.gpus_per_node
    because = f"{count} GPUs in each node of {cluster.title.in_('en')}"
    return Factor(Unit.NODE_HOUR, Unit.GPU_HOUR, Decimal(count), because) if count else None


def _priced(cluster: ClusterCard) -> Factor:
    price = cluster.node_price_eur or Decimal(0)
    return Factor(Unit.NODE_HOUR, Unit.EUR, price, f"published price of a node-hour, {cluster.source}")


def _powered(cluster: ClusterCard) -> Factor:
    watts = Decimal(cluster.watts_per_node or 0)
    return Factor(Unit.NODE_HOUR, Unit.WATT_HOUR, watts, f"published power draw of a node, {cluster.source}")


def _assumptions(cluster: ClusterCard, rows: int | None) -> tuple[Text, ...]:
    said = [say("estimate-range"), say("estimate-whole-nodes", cluster=cluster.title)]
    said.append(say("estimate-rows-known", rows=f"{rows}") if rows else say("estimate-rows-unknown"))
    if cluster.node_price_eur is None:
        said.append(say("estimate-no-price", cluster=cluster.title))
    if cluster.watts_per_node is None:
        said.append(say("estimate-no-power", cluster=cluster.title))
    return tuple(said)
