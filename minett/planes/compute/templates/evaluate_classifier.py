"""Evaluates /in/model.skops on /in/test.parquet, rows the model has not seen, and writes /out/evaluation.json.

/in/params.json:
    target      name of the column that holds the truth
    columns     the model's columns in their order, and categories, the ones of them that are texts: both as
                training.json gives them
    subgroups   columns to compare groups by (default none); they need not be among the model's columns
    positive    the value that counts as positive, for two classes (default: the last one sorted)
    seed        a whole number (default 0)
    rounds      how often to draw for the intervals (default 500)
"""

import json
import os
import platform
import sys
import time
from pathlib import Path

import fairlearn
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import sklearn
import skops
import skops.io
from fairlearn.metrics import MetricFrame, count, selection_rate
from sklearn import metrics

IN, OUT = Path(os.environ.get("MINETT_IN", "/in")), Path(os.environ.get("MINETT_OUT", "/out"))
# Types outside the safe list of skops that a model of our own template may hold. Nothing else is ever loaded.
ALLOWED_TYPES = frozenset(
    {
        "numpy.dtype",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    }
)
MOST_GROUPS, FEWEST_ROWS = 50, 2
TWO_CLASSES = 2


def say(*words) -> None:
    print(*words, flush=True)


def stop(sentence: str) -> None:
    sys.exit(f"Cannot evaluate: {sentence}")


def load_model():
    """Load the model only when every type in its file is known; a model file is as untrusted as any upload."""
    unknown = set(skops.io.get_untrusted_types(file=IN / "model.skops")) - ALLOWED_TYPES
    if unknown:
        stop(f"the model file holds types that are not allowed: {', '.join(sorted(unknown))}")
    return skops.io.load(IN / "model.skops", trusted=sorted(ALLOWED_TYPES))


def read_features(table, columns: list[str], categories: list[str]):
    missing = [name for name in columns if name not in table.column_names]
    if missing:
        stop(f"the test table lacks the columns {', '.join(missing)}")
    matrix = np.empty((table.num_rows, len(columns)), dtype=object)
    for number, name in enumerate(columns):
        values = table[name].to_pylist()
        if name in categories:
            matrix[:, number] = ["" if value is None else str(value) for value in values]
        else:
            matrix[:, number] = [np.nan if value is None else float(value) for value in values]
    return matrix


def score(truth, guess, chance, positive) -> dict:
    """Return all metrics for one set of rows, with classes as numbers; ROC AUC is null without every class.

    For two classes precision, recall and F1 are about the positive class; for more they are plain means over
    the classes that occur.
    """
    number_of_classes = chance.shape[1]
    present = np.unique(truth)
    two = number_of_classes == TWO_CLASSES
    kind = {"pos_label": positive, "average": "binary"} if two else {"average": "macro", "labels": present}
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(truth, guess, zero_division=0, **kind)
    hits = truth[:, None] == np.arange(number_of_classes)[None, :]
    whole = len(present) == number_of_classes
    roc_auc = None
    if whole and two:
        roc_auc = float(metrics.roc_auc_score(hits[:, positive], chance[:, positive]))
    elif whole:
        roc_auc = float(metrics.roc_auc_score(truth, chance, multi_class="ovr"))
    wrong = (chance - hits) ** 2
    return {
        "accuracy": float(np.mean(truth == guess)),
        "balanced_accuracy": float(np.mean([np.mean(guess[truth == name] == name) for name in present])),
        "precision": float(precision),
        "recall": float(recall),
        "f1": float(f1),
        "roc_auc": roc_auc,
        "brier": float(wrong[:, positive].mean() if two else wrong.sum(axis=1).mean()),
    }


def intervals(truth, guess, chance, positive, seed: int, rounds: int) -> dict:
    """Return 95 % intervals by drawing the test rows again and again, with replacement, from a fixed seed."""
    draw = np.random.default_rng(seed)
    drawn: dict[str, list[float]] = {}
    for _ in range(rounds):
        rows = draw.integers(0, len(truth), len(truth))
        for name, value in score(truth[rows], guess[rows], chance[rows], positive).items():
            if value is not None:
                drawn.setdefault(name, []).append(value)
    bounds = {name: np.quantile(values, (0.025, 0.975)) for name, values in drawn.items()}
    return {name: {"low": float(low), "high": float(high)} for name, (low, high) in bounds.items()}


