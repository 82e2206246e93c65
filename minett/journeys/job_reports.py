"""Reading what a job wrote, which is as untrusted as any upload: size, hash, types and ranges are checked.

A report is read from the job's collected outputs by the names and hashes that were recorded when it ended.
Nothing a model file holds is ever loaded here.
"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from minett.apps.jobs.models import Job
from minett.journeys import equipment
from minett.kernel.content import gettext_noop as _
from minett.kernel.errors import BadInput, Clash

MOST_REPORT_BYTES = 2_000_000
MODEL_FILE, TRAINING_FILE, EVALUATION_FILE = "model.skops", "training.json", "evaluation.json"


class OutputMissing(Clash):
    """Data: name, the file that should be among the job's outputs."""

    code = "job-output-missing"
    sentence = _("The job left no %(name)s, or what lies there is not what was collected.")


class ReportUnusable(BadInput):
    """Data: name of the file, where in it, and why (an English clause)."""

    code = "job-report-unusable"
    sentence = _("The job's report %(name)s cannot be used, at %(where)s: %(why)s.")


def _finite() -> Any:
    return Field(allow_inf_nan=False)


# The zero sign is in no text of people, and not every database takes it.
TEXT = r"^[^\x00]*$"
Name = Annotated[str, Field(max_length=200, pattern=TEXT)]
Label = Annotated[str, Field(max_length=500, pattern=TEXT)]
Count = Annotated[int, Field(ge=0, le=10**12)]
Number = Annotated[float, _finite()]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Versions = Annotated[dict[Name, Name], Field(max_length=50)]


