"""How long things really take: medians of what is in the tables, in words. Where nothing is known it says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext, ngettext

from minett.apps.cases import access as cases
from minett.apps.cases.models import UseCaseDocument
from minett.apps.grants.models import Review
from minett.apps.impact.models import Measurement, MeasurementKind
from minett.kernel.actor import robot

# Figures about everybody are counted by a robot: who reads the page may not open the cases themselves.
COUNTER = robot("public-figures")
NEWEST = 500
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class UsualTime:
    """The median of `count` spans; None when there is none yet."""

    median: timedelta | None
    count: int

    @classmethod
    def of(cls, spans: Iterable[tuple[datetime | None, datetime | None]]) -> UsualTime:
        """Count the spans of which both ends are known."""
        known = [(end - start).total_seconds() for start, end in spans if start is not None and end is not None]
        return cls(timedelta(seconds=median(known)) if known else None, len(known))

    def __str__(self) -> str:
        return gettext("no figures yet") if self.median is None else span(self.median)


def span(long: timedelta) -> str:
    """Return a length of time in its largest whole unit."""
    if long >= 2 * DAY:
        days = round(long / DAY)
        return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}
    if long >= 2 * HOUR:
        hours = round(long / HOUR)
        return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}
    minutes = round(long / MINUTE)
    if not minutes:
        return gettext("less than a minute")
    return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}


@dataclass(frozen=True, slots=True)
class CaseTimes:
    """From the need to the kept plan; from there to the first answer, to the document, to the measured effect."""

    kept: UsualTime
    answered: UsualTime
    documented: UsualTime
    measured: UsualTime


def of_cases() -> CaseTimes:
    """Return the medians of the newest cases; one query. Simulated measurements do not count."""
    documents = UseCaseDocument.objects.filter(case=OuterRef("pk")).order_by("pk").values("written_at")[:1]
    effects = Measurement.objects.filter(
        indicator__case=OuterRef("pk"), kind=MeasurementKind.AFTER, is_simulated=False
    ).order_by("pk")
    rows = list(
        cases.visible(COUNTER)
        .annotate(documented_at=Subquery(documents), measured_at=Subquery(effects.values("recorded_at")[:1]))
        .order_by("-pk")
        .values_list("need__created_at", "opened_at", "first_answer_at", "documented_at", "measured_at")[:NEWEST]
    )
    return CaseTimes(
        kept=UsualTime.of((need, opened) for need, opened, *_rest in rows),
        answered=UsualTime.of((opened, answered) for _need, opened, answered, *_rest in rows),
        documented=UsualTime.of((opened, documented) for _need, opened, _answer, documented, _effect in rows),
        measured=UsualTime.of((opened, effect) for _need, opened, _answer, _document, effect in rows),
    )


def of_requests(product_id: int) -> UsualTime:
    """Return how long a product's requests waited from asking to the decision; one query."""
    decided = Review.objects.filter(request__product_id=product_id, vote__in=("approve", "reject")).order_by("-pk")
    return UsualTime.of(decided.values_list("request__created_at", "voted_at")[:NEWEST])