def by_group(truth, guess, groups, positive) -> dict:
    """Return n, metrics and the largest differences between the groups of one column.

    With more than two classes all of them are about the positive class against the rest.
    """
    hit, said = (truth == positive).astype(int), (guess == positive).astype(int)
    names = {
        "accuracy": metrics.accuracy_score,
        "balanced_accuracy": lambda y, p: metrics.recall_score(
            y, p, average="macro", labels=np.unique(y), zero_division=0
        ),
        "precision": lambda y, p: metrics.precision_score(y, p, zero_division=0),
        "recall": lambda y, p: metrics.recall_score(y, p, zero_division=0),
        "f1": lambda y, p: metrics.f1_score(y, p, zero_division=0),
        "selection_rate": selection_rate,
        "n": count,
    }
    frame = MetricFrame(metrics=names, y_true=hit, y_pred=said, sensitive_features=groups)
    rows = {str(group): {name: float(value) for name, value in row.items()} for group, row in frame.by_group.iterrows()}
    for row in rows.values():
        row["n"] = int(row["n"])
    gaps = frame.difference(method="between_groups")
    return {"groups": rows, "gaps": {name: float(gaps[name]) for name in names if name != "n"}}


def subgroup_report(table, column: str, truth, guess, positive) -> dict:
    groups = np.array(["(none)" if value is None else str(value) for value in table[column].to_pylist()])
    names, counts = np.unique(groups, return_counts=True)
    if len(names) > MOST_GROUPS:
        return {"groups": {}, "gaps": {}, "left_out": f"it has {len(names)} values, more than {MOST_GROUPS}"}
    small = {str(name): int(size) for name, size in zip(names, counts, strict=True) if size < FEWEST_ROWS}
    kept = ~np.isin(groups, list(small))
    if not kept.any():
        return {"groups": {}, "gaps": {}, "left_out": "every group has too few rows"}
    return {**by_group(truth[kept], guess[kept], groups[kept], positive), "too_small": small}


def baseline(truth, classes) -> dict:
    """Return what always answering the most frequent class of these rows would score."""
    names, counts = np.unique(truth, return_counts=True)
    share = float(counts.max() / counts.sum())
    return {"class": str(names[counts.argmax()]), "accuracy": share, "balanced_accuracy": 1 / len(classes)}


def main() -> None:
    began = time.monotonic()
    params = json.loads((IN / "params.json").read_text())
    table = pq.read_table(IN / "test.parquet", use_threads=False)
    wanted = [params["target"], *params.get("subgroups", [])]
    if missing := [name for name in wanted if name not in table.column_names]:
        stop(f"the test table lacks the columns {', '.join(missing)}")
    table = table.filter(pa.array([value is not None for value in table[params["target"]].to_pylist()]))
    if not table.num_rows:
        stop("the test table has no rows with a known answer")
    model = load_model()
    say(f"Loaded the model and {table.num_rows} rows")
    truth = np.array([str(value) for value in table[params["target"]].to_pylist()])
    features = read_features(table, params["columns"], params.get("categories", []))
    guess, chance, classes = np.array(model.predict(features)), model.predict_proba(features), list(model.classes_)
    if strangers := set(truth) - set(classes):
        stop(f"the model does not know the classes {', '.join(sorted(strangers))}")
    positive = str(params.get("positive", classes[-1]))
    if positive not in classes:
        stop(f"{positive!r} is none of the model's classes")
    numbers = {name: number for number, name in enumerate(classes)}
    codes = np.array([numbers[name] for name in truth]), np.array([numbers[name] for name in guess])
    coded = (*codes, chance, numbers[positive])
    seed, rounds = int(params.get("seed", 0)), int(params.get("rounds", 500))
    report = {
        "n": len(truth),
        "classes": [str(name) for name in classes],
        "positive": positive,
        "metrics": score(*coded),
        "intervals": intervals(*coded, seed, rounds),
        "confusion_matrix": metrics.confusion_matrix(truth, guess, labels=classes).tolist(),
        "baseline": baseline(truth, classes),
        "seed": seed,
        "rounds": rounds,
    }
    say("Measured the whole; now group by group")
    report["subgroups"] = {
        column: subgroup_report(table, column, truth, guess, positive) for column in params.get("subgroups", [])
    }
    report["seconds"] = round(time.monotonic() - began, 3)
    report["versions"] = {
        "python": platform.python_version(),
        "scikit-learn": sklearn.__version__,
        "fairlearn": fairlearn.__version__,
        "skops": skops.__version__,
    }
    (OUT / "evaluation.json").write_text(json.dumps(report, indent=1, allow_nan=False))
    say(f"Wrote the evaluation after {report['seconds']} seconds")


main()
