"""`minett ledger verify`: says whether every row of the ledger is as it was written."""

from __future__ import annotations

import sys

import typer

from minett.apps.ledger import queries
from minett.cli.application import app, err, errors_in_words, out
from minett.kernel.actor import robot

group = typer.Typer(no_args_is_help=True, help="The record of everything that was decided and done.")
app.add_typer(group, name="ledger")


@group.command()
def verify() -> None:
    """Check the whole chain; name every row that was changed, removed, added or reordered."""
    with errors_in_words():
        result = queries.verify(robot("ledger-verifier"))
    if result.holds:
        out.print(f"The ledger holds: {result.rows} rows, end {result.head[:16]}…", highlight=False)
        return
    for finding in result.findings:
        err.print(f"row {finding.number}: {finding.what}", highlight=False)
    err.print(f"The ledger does not hold: {len(result.findings)} findings in {result.rows} rows.")
    sys.exit(1)
