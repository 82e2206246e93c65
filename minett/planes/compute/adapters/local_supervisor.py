"""The small process that starts one job, watches over it, and writes down how it ended.

It runs in a session of its own, so it outlives the worker that started it; when it is killed itself, the job
dies with it. It reads the plan in its folder and never sees a permit, a key or the database.

Run as: python -m minett.planes.compute.adapters.local_supervisor <folder of the attempt>
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import platform
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

from minett.planes.compute import cgroup, outputs, processes, sandbox
from minett.planes.compute.adapters.local_place import Place, Plan, Status
from minett.planes.compute.port import Failure, JobState
from minett.planes.compute.sandbox import MB, Child, Interpreter

TURN = 0.1
MEASURE_EVERY = 0.1
WRITE_EVERY = 1.0
SETUP_SECONDS = 10.0
DRAIN_SECONDS = 2.0
KILL_SECONDS = 5.0
CHUNK = 1 << 16
# The kernel's bound on processes and threads together lies above the limit on processes, so that a job with many
# threads runs and a job that forks without end meets a wall before the next look at it.
TASKS_FOR_A_PROCESS, TASKS_EXTRA = 4, 64
PR_SET_CHILD_SUBREAPER = 36
SIGNALLED = 128
# What programs print when the kernel refuses them memory or a larger file, in the last lines of their log.
EVIDENCE = (
    (Failure.MEMORY, ("MemoryError", "std::bad_alloc", "Cannot allocate memory", "Unable to allocate")),
    (Failure.OUTPUT, ("File too large", "No space left on device")),
)


class Watch:
    """One job from its start to its end."""

    def __init__(self, place: Place, plan: Plan) -> None:
        self.place, self.plan, self.limits = place, plan, plan.limits
        self.interpreter = Interpreter(Path(plan.python), tuple(Path(folder) for folder in plan.folders))
        self.began = time.monotonic()
        self.verdict = Failure.NONE
        self.cancelled = False
        self.first_process = 0
        self.ended: tuple[int, float, int] | None = None
        self.cpu_seconds = 0.0
        self.most_rss = 0
        self.log_bytes = 0
        self.status_text = b""
        self.uncountable = False
        self.measured = self.written = 0.0

    @property
    def tasks(self) -> int:
        return self.limits.processes * TASKS_FOR_A_PROCESS + TASKS_EXTRA

    def run(self) -> None:
        """Run the job to its end and write the final status, whatever happens."""
        signal.signal(signal.SIGTERM, self._on_signal)
        self._write(JobState.RUNNING)
        self.groups = cgroup.make(self.place.group_name, self.limits.memory_mb * MB, self.tasks)
        try:
            self.child = self._start()
            with self.place.log.open("wb", buffering=0) as self.log:
                self._go()
                self._end_all()
        finally:
            memory_ran_out = self.groups.memory_ran_out()
            self.groups.remove()
            self.place.forget_inputs()
        self._conclude(memory_ran_out=memory_ran_out)

    def _start(self) -> Child:
        environment = sandbox.environment_for(self.interpreter, self.limits, self.plan.environment)
        if not self.plan.sandboxed:
            return self._start_unsandboxed(environment)
        wrapped = sandbox.Wrapped(
            bwrap=Path(self.plan.bwrap),
            command=self.plan.command,
            environment=environment,
            limits=self.limits,
            binds=sandbox.binds_for(self.interpreter, self.place.code, self.place.inputs, self.place.out),
            user=self.plan.user,
            name=self.place.group_name,
        )
        return sandbox.start(wrapped, self.groups)

    def _start_unsandboxed(self, environment: dict[str, str]) -> Child:
        """Run it plainly; the folders have other names there, so the command and three variables say which."""
        folders = {"/code": self.place.code, "/in": self.place.inputs, "/out": self.place.out}
        names = {f"MINETT_{name[1:].upper()}": str(path) for name, path in folders.items()}
        return sandbox.start_unsandboxed(
            tuple(_translated(word, folders) for word in self.plan.command),
            environment | names,
            self.limits,
            self.place.out,
            self.groups,
        )

    def _go(self) -> None:
        if self.plan.sandboxed and not self._release():
            self.verdict = Failure.SANDBOX
            return
        while self.ended is None:
            self._read_log(TURN)
            self._look()
            self._reap()

    def _release(self) -> bool:
        """Wait until the sandbox stands, bound its processes, and let the job's program begin."""
        deadline = time.monotonic() + SETUP_SECONDS
        while b"\n" not in self.status_text and time.monotonic() < deadline:
            ready, _, _ = select.select([self.child.status], [], [], TURN)
            if ready and not self._read_status():
                return False
        if b"\n" not in self.status_text:
            return False
        self.first_process = json.loads(self.status_text.split(b"\n")[0])["child-pid"]
        sandbox.limit_tasks(self.first_process, self.tasks, self.plan.user)
        with contextlib.suppress(BrokenPipeError):
            os.write(self.child.release, b"x")
        return True

    def _read_status(self) -> bool:
        text = os.read(self.child.status, CHUNK)
        self.status_text += text
        return bool(text)

    def _read_log(self, seconds: float) -> bool:
        """Keep what the job printed, up to its limit; return whether there was something."""
        ready, _, _ = select.select([self.child.log], [], [], seconds)
        if not ready:
            return False
        text = os.read(self.child.log, CHUNK)
        if not text:
            # The job closed its output or ended; without this pause the loop would spin.
            time.sleep(min(seconds, 0.02))
            return False
        room = self.limits.log_mb * MB - self.log_bytes
        self.log.write(text[:room])
        self.log_bytes += len(text[:room])
        if len(text) > room:
            self._stop(Failure.LOG)
        return True

    def _look(self) -> None:
        """Compare what the job uses with what it may use, and stop it when it is over."""
        now = time.monotonic()
        if self.cancelled or self.place.cancel.exists():
            self._stop(Failure.CANCELLED)
        elif now - self.began > self.limits.wall_seconds:
            self._stop(Failure.TIME)
        elif now - self.measured > MEASURE_EVERY:
            self.measured = now
            self._measure()
        if now - self.written > WRITE_EVERY:
            self._write(JobState.RUNNING)

    def _measure(self) -> None:
        usage = self._usage()
        self.cpu_seconds = max(self.cpu_seconds, usage.cpu_seconds)
        self.most_rss = max(self.most_rss, usage.rss)
        written = outputs.measure(self.place.out)
        deleted = processes.deleted_bytes(usage.pids, self.place.out.stat().st_dev)
        if len(usage.pids) > self.limits.processes or usage.threads >= self.tasks:
            self._stop(Failure.PROCESSES)
        elif usage.cpu_seconds > self.limits.cpu_seconds:
            self._stop(Failure.TIME)
        elif self._memory_is_over(usage):
            self._stop(Failure.MEMORY)
        elif written.too_much(self.limits.output_mb * MB - deleted):
            self.uncountable = written.hidden
            self._stop(Failure.OUTPUT)

    def _usage(self) -> processes.Usage:
        # In the sandbox the first process is bwrap's own, so the job's processes are those below it; without a
        # sandbox the supervisor inherits every process whose parent ended.
        root = self.first_process if self.plan.sandboxed else os.getpid()
        return processes.tree(root, with_root=False)

    def _memory_is_over(self, usage: processes.Usage) -> bool:
        """Ask the kernel, which may have ended a part of the job already, and count by ourselves."""
        if self.groups.memory_ran_out():
            return True
        most = self.limits.memory_mb * MB
        if usage.rss <= most:
            return False
        fair = processes.fair_memory(usage.pids)
        return (usage.rss if fair is None else fair) > most

    def _stop(self, why: Failure) -> None:
        if self.verdict is Failure.NONE:
            self.verdict = why
        self._kill()

    def _kill(self) -> None:
        # The sandbox's first process takes all others with it; without a sandbox each is killed by its number.
        if not self.plan.sandboxed:
            processes.kill(self._usage().pids)
            return
        if self.ended is None:
            processes.kill([self.child.pid])
        if self.first_process and processes.is_running(self.first_process):
            processes.kill([self.first_process])

    def _reap(self) -> None:
        if self.ended is not None:
            return
        pid, status, usage = os.wait4(self.child.pid, os.WNOHANG)
        if pid:
            self.ended = (os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss)

    def _end_all(self) -> None:
        """See to it that nothing of the job runs on, and take what it still had to say."""
        deadline = time.monotonic() + KILL_SECONDS
        while time.monotonic() < deadline and (self.ended is None or self._lives()):
            self._kill()
            time.sleep(0.005)
            self._reap()
        if self.plan.sandboxed:
            # A sandbox that was stopped while it was being set up may have left its first process behind.
            processes.kill(processes.named(self.place.group_name))
        if self.uncountable:
            # What is too deep to be counted is too deep for most programs to remove, too, so it goes at once.
            subprocess.run(["rm", "-rf", "--", *self.place.out.iterdir()], check=False)
        drained = time.monotonic() + DRAIN_SECONDS
        while self.verdict is not Failure.LOG and self._read_log(0) and time.monotonic() < drained:
            pass
        while self.child.status >= 0 and select.select([self.child.status], [], [], 0)[0] and self._read_status():
            pass

    def _lives(self) -> bool:
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if self.plan.sandboxed:
            return bool(self.first_process) and processes.is_running(self.first_process)
        return bool(self._usage().pids)

    def _conclude(self, *, memory_ran_out: bool) -> None:
        code = self._exit_code()
        if self.ended:
            self.cpu_seconds = max(self.cpu_seconds, self.ended[1])
            self.most_rss = max(self.most_rss, self.ended[2] * 1024)
        if memory_ran_out and self.verdict in {Failure.NONE, Failure.MEMORY}:
            self.verdict = Failure.MEMORY
        elif self.verdict is Failure.NONE:
            self.verdict = self._reason_for(code)
        states = {Failure.NONE: JobState.SUCCEEDED, Failure.CANCELLED: JobState.CANCELLED}
        self._write(states.get(self.verdict, JobState.FAILED), code)

    def _exit_code(self) -> int | None:
        """Return what the job's own program returned: bwrap reports it, and only if the program ran."""
        if not self.plan.sandboxed:
            return self.ended[0] if self.ended else None
        for line in self.status_text.splitlines():
            with contextlib.suppress(ValueError, KeyError):
                return int(json.loads(line)["exit-code"])
        return None

    def _reason_for(self, code: int | None) -> Failure:
        if code == 0:
            return Failure.NONE
        if code is None:
            # bwrap alone writes to the log in this case, so the job cannot have made the line up.
            missing = "bwrap: execvp " in self.place.log_tail()
            return Failure.JOB if missing else Failure.SANDBOX
        by_signal = {signal.SIGXCPU: Failure.TIME, signal.SIGXFSZ: Failure.OUTPUT}
        for number, failure in by_signal.items():
            if code in {SIGNALLED + number, -number}:
                return failure
        tail = self.place.log_tail().splitlines()[-5:]
        for failure, words in EVIDENCE:
            if any(word in line for line in tail for word in words):
                return failure
        return Failure.JOB

    def _write(self, state: JobState, code: int | None = None) -> None:
        self.written = time.monotonic()
        self.place.write_status(
            Status(
                state=state.value,
                failure=self.verdict.value if state.is_final else Failure.NONE.value,
                exit_code=code,
                log_bytes=self.log_bytes,
                cpu_seconds=round(self.cpu_seconds, 3),
                max_rss_mb=round(self.most_rss / MB, 1),
                wall_seconds=round(self.written - self.began, 3),
                sandboxed=self.plan.sandboxed,
                supervisor=os.getpid(),
            )
        )

    def _on_signal(self, *_: object) -> None:
        self.cancelled = True


def _translated(word: str, folders: dict[str, Path]) -> str:
    for name, path in folders.items():
        if word == name or word.startswith(f"{name}/"):
            return str(path) + word[len(name) :]
    return word


def _keep_descriptors() -> None:
    """Mark everything we inherited, the lock above all, so that no job inherits it from us."""
    for link in list(Path("/proc/self/fd").iterdir()):
        with contextlib.suppress(OSError):
            if int(link.name) > 2:  # noqa: PLR2004 - the three standard ones are replaced for the job anyway.
                os.set_inheritable(int(link.name), False)  # noqa: FBT003 - os takes it only so.


def main(folder: str) -> None:
    """Supervise the attempt in `folder`."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    _keep_descriptors()
    place = Place(Path(folder))
    watch = Watch(place, place.plan())
    try:
        watch.run()
    except Exception as error:  # noqa: BLE001 - an accident here must end as a final status, not as a lost job.
        with place.log.open("a") as log:
            log.write(f"The supervisor failed: {error!r} on {platform.machine()}\n")
        place.write_status(Status(JobState.FAILED.value, Failure.SANDBOX.value, supervisor=os.getpid()))


if __name__ == "__main__":
    main(sys.argv[1])