class Strict(BaseModel):
    """Takes the exact types of JSON, ignores what it does not know, and refuses NaN and infinity."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, hide_input_in_errors=True)


class Interval(Strict):
    low: Number
    high: Number


class Score(Strict):
    mean: Number
    deviation: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    folds: Annotated[list[Number], Field(max_length=100)]


class Importance(Strict):
    column: Label
    mean: Number
    deviation: Number


class TrainingReport(Strict):
    """What a training says of itself; the numbers are cross-validated on the training rows alone."""

    target: Label
    columns: Annotated[list[Label], Field(min_length=1, max_length=5_000)]
    categories: Annotated[list[Label], Field(max_length=5_000)]
    classes: Annotated[list[Label], Field(min_length=2, max_length=1_000)]
    positive: Label
    kind: Name
    seed: Count
    rows: Count
    class_balance: Annotated[dict[Label, Count], Field(max_length=1_000)]
    cross_validation: Annotated[dict[Name, Score], Field(max_length=20)]
    importances: Annotated[list[Importance], Field(max_length=5_000)]
    seconds: Number
    versions: Versions


class Metrics(Strict):
    accuracy: Share
    balanced_accuracy: Share
    precision: Share
    recall: Share
    f1: Share
    roc_auc: Share | None
    # For more than two classes the Brier score reaches 2.
    brier: Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)]


class Group(Strict):
    """Metrics of one group; every one of them is about the positive class against the rest."""

    n: Count
    accuracy: Share
    balanced_accuracy: Share
    precision: Share
    recall: Share
    f1: Share
    selection_rate: Share


class Subgroups(Strict):
    """The groups of one column. `left_out` says why they could not be compared."""

    groups: Annotated[dict[Label, Group], Field(max_length=50)]
    gaps: Annotated[dict[Name, Share], Field(max_length=20)]
    too_small: Annotated[dict[Label, Count], Field(max_length=100_000)] = {}
    left_out: Label = ""


class Baseline(Strict):
    """Always giving the most frequent answer."""

    model_config = ConfigDict(populate_by_name=True)

    answer: Annotated[str, Field(alias="class", max_length=500)]
    accuracy: Share
    balanced_accuracy: Share


class EvaluationReport(Strict):
    """What an evaluation measured on rows that the training never saw, with 95 % intervals."""

    n: Annotated[int, Field(ge=1, le=10**12)]
    classes: Annotated[list[Label], Field(min_length=2, max_length=1_000)]
    positive: Label
    metrics: Metrics
    intervals: Annotated[dict[Name, Interval], Field(max_length=20)]
    confusion_matrix: Annotated[list[list[Count]], Field(max_length=1_000)]
    baseline: Baseline
    subgroups: Annotated[dict[Label, Subgroups], Field(max_length=50)]
    seed: Count
    rounds: Count
    seconds: Number
    versions: Versions

    @model_validator(mode="after")
    def _adds_up(self) -> EvaluationReport:
        """The parts of a report must agree with each other: a forged one often does not."""
        width = len(self.classes)
        square = len(self.confusion_matrix) == width and all(len(row) == width for row in self.confusion_matrix)
        if not square or sum(map(sum, self.confusion_matrix)) != self.n:
            raise PydanticCustomError("confusion", "the confusion matrix does not add up to the rows")
        right = sum(row[place] for place, row in enumerate(self.confusion_matrix))
        if abs(right / self.n - self.metrics.accuracy) > 1e-6:  # noqa: PLR2004 - room for rounding only.
            raise PydanticCustomError("accuracy", "the accuracy is not the one of the confusion matrix")
        most = max(map(sum, self.confusion_matrix)) / self.n
        if abs(most - self.baseline.accuracy) > 1e-6:  # noqa: PLR2004 - as above.
            raise PydanticCustomError("baseline", "the baseline is not the one of the confusion matrix")
        if any(interval.low > interval.high for interval in self.intervals.values()):
            raise PydanticCustomError("interval", "an interval ends before it begins")
        if any(sum(group.n for group in part.groups.values()) > self.n for part in self.subgroups.values()):
            raise PydanticCustomError("groups", "the groups have more rows than the whole")
        return self


Report = TypeVar("Report", bound=Strict)


def training_of(job: Job) -> dict[str, Any]:
    """Return the checked training report of a job, as plain data. Raises OutputMissing, ReportUnusable."""
    return _checked(job, TRAINING_FILE, TrainingReport)


def evaluation_of(job: Job) -> dict[str, Any]:
    """Return the checked evaluation report of a job, as plain data. Raises OutputMissing, ReportUnusable."""
    return _checked(job, EVALUATION_FILE, EvaluationReport)


def output_of(job: Job, name: str) -> tuple[Path, str, int]:
    """Return where an output lies, its recorded SHA-256 and its size. Raises OutputMissing."""
    recorded = next((file for file in job.outputs if file["name"] == name), None)
    if recorded is None:
        raise OutputMissing(name=name)
    folder = equipment.current().store.folder("jobs")
    return folder / job.key / "out" / name, recorded["sha256"], int(recorded["bytes"])


def _checked(job: Job, name: str, model: type[Report]) -> dict[str, Any]:
    raw = _read(job, name)
    try:
        report = model.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = _printable(".".join(str(part)[:40] for part in first["loc"][:6])) or "the top"
        raise ReportUnusable(name=name, where=where, why=str(first["msg"])[:200]) from error
    return report.model_dump(mode="json", by_alias=True)


def _printable(words: str) -> str:
    """Return names that a job made up so that logs and tables take them."""
    return "".join(letter if letter.isprintable() else "?" for letter in words)


def _read(job: Job, name: str) -> bytes:
    """Read a report through one descriptor: the file that is measured is the file that is read."""
    path, sha256, size = output_of(job, name)
    if size > MOST_REPORT_BYTES:
        raise ReportUnusable(name=name, where="the file", why=f"it is larger than {MOST_REPORT_BYTES} bytes")
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise OutputMissing(name=name) from error
    with os.fdopen(file, "rb") as opened:
        if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            raise OutputMissing(name=name)
        raw = opened.read(size + 1)
    if hashlib.sha256(raw).hexdigest() != sha256:
        raise OutputMissing(name=name)
    return raw
