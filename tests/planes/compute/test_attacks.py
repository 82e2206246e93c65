"""Jobs that mean harm. Each must end within seconds, with the reason named, and nothing of it may run on."""

from __future__ import annotations

import json
import socket
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from minett.planes.compute import outputs, processes
from minett.planes.compute.adapters.local import LocalExecutor
from minett.planes.compute.adapters.local_place import Place
from minett.planes.compute.port import Failure, JobState, Outputs
from minett.planes.compute.spec import JobSpec, Limits
from tests.conformance.executor import PUBLIC, finished
from tests.conftest import missing

pytestmark = pytest.mark.sandbox
LIMITS = Limits(memory_mb=300, wall_seconds=10, cpu_seconds=10, processes=16, file_mb=20, output_mb=40, log_mb=1)
SOON = 8


@pytest.fixture(scope="module")
def executor(tmp_path_factory: pytest.TempPathFactory) -> LocalExecutor:
    made = LocalExecutor(tmp_path_factory.mktemp("attacks"), PUBLIC)
    if not (readiness := made.ready()).ok:
        missing(f"no sandbox: {readiness.reason} {readiness.detail}")
    return made


@pytest.fixture
def attack(executor, tmp_path, now, request):
    """Run a program as a job; return what was observed, its place and how long it took."""

    def run(program: str, limits: Limits = LIMITS, **inputs: Path):
        (tmp_path / "job.py").write_text(program)
        words = ("python", "-S", "/code/job.py")
        spec = JobSpec("attack", words, tmp_path / "job.py", inputs, limits=limits, open_data_only=True)
        began = time.monotonic()
        handle = executor.submit(spec, request.node.name.replace("[", "-").replace("]", ""), None, now)
        seen = finished(executor, handle)
        return seen, handle, time.monotonic() - began

    return run


def lines(*words: str) -> str:
    return "\n".join(words)


GREEDY = {
    "fork-bomb": (Failure.PROCESSES, lines("import os", "while True:", " try: os.fork()", " except OSError: pass")),
    "many-sessions": (
        Failure.PROCESSES,
        lines(
            "import os, time",
            "for i in range(30):",
            " if os.fork() == 0: os.setsid(); time.sleep(60)",
            "time.sleep(60)",
        ),
    ),
    "fills-output": (Failure.OUTPUT, "for i in range(99): open(f'/out/{i}', 'wb').write(bytes(9_000_000))"),
    "many-files": (Failure.OUTPUT, "for i in range(9**9): open(f'/out/{i}', 'w')"),
    "deep-tree": (Failure.OUTPUT, lines("import os", "while True: os.mkdir('d'); os.chdir('d')")),
    "one-large-file": (Failure.OUTPUT, "f = open('/out/x', 'wb'); f.write(bytes(30_000_000))"),
    "deleted-files": (
        Failure.OUTPUT,
        lines(
            "import os, time",
            "kept = []",
            "for i in range(20):",
            " f = open('/out/x', 'wb'); os.unlink('/out/x')",
            " f.write(bytes(9_000_000)); f.flush(); kept.append(f)",
            "time.sleep(60)",
        ),
    ),
    "sleeps": (Failure.TIME, "import time; time.sleep(60)"),
    "spins": (Failure.TIME, "while True: pass"),
    "prints-1-gb": (Failure.LOG, "for i in range(1000): print('x' * 1_000_000)"),
    "eats-memory": (Failure.MEMORY, lines("kept = []", "while True: kept.append(b'x' * 10_000_000)")),
    "asks-for-5-gb": (Failure.MEMORY, "bytearray(5_000_000_000)"),
    "eats-memory-in-many": (
        Failure.MEMORY,
        lines(
            "import os, time",
            "for i in range(6):",
            " if os.fork() == 0: kept = b'x' * 90_000_000; time.sleep(60)",
            "time.sleep(60)",
        ),
    ),
}


