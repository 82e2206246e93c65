"""The typer application, its console, and how a foreseen error is printed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

from minett.kernel.errors import MinettError

app = typer.Typer(
    name="minett",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
    help="Minett runs an AI Factory: from a company's need to a model in production with a measured effect.",
)
# Into a pipe rich writes 80 columns, which folds every path.
PIPE_WIDTH = 110
out = Console(soft_wrap=True, width=None if sys.stdout.isatty() else PIPE_WIDTH)
err = Console(stderr=True, soft_wrap=True)


@contextmanager
def errors_in_words() -> Iterator[None]:
    """Print a foreseen error as its sentence and leave with status 1; everything else rises."""
    try:
        yield
    except MinettError as error:
        err.print(f"[bold red]{error.code}[/] {error}", highlight=False)
        sys.exit(1)
