from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from minett.planes.compute.adapters import local
from minett.planes.compute.adapters.local import LocalExecutor
from minett.planes.compute.adapters.local_place import Place
from minett.planes.compute.port import Failure, JobState, SandboxRefused
from minett.planes.compute.processes import is_running, named
from minett.planes.compute.sandbox import Interpreter, InterpreterTooWide
from minett.planes.compute.spec import JobSpec, Limits
from tests.conformance.executor import ANSWER, PUBLIC, ExecutorConformance, finished, token
from tests.conftest import missing


@pytest.fixture(scope="session")
def shared_executor(tmp_path_factory: pytest.TempPathFactory) -> LocalExecutor:
    made = LocalExecutor(tmp_path_factory.mktemp("compute"), PUBLIC)
    if not (readiness := made.ready()).ok:
        missing(f"no sandbox: {readiness.reason} {readiness.detail}")
    return made


@pytest.fixture
def executor(shared_executor: LocalExecutor, tmp_path: Path) -> LocalExecutor:
    """An executor with a folder of its own that takes over the trial that was already made."""
    made = LocalExecutor(tmp_path / "jobs", PUBLIC)
    made._ready = shared_executor._ready
    return made


def refusing(tmp_path: Path, *, allow: bool = False) -> LocalExecutor:
    return LocalExecutor(tmp_path / "jobs", PUBLIC, bwrap=Path("/bin/false"), allow_unsandboxed_open_data=allow)


def supervisor_of(place: Place) -> int:
    status = place.status()
    assert status
    return status.supervisor


