from __future__ import annotations

import pytest

from minett.planes.compute.adapters.fake import FakeExecutor, Outcome
from minett.planes.compute.port import Failure, JobState, Readiness, SandboxRefused
from tests.conformance.executor import ANSWER, PUBLIC, ExecutorConformance

OUTCOMES = {
    "succeed": Outcome(outputs={"answer.txt": ANSWER}, log="the job says hello\n"),
    "fail": Outcome(JobState.FAILED, Failure.JOB, 3),
    "read": Outcome(outputs={"copy.txt": ANSWER}),
    "stay": Outcome(JobState.RUNNING, exit_code=None),
}


class TestFakeExecutor(ExecutorConformance):
    @pytest.fixture
    def executor(self) -> FakeExecutor:
        return FakeExecutor(PUBLIC, OUTCOMES)

    def test_a_lost_job_is_tried_again(self, executor, spec, now):
        first = executor.submit(spec, "b1", None, now)
        executor.lose(first)
        second = executor.submit(spec, "b1", None, now)
        assert (second.attempt, len(executor.submitted)) == (2, 2)
        assert executor.observe(first).state is JobState.LOST

    def test_it_refuses_when_it_is_not_ready(self, executor, spec, now):
        executor.readiness = Readiness(ok=False, code="closed", reason="It is closed.", remedy="Come back later.")
        with pytest.raises(SandboxRefused):
            executor.submit(spec, "b2", None, now)
