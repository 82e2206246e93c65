"""`minett translations`: compile the translations that lie in the tree into the form that Django reads."""

from __future__ import annotations

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings

from minett.cli.application import app, out


def compile_all(folder: Path) -> int:
    """Compile every `django.po` below `folder`; return how many sentences were written."""
    written = 0
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        with source.open("rb") as file:
            catalogue = read_po(file, locale=None)
        with source.with_suffix(".mo").open("wb") as file:
            write_mo(file, catalogue)
        written += sum(1 for message in catalogue if message.id and message.string)
    return written


@app.command()
def translations() -> None:
    """Compile the sentences of all languages."""
    written = sum(compile_all(Path(folder)) for folder in settings.LOCALE_PATHS)
    out.print(f"{written} translated sentences compiled.")
