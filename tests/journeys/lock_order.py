"""In which order rows may be locked."""

from __future__ import annotations


def nothing_after_the_ledger(locks: list[str]) -> bool:
    """Say whether no row is locked behind the end of the ledger that was not locked before it.

    Everybody who writes waits for that end, so whoever holds it may wait for nobody: two would wait for each other.
    """
    end = locks.index("Head")
    return set(locks[end:]) - {"Head"} <= set(locks[:end])
