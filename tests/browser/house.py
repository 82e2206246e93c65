"""An installation of its own for the browser: a folder, a web server and a worker, started and ended here."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
LOCAL = "127.0.0.1"
START_SECONDS = 60
# Settings of the caller's installation must not reach this one; where the sandbox program lies may.
KEPT = frozenset({"MINETT_BWRAP"})


@dataclass(frozen=True, slots=True)
class House:
    """A running installation. `refused` says why no sandbox can be made here; it is empty where one can."""

    folder: Path
    port: int
    password: str
    refused: str

    @property
    def url(self) -> str:
        return f"http://{LOCAL}:{self.port}"

    def to_publish(self) -> dict[str, Any]:
        """Return the file of the data product, and what its steward says about it and about each column."""
        described: dict[str, Any] = json.loads((self.folder / "given" / "described.json").read_text())
        return described

    def faults(self) -> list[str]:
        """Return what the server and the worker wrote to their logs: in a good run, nothing."""
        logs = [self.folder / "web.log", self.folder / "worker.log"]
        return [f"{log.name}: {log.read_text()[-4000:]}" for log in logs if log.exists() and log.read_text().strip()]


def _environment(folder: Path) -> dict[str, str]:
    foreign = {name for name in os.environ if name.startswith("MINETT_") and name not in KEPT} | {"DATABASE_URL"}
    kept = {name: value for name, value in os.environ.items() if name not in foreign}
    own = {"DJANGO_SETTINGS_MODULE": "minett.project.settings", "MINETT_VAR": str(folder), "PYTHONUNBUFFERED": "1"}
    return kept | own


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOCAL, 0))
        return int(probe.getsockname()[1])


@contextmanager
def _process(arguments: Sequence[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", *arguments], cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT
        )
        try:
            yield child
        finally:
            child.terminate()
            try:
                child.wait(timeout=30)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(LOCAL, port, timeout=10)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def _wait_for(port: int, web: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while not _answers(port):
        assert web.poll() is None, f"the web server ended: {log.read_text()}"
        assert time.monotonic() < end, f"the web server does not answer: {log.read_text()}"
        time.sleep(0.1)


@contextmanager
def running(folder: Path) -> Iterator[House]:
    """Set up an installation in an empty folder and keep it running."""
    environment, password, port = _environment(folder), secrets.token_urlsafe(12), _free_port()
    prepared = subprocess.run(
        [sys.executable, "-m", "tests.browser.people", password, str(folder / "given")],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert prepared.returncode == 0, prepared.stderr
    refused = json.loads(prepared.stdout.splitlines()[-1])["refused"]
    web = ["gunicorn", "minett.project.wsgi:application", "--bind", f"{LOCAL}:{port}", "--workers", "1"]
    web += ["--threads", "4", "--log-level", "warning", "--config", "python:minett.project.web_server"]
    with ExitStack() as stack:
        server = stack.enter_context(_process(web, environment, folder / "web.log"))
        stack.enter_context(_process(["minett.cli.main", "worker"], environment, folder / "worker.log"))
        _wait_for(port, server, folder / "web.log")
        yield House(folder, port, password, refused)
