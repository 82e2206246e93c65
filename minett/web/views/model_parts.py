"""What is known of a model, in words, tables and pictures. Nothing is claimed that no run of the platform measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from minett.apps.registry.models import ModelVersion, TrustReport
from minett.apps.registry.queries import Sheet
from minett.journeys import model_card, trust_report
from minett.kernel.content import Text
from minett.planes.documents import labels
from minett.planes.documents.charts import Bar, Measured
from minett.planes.documents.document import State, Table
from minett.web import pictures
from minett.web.middleware import page_language
from minett.web.pictures import Dense, Picture

DECIMALS = 3
GROUP_METRICS = ("accuracy", "recall", "precision", "selection_rate")
TONES = {State.PASS: "good", State.WARN: "wait", State.FAIL: "bad", State.OPEN: "plain"}
MOST_NAMES = 20


@dataclass(frozen=True, slots=True)
class Quality:
    """How often the model is right, beside the simplest answer. `beats` is None where that is not settled."""

    value: str
    range: str
    baseline: str
    answer: str
    rows: str
    beats: bool | None
    picture: Picture


@dataclass(frozen=True, slots=True)
class Check:
    state: str
    tone: str
    claim: str
    proof: str


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups of one column; `picture` is None where they could not be compared, and `left_out` says why."""

    column: str
    picture: Picture | None
    table: Dense | None
    too_small: str
    left_out: str


def card_of(sheet: Sheet) -> dict[str, Any]:
    """Return the card; before the report is written, what the training itself says."""
    training = sheet.version.training
    known = {name: training.get(name) for name in ("target", "classes", "kind", "rows", "columns", "positive")}
    card = {**known, **sheet.version.card}
    return card | {"classes": (card.get("classes") or [])[:MOST_NAMES], "intended_use": card.get("intended_use") or {}}


def made_of(sheet: Sheet) -> list[tuple[str, Any]]:
    """Return how it was made, as pairs of label and value."""
    card = card_of(sheet)
    product = card.get("product") or {}
    facts: list[tuple[str, Any]] = []
    if card.get("kind"):
        facts.append((_("Method"), _(model_card.METHODS.get(card["kind"], card["kind"]))))
    if product:
        title = Text.of(product["title"]).in_(page_language())
        words = _("%(title)s, version %(number)s") % {"title": title, "number": product["version"]}
        facts += [(_("Data"), words), (_("Licence"), product["licence"])]
    if card.get("rows") is not None:
        facts.append((_("Rows of the training"), labels.number(card["rows"], page_language())))
    if card.get("columns"):
        facts.append((_("Columns"), ", ".join(card["columns"][:40])))
    return [*facts, (_("Model file"), _size(sheet.version)), (_("SHA-256"), sheet.version.sha256)]


def _size(version: ModelVersion) -> str:
    return _("%(count)s bytes") % {"count": labels.number(version.bytes, page_language())}


def quality_of(sheet: Sheet, language: str) -> Quality | None:
    """Return how often the model is right on rows that its training never saw; None before it was evaluated."""
    result = sheet.evaluation.result if sheet.evaluation else {}
    if "metrics" not in result:
        return None
    accuracy, baseline = result["metrics"]["accuracy"], result["baseline"]["accuracy"]
    bounds = result["intervals"].get("accuracy") or {}
    low, high = bounds.get("low"), bounds.get("high")
    words = _("between %(low)s and %(high)s %%, with 95 %% confidence")
    drawn = (low, high) if low is not None and low <= accuracy <= high else (None, None)
    return Quality(
        value=_percent(accuracy, language),
        range=""
        if low is None or high is None
        else words % {"low": _hundred(low, language), "high": _hundred(high, language)},
        baseline=_percent(baseline, language),
        answer=result["baseline"]["class"],
        rows=labels.number(result["n"], language),
        beats=None if low is None or low <= baseline <= high else accuracy > baseline,
        picture=pictures.before_after(
            (
                Measured(_("Always the most frequent answer"), 100 * baseline),
                Measured(_("This model"), 100 * accuracy, *(None if one is None else 100 * one for one in drawn)),
            ),
            unit=_("% right"),
            title=_("Right answers, beside the simplest answer"),
            language=language,
        ),
    )


def _hundred(share: float, language: str) -> str:
    return labels.number(100 * share, language, 1)


def _percent(share: float, language: str) -> str:
    return f"{_hundred(share, language)}\u00a0%"


def metrics_of(sheet: Sheet, language: str) -> Dense | None:
    """Return every measure with its interval; None before the card is written."""
    card = sheet.version.card
    return pictures.dense(model_card.metrics_table(card, language)) if card.get("metrics") else None


def claims_of(report: TrustReport | None, language: str) -> list[Check]:
    """Return the claims of the trust report in the page's language, each with its proof."""
    stored = report.content.get("claims", []) if report else []
    return [
        Check(labels.label(told.state.value, language), TONES[told.state], told.claim, told.proof)
        for told in trust_report.spoken(stored, language)
    ]


def groups_of(sheet: Sheet, language: str) -> list[Groups]:
    """Return for each column how good the model is in each of its groups, as bars and as a table."""
    result = sheet.evaluation.result if sheet.evaluation else {}
    return list(_groups(result.get("subgroups") or {}, language))


def _groups(columns: dict[str, Any], language: str) -> Iterator[Groups]:
    for column, part in columns.items():
        small = part.get("too_small") or {}
        named = ", ".join(f"{name} ({count})" for name, count in list(small.items())[:MOST_NAMES])
        known = part["groups"]
        drawn = _bars(column, known, language) if known else None
        table = pictures.dense(_table(column, known, language)) if known else None
        yield Groups(column, drawn, table, named, part.get("left_out") or "")


def _bars(column: str, groups: dict[str, Any], language: str) -> Picture:
    worst = min(group["accuracy"] for group in groups.values())
    values = tuple(Bar(name, 100 * it["accuracy"], marked=it["accuracy"] == worst) for name, it in groups.items())
    title = _("Right answers in each group of “%(column)s”") % {"column": column}
    return pictures.bars(values, unit=_("% right"), title=title, language=language)


def _table(column: str, groups: dict[str, Any], language: str) -> Table:
    rows = tuple(
        (name, labels.number(it["n"], language), *(labels.number(it[key], language, DECIMALS) for key in GROUP_METRICS))
        for name, it in groups.items()
    )
    head = (_("Group"), _("Rows"), *(model_card.metric_name(key) for key in GROUP_METRICS))
    caption = _("Groups of “%(column)s”; all figures are about the positive answer against the rest")
    return Table(head, rows, caption % {"column": column}, tuple(range(1, len(head))))


def lineage_of(version: ModelVersion, language: str) -> Picture | None:
    """Return the way from the need to the model; None where it was not recorded."""
    if not {"need", "case", "code", "job"} <= version.lineage.keys():
        return None
    return pictures.lineage(version.lineage, name=version.model.name, sha256=version.sha256, language=language)
