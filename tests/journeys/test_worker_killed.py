"""A worker killed at random moments of the demonstration, and restarted: nothing is lost, nothing done twice."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

# Where everything is required (CI) the worker dies fifty times; elsewhere a few times are enough to notice.
KILLS = 50 if os.environ.get("MINETT_REQUIRE") == "all" else 6
KILLS_A_RUN = 10
LONGEST_RUN_SECONDS = 300

# What must be equal between a disturbed and an undisturbed run: everything but names, moments and attempts.
STATE = textwrap.dedent(
    """
    import json
    from collections import Counter
    import django; django.setup()
    from django_tasks_db.models import DBTaskResult
    from minett.apps.cases.models import Case, UseCaseDocument
    from minett.apps.grants.models import Grant, Snapshot
    from minett.apps.jobs.models import Job, UsageRecord
    from minett.apps.ledger import queries
    from minett.apps.ledger.models import Entry
    from minett.apps.registry.models import Evaluation, ModelVersion, Release, TrustReport
    from minett.kernel.actor import robot
    case = Case.objects.latest("pk")
    version = ModelVersion.objects.get(model__case=case)
    print(json.dumps({
        "case": case.state,
        "documents": sorted(UseCaseDocument.objects.filter(case=case).exclude(pdf_sha256="")
                            .values_list("decision", flat=True)),
        "grants": [[grant.state, grant.snapshot.sha256] for grant in Grant.objects.filter(request__case=case)],
        "snapshots": Snapshot.objects.count(),
        "jobs": sorted(Job.objects.filter(case=case).values_list("kind", "state")),
        "usage": UsageRecord.objects.filter(job__case=case).count(),
        # The model file itself is no two times the same: its format writes object ids of the process.
        "model": [version.state, version.lineage["inputs"], version.lineage["code"], version.lineage["seed"]],
        "evaluation": Evaluation.objects.get(version=version).result["metrics"],
        "reports": TrustReport.objects.filter(version=version).count(),
        "releases": Release.objects.filter(version=version).count(),
        # A worker that starts again opens the data again, and the ledger says so each time: that is no second job.
        "ledger": sorted(Counter(Entry.objects.filter(case_id=case.pk).exclude(action="data:grant:use")
                                 .values_list("action", "noun")).items()),
        "ledger_holds": queries.verify(robot("test")).holds,
        "tasks": sorted(set(DBTaskResult.objects.values_list("status", flat=True))),
    }, default=str, sort_keys=True))
    """
)


def _environment(var: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "MINETT_VAR"}}
    return kept | {"MINETT_VAR": str(var), "DJANGO_SETTINGS_MODULE": "minett.project.settings"}


def _minett(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "minett.cli.main", *arguments]


def _state(var: Path) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", STATE], env=_environment(var), capture_output=True, text=True, check=True
    )
    state: dict[str, object] = json.loads(done.stdout)
    return state


def _undisturbed(var: Path) -> dict[str, object]:
    subprocess.run(
        _minett("demo", "--allow-unsandboxed-open-data"),
        env=_environment(var),
        check=True,
        capture_output=True,
        timeout=LONGEST_RUN_SECONDS,
    )
    return _state(var)


def _worker(var: Path) -> subprocess.Popen[bytes]:
    environment = _environment(var) | {"MINETT_ALLOW_UNSANDBOXED_OPEN_DATA": "true"}
    return subprocess.Popen(_minett("worker"), env=environment, stderr=subprocess.DEVNULL)


def _disturbed(var: Path, kills: int, chance: random.Random) -> int:
    """Run the demonstration while its worker is killed up to `kills` times; return how often it was."""
    demo = subprocess.Popen(
        _minett("demo", "--no-own-worker"), env=_environment(var), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    worker, killed, end = _worker(var), 0, time.monotonic() + LONGEST_RUN_SECONDS
    while demo.poll() is None and time.monotonic() < end:
        time.sleep(chance.uniform(0.3, 4.0) if killed < kills else 0.2)
        if killed < kills and demo.poll() is None:
            worker.kill()
            worker.wait()
            killed += 1
            worker = _worker(var)
    worker.terminate()
    worker.wait(timeout=60)
    output = demo.communicate()[0].decode()
    assert demo.returncode == 0, output[-3000:]
    return killed


@pytest.mark.slow
def test_a_killed_worker_loses_nothing_and_does_nothing_twice(tmp_path: Path):
    pytest.importorskip("river")
    wanted = _undisturbed(tmp_path)
    chance, killed, runs = random.Random(20261124), 0, 0

    while killed < KILLS:
        killed += _disturbed(tmp_path, min(KILLS_A_RUN, KILLS - killed), chance)
        runs += 1

        assert _state(tmp_path) == wanted, f"run {runs}, after {killed} kills"
    assert runs <= KILLS
