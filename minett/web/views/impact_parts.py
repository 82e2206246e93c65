"""An effect in words and as a picture. The thinking is `advice.effect`; whatever is simulated is said to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from django.utils.translation import gettext as _

from minett.advice.effect import Effect, Improved, effect
from minett.apps.impact.models import Measurement
from minett.apps.impact.queries import Record
from minett.planes.documents import labels
from minett.planes.documents.charts import Measured
from minett.web import pictures
from minett.web.middleware import page_language
from minett.web.pictures import Picture

MOST_SHOWN = 400


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement as the table of records shows it; `counts` says whether the number above is made from it."""

    it: Measurement
    mean: str
    values: str
    counts: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """One indicator: the number with its interval and method, the picture, and the records behind it."""

    record: Record
    effect: Effect | None
    number: str
    share: str
    range: str
    verdict: str
    tone: str
    picture: Picture | None
    rows: list[Row]


def shown(record: Record, language: str) -> Shown:
    rows = [_row(record, one) for one in measurements_of(record)]
    if record.baseline is None or record.after is None:
        return Shown(record, None, "", "", "", "", "", None, rows)
    found = effect(record.baseline.values, record.after.values, record.indicator.direction)
    verdict, tone = _verdict(found)
    return Shown(
        record=record,
        effect=found,
        number=_signed(found.difference, found, language),
        share="" if found.relative is None else _share(found.relative, language),
        range=_range(found, record.indicator.unit, language),
        verdict=verdict,
        # A simulated effect is never shown in the colour of a reached one.
        tone="plain" if record.is_simulated else tone,
        picture=_picture(record, found, language),
        rows=rows,
    )


def measurements_of(record: Record) -> list[Measurement]:
    return [*([record.baseline] if record.baseline else []), *record.later]


def choices_of(records: Sequence[Record]) -> list[tuple[int, str]]:
    """Return the indicators that have a baseline, for the form that records what came after."""
    return [
        (one.indicator.pk, f"{one.indicator.name} ({one.indicator.unit})")
        for one in records
        if one.baseline is not None
    ]


def mean_words(measurement: Measurement) -> str:
    mean = fmean(measurement.values)
    return labels.number(mean, page_language(), labels.decimals([mean]))


def _row(record: Record, one: Measurement) -> Row:
    places = labels.decimals(one.values)
    written = "; ".join(labels.number(value, page_language(), places) for value in one.values[:MOST_SHOWN])
    more = " …" if len(one.values) > MOST_SHOWN else ""
    return Row(one, mean_words(one), written + more, one in (record.baseline, record.after))


def _verdict(found: Effect) -> tuple[str, str]:
    """Return the words for the conclusion, and their tone. That nothing can be told is an answer too."""
    if found.improved is Improved.YES:
        return _("Better than before"), "good"
    if found.improved is Improved.NO:
        return _("Worse than before"), "bad"
    return _("Cannot tell: the values do not settle it"), "wait"


def _places(found: Effect) -> int:
    return labels.decimals(value for value in (found.difference, found.low, found.high) if value is not None)


def _signed(value: float, found: Effect, language: str) -> str:
    written = labels.number(value, language, _places(found))
    return f"+{written}" if value > 0 else written


def _share(relative: float, language: str) -> str:
    written = labels.number(100 * relative, language, 0)
    words = _("%(share)s %% of the mean before")
    return words % {"share": f"+{written}" if relative > 0 else written}


def _range(found: Effect, unit: str, language: str) -> str:
    if found.low is None or found.high is None:
        return _("No interval: a period has a single value.")
    words = _("between %(low)s and %(high)s %(unit)s, with 95 %% confidence")
    return words % {
        "low": _signed(found.low, found, language),
        "high": _signed(found.high, found, language),
        "unit": unit,
    }


def _picture(record: Record, found: Effect, language: str) -> Picture:
    """Draw both means; the interval stands on the state after, where the change shows."""
    assert record.baseline is not None and record.after is not None  # noqa: S101, PT018 - `shown` looked.
    low = None if found.low is None else min(found.before_mean + found.low, found.after_mean)
    high = None if found.high is None else max(found.before_mean + found.high, found.after_mean)
    points = (
        Measured(_period(_("Before"), record.baseline), found.before_mean),
        Measured(_period(_("After"), record.after), found.after_mean, low, high),
    )
    indicator = record.indicator
    return pictures.before_after(points, unit=indicator.unit, title=indicator.name, language=language)


def _period(words: str, measurement: Measurement) -> str:
    return _("%(period)s (simulated)") % {"period": words} if measurement.is_simulated else words