@pytest.mark.parametrize("name", GREEDY)
def test_a_greedy_job_is_stopped(attack, name):
    failure, program = GREEDY[name]
    seen, handle, took = attack(program, replace(LIMITS, wall_seconds=1) if failure is Failure.TIME else LIMITS)
    assert (seen.state, seen.failure) == (JobState.FAILED, failure), seen
    assert took < SOON
    assert seen.log_bytes <= LIMITS.log_mb * 1_000_000
    assert (Path(handle.place) / "log.txt").stat().st_size == seen.log_bytes
    assert nothing_runs(handle)


def nothing_runs(handle) -> bool:
    words = Place(Path(handle.place)).group_name.encode()
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        commands = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
        if not any(words in line for line in commands):
            return True
        time.sleep(0.02)
    return False


def test_too_much_memory_in_the_shared_folders_is_refused(attack):
    program = (
        "import os\nfor folder in ('/dev/shm', '/dev', '/run', '/'):\n"
        " n = 0\n"
        " try:\n"
        "  while n < 30:\n"
        "   open(f'{folder}/{n}', 'wb').write(bytes(9_000_000)); n += 1\n"
        " except OSError: pass\n"
        " print(folder, n)\n"
    )
    seen, _, _ = attack(program)
    counts = dict(line.split() for line in seen.log_tail.splitlines())
    assert seen.state is JobState.SUCCEEDED, seen
    assert int(counts["/dev/shm"]) <= 7  # noqa: S108
    assert (counts["/dev"], counts["/run"], counts["/"]) == ("0", "0", "0")


REACH = """
import json, os, socket, sys
addresses = json.load(open('/in/addresses.json'))
found = {}
def attempt(name, action):
    try: action(); found[name] = True
    except OSError: found[name] = False
attempt('tcp', lambda: socket.create_connection(('127.0.0.1', addresses['port']), timeout=1))
def abstract():
    s = socket.socket(socket.AF_UNIX); s.connect(chr(0) + addresses['abstract'])
attempt('abstract', abstract)
attempt('path', lambda: socket.socket(socket.AF_UNIX).connect(addresses['path']))
attempt('vsock', lambda: socket.socket(40, socket.SOCK_STREAM))
attempt('passwd', lambda: open('/etc/passwd'))
attempt('secret', lambda: open(addresses['secret']))
attempt('jobs', lambda: os.listdir(addresses['jobs']))
attempt('input', lambda: open('/in/addresses.json', 'w'))
attempt('code', lambda: open('/code/job.py', 'w'))
attempt('usr', lambda: open('/usr/x', 'w'))
attempt('python', lambda: open(sys.prefix + '/x', 'w'))
attempt('kill', lambda: os.kill(addresses['pid'], 0))
attempt('out', lambda: open('/out/x', 'w'))
print(json.dumps(found))
"""


def test_nothing_of_this_machine_can_be_reached(attack, tmp_path, executor):
    import os

    listener = socket.create_server(("127.0.0.1", 0))
    abstract, path = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    abstract.bind(f"\0minett-{os.getpid()}")
    path.bind(str(tmp_path / "s"))
    for one in (abstract, path):
        one.listen()
    (tmp_path / "secret").write_text("secret")
    addresses = {
        "port": listener.getsockname()[1],
        "abstract": f"minett-{os.getpid()}",
        "path": str(tmp_path / "s"),
        "secret": str(tmp_path / "secret"),
        "jobs": str(executor.root),
        "pid": os.getpid(),
    }
    (tmp_path / "addresses.json").write_text(json.dumps(addresses))
    # The control: from outside the sandbox the same three doors are open.
    socket.create_connection(("127.0.0.1", addresses["port"]), timeout=1).close()
    for address in (f"\0minett-{os.getpid()}", addresses["path"]):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(address)
    seen, _, _ = attack(REACH, **{"addresses.json": tmp_path / "addresses.json"})
    found = json.loads(seen.log_tail)
    assert {name for name, reached in found.items() if reached} == {"out"}, seen
    for one in (listener, abstract, path):
        one.close()


