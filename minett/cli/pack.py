"""`minett pack check` and `minett pack load`: the content of a factory, from YAML into the catalogue."""

from __future__ import annotations

import sys
from pathlib import Path

import typer
from django.conf import settings

from minett.apps.catalogue import pack as packs
from minett.apps.catalogue import services
from minett.cli.application import app, err, errors_in_words, out
from minett.journeys import load_pack as journey
from minett.kernel.actor import robot
from minett.kernel.clock import SystemClock

group = typer.Typer(
    no_args_is_help=True, help="The content of a factory: partners, services, use cases, schemes, calls."
)
app.add_typer(group, name="pack")


@group.command()
def check(paths: list[Path]) -> None:
    """Read packs and explain every problem with file and line; language gaps are told, not refused."""
    wrong = 0
    for path in paths:
        with errors_in_words():
            pack = packs.read_pack(path)
        for problem in pack.problems:
            err.print(str(problem), highlight=False, markup=False)
        wrong += len(pack.problems)
        for language, kinds in packs.gaps(pack).counts.items():
            missing = {kind: count for kind, count in kinds.items() if count}
            if missing:
                out.print(f"{path}: texts without words in {language}: {missing}", highlight=False)
        out.print(f"{path}: {len(pack.entries)} entries, {len(pack.problems)} problems", highlight=False)
    sys.exit(1 if wrong else 0)


@group.command()
def load(path: Path = typer.Argument(None, help="The folder of the pack; the one in the settings by default.")) -> None:  # noqa: B008
    """Load a pack into the catalogue. Loading it again changes nothing; what is gone is retired, never deleted."""
    with errors_in_words():
        loaded: services.Loaded = journey.load(
            robot("pack-loader"), now=SystemClock().now(), path=path or settings.PACK
        )
    out.print(
        f"{loaded.pack}: {loaded.added} added, {loaded.changed} changed, {loaded.unchanged} unchanged, "
        f"{loaded.retired} retired, {loaded.returned} returned",
        highlight=False,
    )
