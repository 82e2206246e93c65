"""`minett setup|serve|worker|check`: bring an installation up and keep it running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import typer
from django.conf import settings
from django.core.management import call_command

from minett.cli.application import app, errors_in_words, out
from minett.journeys import equipment, load_pack
from minett.kernel.actor import robot
from minett.kernel.clock import SystemClock
from minett.worker import run as worker_loop


def prepare() -> None:
    """Create or update the tables and load the pack; doing it again changes nothing."""
    call_command("migrate", verbosity=0, interactive=False)
    load_pack.load(robot("pack-loader"), now=SystemClock().now(), path=settings.PACK)


@app.command()
def setup() -> None:
    """Create or update the tables, and load the pack of the settings."""
    with errors_in_words():
        prepare()
    out.print("Tables and catalogue are up to date.")


@app.command()
def check() -> None:
    """Say whether the parts of this installation can work: settings, sandbox."""
    call_command("check")
    ready = equipment.current().executor.ready()
    out.print(f"sandbox: {'ready' if ready.ok else 'refused'}: {ready.reason} {ready.remedy}", highlight=False)


@app.command()
def worker(*, until_idle: bool = typer.Option(default=False, help="Stop when the queue is empty.")) -> None:
    """Do the queued work: snapshots, jobs, documents, evaluations."""
    worker_loop.run(stop_when_idle=until_idle)


@app.command()
def serve(
    address: str = typer.Option("127.0.0.1:8000", help="Where the portal listens."),
    processes: int = typer.Option(2, help="How many web processes."),
    *,
    with_worker: bool = typer.Option(default=True, help="Run a worker beside the portal."),
) -> None:
    """Serve the portal, with a worker beside it."""
    with errors_in_words():
        prepare()
    # A service manager ends us with SIGTERM; the worker beside us has to end, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    child = subprocess.Popen([sys.executable, "-m", "minett.cli.main", "worker"]) if with_worker else None
    out.print(f"The portal is at http://{address}/ (stop with Ctrl+C)", highlight=False)
    web = [sys.executable, "-m", "gunicorn", "minett.project.wsgi:application", "--bind", address]
    web += ["--config", "python:minett.project.web_server"]
    web += ["--workers", str(processes), "--threads", "4", "--access-logfile", "/dev/null", "--log-level", "warning"]
    try:
        sys.exit(subprocess.call(web, env=os.environ | {"PYTHONUNBUFFERED": "1"}))
    except KeyboardInterrupt:
        sys.exit(0)
    finally:
        if child is not None:
            child.send_signal(signal.SIGTERM)
            child.wait(timeout=30)
