"""`minett people manager`: let the first manager in. The password is asked for, never an argument."""

from __future__ import annotations

import typer

from minett.cli.application import app, errors_in_words, out
from minett.journeys import first_manager
from minett.kernel.actor import robot
from minett.kernel.clock import SystemClock

group = typer.Typer(no_args_is_help=True, help="The people of an installation.")
app.add_typer(group, name="people")


@group.callback()
def people() -> None:
    """The people of an installation."""


@group.command()
def manager(
    email: str = typer.Option(..., prompt="Mail address"),
    name: str = typer.Option(..., prompt="Name"),
    factory: str = typer.Option("Factory office", help="The organisation that runs the installation."),
    country: str = typer.Option("LU", help="Its country, two letters."),
) -> None:
    """Register a manager of the factory, who lets everybody else in."""
    password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    with errors_in_words():
        first_manager.admit(
            robot("installer"),
            now=SystemClock().now(),
            email=email,
            name=name,
            factory=factory,
            country=country,
            password=password,
        )
    out.print(f"{email} may sign in now.", highlight=False)
