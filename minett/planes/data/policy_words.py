"""A policy in plain sentences of four languages, for the people who ask and who decide. It decides nothing.

Columns that the policy hides are not named: for the reader of the sentences they do not exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from minett.kernel.content import Text
from minett.planes.data import masks as m
from minett.planes.data.expressions import (
    And,
    Between,
    Column,
    Compare,
    Expression,
    In,
    IsNull,
    Like,
    Literal,
    Not,
    Operand,
    Operator,
    Or,
)
from minett.planes.data.policy_tree import DataPolicy
from minett.planes.data.purposes import PURPOSES


def _words(en: str, fr: str, de: str, lb: str) -> Text:
    return Text.of({"en": en, "fr": fr, "de": de, "lb": lb})


_ALL_ROWS = _words(
    "You see every row.", "Vous voyez toutes les lignes.", "Sie sehen alle Zeilen.", "Dir gesitt all Zeil."
)
_ROWS = _words(
    "You see only rows for which this holds: {}.",
    "Vous voyez seulement les lignes qui remplissent cette condition : {}.",
    "Sie sehen nur Zeilen, für die gilt: {}.",
    "Dir gesitt nëmmen Zeilen, fir déi gëllt: {}.",
)
_KEPT = _words(
    "Shown as they are: {}.",
    "Affichées telles quelles : {}.",
    "Unverändert gezeigt: {}.",
    "Onverännert gewisen: {}.",
)
_OTHERS = _words(
    "No other column is delivered.",
    "Aucune autre colonne n’est fournie.",
    "Weitere Spalten werden nicht geliefert.",
    "Aner Kolonne ginn net geliwwert.",
)
_PURPOSES = _words(
    "Allowed purposes: {}.", "Finalités autorisées : {}.", "Erlaubte Zwecke: {}.", "Erlaabten Zwecker: {}."
)
_UNTIL = _words(
    "This may be used up to and including {}.",
    "Utilisation possible jusqu’au {} inclus.",
    "Nutzung möglich bis einschließlich {}.",
    "Notzung méiglech bis den {} abegraff.",
)
_FOREVER = _words(
    "The policy itself sets no end.",
    "La règle elle-même ne fixe pas de fin.",
    "Die Regel selbst setzt kein Ende.",
    "D’Regel selwer setzt keen Enn.",
)

_COMPARE: Mapping[Operator, Text] = {
    Operator.EQ: _words("{} is {}", "{} est égal à {}", "{} ist gleich {}", "{} ass gläich {}"),
    Operator.NE: _words("{} is not {}", "{} n’est pas égal à {}", "{} ist nicht gleich {}", "{} ass net gläich {}"),
    Operator.LT: _words("{} is below {}", "{} est inférieur à {}", "{} liegt unter {}", "{} läit ënner {}"),
    Operator.LE: _words("{} is at most {}", "{} est au plus {}", "{} ist höchstens {}", "{} ass héchstens {}"),
    Operator.GT: _words("{} is above {}", "{} est supérieur à {}", "{} liegt über {}", "{} läit iwwer {}"),
    Operator.GE: _words("{} is at least {}", "{} est au moins {}", "{} ist mindestens {}", "{} ass op d’mannst {}"),
}
_IN = _words("{} is one of {}", "{} est l’une de ces valeurs : {}", "{} ist eines von {}", "{} ass eent vun {}")
_BETWEEN = _words(
    "{} is between {} and {}, both included",
    "{} est compris entre {} et {} inclus",
    "{} liegt zwischen {} und {}, beide eingeschlossen",
    "{} läit tëscht {} an {}, béid abegraff",
)
_LIKE = _words(
    "{} matches the pattern {}",
    "{} correspond au motif {}",
    "{} entspricht dem Muster {}",
    "{} passt op d’Muster {}",
)
_MISSING = _words("{} is missing", "{} manque", "{} fehlt", "{} feelt")
_KNOWN = _words("{} is known", "{} est connu", "{} ist bekannt", "{} ass bekannt")
_AND = _words("and", "et", "und", "an")
_OR = _words("or", "ou", "oder", "oder")
_NOT = _words("it is not the case that {}", "il n’est pas vrai que {}", "es gilt nicht: {}", "et gëllt net: {}")
_YES = _words("yes", "oui", "ja", "jo")
_NO = _words("no", "non", "nein", "nee")

_NULL = _words("{}: always empty.", "{} : toujours vide.", "{}: immer leer.", "{}: ëmmer eidel.")
_CONSTANT = _words(
    "{}: the same value in every row, {}.",
    "{} : la même valeur dans chaque ligne, {}.",
    "{}: in jeder Zeile derselbe Wert, {}.",
    "{}: an all Zeil dee selwechte Wäert, {}.",
)
_BUCKET = _words(
    "{}: only in steps of {}, the lower end is shown.",
    "{} : seulement par tranches de {}, la borne inférieure est affichée.",
    "{}: nur in Stufen von {}, gezeigt wird das untere Ende.",
    "{}: nëmmen a Stufe vun {}, gewise gëtt dat ënnescht Enn.",
)
_ROUND = _words(
    "{}: rounded to multiples of {}.",
    "{} : arrondi aux multiples de {}.",
    "{}: gerundet auf Vielfache von {}.",
    "{}: gerënnt op Villfacher vun {}.",
)
_TRUNCATE: Mapping[m.TimeUnit, Text] = {
    m.TimeUnit.YEAR: _words("{}: only the year.", "{} : seulement l’année.", "{}: nur das Jahr.", "{}: nëmmen d’Joer."),
    m.TimeUnit.QUARTER: _words(
        "{}: only the quarter.",
        "{} : seulement le trimestre.",
        "{}: nur das Quartal.",
        "{}: nëmmen de Quartal.",
    ),
    m.TimeUnit.MONTH: _words(
        "{}: only the month.", "{} : seulement le mois.", "{}: nur der Monat.", "{}: nëmmen de Mount."
    ),
    m.TimeUnit.WEEK: _words(
        "{}: only the week.", "{} : seulement la semaine.", "{}: nur die Woche.", "{}: nëmmen d’Woch."
    ),
    m.TimeUnit.DAY: _words("{}: only the day.", "{} : seulement le jour.", "{}: nur der Tag.", "{}: nëmmen den Dag."),
    m.TimeUnit.HOUR: _words(
        "{}: only the hour.", "{} : seulement l’heure.", "{}: nur die Stunde.", "{}: nëmmen d’Stonn."
    ),
}
_KEEP_LAST = _words(
    "{}: only the last {} characters.",
    "{} : seulement les {} derniers caractères.",
    "{}: nur die letzten {} Zeichen.",
    "{}: nëmmen déi lescht {} Zeechen.",
)
_HASH = _words(
    "{}: replaced by a code that is the same for the same value, within this project only.",
    "{} : remplacé par un code identique pour une même valeur, dans ce projet seulement.",
    "{}: ersetzt durch einen Code, der für denselben Wert gleich ist, nur in diesem Projekt.",
    "{}: ersat duerch e Code, dee fir deeselwechte Wäert d’selwecht ass, nëmmen an dësem Projet.",
)


class _Speaker:
    def __init__(self, language: str, titles: Mapping[str, str]) -> None:
        self.language = language
        self.titles = titles

    def say(self, text: Text, *gaps: str) -> str:
        return text.in_(self.language).format(*gaps)

    def title(self, name: str) -> str:
        return self.titles.get(name, name)

    def joined(self, parts: Iterable[str]) -> str:
        return ", ".join(parts)

    def value(self, literal: Literal) -> str:
        match literal.value:
            case bool(value):
                return self.say(_YES if value else _NO)
            case str(value):
                return f"«{value}»"
            case value:
                return value.isoformat() if hasattr(value, "isoformat") else f"{value:.15g}"

    def operand(self, operand: Operand) -> str:
        return self.title(operand.name) if isinstance(operand, Column) else self.value(operand)

    def condition(self, node: Expression) -> str:  # noqa: PLR0911 - one return for each node.
        match node:
            case Compare(op, left, right):
                return self.say(_COMPARE[op], self.operand(left), self.operand(right))
            case In(operand, values):
                return self.say(_IN, self.operand(operand), self.joined(map(self.value, values)))
            case Between(operand, low, high):
                return self.say(_BETWEEN, self.operand(operand), self.value(low), self.value(high))
            case Like(operand, pattern):
                return self.say(_LIKE, self.operand(operand), f"«{pattern}»")
            case IsNull(operand):
                return self.say(_MISSING, self.operand(operand))
            case Not(IsNull(operand)):
                return self.say(_KNOWN, self.operand(operand))
            case Not(part):
                return self.say(_NOT, f"({self.condition(part)})")
            case And(parts):
                return f" {self.say(_AND)} ".join(map(self.inner, parts))
            case Or(parts):
                return f" {self.say(_OR)} ".join(map(self.inner, parts))

    def inner(self, node: Expression) -> str:
        """Say a part of `and` or `or`; brackets keep a mixture of both readable."""
        said = self.condition(node)
        return f"({said})" if isinstance(node, And | Or) else said

    def mask(self, name: str, mask: m.Mask) -> str:  # noqa: PLR0911 - one return for each mask.
        title = self.title(name)
        match mask:
            case m.Null():
                return self.say(_NULL, title)
            case m.Constant(value):
                return self.say(_CONSTANT, title, self.value(value))
            case m.Bucket(width):
                return self.say(_BUCKET, title, f"{width:.15g}")
            case m.RoundTo(digits):
                return self.say(_ROUND, title, f"{10.0**-digits:.10g}")
            case m.TruncateDate(unit):
                return self.say(_TRUNCATE[unit], title)
            case m.KeepLast(n):
                return self.say(_KEEP_LAST, title, str(n))
            case m.KeyedHash():
                return self.say(_HASH, title)


def describe(policy: DataPolicy, language: str, titles: Mapping[str, str]) -> tuple[str, ...]:
    """Return the policy as sentences in `language`: rows, columns, one for each mask, purposes, end.

    `titles` gives the columns' names for people; a column without a title is called by its own name.
    """
    speaker = _Speaker(language, titles)
    rows = speaker.say(_ROWS, speaker.condition(policy.rows)) if policy.rows else speaker.say(_ALL_ROWS)
    plain = [speaker.title(rule.name) for rule in policy.kept if rule.mask is None]
    kept = [speaker.say(_KEPT, speaker.joined(plain))] if plain else []
    masked = [speaker.mask(rule.name, rule.mask) for rule in policy.kept if rule.mask is not None]
    purposes = speaker.joined(PURPOSES[code].title.in_(language) for code in policy.purposes)
    end = speaker.say(_UNTIL, policy.until.isoformat()) if policy.until else speaker.say(_FOREVER)
    return (rows, *kept, *masked, speaker.say(_OTHERS), speaker.say(_PURPOSES, purposes), end)
