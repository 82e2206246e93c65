"""An executor for tests that runs nothing: what a job would do is written down beforehand, by its last word.

It keeps the promises of the port about keys, permits, cancelling and collecting, so what is tested with it holds
with a real one. It promises nothing about limits, because it measures nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from minett.planes.compute.port import (
    Failure,
    Handle,
    JobState,
    JobStillRunning,
    JobUnknown,
    Observation,
    OutputFile,
    Outputs,
    PermitMissing,
    Readiness,
    SandboxRefused,
    sentence_for,
)
from minett.planes.compute.spec import JobSpec, must_be_a_name
from minett.policy import permit


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a scripted job ends. One in the state `running` goes on until it is cancelled."""

    state: JobState = JobState.SUCCEEDED
    failure: Failure = Failure.NONE
    exit_code: int | None = 0
    outputs: Mapping[str, bytes] = field(default_factory=dict)
    log: str = ""


@dataclass
class FakeExecutor:
    """`outcomes` maps the last word of a command to how that job ends; `readiness` can be set to a refusal."""

    public_key_pem: bytes
    outcomes: Mapping[str, Outcome]
    readiness: Readiness = field(
        default_factory=lambda: Readiness(ok=True, code="ready", reason="Jobs are only imagined here.")
    )
    submitted: list[JobSpec] = field(default_factory=list)
    _jobs: dict[tuple[str, int], Outcome] = field(default_factory=dict)
    _handles: dict[str, Handle] = field(default_factory=dict)

    def ready(self) -> Readiness:
        return self.readiness

    def submit(self, spec: JobSpec, key: str, permit_token: str | None, now: datetime) -> Handle:
        must_be_a_name(key)
        spec.check_files()
        if permit_token is not None:
            permit.read(permit_token, self.public_key_pem, now).must_be_for(f"job:{key}", now)
        elif spec.needs_permit:
            raise PermitMissing(reason=PermitMissing.sentence)
        earlier = self._handles.get(key)
        if earlier and self.observe(earlier).state is not JobState.LOST:
            return earlier
        if not self.readiness.ok:
            raise SandboxRefused(reason=self.readiness.reason, remedy=self.readiness.remedy)
        handle = Handle(key, earlier.attempt + 1 if earlier else 1, f"imagined/{key}", now)
        self.submitted.append(spec)
        self._jobs[key, handle.attempt] = self.outcomes[spec.command[-1]]
        self._handles[key] = handle
        return handle

    def observe(self, handle: Handle) -> Observation:
        outcome = self._outcome(handle)
        return Observation(
            state=outcome.state,
            exit_code=outcome.exit_code,
            failure=outcome.failure,
            log_bytes=len(outcome.log.encode()),
            sentence=sentence_for(outcome.state, outcome.failure),
            log_tail=outcome.log,
        )

    def cancel(self, handle: Handle) -> None:
        if not self._outcome(handle).state.is_final:
            cancelled = Outcome(JobState.CANCELLED, Failure.CANCELLED, None)
            self._jobs[handle.key, handle.attempt] = cancelled

    def lose(self, handle: Handle) -> None:
        """Pretend that what watched over the job was killed."""
        self._jobs[handle.key, handle.attempt] = Outcome(JobState.LOST, exit_code=None)

    def collect(self, handle: Handle, target: Path) -> Outputs:
        outcome = self._outcome(handle)
        if not outcome.state.is_final:
            raise JobStillRunning
        target.mkdir(parents=True, exist_ok=True)
        files = []
        for name, content in sorted(outcome.outputs.items()):
            (target / name).write_bytes(content)
            files.append(OutputFile(name, hashlib.sha256(content).hexdigest(), len(content)))
        return Outputs(tuple(files))

    def _outcome(self, handle: Handle) -> Outcome:
        try:
            return self._jobs[handle.key, handle.attempt]
        except KeyError as error:
            raise JobUnknown from error
