"""Jobs on this machine, each in a sandbox with a small supervisor of its own. The default of a fresh start.

It hands jobs over and reads how they stand from their folders; it keeps nothing in memory, so any number of
workers may share the folder and die at any moment. It never runs a program itself.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import platform
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import minett
from minett.planes.compute import canary, cgroup, outputs, processes, seccomp
from minett.planes.compute.adapters.local_place import Place, Plan, Status, attempts, held
from minett.planes.compute.port import (
    Failure,
    Handle,
    JobState,
    JobStillRunning,
    JobUnknown,
    Observation,
    Outputs,
    PermitMissing,
    Readiness,
    SandboxRefused,
    sentence_for,
)
from minett.planes.compute.sandbox import MB, Interpreter, bwrap_candidates
from minett.planes.compute.spec import JobSpec, must_be_a_name
from minett.policy import permit

READY_SECONDS = 60.0
CANARY_SECONDS = 20.0
SUPERVISOR = "minett.planes.compute.adapters.local_supervisor"


@dataclass(frozen=True, slots=True)
class Setup:
    """A way to make the sandbox that the trial may show to work."""

    bwrap: Path
    user: tuple[int, int] | None


class LocalExecutor:
    """An `Executor` for one machine.

    `root` keeps the jobs' folders. `bwrap` names the sandbox program; without it, the system's own or the one
    that came as a Python package is taken, whichever works. `ordinary_user` is whom jobs run as when the worker
    is root. `allow_unsandboxed_open_data` lets jobs on open data run with limits only where there is no sandbox.
    """

    def __init__(
        self,
        root: Path,
        public_key_pem: bytes,
        *,
        interpreter: Interpreter | None = None,
        bwrap: Path | None = None,
        ordinary_user: str = "nobody",
        allow_unsandboxed_open_data: bool = False,
    ) -> None:
        self.root = root.absolute()
        self.public_key_pem = public_key_pem
        self.interpreter = interpreter or Interpreter.current()
        self.interpreter.must_not_show(self.root)
        self.bwrap = bwrap
        self.ordinary_user = ordinary_user
        self.allow_unsandboxed_open_data = allow_unsandboxed_open_data
        self._ready: tuple[float, Readiness, Setup | None] | None = None
        self._ready_lock = threading.Lock()
        self._supervisors: list[subprocess.Popen[bytes]] = []

    def ready(self) -> Readiness:
        """Say whether the sandbox works here, from a trial job not older than a minute."""
        return self._tried()[0]

    def submit(self, spec: JobSpec, key: str, permit_token: str | None, now: datetime) -> Handle:
        """Start a job at once, so that the permit is checked at the moment of use."""
        must_be_a_name(key)
        spec.check_files()
        self._check_permit(spec, key, permit_token, now)
        with held(self.root / key / "lock"):
            earlier = attempts(self.root / key)
            last = earlier[-1] if earlier else None
            if last and last.was_started:
                if self._observe(last).state is not JobState.LOST:
                    return _handle(last)
                self._clear(last)
            elif last:
                # Its worker died before anything was started, so the number is free.
                shutil.rmtree(last.folder)
                earlier.pop()
            return self._start(spec, Place(self.root / key / str(len(earlier) + 1)), now)

    def observe(self, handle: Handle) -> Observation:
        """Read how a job stands; a job without a living supervisor and without an end is lost."""
        return self._observe(self._place(handle))

    def cancel(self, handle: Handle) -> None:
        """Leave a note for the supervisor and wake it; the note stays for one that has not read its plan yet."""
        place = self._place(handle)
        state = self._observe(place).state
        if state.is_final and state is not JobState.LOST:
            return
        place.cancel.touch()
        if not place.is_watched():
            self._clear(place)
        elif (status := place.status()) and status.supervisor:
            with contextlib.suppress(ProcessLookupError):
                os.kill(status.supervisor, signal.SIGTERM)

    def collect(self, handle: Handle, target: Path) -> Outputs:
        """Copy the plain files that an ended job left; what is refused stays in its folder."""
        place = self._place(handle)
        if not self._observe(place).state.is_final:
            raise JobStillRunning
        return outputs.collect(place.out, target, place.plan().limits.output_mb * MB)

    def _check_permit(self, spec: JobSpec, key: str, token: str | None, now: datetime) -> None:
        if token is not None:
            permit.read(token, self.public_key_pem, now).must_be_for(f"job:{key}", now)
        elif spec.needs_permit:
            raise PermitMissing(reason=PermitMissing.sentence)

    def _start(self, spec: JobSpec, place: Place, now: datetime) -> Handle:
        readiness, setup = self._tried()
        if setup is None and not (spec.open_data_only and self.allow_unsandboxed_open_data):
            raise SandboxRefused(reason=readiness.reason, remedy=readiness.remedy)
        self._launch(spec, place, setup, now)
        return _handle(place)

    def _launch(self, spec: JobSpec, place: Place, setup: Setup | None, now: datetime) -> None:
        user = setup.user if setup else None
        place.stage(spec, user)
        # The lock is taken here and inherited, so at no moment does a started job look unwatched.
        lock = os.open(place.lock, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            place.write_plan(self._plan(spec, place, setup, now))
            # Asking the earlier ones whether they ended takes them off the kernel's list of processes.
            self._supervisors = [process for process in self._supervisors if process.poll() is None]
            self._supervisors.append(_start_supervisor(place, lock))
        finally:
            os.close(lock)

    def _plan(self, spec: JobSpec, place: Place, setup: Setup | None, now: datetime) -> Plan:
        return Plan(
            key=place.folder.parent.name,
            attempt=int(place.folder.name),
            started_at=now.isoformat(),
            command=self.interpreter.named_in(spec.command),
            environment=spec.environment,
            limits=spec.limits,
            python=str(self.interpreter.executable),
            folders=tuple(str(folder) for folder in self.interpreter.folders),
            sandboxed=setup is not None,
            bwrap=str(setup.bwrap) if setup else "",
            user=setup.user if setup else None,
        )

    def _place(self, handle: Handle) -> Place:
        """Return the folder of a handle, found from its key and number rather than from the path it carries."""
        must_be_a_name(handle.key)
        place = Place(self.root / handle.key / str(int(handle.attempt)))
        if not place.was_started:
            raise JobUnknown
        return place

    def _observe(self, place: Place) -> Observation:
        # The lock is looked at first: a supervisor that ends in between has then written its final status.
        watched = place.is_watched()
        status = place.status()
        state = JobState(status.state) if status else JobState.QUEUED
        failure = Failure(status.failure) if status else Failure.NONE
        if not watched and not state.is_final:
            state, failure = JobState.LOST, Failure.NONE
            if place.cancel.exists():
                state, failure = JobState.CANCELLED, Failure.CANCELLED
        return _observation(place, status, state, failure)

    def _clear(self, place: Place) -> None:
        """Take away what a killed supervisor could not."""
        processes.kill(processes.named(place.group_name))
        place.forget_inputs()
        cgroup.leftover(place.group_name).remove(seconds=0.2)

    def _tried(self) -> tuple[Readiness, Setup | None]:
        with self._ready_lock:
            if self._ready is None or time.monotonic() - self._ready[0] > READY_SECONDS:
                self._ready = (time.monotonic(), *self._try_all())
            return self._ready[1:]

    def _try_all(self) -> tuple[Readiness, Setup | None]:
        if platform.machine() not in seccomp.PROCESSORS or sys.platform != "linux":
            return Readiness(
                ok=False,
                code="processor-unknown",
                reason=canary.UNKNOWN_PROCESSOR,
                remedy=canary.UNKNOWN_PROCESSOR_REMEDY,
            ), None
        answer = Readiness(ok=False, code="sandbox-missing", reason=canary.MISSING, remedy=canary.MISSING_REMEDY)
        for setup in self._setups():
            answer = self._try(setup)
            if answer.ok:
                return answer, setup
        return answer, None

    def _setups(self) -> Iterator[Setup]:
        """All ways to make the sandbox, the safest first: as an ordinary user before root."""
        programs = (self.bwrap,) if self.bwrap else bwrap_candidates()
        users: list[tuple[int, int] | None] = [None]
        if os.geteuid() == 0:
            with contextlib.suppress(KeyError):
                entry = pwd.getpwnam(self.ordinary_user)
                if _is_mapped(entry.pw_uid, "uid_map") and _is_mapped(entry.pw_gid, "gid_map"):
                    users.insert(0, (entry.pw_uid, entry.pw_gid))
        for user, program in itertools.product(users, programs):
            yield Setup(program, user)

    def _try(self, setup: Setup) -> Readiness:
        """Run the trial job with one setup, the same way as every job."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="canary-", dir=self.root) as folder:
            place = Place(Path(folder) / "1")
            spec = canary.spec(str(self.interpreter.executable))
            self._launch(spec, place, setup, datetime.now(UTC))
            seen = self._wait(place)
            if seen.state is not JobState.SUCCEEDED:
                return canary.refused(seen.log_tail)
            found = canary.leaks(place.out)
        if found:
            return Readiness(
                ok=False, code="sandbox-leaks", reason=canary.LEAKS, remedy=canary.LEAKS_REMEDY, detail=", ".join(found)
            )
        if setup.user is None and os.geteuid() == 0:
            return Readiness(
                ok=True, code="ready-as-root", reason=canary.READY_AS_ROOT, remedy=canary.READY_AS_ROOT_REMEDY
            )
        return Readiness(ok=True, code="ready", reason=canary.READY)

    def _wait(self, place: Place) -> Observation:
        deadline = time.monotonic() + CANARY_SECONDS
        while not (seen := self._observe(place)).state.is_final and time.monotonic() < deadline:
            time.sleep(0.01)
        if not seen.state.is_final:
            place.cancel.touch()
        return seen


