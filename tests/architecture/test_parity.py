"""Being in the list equals being opened: for every noun, every row of the world and everybody of the cast."""

from __future__ import annotations

from tests.architecture.world import World, snapshot_rows


def test_world(world: World) -> None:
    assert snapshot_rows(world) > 0
