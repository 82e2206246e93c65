from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time

from minett.planes.compute import processes

CHILD = "import os, sys, time\nkept = b'x' * 50_000_000\nos.fork()\nos.write(1, b'there')\ntime.sleep(30)"


def test_a_tree_holds_children_and_grandchildren():
    with subprocess.Popen([sys.executable, "-S", "-c", CHILD], stdout=subprocess.PIPE) as child:
        assert child.stdout
        assert child.stdout.read(10) == b"therethere"
        usage = processes.tree(child.pid)
        assert len(usage.pids) == 2
        assert processes.tree(child.pid, with_root=False).pids == usage.pids[1:]
        assert usage.rss > 50_000_000
        fair = processes.fair_memory(usage.pids)
        # Both processes share the 50 MB, which the fair count counts once.
        assert fair is not None
        assert 50_000_000 < fair < usage.rss
        processes.kill(usage.pids)
        child.wait()
        assert not processes.is_running(child.pid)
        assert processes.tree(child.pid).pids == ()
        processes.kill(usage.pids[:0])


def test_a_process_is_found_by_its_first_word():
    name = f"minett-test-{os.getpid()}"
    with subprocess.Popen([name, "30"], executable="/bin/sleep") as child:
        deadline = time.monotonic() + 5
        # The kernel shows a new program's words a moment after it has started it.
        while not (found := processes.named(name)) and time.monotonic() < deadline:
            time.sleep(0.01)
        child.kill()
    assert found == [child.pid]
    assert processes.named(name) == []


def test_files_without_a_name_are_counted():
    with tempfile.TemporaryFile() as file:
        file.write(bytes(3_000_000))
        file.flush()
        device = os.fstat(file.fileno()).st_dev
        assert processes.deleted_bytes((os.getpid(),), device) >= 3_000_000
        assert processes.deleted_bytes((os.getpid(),), device + 1) == 0


def test_what_is_gone_is_nothing():
    assert processes.read(2**22 + 1) is None
    assert not processes.is_running(2**22 + 1)
    assert processes.fair_memory((2**22 + 1,)) == 0
