"""Laying out what a job reads, in the store, before it runs. It hands nothing over and changes no state.

    store/jobs/<key>/lock            held by the one worker that carries the job out
    store/jobs/<key>/params.json
    store/jobs/<key>/*.parquet       the two parts of the snapshot; removed once the job has ended
    store/jobs/<key>/out/            what was collected

A training sees only the training part and its parameters; the rows that are held out never enter its sandbox.
Everything is written whole or not at all and comes out the same when it is done again.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from minett.apps.dataproducts.models import GovernanceModel
from minett.apps.grants import services as grants
from minett.apps.grants.models import Grant
from minett.apps.jobs.models import Job, JobKind
from minett.journeys.equipment import Equipment
from minett.kernel.actor import Actor
from minett.kernel.content import gettext_noop as _
from minett.kernel.errors import Clash
from minett.planes.compute import templates
from minett.planes.compute.spec import JobSpec, code_hash
from minett.policy import permit

TRAINING, EVALUATION = "train_classifier", "evaluate_classifier"
HOLDOUT_SHARE = 0.2
MOST_REPORT_BYTES = 2_000_000
MOST_COLUMNS = 5_000


class CodeChanged(Clash):
    code = "job-code-changed"
    sentence = _("The program was changed after the job was submitted. Submit the job again.")


class NothingToEvaluate(Clash):
    code = "nothing-to-evaluate"
    sentence = _("The training left no model that can be evaluated.")


class GrantMissing(Clash):
    code = "job-without-grant"
    sentence = _("This job names no data grant. Submit it again with one.")


@dataclass(frozen=True, slots=True)
class Staged:
    """A job that is ready to be handed over, its permit, and the SHA-256 of each input."""

    spec: JobSpec
    token: str
    inputs: Mapping[str, str]


def template_hash(template: str) -> str:
    """Return the SHA-256 that a job keeps of the program it runs."""
    return code_hash(templates.template_path(template))


def folder_of(gear: Equipment, key: str) -> Path:
    folder = gear.store.folder("jobs") / key
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Wait until no other worker carries out the job of this folder; the kernel drops a dead worker's lock."""
    with (folder / "lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def prepare(gear: Equipment, robot: Actor, job: Job, *, now: datetime) -> Staged:
    """Check the grant at this moment, lay out the inputs, and sign the permit of the job.

    Raises CodeChanged, GrantMissing, NothingToEvaluate, and the errors of the grant and of the data engine.
    """
    if job.grant is None:
        raise GrantMissing
    template = EVALUATION if job.kind == JobKind.EVALUATION else TRAINING
    if template_hash(template) != job.code_sha256:
        raise CodeChanged
    token = grants.permit_for(robot, now=now, grant_id=job.grant.pk)
    train, test = _split(gear, job, token, now)
    if job.kind == JobKind.TRAINING:
        inputs = {"train.parquet": train, "params.json": _write_params(gear, job, job.spec["params"])}
    else:
        inputs = {"test.parquet": test, **_model(gear, job)}
    spec = JobSpec(
        name=job.kind,
        command=("python3", f"/code/{template}.py"),
        code=templates.template_path(template),
        inputs=inputs,
        open_data_only=job.grant.version.product.governance == GovernanceModel.OPEN,
    )
    return Staged(spec, _permit(gear, job, job.grant), {name: _digest(path) for name, path in inputs.items()})


def forget_data(gear: Equipment, key: str) -> None:
    """Remove the parts of the snapshot: governed data stays no longer than it is used, and can be split again."""
    for part in folder_of(gear, key).glob("*.parquet"):
        part.unlink(missing_ok=True)


def _split(gear: Equipment, job: Job, token: str, now: datetime) -> tuple[Path, Path]:
    """Split the snapshot by the seed of the job: an evaluation's own split gives the training's parts again."""
    assert job.grant is not None  # noqa: S101 - `prepare` refused a job without one.
    allowed = permit.read(token, permit.public_key_of(gear.signing_key), now)
    snapshot = job.grant.snapshot
    if snapshot is None:
        raise GrantMissing
    source, target = gear.store.absolute(snapshot.path), folder_of(gear, job.key)
    seed = int(job.spec["params"]["seed"])
    return gear.data.split(allowed, source, target, float(job.spec["holdout_share"]), seed, now)


def _permit(gear: Equipment, job: Job, grant: Grant) -> str:
    """Return the permit that the executor checks again when it starts the job."""
    allowed = permit.Permit(
        what=f"job:{job.key}",
        subject=f"person:{job.submitter_id}",
        purpose=grant.purpose,
        until=grant.until_at,
        columns=tuple(grant.columns),
        details=(("grant", str(grant.pk)), ("policy_sha256", grant.tree_sha256)),
    )
    return permit.sign(allowed, gear.signing_key)


def _model(gear: Equipment, job: Job) -> dict[str, Path]:
    """Return the model of the training and the parameters of its evaluation."""
    training = Job.objects.get(pk=job.spec["training_job_id"], case_id=job.case_id)
    out = folder_of(gear, training.key) / "out"
    kept = {file["name"]: file["sha256"] for file in training.outputs}
    model = out / "model.skops"
    if not model.is_file() or _digest(model) != kept.get(model.name):
        raise NothingToEvaluate
    features = _features(out / "training.json")
    return {model.name: model, "params.json": _write_params(gear, job, job.spec["params"] | features)}


def _features(report: Path) -> dict[str, list[str]]:
    """Return the model's columns from what the training wrote, which is as untrusted as any upload."""
    if not report.is_file() or report.stat().st_size > MOST_REPORT_BYTES:
        raise NothingToEvaluate
    try:
        told = json.loads(report.read_bytes())
        found = {name: told[name] for name in ("columns", "categories")}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise NothingToEvaluate from error
    for names in found.values():
        if not isinstance(names, list) or len(names) > MOST_COLUMNS or not all(isinstance(n, str) for n in names):
            raise NothingToEvaluate
    return found


def _write_params(gear: Equipment, job: Job, params: Mapping[str, Any]) -> Path:
    path = folder_of(gear, job.key) / "params.json"
    unfinished = path.with_suffix(".new")
    with unfinished.open("w") as file:
        json.dump(params, file, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    return path


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
