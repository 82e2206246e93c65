"""What a job's facts mean, in words: how far it is, what it cost, why it failed, what to change next time.

Pure reading: every figure is one that was measured, and a rule says nothing where nothing was.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from minett.apps.jobs import counting, services
from minett.apps.jobs.models import Job
from minett.apps.jobs.queries import AllocationUse
from minett.kernel.quantities import Quantity, Unit
from minett.planes.compute.port import Failure, JobState, Observation
from minett.planes.compute.spec import Limits
from minett.policy.states import JOB
from minett.web.templatetags.house import number, percent

# From this share of a limit on, a run was close to it; below the other, there is much room.
CLOSE, ROOMY = 0.8, 0.25
IDLE = 0.25
LEAST_SECONDS = 5
MOST_RUNS = 1000

AFTER_FAILURE = {
    Failure.JOB: gettext_noop(
        "Read the last lines of the log: the program's own error stands there. Often the column to predict is empty, "
        "or holds one value only."
    ),
    Failure.SANDBOX: gettext_noop("Nothing is wrong with what you asked for. Tell the operator, then train again."),
    Failure.MEMORY: gettext_noop(
        "It needed more than %(memory)s MB of memory. Ask for fewer columns, or for fewer rows, and train again."
    ),
    Failure.TIME: gettext_noop(
        "It needed more than %(wall)s seconds. Ask for fewer columns, or for fewer rows, and train again."
    ),
    Failure.OUTPUT: gettext_noop("It wrote more than %(output)s MB. Ask for fewer columns, and train again."),
    Failure.LOG: gettext_noop("It printed more than %(log)s MB. The last lines of the log say what it repeats."),
    Failure.PROCESSES: gettext_noop("It started more than %(processes)s processes. One is enough for this program."),
    services.LOST: gettext_noop("Nothing is wrong with what you asked for: the machine stopped. Train again."),
}


@dataclass(frozen=True, slots=True)
class Step:
    label: str
    state: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """One measured amount beside its limit; `share` is the part of the limit that was used, from 0 to 1."""

    label: str
    value: str
    limit: str
    share: float

    @property
    def width(self) -> int:
        return percent(self.share)


def steps_of(job: Job) -> list[Step]:
    """Return the line from queued to done; the last step has the name of how the job ended."""
    labels = [JOB.standings[state].label for state in ("queued", "running")]
    if not JOB.is_final(job.state):
        at = 0 if job.state == "queued" else 1
        return [*(Step(_(label), _part(place, at)) for place, label in enumerate(labels)), Step(_("Done"))]
    ran = "done" if job.started_at else ""
    end = Step(_(JOB.standings[job.state].label), "done" if job.state == "succeeded" else "here")
    return [Step(_(labels[0]), "done"), Step(_(labels[1]), ran), end]


def _part(place: int, at: int) -> str:
    return "done" if place < at else ("here" if place == at else "")


def seconds_of(job: Job, now: datetime) -> int | None:
    """Return for how many seconds the job runs, or ran; None when it never began."""
    if job.started_at is None:
        return None
    return max(0, round(((job.ended_at or now) - job.started_at).total_seconds()))


def cost_of(job: Job, now: datetime) -> Quantity | None:
    """Return what the job used, or has used so far; None where that is not known yet."""
    told = job.measured.get("used", "")
    if told:
        amount, _gap, unit = told.partition(" ")
        return Quantity.of(amount, unit)
    unit, seconds = job.allocation.unit, seconds_of(job, now)
    if seconds is None or JOB.is_final(job.state) or unit == Unit.CPU_HOUR:
        return None
    return counting.use(unit, Observation(JobState.RUNNING, wall_seconds=float(seconds)))


def why_of(job: Job) -> str:
    """Return why a job ended as it did, in the page's language where the sentence is one of the house."""
    words = job.explanation
    if not words or _(words) != words:
        return _(words) if words else ""
    # A refusal is kept as its reason and its remedy, one behind the other.
    for place, letter in enumerate(words):
        parts = (words[: place + 1], words[place + 2 :])
        if letter == "." and all(parts) and all(_(part) != part for part in parts):
            return " ".join(_(part) for part in parts)
    return words


def measured_of(job: Job) -> list[Measure]:
    """Return running time, processor time and memory beside their limits; nothing for a job that never ran."""
    told, limits = job.measured, Limits()
    if not told.get("wall_seconds"):
        return []
    seconds, megabytes = _("%(count)s seconds"), _("%(count)s MB")
    rows = (
        (_("Running time"), told["wall_seconds"], limits.wall_seconds, seconds),
        (_("Processor time"), told.get("cpu_seconds") or 0, limits.cpu_seconds, seconds),
        (_("Memory, at most"), told.get("max_rss_mb") or 0, limits.memory_mb, megabytes),
    )
    return [
        Measure(label, unit % {"count": number(value)}, unit % {"count": number(limit)}, value / limit)
        for label, value, limit, unit in rows
    ]


def refused_of(job: Job) -> list[tuple[str, str]]:
    """Return what the job left and was not collected, each with the reason."""
    return [(str(name), _(why) if why else "") for name, why in job.measured.get("refused_outputs") or []]


def advice_of(job: Job, use: AllocationUse) -> list[str]:
    """Return what to change next time, from how the job ended and what it measured against its limits."""
    return list(_advice(job, use)) if JOB.is_final(job.state) else []


def _advice(job: Job, use: AllocationUse) -> Iterator[str]:
    limits = Limits()
    if job.state == "refused":
        yield _("Do what the reason says, then train again. Nothing was run, or what ran was stopped and counted.")
    if job.state == "cancelled":
        yield _("It was stopped on request. What it used until then is counted.")
    if job.state == "failed":
        filled = {"memory": number(limits.memory_mb), "wall": number(limits.wall_seconds), "output": limits.output_mb}
        words = AFTER_FAILURE.get(job.failure, AFTER_FAILURE[Failure.JOB])
        yield _(words) % (filled | {"log": limits.log_mb, "processes": limits.processes})
    if job.state == "succeeded":
        yield from _of_measures(measured_of(job), job.measured)
        yield from _of_cost(job, use)


def _of_measures(rows: list[Measure], told: dict[str, Any]) -> Iterator[str]:
    for row in rows:
        if row.share >= CLOSE:
            words = _("%(what)s came to %(share)s %% of the limit. With more rows the job would be stopped.")
            yield words % {"what": row.label, "share": percent(row.share)}
    if rows and all(row.share < ROOMY for row in rows):
        most = max(percent(row.share) for row in rows)
        words = _("There is room: of no limit it used more than %(share)s %%. More rows or columns would fit.")
        yield words % {"share": most}
    share = told.get("cpu_share")
    if share is not None and share < IDLE and told["wall_seconds"] > LEAST_SECONDS:
        words = _("The processor was busy for %(share)s %% of the time; the rest it waited. All of it counts.")
        yield words % {"share": percent(share)}


def _of_cost(job: Job, use: AllocationUse) -> Iterator[str]:
    cost = cost_of(job, job.ended_at or job.submitted_at)
    if cost is None or not cost.amount or cost.unit is not use.remaining.unit:
        return
    runs = int(use.remaining.amount / cost.amount)
    if runs > MOST_RUNS:
        yield _("What is left of the allocation pays for more than %(count)s runs like this one.") % {
            "count": number(MOST_RUNS)
        }
        return
    words = ngettext(
        "What is left of the allocation pays for about %(count)s more run like this one.",
        "What is left of the allocation pays for about %(count)s more runs like this one.",
        runs,
    )
    yield words % {"count": runs}
