"""The model card: what a model is for, for whom not, from which data, and how good it was found to be.

A card is plain data that stands for every language; it is put into words when it is shown. It claims nothing that
no run of the platform has measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from minett.apps.cases.models import Case
from minett.apps.registry.models import ModelVersion
from minett.kernel.content import Text, gettext_noop
from minett.planes.data.purposes import PURPOSES
from minett.planes.documents import labels
from minett.planes.documents.document import Block, Bullets, Facts, Heading, Paragraph, Table

FORMAT = "minett-model-card/1"
MOST_IMPORTANCES = 10
METHODS = {
    "boosting": gettext_noop("Gradient boosting of decision trees"),
    "logistic": gettext_noop("Logistic regression"),
}
METRICS = {
    "accuracy": gettext_noop("Accuracy"),
    "balanced_accuracy": gettext_noop("Balanced accuracy"),
    "precision": gettext_noop("Precision"),
    "recall": gettext_noop("Recall"),
    "f1": gettext_noop("F1"),
    "f1_macro": gettext_noop("F1, mean over the classes"),
    "roc_auc": gettext_noop("Area under the ROC curve"),
    "brier": gettext_noop("Brier score (lower is better)"),
    "selection_rate": gettext_noop("Share of positive answers"),
}
NOT_FOR = (
    gettext_noop("Decisions about people that no person checks."),
    gettext_noop("Data that come from elsewhere, or from another time, than the data of the training."),
    gettext_noop("Any purpose other than the one that the data grant names."),
)
NOT_FOR_HIGH_RISK = gettext_noop("A use that the AI Act calls high-risk, before its duties are met.")


def card_of(version: ModelVersion, case: Case, evaluation: dict[str, Any], risk_class: str) -> dict[str, Any]:
    """Return the card of a version that was evaluated; `case` comes with its use case."""
    usecase = case.usecase.content if case.usecase else {}
    training, told = version.training, version.lineage
    return {
        "format": FORMAT,
        "name": version.model.name,
        "version": version.number,
        "sha256": version.sha256,
        "bytes": version.bytes,
        "case": case.number,
        "author": version.author.name,
        "usecase": case.usecase.entry.code if case.usecase else "",
        "intended_use": usecase.get("problem") or {},
        "not_for": [*NOT_FOR, *([NOT_FOR_HIGH_RISK] if risk_class in {"high", "unsettled"} else [])],
        "kind": training["kind"],
        "target": training["target"],
        "classes": training["classes"],
        "positive": training["positive"],
        "columns": training["columns"],
        "rows": training["rows"],
        "class_balance": training["class_balance"],
        "cross_validation": training["cross_validation"],
        "importances": training["importances"][:MOST_IMPORTANCES],
        "product": told.get("product") or {},
        "purpose": (told.get("grant") or {}).get("purpose", ""),
        "seed": told.get("seed"),
        "metrics": evaluation["metrics"],
        "intervals": evaluation["intervals"],
        "test_rows": evaluation["n"],
    }


def purpose_in(code: str, language: str) -> str:
    """Return the name of a purpose of use."""
    return PURPOSES[code].title.in_(language) if code in PURPOSES else code


def metric_name(key: str) -> str:
    return _(METRICS[key]) if key in METRICS else key


def use_blocks(card: dict[str, Any], language: str) -> Iterator[Block]:
    """Yield what the model is for and for whom not; the caller has switched to `language`."""
    yield Heading(1, _("What the model is for"))
    if card["intended_use"]:
        yield Paragraph(Text.of(card["intended_use"]).in_(language))
    else:
        yield Paragraph(_("The case names no use case of the catalogue, so the intended use is not stated yet."))
    answer = _("It answers with a value of “%(target)s”: %(classes)s.")
    yield Paragraph(answer % {"target": card["target"], "classes": ", ".join(card["classes"][:20])})
    yield Heading(2, _("What it is not for"))
    yield Bullets(tuple(_(words) for words in card["not_for"]))


def data_blocks(card: dict[str, Any], language: str) -> Iterator[Block]:
    """Yield how the model was trained and from which data; the caller has switched to `language`."""
    yield Heading(1, _("How it was made"))
    yield Facts(tuple(_facts(card, language)))
    if card["importances"]:
        yield _importances(card, language)


def _facts(card: dict[str, Any], language: str) -> Iterator[tuple[str, str]]:
    yield _("Method"), _(METHODS.get(card["kind"], card["kind"]))
    product = card["product"]
    if product:
        title = Text.of(product["title"]).in_(language)
        yield _("Data"), _("%(title)s, version %(number)s") % {"title": title, "number": product["version"]}
        yield _("Licence"), product["licence"]
        yield _("Source"), product["source"]
    yield _("Purpose of use"), purpose_in(card["purpose"], language) or "–"
    yield _("Rows of the training"), labels.number(card["rows"], language)
    yield _("Columns"), ", ".join(card["columns"][:40])
    balance = (f"{name}: {labels.number(count, language)}" for name, count in list(card["class_balance"].items())[:20])
    yield _("Balance of the classes"), "; ".join(balance)
    yield _("Seed"), str(card["seed"])


def _importances(card: dict[str, Any], language: str) -> Table:
    rows = tuple(
        (part["column"], labels.number(part["mean"], language, 3), labels.number(part["deviation"], language, 3))
        for part in card["importances"]
    )
    head = (_("Column"), _("Loss of accuracy"), _("Standard deviation"))
    caption = _("How much accuracy is lost when a column is shuffled, on rows kept out of the fit")
    return Table(head, rows, caption, (1, 2))


def metrics_table(card: dict[str, Any], language: str) -> Table:
    """Return every metric with its interval; the caller has switched to `language`."""
    nothing = labels.label("nothing", language)
    rows = []
    for key, value in card["metrics"].items():
        bounds = card["intervals"].get(key)
        written = [value, bounds and bounds["low"], bounds and bounds["high"]]
        cells = [nothing if number is None else labels.number(number, language, 3) for number in written]
        rows.append((metric_name(key), *cells))
    head = (_("Measure"), *(labels.label(key, language) for key in ("value", "low", "high")))
    caption = _("Measured on %(n)s rows that the training never saw, with 95 %% intervals")
    return Table(head, tuple(rows), caption % {"n": labels.number(card["test_rows"], language)}, (1, 2, 3))
