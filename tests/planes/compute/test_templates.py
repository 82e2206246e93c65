"""The shipped programs, really run: in the sandbox, on a small table whose truth is known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, brier_score_loss, roc_auc_score
from sklearn.preprocessing import FunctionTransformer

from minett.planes.compute.adapters.local import LocalExecutor
from minett.planes.compute.port import Failure, JobState
from minett.planes.compute.spec import JobSpec
from minett.planes.compute.templates import NAMES, template_path
from tests.conformance.executor import PUBLIC, finished
from tests.conftest import missing

ROWS, LEARN = 900, 600


@pytest.fixture(scope="module")
def executor(tmp_path_factory: pytest.TempPathFactory) -> LocalExecutor:
    made = LocalExecutor(tmp_path_factory.mktemp("templates"), PUBLIC)
    if not (readiness := made.ready()).ok:
        missing(f"no sandbox: {readiness.reason} {readiness.detail}")
    return made


@pytest.fixture
def run(executor, tmp_path, now):
    def run(name: str, key: str, params: dict[str, Any], **files: Path):
        (tmp_path / f"{key}.json").write_text(json.dumps(params))
        inputs = {"params.json": tmp_path / f"{key}.json"} | {k.replace("__", "."): v for k, v in files.items()}
        words = ("python", f"/code/{name}.py")
        spec = JobSpec(name, words, template_path(name), inputs, open_data_only=True)
        handle = executor.submit(spec, key, None, now)
        seen = finished(executor, handle, 60)
        return seen, executor.collect(handle, tmp_path / key), tmp_path / key

    return run


def table(classes: int, rows: slice) -> pa.Table:
    """A table where `a` decides nearly everything, `kind` a little, and `noise` nothing."""
    draw = np.random.default_rng(7)
    a, noise = draw.normal(size=ROWS), draw.normal(size=ROWS)
    kind = draw.choice(["x", "y", "z"], ROWS)
    value = a + 0.4 * (kind == "x") + 0.3 * draw.normal(size=ROWS)
    label = np.digitize(value, [0.0] if classes == 2 else [-0.5, 0.5])
    columns = {
        "a": [None if number % 50 == 0 else float(x) for number, x in enumerate(a)],
        "noise": noise.tolist(),
        "kind": [None if number % 90 == 0 else str(x) for number, x in enumerate(kind)],
        "label": [f"class {x}" for x in label],
    }
    return pa.table(columns).slice(rows.start, rows.stop - rows.start)


@pytest.mark.sandbox
@pytest.mark.parametrize(("kind", "classes"), [("boosting", 2), ("logistic", 3)])
def test_a_model_is_trained_and_judged(run, tmp_path, kind, classes):
    pq.write_table(table(classes, slice(0, LEARN)), tmp_path / "train.parquet")
    test = table(classes, slice(LEARN, ROWS))
    pq.write_table(test, tmp_path / "test.parquet")
    params = {"target": "label", "kind": kind, "seed": 5, "boosting": {"max_iter": 30}}
    seen, found, folder = run("train_classifier", f"{kind}-fit", params, train__parquet=tmp_path / "train.parquet")
    assert seen.state is JobState.SUCCEEDED, seen
    assert seen.max_rss_mb < 1000
    assert "Cross-validated in 5 folds" in seen.log_tail
    assert [file.name for file in found.files] == ["model.skops", "training.json"]
    training = json.loads((folder / "training.json").read_text())
    assert training["importances"][0]["column"] == "a"
    assert sum(training["class_balance"].values()) == training["rows"] == LEARN
    assert 0.75 < training["cross_validation"]["accuracy"]["mean"] < 0.99
    judge = {name: training[name] for name in ("target", "columns", "categories")}
    judge |= {"subgroups": ["kind"], "seed": 5, "rounds": 50}
    files = {"test__parquet": tmp_path / "test.parquet", "model__skops": folder / "model.skops"}
    seen, _, judged = run("evaluate_classifier", f"{kind}-judge", judge, **files)
    assert seen.state is JobState.SUCCEEDED, seen
    check_evaluation(json.loads((judged / "evaluation.json").read_text()), test, folder / "model.skops")


def check_evaluation(report: dict[str, Any], test: pa.Table, model_file: Path) -> None:
    """Compare with what scikit-learn says about the same model and rows, outside the template."""
    model = skops.io.load(model_file, trusted=skops.io.get_untrusted_types(file=model_file))
    rows = np.array(list(zip(*[test[name].to_pylist() for name in ("a", "noise", "kind")], strict=True)), dtype=object)
    rows[:, 0] = [np.nan if value is None else value for value in rows[:, 0]]
    rows[:, 2] = ["" if value is None else value for value in rows[:, 2]]
    truth, chance = np.array(test["label"].to_pylist()), model.predict_proba(rows)
    measured = report["metrics"]
    assert report["n"] == ROWS - LEARN == sum(map(sum, report["confusion_matrix"]))
    assert measured["accuracy"] == pytest.approx(accuracy_score(truth, model.predict(rows)))
    if len(report["classes"]) == 2:
        assert measured["roc_auc"] == pytest.approx(roc_auc_score(truth == report["positive"], chance[:, 1]))
        assert measured["brier"] == pytest.approx(brier_score_loss(truth == report["positive"], chance[:, 1]))
    else:
        assert measured["roc_auc"] == pytest.approx(roc_auc_score(truth, chance, multi_class="ovr"))
    for name, bounds in report["intervals"].items():
        assert bounds["low"] <= measured[name] <= bounds["high"], name
    assert report["baseline"]["accuracy"] < measured["accuracy"]
    groups = report["subgroups"]["kind"]["groups"]
    assert set(groups) == {"x", "y", "z", "(none)"}
    assert sum(group["n"] for group in groups.values()) == report["n"]
    accuracies = [group["accuracy"] for group in groups.values()]
    assert report["subgroups"]["kind"]["gaps"]["accuracy"] == pytest.approx(max(accuracies) - min(accuracies))


@pytest.mark.sandbox
def test_a_model_file_with_other_types_is_not_loaded(run, tmp_path):
    skops.io.dump(FunctionTransformer(func=json.dumps), tmp_path / "model.skops")
    pq.write_table(table(2, slice(0, 50)), tmp_path / "test.parquet")
    files = {"test__parquet": tmp_path / "test.parquet", "model__skops": tmp_path / "model.skops"}
    seen, found, _ = run("evaluate_classifier", "strange", {"target": "label", "columns": ["a"]}, **files)
    assert (seen.state, seen.failure) == (JobState.FAILED, Failure.JOB)
    assert "types that are not allowed" in seen.log_tail
    assert found.files == ()


@pytest.mark.sandbox
def test_what_cannot_be_learned_from_is_said_in_words(run, tmp_path):
    pq.write_table(table(2, slice(0, 50)), tmp_path / "train.parquet")
    seen, _, _ = run("train_classifier", "none", {"target": "none"}, train__parquet=tmp_path / "train.parquet")
    assert (seen.state, seen.failure) == (JobState.FAILED, Failure.JOB)
    assert "Cannot train: there is no column 'none'" in seen.log_tail


def test_every_template_is_there_and_no_other_name_is():
    assert all(template_path(name).is_file() for name in NAMES)
    with pytest.raises(KeyError):
        template_path("../spec")


def test_the_model_type_that_needs_no_trust_is_the_plain_one(tmp_path):
    skops.io.dump(LogisticRegression().fit([[0.0], [1.0]], ["a", "b"]), tmp_path / "m.skops")
    assert set(skops.io.get_untrusted_types(file=tmp_path / "m.skops")) <= {"numpy.dtype"}
