from __future__ import annotations

import os
import subprocess
import sys

import pytest

from minett.planes.compute import cgroup
from tests.conftest import missing

NAME = f"minett-test-{os.getpid()}"


@pytest.fixture
def groups():
    made = cgroup.make(NAME, 100_000_000, 10)
    if made.memory is None or made.processes is None:
        made.remove()
        missing("this machine lets us make no control groups for memory and processes")
    yield made
    made.remove()


def inside(groups: cgroup.Groups, program: str) -> int:
    script = f"import sys\nfor folder in sys.argv[1:]: open(folder + '/cgroup.procs', 'w').write('0')\n{program}"
    folders = [str(folder) for folder in groups.folders]
    return subprocess.run(
        [sys.executable, "-S", "-c", script, *folders], check=False, stderr=subprocess.DEVNULL
    ).returncode


def test_a_process_over_the_memory_is_ended_and_it_is_told(groups):
    assert inside(groups, "b'x' * 10_000_000") == 0
    assert not groups.memory_ran_out()
    assert inside(groups, "b'x' * 400_000_000") == -9
    assert groups.memory_ran_out()


def test_no_more_processes_than_allowed(groups):
    fork = "import os, time\nfor i in range({}):\n if os.fork() == 0: time.sleep(0.3); os._exit(0)"
    assert inside(groups, fork.format(5)) == 0
    assert inside(groups, fork.format(30)) == 1


def test_what_a_killed_supervisor_left_is_found_and_removed(groups):
    left = cgroup.leftover(NAME)
    assert left.folders == groups.folders
    left.remove()
    assert not any(folder.exists() for folder in groups.folders)
    assert cgroup.leftover(NAME).folders == frozenset()


def test_where_none_can_be_made_there_are_none(monkeypatch):
    monkeypatch.setattr(cgroup, "_mounts", lambda: iter(()))
    empty = cgroup.make(NAME, 1, 1)
    assert empty.folders == frozenset()
    assert not empty.memory_ran_out()
    empty.remove()
