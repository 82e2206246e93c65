"""What every executor promises, as one suite. An adapter's test class inherits it and gives three fixtures.

    executor    an executor that is ready
    now         the present moment
    supports    on the class: the promises beyond the port's core that this adapter makes

The job of the suite is one small program; its last word says what it does.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest

from minett.planes.compute.port import (
    Executor,
    Failure,
    Handle,
    JobState,
    JobStillRunning,
    JobUnknown,
    Observation,
    PermitMissing,
)
from minett.planes.compute.spec import JobNameUnusable, JobSpec, Limits
from minett.policy import permit

PRIVATE, PUBLIC = permit.new_key()
ANSWER = b"forty-two"
PROGRAM = """
import os, sys, time
from pathlib import Path

out = Path(os.environ.get("MINETT_OUT", "/out"))
what = sys.argv[1]
if what == "succeed":
    print("the job says hello", flush=True)
    (out / "answer.txt").write_text("forty-two")
if what == "fail":
    sys.exit(3)
if what == "read":
    (out / "copy.txt").write_bytes((Path(os.environ.get("MINETT_IN", "/in")) / "secret.txt").read_bytes())
if what == "stay":
    (out / "begun").touch()
    time.sleep(60)
"""


def finished(executor: Executor, handle: Handle, seconds: float = 20) -> Observation:
    """Wait for the end of a job, with a bound."""
    deadline = time.monotonic() + seconds
    while not (seen := executor.observe(handle)).state.is_final:
        assert time.monotonic() < deadline, seen
        time.sleep(0.02)
    return seen


def token(key: str, until: datetime, private: bytes = PRIVATE) -> str:
    return permit.sign(permit.Permit(f"job:{key}", "person:1", "research", until), private)


class ExecutorConformance:
    supports: ClassVar[frozenset[str]] = frozenset()

    @pytest.fixture
    def spec(self, tmp_path: Path) -> JobSpec:
        code = tmp_path / "job.py"
        code.write_text(PROGRAM)
        return JobSpec("trial", ("python", "/code/job.py", "succeed"), code, limits=Limits(wall_seconds=30))

    def doing(self, spec: JobSpec, what: str) -> JobSpec:
        return replace(spec, command=(*spec.command[:-1], what))

    @pytest.fixture
    def governed(self, spec: JobSpec, tmp_path: Path) -> JobSpec:
        (tmp_path / "secret.txt").write_bytes(ANSWER)
        return replace(self.doing(spec, "read"), inputs={"secret.txt": tmp_path / "secret.txt"})

    def test_it_is_ready(self, executor: Executor):
        readiness = executor.ready()
        assert readiness.ok, readiness
        assert readiness.reason

    def test_a_job_succeeds(self, executor: Executor, spec: JobSpec, now: datetime, tmp_path: Path):
        handle = executor.submit(spec, "a1", None, now)
        seen = finished(executor, handle)
        assert (seen.state, seen.failure, seen.exit_code) == (JobState.SUCCEEDED, Failure.NONE, 0), seen
        assert "the job says hello" in seen.log_tail
        assert seen.sentence
        assert (handle.key, handle.attempt, handle.started_at) == ("a1", 1, now)
        found = executor.collect(handle, tmp_path / "target")
        assert [file.name for file in found.files] == ["answer.txt"]
        assert found.files[0].sha256 == hashlib.sha256(ANSWER).hexdigest()
        assert (tmp_path / "target" / "answer.txt").read_bytes() == ANSWER
        assert executor.collect(handle, tmp_path / "target") == found

    def test_a_job_fails(self, executor: Executor, spec: JobSpec, now: datetime):
        seen = finished(executor, executor.submit(self.doing(spec, "fail"), "a2", None, now))
        assert (seen.state, seen.failure, seen.exit_code) == (JobState.FAILED, Failure.JOB, 3)

    def test_the_same_key_runs_once(self, executor: Executor, spec: JobSpec, now: datetime):
        first = executor.submit(spec, "a3", None, now)
        assert executor.submit(spec, "a3", None, now + timedelta(minutes=1)) == first
        finished(executor, first)
        assert executor.submit(spec, "a3", None, now + timedelta(hours=1)) == first

    def test_cancelling_ends_a_job(self, executor: Executor, spec: JobSpec, now: datetime, tmp_path: Path):
        handle = executor.submit(self.doing(spec, "stay"), "a4", None, now)
        assert not executor.observe(handle).state.is_final
        with pytest.raises(JobStillRunning):
            executor.collect(handle, tmp_path / "target")
        executor.cancel(handle)
        seen = finished(executor, handle)
        assert (seen.state, seen.failure) == (JobState.CANCELLED, Failure.CANCELLED)
        assert executor.submit(self.doing(spec, "stay"), "a4", None, now) == handle

    def test_cancelling_an_ended_job_changes_nothing(self, executor: Executor, spec: JobSpec, now: datetime):
        handle = executor.submit(spec, "a5", None, now)
        seen = finished(executor, handle)
        executor.cancel(handle)
        assert executor.observe(handle) == seen

    def test_governed_inputs_need_a_permit(self, executor: Executor, governed: JobSpec, now: datetime):
        with pytest.raises(PermitMissing):
            executor.submit(governed, "a6", None, now)
        with pytest.raises(permit.PermitExpired):
            executor.submit(governed, "a6", token("a6", now), now)
        with pytest.raises(permit.PermitForSomethingElse):
            executor.submit(governed, "a6", token("other", now + timedelta(hours=1)), now)
        forged = token("a6", now + timedelta(hours=1), permit.new_key()[0])
        with pytest.raises(permit.PermitForged):
            executor.submit(governed, "a6", forged, now)
        handle = executor.submit(governed, "a6", token("a6", now + timedelta(hours=1)), now)
        assert finished(executor, handle).state is JobState.SUCCEEDED

    def test_open_inputs_need_none(self, executor: Executor, governed: JobSpec, now: datetime):
        handle = executor.submit(replace(governed, open_data_only=True), "a7", None, now)
        assert finished(executor, handle).state is JobState.SUCCEEDED

    def test_an_unknown_job_is_absent(self, executor: Executor, now: datetime, tmp_path: Path):
        nowhere = Handle("nowhere", 1, "/etc", now)
        with pytest.raises(JobUnknown):
            executor.observe(nowhere)
        with pytest.raises(JobUnknown):
            executor.cancel(nowhere)
        with pytest.raises(JobUnknown):
            executor.collect(nowhere, tmp_path / "target")

    @pytest.mark.parametrize("key", ["", "../up", "a/b", ".hidden", "a b", "x" * 200])
    def test_a_key_is_one_plain_name(self, executor: Executor, spec: JobSpec, now: datetime, key: str):
        with pytest.raises(JobNameUnusable):
            executor.submit(spec, key, None, now)

    def test_time_runs_out(self, executor: Executor, spec: JobSpec, now: datetime):
        if "time" not in self.supports:
            pytest.skip("this executor does not measure time")
        short = replace(self.doing(spec, "stay"), limits=Limits(wall_seconds=1))
        seen = finished(executor, executor.submit(short, "a8", None, now))
        assert (seen.state, seen.failure) == (JobState.FAILED, Failure.TIME)
        assert seen.wall_seconds >= 1
