"""What the jobs of the world left behind: small reports that pass every check that the house makes of them."""

from __future__ import annotations

import json


def training_files() -> dict[str, bytes]:
    """Return what a small training leaves: a file that nobody opens here, and an honest report."""
    score = {"mean": 0.9, "deviation": 0.02, "folds": [0.9, 0.88, 0.92]}
    report = {
        "target": "is_phishing",
        "columns": ["age", "length"],
        "categories": [],
        "classes": ["0", "1"],
        "positive": "1",
        "kind": "logistic regression",
        "seed": 7,
        "rows": 29,
        "class_balance": {"0": 14, "1": 15},
        "cross_validation": {"accuracy": score},
        "importances": [{"column": "age", "mean": 0.2, "deviation": 0.01}],
        "seconds": 1.5,
        "versions": {"scikit-learn": "1.7.0"},
    }
    return {"model.skops": b"a model", "training.json": json.dumps(report).encode()}


def evaluation_report() -> bytes:
    """Return what an evaluation on two hundred held-out rows tells; its parts add up."""
    rates = {"accuracy": 0.9, "balanced_accuracy": 0.9, "precision": 0.9, "recall": 0.9, "f1": 0.9}
    groups = {name: {"n": 100, **rates, "selection_rate": 0.5} for name in ("20", "30")}
    report = {
        "n": 200,
        "classes": ["0", "1"],
        "positive": "1",
        "metrics": {**rates, "roc_auc": 0.95, "brier": 0.08},
        "intervals": {"accuracy": {"low": 0.85, "high": 0.94}},
        "confusion_matrix": [[90, 10], [10, 90]],
        "baseline": {"class": "0", "accuracy": 0.5, "balanced_accuracy": 0.5},
        "subgroups": {"length": {"groups": groups, "gaps": {"accuracy": 0.0}}},
        "seed": 7,
        "rounds": 50,
        "seconds": 0.5,
        "versions": {"scikit-learn": "1.7.0"},
    }
    return json.dumps(report).encode()