def test_only_plain_files_are_collected(attack, executor, tmp_path):
    program = (
        "import os\n"
        "os.symlink('/etc/passwd', '/out/link'); os.symlink('/etc', '/out/folder-link')\n"
        "os.mkfifo('/out/pipe'); open('/out/one', 'w').write('1'); os.link('/out/one', '/out/two')\n"
        "open('/out/good.txt', 'w').write('good'); open('/out/bad name', 'w'); open('/out/.hidden', 'w')\n"
        "os.mkdir('/out/part'); open('/out/part/inner.txt', 'w').write('inner')\n"
        "import socket; socket.socket(socket.AF_UNIX).bind('/out/socket')\n"
    )
    seen, handle, _ = attack(program)
    assert seen.state is JobState.SUCCEEDED, seen
    collected: dict[str, Outputs] = {}
    # A pipe that is opened by mistake would block for ever, so this has a bound of its own.
    thread = threading.Thread(
        target=lambda: collected.update(found=executor.collect(handle, tmp_path / "t")), daemon=True
    )
    thread.start()
    thread.join(5)
    found = collected["found"]
    assert [file.name for file in found.files] == ["good.txt", "part/inner.txt"]
    assert dict(found.refused) == {
        "link": outputs.NOT_A_FILE,
        "folder-link": outputs.NOT_A_FILE,
        "pipe": outputs.NOT_A_FILE,
        "socket": outputs.NOT_A_FILE,
        "one": outputs.SEVERAL_NAMES,
        "two": outputs.SEVERAL_NAMES,
        "bad name": outputs.UNSAFE_NAME,
        ".hidden": outputs.UNSAFE_NAME,
    }
    assert sorted(path.name for path in (tmp_path / "t").rglob("*")) == ["good.txt", "inner.txt", "part"]


SYSCALLS = """
import ctypes, errno, json, platform
libc = ctypes.CDLL(None, use_errno=True)
column = {'x86_64': 0, 'aarch64': 1}[platform.machine()]
numbers = json.load(open('/in/numbers.json'))
found = {}
for name, (pair, arguments) in numbers.items():
    ctypes.set_errno(0)
    result = libc.syscall(pair[column], *[ctypes.c_long(value) for value in arguments])
    found[name] = errno.errorcode.get(ctypes.get_errno(), 'allowed') if result < 0 else 'allowed'
print(json.dumps(found))
"""


def test_the_filter_holds_in_the_sandbox(attack, tmp_path):
    asked = {
        "unshare": ([272, 97], [0x10000000]),
        "ptrace": ([101, 117], [0, 0, 0, 0]),
        "io_uring_setup": ([425, 425], [1, 0]),
        "mount": ([165, 40], [0, 0, 0, 0, 0]),
        "keyctl": ([250, 219], [0, 0, 0]),
        "shmget": ([29, 194], [0, 4096, 0o1600]),
        "clone": ([56, 220], [0x10000000 | 17, 0, 0, 0, 0]),
        "clone3": ([435, 435], [0, 0]),
        "memfd_create": ([319, 279], [0, 0]),
        "getpid": ([39, 172], []),
    }
    (tmp_path / "numbers.json").write_text(json.dumps(asked))
    seen, _, _ = attack(SYSCALLS, **{"numbers.json": tmp_path / "numbers.json"})
    found = json.loads(seen.log_tail)
    assert found.pop("getpid") == "allowed"
    assert (found.pop("clone3"), found.pop("memfd_create")) == ("ENOSYS", "ENOSYS")
    assert set(found.values()) == {"EPERM"}, found


def test_the_machine_is_well_afterwards():
    assert processes.read(1) is not None
    assert len(processes.tree(1).pids) < 2000
