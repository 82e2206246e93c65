"""Load a pack and bring what hangs on it up to date: the list of other factories."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from minett.apps.catalogue import services
from minett.apps.network import services as network
from minett.kernel.actor import Actor


def load(actor: Actor, *, now: datetime, path: Path) -> services.Loaded:
    """Load the pack at `path`. Raises PackNotThere or PackHasProblems; then nothing is changed."""
    loaded = services.load(actor, now=now, path=path)
    network.sync(actor, now=now)
    return loaded
