"""`minett demo`: run the platform's main job from end to end, with a line per step and a table at the end."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from django.conf import settings
from rich.table import Table

from minett.cli.application import app, errors_in_words, out
from minett.cli.house import prepare
from minett.journeys import demo, demo_people, equipment
from minett.journeys.demo_tour import Result, Tour
from minett.kernel.clock import SystemClock


@app.command(name="demo")
def run_demo(
    *,
    own_worker: bool = typer.Option(default=True, help="Start a worker for the run; otherwise one must be running."),
    allow_unsandboxed_open_data: bool = typer.Option(
        default=False, help="Say, as the operator, that jobs on open data may run without a sandbox if need be."
    ),
) -> None:
    """Run one company from its need to a measured effect, on real data, as all the people concerned."""
    with errors_in_words():
        prepare()
        _say_what_the_sandbox_says()
        with _worker(start=own_worker, unsandboxed=allow_unsandboxed_open_data):
            rows, tour = _steps()
    out.print(_table(rows))
    if tour.refused:
        out.print(f"[bold]Refused on this machine:[/] {tour.refused}", highlight=False)
        out.print("The training went on with open data instead, without a sandbox, as this run's operator allows.")
    _how_to_go_on()


def _say_what_the_sandbox_says() -> None:
    ready = equipment.current().executor.ready()
    if not ready.ok:
        out.print(f"[bold]The sandbox is refused here:[/] {ready.reason} {ready.remedy}", highlight=False)
        out.print(f"  {ready.detail}", highlight=False, markup=False)


@contextmanager
def _worker(*, start: bool, unsandboxed: bool) -> Iterator[None]:
    """Run a worker process for the length of the demonstration."""
    if not start:
        yield
        return
    environment = os.environ | ({"MINETT_ALLOW_UNSANDBOXED_OPEN_DATA": "true"} if unsandboxed else {})
    child = subprocess.Popen([sys.executable, "-m", "minett.cli.main", "worker"], env=environment)
    try:
        yield
    finally:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(timeout=60)
        except subprocess.TimeoutExpired:
            child.kill()


def _steps() -> tuple[list[tuple[demo.Step, Result, float]], Tour]:
    folder = settings.VAR / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    tour = demo.begin(SystemClock(), folder, _password(folder))
    rows = []
    for step in demo.steps():
        began = time.monotonic()
        out.print(f"[dim]{step.number:>2}/12[/] {step.title} …", end=" ", highlight=False)
        result = step.does(tour)
        took = time.monotonic() - began
        out.print(f"[green]done[/] in {took:.1f} s: {result.what}", highlight=False)
        rows.append((step, result, took))
    return rows, tour


def _password(folder: Path) -> str:
    """Return the password of the invented people: made once per installation, readable by its owner alone."""
    path = folder / "password"
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(12))
    return path.read_text()


def _table(rows: list[tuple[demo.Step, Result, float]]) -> Table:
    table = Table(title="From a need to a measured effect", title_justify="left", show_lines=False)
    table.add_column("", justify="right")
    table.add_column("step")
    table.add_column("who")
    table.add_column("seconds", justify="right")
    table.add_column("where", overflow="fold", min_width=24)
    for step, result, took in rows:
        table.add_row(str(step.number), step.title, step.who, f"{took:.1f}", _places(result))
    total = sum(took for _step, _result, took in rows)
    table.add_section()
    table.add_row("", "all steps", "", f"{total:.1f}", f"files under {_short(settings.VAR)}/store")
    return table


def _places(result: Result) -> str:
    """Return the page of a result and, below it, its files, as paths from here."""
    store = equipment.current().store
    return "\n".join([result.page, *(_short(store.absolute(file)) for file in result.files)])


def _short(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _how_to_go_on() -> None:
    password = _password(settings.VAR / "demo")
    out.print("Open the portal: [bold]make serve[/], then http://127.0.0.1:8000/", highlight=False)
    out.print(f"Sign in with the password [bold]{password}[/] as one of:", highlight=False)
    for part in demo_people.parts():
        out.print(f"  {demo_people.mail_of(part)}", highlight=False)