def eventually(condition, seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(condition())


def running(executor: LocalExecutor, handle) -> Place:
    place = Place(Path(handle.place))
    assert eventually(lambda: (status := place.status()) and status.supervisor and place.log.exists())
    return place


@pytest.mark.sandbox
class TestLocalExecutor(ExecutorConformance):
    supports = frozenset({"time"})

    def test_the_copy_of_the_inputs_goes_when_the_job_ends(self, executor, governed, now):
        handle = executor.submit(governed, "c1", token("c1", now + timedelta(hours=1)), now)
        seen = finished(executor, handle)
        assert seen.sandboxed
        assert (Path(handle.place) / "out" / "copy.txt").read_bytes() == ANSWER
        assert not (Path(handle.place) / "in").exists()

    def test_no_permit_and_no_option_is_in_an_argument_list(self, executor, governed, now):
        spec = replace(executor_spec(governed), environment={"JOB_WORD": "not-for-everybody"})
        permit_token = token("c2", now + timedelta(hours=1))
        handle = executor.submit(spec, "c2", permit_token, now)
        place = running(executor, handle)
        assert eventually((place.out / "begun").exists)
        words = b" ".join(path.read_bytes() for path in command_lines())
        assert b"begin" in words
        assert b"not-for-everybody" not in words
        assert permit_token.encode() not in words
        everything = b"".join(path.read_bytes() for path in place.folder.rglob("*") if path.is_file())
        assert permit_token.encode() not in everything
        executor.cancel(handle)
        finished(executor, handle)

    def test_a_killed_supervisor_takes_the_job_with_it(self, executor, spec, now):
        stay = self.doing(spec, "stay")
        first = executor.submit(stay, "c3", None, now)
        place = running(executor, first)
        supervisor = supervisor_of(place)
        assert eventually((place.out / "begun").exists)
        job = below(supervisor)
        os.kill(supervisor, signal.SIGKILL)
        assert eventually(lambda: executor.observe(first).state is JobState.LOST)
        assert eventually(lambda: not any(is_running(pid) for pid in job))
        second = executor.submit(stay, "c3", None, now)
        assert second.attempt == 2
        assert not place.inputs.exists()
        executor.cancel(second)
        assert finished(executor, second).state is JobState.CANCELLED

    @pytest.mark.parametrize("moment", [0.0, 0.01, 0.02, 0.03, 0.04, 0.06, 0.08])
    def test_a_supervisor_killed_while_it_sets_up_leaves_no_job(self, executor, spec, now, moment):
        spec.code.write_text("import time; open('/out/ran', 'a').write('x'); time.sleep(60)")
        first = executor.submit(spec, "c0", None, now)
        place = Place(Path(first.place))
        time.sleep(moment)
        executor._supervisors[-1].kill()
        assert eventually(lambda: executor.observe(first).state is JobState.LOST)
        executor.cancel(first)
        assert executor.observe(first).state is JobState.CANCELLED
        assert eventually(lambda: not any(is_running(pid) for pid in named(place.group_name)))

    def test_a_cancelled_job_is_not_tried_again_when_its_supervisor_is_gone(self, executor, spec, now):
        handle = executor.submit(self.doing(spec, "stay"), "c4", None, now)
        place = running(executor, handle)
        os.kill(supervisor_of(place), signal.SIGKILL)
        assert eventually(lambda: executor.observe(handle).state is JobState.LOST)
        executor.cancel(handle)
        assert executor.observe(handle).state is JobState.CANCELLED
        assert executor.submit(self.doing(spec, "stay"), "c4", None, now) == handle

    def test_a_killed_worker_does_not_end_the_job(self, executor, spec, now, tmp_path):
        executor.ready()
        script = tmp_path / "worker.py"
        script.write_text(WORKER)
        arguments = [str(executor.root), str(spec.code), now.isoformat()]
        worker = subprocess.Popen([sys.executable, script, *arguments], stdout=subprocess.PIPE)
        assert worker.stdout
        assert worker.stdout.readline() == b"handed over\n"
        worker.kill()
        worker.wait()
        worker.stdout.close()
        handle = executor.submit(self.doing(spec, "stay"), "c5", None, now)
        assert handle.attempt == 1
        assert not executor.observe(handle).state.is_final
        executor.cancel(handle)
        assert finished(executor, handle).state is JobState.CANCELLED

    def test_an_attempt_that_was_never_started_is_replaced(self, executor, spec, now):
        (executor.root / "c6" / "1" / "in").mkdir(parents=True)
        handle = executor.submit(spec, "c6", None, now)
        assert handle.attempt == 1
        assert finished(executor, handle).state is JobState.SUCCEEDED

    def test_the_environment_is_the_one_asked_for_and_no_more(self, executor, spec, now, monkeypatch):
        monkeypatch.setenv("OUR_SECRET", "x")
        code = "import os; print(sorted(os.environ), os.environ['JOB_A'], os.getuid())"
        spec.code.write_text(code)
        seen = finished(executor, executor.submit(replace(spec, environment={"JOB_A": "b"}), "c7", None, now))
        assert seen.state is JobState.SUCCEEDED, seen
        assert "OUR_SECRET" not in seen.log_tail
        assert "] b 65534" in seen.log_tail

    def test_code_may_be_a_folder(self, executor, now, tmp_path):
        (tmp_path / "code" / "part").mkdir(parents=True)
        (tmp_path / "code" / "part" / "__init__.py").write_text("word = 'inner'")
        (tmp_path / "code" / "main.py").write_text("import part; print(part.word)")
        spec = JobSpec("folder", ("python", "/code/main.py"), tmp_path / "code")
        seen = finished(executor, executor.submit(spec, "c8", None, now))
        assert "inner" in seen.log_tail

    def test_root_is_said_and_only_the_last_resort(self, executor, spec, now, tmp_path):
        if os.geteuid() != 0:
            pytest.skip("only root can become an ordinary user or fail to")
        assert executor.ready().code == "ready"
        as_root = LocalExecutor(tmp_path / "as-root", PUBLIC, ordinary_user="nobody-of-that-name")
        readiness = as_root.ready()
        assert (readiness.ok, readiness.code) == (True, "ready-as-root")
        assert readiness.remedy
        assert finished(as_root, as_root.submit(spec, "c10", None, now)).state is JobState.SUCCEEDED

    def test_a_program_that_is_not_there_is_the_jobs_own_failure(self, executor, spec, now):
        seen = finished(executor, executor.submit(replace(spec, command=("no-such-program",)), "c9", None, now))
        assert (seen.state, seen.failure) == (JobState.FAILED, Failure.JOB)


class TestWithoutSandbox:
    @pytest.fixture
    def spec(self, tmp_path: Path) -> JobSpec:
        (tmp_path / "job.py").write_text("import sys; print(open(sys.argv[1]).read()); open('x.txt', 'w').write('y')")
        (tmp_path / "open.txt").write_text("open data")
        words = ("python", "/code/job.py", "/in/open.txt")
        return JobSpec("open", words, tmp_path / "job.py", {"open.txt": tmp_path / "open.txt"}, open_data_only=True)

    def test_it_says_why(self, tmp_path):
        readiness = refusing(tmp_path).ready()
        assert (readiness.ok, readiness.code) == (False, "user-namespaces-refused")
        assert readiness.reason
        assert readiness.remedy

    def test_it_refuses_rather_than_run(self, tmp_path, spec, now):
        executor = refusing(tmp_path)
        with pytest.raises(SandboxRefused) as refused:
            executor.submit(spec, "d1", None, now)
        assert refused.value.data["remedy"] in str(refused.value)
        assert not (executor.root / "d1" / "1").exists()

    def test_governed_data_is_refused_whatever_the_setting(self, tmp_path, spec, now):
        executor = refusing(tmp_path, allow=True)
        governed = replace(spec, open_data_only=False)
        with pytest.raises(SandboxRefused):
            executor.submit(governed, "d2", token("d2", now + timedelta(hours=1)), now)

    def test_open_data_may_run_plainly_when_allowed(self, tmp_path, spec, now):
        executor = refusing(tmp_path, allow=True)
        handle = executor.submit(spec, "d3", None, now)
        seen = finished(executor, handle)
        assert seen.state is JobState.SUCCEEDED, seen
        assert not seen.sandboxed
        assert "open data" in seen.log_tail
        assert [file.name for file in executor.collect(handle, tmp_path / "target").files] == ["x.txt"]

    def test_a_plain_run_is_still_limited_and_leaves_nothing_running(self, tmp_path, spec, now):
        spec.code.write_text(
            "import os, time\nif os.fork() == 0: os.setsid()\nopen(str(os.getpid()), 'w')\ntime.sleep(60)"
        )
        executor = refusing(tmp_path, allow=True)
        handle = executor.submit(replace(spec, limits=Limits(wall_seconds=1)), "d4", None, now)
        seen = finished(executor, handle)
        assert (seen.state, seen.failure) == (JobState.FAILED, Failure.TIME)
        pids = [int(path.name) for path in (Path(handle.place) / "out").iterdir()]
        assert len(pids) == 2
        assert not any(is_running(pid) for pid in pids)

    def test_an_interpreter_beside_the_jobs_is_refused(self, tmp_path):
        with pytest.raises(InterpreterTooWide):
            LocalExecutor(tmp_path / "jobs", PUBLIC, interpreter=Interpreter(tmp_path, (tmp_path,)))
        with pytest.raises(InterpreterTooWide):
            LocalExecutor(tmp_path / "jobs", PUBLIC, interpreter=Interpreter(Path("/"), (Path("/"),)))


def executor_spec(governed: JobSpec) -> JobSpec:
    governed.code.write_text("import time; open('/out/begun', 'w'); time.sleep(60)")
    return replace(governed, command=("python", "/code/job.py", "begin"))


def command_lines() -> list[Path]:
    return [path for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]


def below(pid: int) -> list[int]:
    from minett.planes.compute.processes import tree

    return list(tree(pid, with_root=False).pids)


WORKER = """
import sys, time
from datetime import datetime
from pathlib import Path
from minett.planes.compute.adapters.local import LocalExecutor
from minett.planes.compute.spec import JobSpec, Limits
from minett.policy import permit

root, code, now = sys.argv[1:]
executor = LocalExecutor(Path(root), permit.new_key()[1])
spec = JobSpec("trial", ("python", "/code/job.py", "stay"), Path(code), limits=Limits(wall_seconds=30))
executor.submit(spec, "c5", None, datetime.fromisoformat(now))
print("handed over", flush=True)
time.sleep(60)
"""


def test_nobody_becomes_a_user_who_does_not_exist_in_a_container():
    assert local._is_mapped(os.geteuid(), "uid_map")
    assert not local._is_mapped(2**32 - 1, "uid_map")
    assert local._is_mapped(12, "no-such-table")
