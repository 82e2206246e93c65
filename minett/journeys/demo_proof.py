"""The demonstration's last part: evaluation and trust report, release, and the measured effect."""

from __future__ import annotations

import random
from datetime import timedelta

from minett.apps.registry.models import Evaluation, ModelVersion, TrustReport
from minett.journeys import measure_effect, release_model
from minett.journeys.demo_tour import Result, Tour
from minett.kernel.content import gettext_noop as _
from minett.kernel.errors import Clash

WEEKS = 12


class EffectMissing(Clash):
    code = "demo-effect-missing"
    sentence = _("The measured values gave no effect with an interval.")


def report(tour: Tour) -> Result:
    """The worker registers the model, evaluates it on held-out rows and writes the trust report."""
    tour.wait("trust report", lambda: ModelVersion.objects.filter(job_id=tour.job_id, state="reported").exists())
    version = ModelVersion.objects.get(job_id=tour.job_id)
    tour.version_id = version.pk
    measured = Evaluation.objects.get(version_id=version.pk).result
    accuracy, interval = measured["metrics"]["accuracy"], measured["intervals"]["accuracy"]
    figure = f"accuracy {accuracy:.3f} [{interval['low']:.3f}; {interval['high']:.3f}] on {measured['n']} held-out rows"
    guess = f"{measured['baseline']['accuracy']:.3f} by guessing"
    report_path = TrustReport.objects.get(version_id=version.pk).pdf_path
    return Result(f"{figure}, {guess}", f"/models/{version.pk}/", (version.path, report_path))


def release(tour: Tour) -> Result:
    """A reviewer who is not the author reads the report and releases the model."""
    written = TrustReport.objects.get(version_id=tour.version_id)
    release_model.release(
        tour.people.reviewer,
        now=tour.clock.now(),
        version_id=tour.version_id,
        reason="Better than the majority answer beyond its interval; an analyst decides in every case.",
        report_sha256=written.pdf_sha256,
    )
    return Result("released by a reviewer who is not the author", f"/models/{tour.version_id}/")


def measure(tour: Tour) -> Result:
    """The company measures again. In a demonstration nobody works with the model: the values are simulated."""
    now = tour.clock.now()
    chance = random.Random(7)  # noqa: S311 - a simulation, not a secret.
    values = [round(chance.gauss(9.5, 1.6), 1) for _week in range(WEEKS)]
    measure_effect.record_after(
        tour.people.founder,
        now=now,
        indicator_id=tour.indicator_id,
        values=values,
        method="Simulated: twelve weekly means drawn from a normal distribution (9.5 minutes, spread 1.6)",
        is_simulated=True,
        period_from=now.date() + timedelta(days=1),
        period_to=now.date() + timedelta(weeks=WEEKS),
    )
    effect = measure_effect.effect_of(tour.people.founder, tour.indicator_id).effect
    if effect is None or effect.low is None or effect.high is None:
        raise EffectMissing
    figure = f"{effect.difference:+.1f} minutes [{effect.low:+.1f}; {effect.high:+.1f}], simulated"
    return Result(figure, f"/cases/{tour.case_id}/impact/")
