"""The fixed words of the templates, and numbers as each language writes them.

Documents arrive in the reader's language, so only the words that the templates add themselves live here. They
are data, not gettext messages, because this floor knows no web framework.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal

from minett.kernel.content import Text


def _text(en: str, fr: str, de: str, lb: str) -> Text:
    return Text({"en": en, "fr": fr, "de": de, "lb": lb})


LABELS: Mapping[str, Text] = {
    "page": _text(
        "Page {page} of {total}",
        "Page {page} sur {total}",
        "Seite {page} von {total}",
        "Säit {page} / {total}",
    ),
    "table": _text("Table", "Tableau", "Tabelle", "Tabell"),
    "figure": _text("Figure", "Figure", "Abbildung", "Figur"),
    "state": _text("Result", "Résultat", "Ergebnis", "Resultat"),
    "claim": _text("What was checked", "Ce qui a été vérifié", "Was geprüft wurde", "Wat gepréift gouf"),
    "proof": _text("Proof", "Preuve", "Nachweis", "Beweis"),
    "pass": _text("Passed", "Réussi", "Bestanden", "Bestanen"),
    "fail": _text("Failed", "Échoué", "Nicht bestanden", "Net bestanen"),
    "warn": _text("Needs attention", "À surveiller", "Zu beachten", "Opgepasst"),
    "open": _text("Not yet checked", "Pas encore vérifié", "Noch nicht geprüft", "Nach net gepréift"),
    "item": _text("Item", "Élément", "Eintrag", "Element"),
    "value": _text("Value", "Valeur", "Wert", "Wäert"),
    "low": _text("Lower bound", "Borne inférieure", "Untere Grenze", "Ënnescht Grenz"),
    "high": _text("Upper bound", "Borne supérieure", "Obere Grenze", "Iewescht Grenz"),
    "note": _text("Note", "Remarque", "Hinweis", "Bemierkung"),
    "date": _text("Date", "Date", "Datum", "Datum"),
    "place": _text("Position", "Position", "Stelle", "Positioun"),
    "step": _text("Step", "Étape", "Schritt", "Schrëtt"),
    "detail": _text("Detail", "Détail", "Einzelheit", "Detail"),
    "comes_from": _text("Comes from", "Issu de", "Entstanden aus", "Kënnt vun"),
    "extract": _text(
        "{shown} of {all} points", "{shown} points sur {all}", "{shown} von {all} Punkten", "{shown} vun {all} Punkten"
    ),
    "nothing": _text("–", "–", "–", "–"),
}
# French groups digits by a narrow no-break space, German and Luxembourgish by a point.
MARKS: Mapping[str, tuple[str, str]] = {
    "en": (",", "."),
    "fr": ("\u202f", ","),
    "de": (".", ","),
    "lb": (".", ","),
}


def label(key: str, language: str) -> str:
    """Return a fixed word; an unknown language falls back as stated in the kernel."""
    return LABELS[key].in_(language)


def labels(language: str) -> dict[str, str]:
    """Return every fixed word of one language, for the templates."""
    return {key: text.in_(language) for key, text in LABELS.items()}


def decimals(values: Iterable[float]) -> int:
    """Return how many decimals a column of numbers needs: whole numbers none, small ones more."""
    numbers = [abs(value) for value in values]
    if all(value == int(value) for value in numbers):
        return 0
    largest = max(numbers)
    return next((places for edge, places in ((10, 1), (1, 2), (0.1, 3)) if largest >= edge), 4)


def number(value: float | Decimal, language: str, places: int = 0) -> str:
    """Write `value` with `places` decimals, with the language's marks and a true minus sign."""
    group, point = MARKS.get(language, MARKS["en"])
    exact = Decimal(str(value)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)
    if not exact:
        exact = abs(exact)
    written = f"{abs(exact):,.{places}f}".replace(",", "\0").replace(".", point).replace("\0", group)
    return ("\u2212" if exact < 0 else "") + written
