"""Models on pages: the card, the evidence, the groups, the report as a file, and the reviewer's decision."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from minett.apps.cases.models import Case
from minett.apps.registry import services
from minett.apps.registry.models import Evaluation, ModelVersion, Release
from minett.journeys import model_card, model_lineage
from minett.kernel.actor import robot
from minett.kernel.clock import SystemClock
from minett.web.once import new_key
from tests.apps.grants.world import Outbox, equipped
from tests.apps.registry.stage import Stage, set_stage, sha
from tests.cast import Cast
from tests.web.case_world import send, signed_in
from tests.web.stock import few_queries, words

NOW = SystemClock().now()
ROBOT = robot("model-evaluator")
VERDICT = {"report_sha256": sha("report"), "reason": "Better than guessing, beyond its interval."}
TRAINING: dict[str, Any] = {
    "target": "label",
    "columns": ["score", "site"],
    "classes": ["0", "1"],
    "positive": "1",
    "kind": "boosting",
    "rows": 800,
    "class_balance": {"0": 500, "1": 300},
    "cross_validation": {},
    "importances": [],
    "versions": {"python": "3.12"},
}
SITES = ((60, 0.95), (52, 0.8))
RESULT: dict[str, Any] = {
    "n": 112,
    "metrics": {"accuracy": 0.88, "recall": 0.9},
    "intervals": {"accuracy": {"low": 0.82, "high": 0.93}},
    "baseline": {"class": "0", "accuracy": 0.55, "balanced_accuracy": 0.5},
    "subgroups": {
        "site": {
            "groups": {
                f"<b>{place}</b>": {"n": n, "accuracy": a, "recall": a, "precision": a, "selection_rate": 0.4}
                for place, (n, a) in enumerate(SITES)
            },
            "too_small": {"Wiltz": 3},
        }
    },
}
CLAIMS = [
    {
        "key": "held-out",
        "state": "pass",
        "claim": "The model was evaluated on rows that its training never saw.",
        "proof": "The training read the part %(train)s alone; the evaluation read the part %(test)s.",
        "data": {"train": {"sha256": sha("train")}, "test": {"sha256": sha("test")}},
    },
    {"key": "robustness", "state": "open", "claim": "It holds up.", "proof": "Not measured yet.", "data": {}},
]


@pytest.fixture
def stage(cast: Cast) -> Stage:
    return set_stage(cast, NOW)


@pytest.fixture
def registered(cast: Cast, stage: Stage) -> ModelVersion:
    job = stage.job(cast, NOW)
    return services.register_version(
        ROBOT,
        now=NOW,
        job=job,
        name="Alert triage",
        path="models/a.skops",
        sha256=sha("model"),
        size=10_000,
        lineage=model_lineage.lineage_of(job, TRAINING),
        training=TRAINING,
    )


@pytest.fixture
def reported(cast: Cast, stage: Stage, registered: ModelVersion) -> ModelVersion:
    spec = {"training_job_id": registered.job_id}
    job = stage.job(cast, NOW, key="job-one-evaluation", kind="evaluation", spec=spec)
    services.record_evaluation(ROBOT, now=NOW, version_id=registered.pk, job=job, result=RESULT)
    services.record_report(
        ROBOT,
        now=NOW,
        version_id=registered.pk,
        card=model_card.card_of(registered, stage.case, RESULT, "minimal"),
        content={"claims": CLAIMS},
        pdf_path="documents/r.pdf",
        pdf_sha256=sha("report"),
    )
    registered.refresh_from_db()
    return registered


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Path]:
    with equipped(tmp_path, Outbox()):
        yield tmp_path


def test_card_first_then_evidence_groups_and_lineage(cast: Cast, reported: ModelVersion):
    client = signed_in(cast.founder)
    with few_queries():
        page = words(client.get(f"/models/{reported.pk}/"))
    order: tuple[str, ...] = (
        "What it is for",
        "Alerts that nobody has time for",
        "Decisions about people that no person checks.",
    )
    order += ("88.0\u00a0%", "between 82.0 and 93.0 %", "would be right in 55.0", "The model is better")
    order += ("Evidence", "Passed", sha("train")[:12], "Not yet checked", "Not measured yet.")
    order += ("each group of “site”", "<svg", "Wiltz (3)", "Where it comes from", "<svg", "Gradient boosting")
    place = 0
    for said in order:
        place = page.index(said, place)
    assert "<b>0</b>" not in page
    assert "&lt;b&gt;0&lt;/b&gt;" in page
    assert "Your decision" not in page


def test_what_is_not_settled_is_not_called_better(cast: Cast, reported: ModelVersion):
    evaluation = Evaluation.objects.get(version=reported)
    evaluation.result["intervals"]["accuracy"]["low"] = 0.5
    evaluation.save()
    page = words(signed_in(cast.founder).get(f"/models/{reported.pk}/"))
    assert "Whether the model is better is not settled." in page
    assert "The model is better, beyond" not in page


def test_before_the_evaluation_nothing_is_claimed(cast: Cast, registered: ModelVersion):
    client = signed_in(cast.engineer)
    with few_queries():
        page = words(client.get(f"/models/{registered.pk}/"))
    assert "Not measured yet. The platform evaluates it by itself" in page
    assert "Do not use the model before." in page
    assert "report.pdf" not in page
    for name in ("report.pdf", "report.json"):
        assert signed_in(cast.engineer).get(f"/models/{registered.pk}/{name}").status_code == 404


def test_a_reviewer_releases_once_on_the_report_that_was_read(cast: Cast, stage: Stage, reported: ModelVersion):
    client, url = signed_in(cast.reviewer), f"/models/{reported.pk}/"
    page = words(client.get(url))
    assert "Your decision" in page
    assert f'value="{sha("report")}"' in page
    key = new_key()
    for _time in range(2):
        assert send(client, f"{url}release/", key, **VERDICT).url == url
    assert Release.objects.get().is_released
    assert Case.objects.get(pk=stage.case.pk).state == "in_production"
    done = words(client.get(url))
    assert VERDICT["reason"] in done
    assert "Your decision" not in done
    assert send(client, f"{url}reject/", **VERDICT).status_code == 409


def test_a_reviewer_decides_against_it(cast: Cast, stage: Stage, reported: ModelVersion):
    answer = send(signed_in(cast.reviewer), f"/models/{reported.pk}/reject/", **VERDICT)
    assert answer.status_code == 302
    assert not Release.objects.get().is_released
    assert Case.objects.get(pk=stage.case.pk).state == "building"


@pytest.mark.parametrize(
    ("changed", "status", "said"),
    [
        ({"reason": "  "}, 422, "This field is required"),
        ({"report_sha256": sha("another")}, 409, "names another trust report"),
        ({"report_sha256": ""}, 422, "This field is required"),
    ],
)
def test_a_wrong_decision_is_shown_again(
    cast: Cast, reported: ModelVersion, changed: dict[str, str], status: int, said: str
):
    answer = send(signed_in(cast.reviewer), f"/models/{reported.pk}/release/", **{**VERDICT, **changed})
    assert answer.status_code == status
    assert said in words(answer)
    assert not Release.objects.exists()


def test_others_decide_nothing(cast: Cast, reported: ModelVersion):
    for name, person in cast.people().items():
        if name != "reviewer":
            answer = send(signed_in(person), f"/models/{reported.pk}/release/", **VERDICT)
            assert answer.status_code in {403, 404}, name
    assert send(signed_in(cast.reviewer), f"/models/{reported.pk}/sell/", **VERDICT).status_code == 404
    assert not Release.objects.exists()


def test_the_report_as_files(cast: Cast, reported: ModelVersion, store: Path):
    client, url = signed_in(cast.reviewer), f"/models/{reported.pk}/report"
    assert client.get(f"{url}.pdf").status_code == 404
    (store / "documents").mkdir(exist_ok=True)
    (store / "documents" / "r.pdf").write_bytes(b"%PDF-1.7")
    given: Any = client.get(f"{url}.pdf")
    assert b"".join(given.streaming_content) == b"%PDF-1.7"
    assert "attachment" in given.headers["Content-Disposition"]
    told = client.get(f"{url}.json").json()
    assert (told["pdf_sha256"], len(told["claims"])) == (sha("report"), 2)
    for name in (".pdf", ".json"):
        assert signed_in(cast.rival).get(url + name).status_code == 404


def test_the_list_shows_what_may_be_opened(cast: Cast, reported: ModelVersion):
    for name, person in cast.people().items():
        client = signed_in(person)
        listed = f'href="/models/{reported.pk}/"' in words(client.get("/models/"))
        assert listed == (client.get(f"/models/{reported.pk}/").status_code == 200), name
        assert listed == (name in {"founder", "engineer", "adviser", "reviewer", "manager", "auditor"}), name


def test_long_lists_take_no_more_queries_and_come_as_files(cast: Cast, stage: Stage, registered: ModelVersion):
    for number in range(2, 72):
        job = stage.job(cast, NOW, key=f"job-{number}")
        ModelVersion.objects.create(
            model=registered.model,
            number=number,
            job=job,
            author=cast.engineer.user,
            path="m",
            sha256=sha(str(number)),
            bytes=1,
            lineage={},
            training={},
            registered_at=NOW,
        )
    client = signed_in(cast.reviewer)
    with few_queries():
        page = words(client.get("/models/?state=registered&search=triage"))
    assert page.count('data-label="Model"') == 50
    assert words(client.get("/models/?format=csv")).count("Alert triage") == 71
    assert "No model here" in words(client.get("/models/?search=nothing"))
    newest = ModelVersion.objects.latest("pk")
    with few_queries():
        assert client.get(f"/models/{newest.pk}/").status_code == 200


def test_a_job_leads_to_its_model(cast: Cast, reported: ModelVersion):
    link = f'href="/models/{reported.pk}/"'
    assert link in words(signed_in(cast.engineer).get(f"/jobs/{reported.job_id}/"))
    assert link not in words(signed_in(cast.officer).get(f"/jobs/{reported.job_id}/"))
