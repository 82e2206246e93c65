"""`minett ...`: the commands of an installation. Django is set up before anything that needs it is imported."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "minett.project.settings")

import django

django.setup()

# The apps can only be imported once Django is set up, which the lines above do.
from minett.cli import demo, house, ledger, pack, people, words  # noqa: E402
from minett.cli.application import app  # noqa: E402

__all__ = ["app", "demo", "house", "ledger", "pack", "people", "words"]

if __name__ == "__main__":
    app()
