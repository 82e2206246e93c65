"""What the tests of releases stand on: a file store with a queue, what the real programs write, and forgeries."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from minett.apps.jobs.models import Job
from minett.journeys import equipment, job_reports
from minett.planes.compute import templates


@dataclass
class House:
    """The equipment of these tests, and what was put into the queue."""

    store: equipment.Store
    queue: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def out(self, job: Job) -> Path:
        folder = self.store.folder("jobs") / job.key / "out"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def leave(self, job: Job, files: dict[str, bytes]) -> Job:
        """Let a job leave these files, and record them as its outputs."""
        outputs = []
        for name, raw in files.items():
            (self.out(job) / name).write_bytes(raw)
            outputs.append({"name": name, "sha256": hashlib.sha256(raw).hexdigest(), "bytes": len(raw)})
        Job.objects.filter(pk=job.pk).update(outputs=outputs)
        job.refresh_from_db()
        return job


def run_programs(place: Path) -> dict[str, bytes]:
    """Return what the real programs write for a small table: the model, its training and its evaluation."""
    draw = np.random.default_rng(7)
    score = draw.normal(size=600)
    label = np.where(score + draw.normal(scale=0.5, size=600) > 0, "alert", "noise")
    table = pa.table({"score": score, "site": draw.choice(["Esch", "Belval"], 600), "label": label})
    for name, rows in (("train", table.slice(0, 400)), ("test", table.slice(400))):
        pq.write_table(rows, place / f"{name}.parquet")
    _run(place, "train_classifier", {"target": "label", "seed": 7})
    told = json.loads((place / "training.json").read_text())
    features = {name: told[name] for name in ("columns", "categories")}
    _run(place, "evaluate_classifier", {"target": "label", "seed": 7, "subgroups": ["site"], "rounds": 50, **features})
    names = (job_reports.MODEL_FILE, job_reports.TRAINING_FILE, job_reports.EVALUATION_FILE)
    return {name: (place / name).read_bytes() for name in names}


def _run(place: Path, template: str, params: dict[str, Any]) -> None:
    (place / "params.json").write_text(json.dumps(params))
    places = {"MINETT_IN": str(place), "MINETT_OUT": str(place), "OMP_NUM_THREADS": "1"}
    subprocess.run(
        [sys.executable, str(templates.template_path(template))], env={**os.environ, **places}, check=True, timeout=120
    )


def changed(raw: bytes, **changes: Any) -> bytes:
    return json.dumps({**json.loads(raw), **changes}).encode()


HOSTILE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "no json": lambda _: b"\xff\xfe not json",
    "a list": lambda _: b"[]",
    "deep": lambda _: b"[" * 100_000,
    "huge": lambda raw: raw + b" " * job_reports.MOST_REPORT_BYTES,
    "nan": lambda raw: raw.replace(b'"accuracy":', b'"accuracy": NaN, "x":', 1),
    "infinity": lambda raw: raw.replace(b'"brier":', b'"brier": 1e999, "x":', 1),
    "wrong type": lambda raw: changed(raw, n="200"),
    "a truth value": lambda raw: changed(raw, n=True),
    "too good": lambda raw: changed(raw, metrics={**json.loads(raw)["metrics"], "accuracy": 1.0}),
    "over one": lambda raw: changed(raw, metrics={**json.loads(raw)["metrics"], "recall": 1.5}),
    "rows": lambda raw: changed(raw, n=10**6),
    "matrix": lambda raw: changed(raw, confusion_matrix=[[1]]),
    "backwards": lambda raw: changed(raw, intervals={"accuracy": {"low": 0.9, "high": 0.1}}),
    "baseline": lambda raw: changed(raw, baseline={"class": "noise", "accuracy": 0.01, "balanced_accuracy": 0.5}),
    "a zero sign": lambda raw: changed(raw, versions={"python": "3\0"}),
    "a zero sign in a name": lambda raw: changed(raw, versions={"py\0thon": 3}),
    "no groups": lambda raw: changed(raw, subgroups=None),
    "many groups": lambda raw: changed(
        raw, subgroups={str(number): {"groups": {}, "gaps": {}} for number in range(99)}
    ),
}
