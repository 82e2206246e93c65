"""Trains a classifier on /in/train.parquet and writes /out/model.skops and /out/training.json.

/in/params.json:
    target      name of the column to predict
    kind        "boosting" (default) or "logistic"
    seed        a whole number (default 0)
    positive    the value of the target that counts as positive, for two classes (default: the last one sorted)
    leave_out   columns that must not be used, for example protected ones (default none)
    boosting    {"learning_rate", "max_iter", "max_leaf_nodes"}    all optional
    logistic    {"C"}                                              optional
"""

import json
import os
import platform
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import sklearn
import skops
import skops.io
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_validate, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

IN, OUT = Path(os.environ.get("MINETT_IN", "/in")), Path(os.environ.get("MINETT_OUT", "/out"))
FOLDS = 5
IMPORTANCE_ROWS, IMPORTANCE_REPEATS = 2000, 5
MOST_CATEGORIES = 200
FEWEST_OF_A_CLASS = 2
TWO_CLASSES = 2


def say(*words) -> None:
    print(*words, flush=True)


def stop(sentence: str) -> None:
    sys.exit(f"Cannot train: {sentence}")


def read_table(target: str, leave_out: list[str]):
    """Return features by column, the target as text, and which columns are categories."""
    table = pq.read_table(IN / "train.parquet", use_threads=False)
    if target not in table.column_names:
        stop(f"there is no column {target!r}; the table has {', '.join(table.column_names)}")
    labels = table[target]
    known = np.array([value is not None for value in labels.to_pylist()])
    table = table.filter(pa.array(known))
    names = [name for name in table.column_names if name != target and name not in leave_out]
    categories = [name for name in names if is_category(table.schema.field(name).type)]
    columns = {name: column(table[name], name in categories) for name in names}
    return columns, np.array([str(value) for value in table[target].to_pylist()]), categories


def is_category(kind) -> bool:
    return not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def column(values, category: bool):
    if category:
        return np.array(["" if value is None else str(value) for value in values.to_pylist()], dtype=object)
    return np.array([np.nan if value is None else float(value) for value in values.to_pylist()])


def as_matrix(columns: dict, names: list[str]):
    """Put the columns side by side, in a fixed order, as objects: numbers stay numbers, texts stay texts."""
    matrix = np.empty((len(next(iter(columns.values()))), len(names)), dtype=object)
    for number, name in enumerate(names):
        matrix[:, number] = columns[name]
    return matrix


def make_model(params: dict, names: list[str], categories: list[str], seed: int):
    numbers = [position for position, name in enumerate(names) if name not in categories]
    texts = [position for position, name in enumerate(names) if name in categories]
    if params.get("kind", "boosting") == "logistic":
        prepare = ColumnTransformer(
            [
                (
                    "numbers",
                    Pipeline([("fill", SimpleImputer(strategy="median")), ("scale", StandardScaler())]),
                    numbers,
                ),
                ("texts", OneHotEncoder(handle_unknown="ignore", max_categories=MOST_CATEGORIES), texts),
            ]
        )
        c = float(params.get("logistic", {}).get("C", 1.0))
        return Pipeline([("prepare", prepare), ("model", LogisticRegression(C=c, max_iter=1000, random_state=seed))])
    encode = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=-1, max_categories=MOST_CATEGORIES, min_frequency=2
    )
    prepare = ColumnTransformer([("numbers", SimpleImputer(strategy="median"), numbers), ("texts", encode, texts)])
    allowed = {"learning_rate", "max_iter", "max_leaf_nodes"}
    settings = {name: value for name, value in params.get("boosting", {}).items() if name in allowed}
    model = HistGradientBoostingClassifier(**{"max_iter": 100, **settings}, random_state=seed)
    return Pipeline([("prepare", prepare), ("model", model)])


def cross_validated(model, features, labels, seed: int) -> dict:
    """Return mean, spread and values of each score over the folds, for data the model has not seen."""
    two = len(set(labels)) == TWO_CLASSES
    scores = {"accuracy": "accuracy", "balanced_accuracy": "balanced_accuracy", "f1_macro": "f1_macro"}
    scores["roc_auc"] = "roc_auc" if two else "roc_auc_ovr"
    folds = min(FOLDS, int(np.unique(labels, return_counts=True)[1].min()))
    splits = StratifiedKFold(folds, shuffle=True, random_state=seed)
    found = cross_validate(model, features, labels, cv=splits, scoring=scores, error_score="raise")
    say(f"Cross-validated in {folds} folds")
    return {
        name: {
            "mean": float(found[f"test_{name}"].mean()),
            "deviation": float(found[f"test_{name}"].std()),
            "folds": [float(value) for value in found[f"test_{name}"]],
        }
        for name in scores
    }


def importances(model, features, labels, names: list[str], seed: int) -> list[dict]:
    """Return how much accuracy is lost when a column is shuffled, on rows kept out of the fit."""
    learn, check, learn_labels, check_labels = train_test_split(
        features, labels, test_size=0.25, random_state=seed, stratify=labels
    )
    model.fit(learn, learn_labels)
    rows, row_labels = check[:IMPORTANCE_ROWS], check_labels[:IMPORTANCE_ROWS]
    found = permutation_importance(model, rows, row_labels, n_repeats=IMPORTANCE_REPEATS, random_state=seed)
    order = np.argsort(found.importances_mean)[::-1]
    return [
        {
            "column": names[number],
            "mean": float(found.importances_mean[number]),
            "deviation": float(found.importances_std[number]),
        }
        for number in order
    ]


def main() -> None:
    began = time.monotonic()
    params = json.loads((IN / "params.json").read_text())
    seed = int(params.get("seed", 0))
    columns, labels, categories = read_table(params["target"], params.get("leave_out", []))
    names = list(columns)
    classes, counts = np.unique(labels, return_counts=True)
    if not names or len(classes) < TWO_CLASSES or counts.min() < FEWEST_OF_A_CLASS:
        stop("it needs at least one other column, two classes, and two rows of each class")
    say(f"Read {len(labels)} rows, {len(names)} columns, {len(classes)} classes")
    features = as_matrix(columns, names)
    model = make_model(params, names, categories, seed)
    scores = cross_validated(model, features, labels, seed)
    ranked = importances(model, features, labels, names, seed)
    say("Measured what each column contributes")
    model.fit(features, labels)
    skops.io.dump(model, OUT / "model.skops")
    report = {
        "target": params["target"],
        "columns": names,
        "categories": categories,
        "classes": [str(value) for value in classes],
        "positive": str(params.get("positive", classes[-1])),
        "kind": params.get("kind", "boosting"),
        "seed": seed,
        "rows": len(labels),
        "class_balance": {str(name): int(count) for name, count in zip(classes, counts, strict=True)},
        "cross_validation": scores,
        "importances": ranked,
        "seconds": round(time.monotonic() - began, 3),
        "versions": {
            "python": platform.python_version(),
            "scikit-learn": sklearn.__version__,
            "skops": skops.__version__,
            "numpy": np.__version__,
            "pyarrow": pa.__version__,
        },
    }
    (OUT / "training.json").write_text(json.dumps(report, indent=1, allow_nan=False))
    say(f"Wrote the model after {report['seconds']} seconds")


main()