def _start_supervisor(place: Place, lock: int) -> subprocess.Popen[bytes]:
    """Start the supervisor in a session of its own, with nothing of our environment but the way to its code."""
    source = Path(minett.__file__).parents[1]
    return subprocess.Popen(
        [sys.executable, "-S", "-m", SUPERVISOR, str(place.folder)],
        cwd="/",
        env={"PATH": os.defpath, "PYTHONPATH": str(source), "LANG": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(lock,),
        start_new_session=True,
    )


def _handle(place: Place) -> Handle:
    plan = place.plan()
    return Handle(plan.key, plan.attempt, str(place.folder), datetime.fromisoformat(plan.started_at))


def _observation(place: Place, status: Status | None, state: JobState, failure: Failure) -> Observation:
    known = status or Status(state=state.value, sandboxed=place.plan().sandboxed)
    return Observation(
        state=state,
        exit_code=known.exit_code,
        failure=failure,
        log_bytes=known.log_bytes,
        cpu_seconds=known.cpu_seconds,
        max_rss_mb=known.max_rss_mb,
        wall_seconds=known.wall_seconds,
        sentence=sentence_for(state, failure),
        log_tail=place.log_tail(),
        sandboxed=known.sandboxed,
    )


def _is_mapped(number: int, table: str) -> bool:
    """Say whether a user or group exists where we run: a container may know root alone, and nobody to become."""
    try:
        rows = [line.split() for line in Path("/proc/self", table).read_text().splitlines()]
    except OSError:
        return True
    return any(int(first) <= number < int(first) + int(count) for first, _outside, count in rows)
