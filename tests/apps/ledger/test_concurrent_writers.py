"""Many writers at once leave one unbroken chain, on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

WRITER = textwrap.dedent(
    """
    import django; django.setup()
    from datetime import UTC, datetime
    from django.db import transaction
    from minett.apps.ledger import services
    from minett.kernel.actor import robot
    from minett.policy.actions import Action
    from minett.policy.decision import allow
    import sys
    for number in range(25):
        with transaction.atomic():
            services.record(robot(sys.argv[1]), now=datetime.now(UTC), action=Action.NEED_WRITE, noun="need",
                            noun_id=number, decision=allow("public", "this is public."))
    """
)
READER = textwrap.dedent(
    """
    import django; django.setup()
    from minett.apps.ledger import queries
    from minett.kernel.actor import robot
    result = queries.verify(robot("test"))
    print(result.rows, result.findings)
    """
)


def _environment(folder: Path, url: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "MINETT_VAR"}}
    kept |= {"MINETT_VAR": str(folder), "DJANGO_SETTINGS_MODULE": "minett.project.settings"}
    return kept | ({"DATABASE_URL": url} if url else {})


def _run(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], env=environment, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def _race(environment: dict[str, str]) -> str:
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, f"w{index}"], env=environment) for index in range(4)]
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0, 0, 0]
    return _run(environment, "-c", READER)


def test_four_processes_write_one_chain_on_sqlite(tmp_path: Path):
    environment = _environment(tmp_path, "")
    _run(environment, "-m", "django", "migrate", "-v0")

    assert _race(environment) == "100 ()"


@pytest.mark.postgres
def test_four_processes_write_one_chain_on_postgresql(tmp_path: Path, postgres_url: str):
    environment = _environment(tmp_path, postgres_url)
    _run(environment, "-m", "django", "migrate", "-v0")

    assert _race(environment) == "100 ()"
