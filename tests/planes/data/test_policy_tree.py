from __future__ import annotations

import copy
import json
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings

from minett.kernel.content import LANGUAGES
from minett.planes.data import expressions as e
from minett.planes.data import masks as m
from minett.planes.data.policy_tree import ColumnRule, DataPolicy, from_json, policy_hash, to_json
from minett.planes.data.policy_words import describe
from minett.planes.data.purposes import PURPOSES
from minett.planes.data.schema import ColumnType, SchemaNotUnderstood

from .trees import EXPRESSIONS, RULES

MASKS: tuple[m.Mask, ...] = (
    m.Null(),
    m.Constant(e.Literal.of("x")),
    m.Bucket(10),
    m.RoundTo(-3),
    m.TruncateDate(m.TimeUnit.MONTH),
    m.KeepLast(4),
    m.KeyedHash("project-1"),
)
POLICY = DataPolicy(
    rows=e.And(
        (
            e.Or((e.Compare(e.Operator.GE, e.Column("age"), e.Literal.of(18)), e.IsNull(e.Column("age")))),
            e.Not(e.IsNull(e.Column("town"))),
            e.Not(e.Like(e.Column("town"), "Esch%")),
            e.In(e.Column("kind"), (e.Literal.of("a"), e.Literal.of("b"))),
            e.Between(e.Column("seen"), e.Literal.of(date(2020, 1, 1)), e.Literal.of(date(2026, 12, 31))),
        )
    ),
    columns=(
        ColumnRule("age", keep=True),
        ColumnRule("secret", keep=False),
        *(ColumnRule(f"c{number}", keep=True, mask=mask) for number, mask in enumerate(MASKS)),
    ),
    purposes=("research", "evaluation"),
    until=date(2027, 1, 31),
    version=3,
)


@settings(max_examples=20, deadline=None)
@given(rows=EXPRESSIONS, columns=RULES)
def test_json_gives_the_same_policy_back(rows: Any, columns: Any) -> None:
    policy = DataPolicy(rows, columns, ("research",), None, 1)
    again = from_json(json.loads(json.dumps(to_json(policy))))

    assert again == policy
    assert policy_hash(again) == policy_hash(policy)


def test_every_mask_and_the_rest_survive_json() -> None:
    assert from_json(json.loads(json.dumps(to_json(POLICY)))) == POLICY


def test_the_hash_is_stable_and_notices_each_part() -> None:
    assert policy_hash(POLICY) == "4e14893fa8c2785f9960e546134478fb6c1d5a21d3b403220c7f9fd0266226f2"
    other = to_json(POLICY) | {"version": 4}
    assert policy_hash(from_json(other)) != policy_hash(POLICY)


def changed(path: Any, value: Any) -> Any:
    """Return POLICY's JSON with one place replaced."""
    given = copy.deepcopy(to_json(POLICY))
    *way, last = path
    place = given
    for step in way:
        place = place[step]
    place[last] = value
    return given


def nested(depth: int) -> dict[str, Any]:
    """Return a filter that is `depth` times a negation."""
    return {"node": "not", "part": nested(depth - 1)} if depth else {"node": "is-null", "column": "age"}


@pytest.mark.parametrize(
    "given",
    [
        None,
        [],
        {},
        to_json(POLICY) | {"extra": 1},
        changed(["version"], 0),
        changed(["version"], value=True),
        changed(["version"], "3"),
        changed(["until"], "soon"),
        changed(["until"], 20270131),
        changed(["purposes"], []),
        changed(["purposes"], ["resale"]),
        changed(["purposes"], ["research", "research"]),
        changed(["purposes"], "research"),
        changed(["columns"], {}),
        changed(["columns", 0, "keep"], "yes"),
        changed(["columns", 0, "mask"], {"mask": "rot13"}),
        changed(["columns", 0, "mask"], {"mask": "null", "width": 1}),
        changed(["columns", 0, "mask"], {"mask": "bucket", "width": 0}),
        changed(["columns", 0, "mask"], {"mask": "bucket", "width": "10"}),
        changed(["columns", 0, "mask"], {"mask": "bucket", "width": float("nan")}),
        changed(["columns", 0, "mask"], {"mask": "round-to", "digits": 40}),
        changed(["columns", 0, "mask"], {"mask": "truncate-date", "unit": ["year"]}),
        changed(["columns", 0, "mask"], {"mask": "keep-last", "n": 0}),
        changed(["columns", 0, "mask"], {"mask": "keyed-hash", "key": "../key"}),
        changed(["columns", 1, "mask"], {"mask": "null"}),
        changed(["columns", 1, "name"], "AGE"),
        changed(["rows"], {"node": "sql", "text": "1=1"}),
        changed(["rows"], {"node": ["and"], "parts": []}),
        changed(["rows"], {"node": "and", "parts": []}),
        changed(["rows"], {"node": "or", "parts": "x"}),
        changed(["rows"], nested(40)),
        changed(["rows"], {"node": "or", "parts": [{"node": "is-null", "column": "a"}] * 1000}),
        changed(["rows"], {"node": "is-null", "column": "age", "not": True}),
        changed(["rows"], {"node": "in", "column": "kind", "values": []}),
        changed(["rows"], {"node": "like", "column": "kind", "pattern": "\0"}),
        changed(["rows"], {"node": "like", "column": "kind", "pattern": "\ud800"}),
        changed(["rows", "parts", 0, "parts", 0, "op"], "=="),
        changed(["rows", "parts", 0, "parts", 0, "op"], {}),
        changed(["rows", "parts", 0, "parts", 0, "left"], {"column": "age", "literal": 1}),
        changed(["rows", "parts", 0, "parts", 0, "right"], {"literal": {"type": "integer", "value": "18"}}),
        changed(["rows", "parts", 0, "parts", 0, "right"], {"literal": {"type": "integer", "value": True}}),
        changed(["rows", "parts", 0, "parts", 0, "right"], {"literal": {"type": "integer", "value": 2**63}}),
        changed(["rows", "parts", 0, "parts", 0, "right"], {"literal": {"type": "number", "value": 1e999}}),
        changed(["rows", "parts", 0, "parts", 0, "right"], {"literal": {"type": "blob", "value": "00"}}),
        changed(
            ["rows", "parts", 0, "parts", 0, "right"],
            {"literal": {"type": "timestamp", "value": "2026-01-01T00:00:00+01:00"}},
        ),
    ],
)
def test_what_is_not_in_the_language_is_refused(given: Any) -> None:
    with pytest.raises(e.PolicyNotUnderstood):
        from_json(given)


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 129, 7])
def test_a_name_that_can_name_no_column_is_refused(name: Any) -> None:
    with pytest.raises(SchemaNotUnderstood):
        from_json(changed(["columns", 0, "name"], name))


def test_a_moment_is_not_taken_for_a_day() -> None:
    with pytest.raises(e.PolicyNotUnderstood):
        e.Literal(ColumnType.DATE, datetime.fromisoformat("2026-01-01"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_name_titles_and_never_hidden_columns(language: Any) -> None:
    told = describe(POLICY, language, {"age": "Age {in} years", "town": "Town"})
    whole = " ".join(told)

    assert "Age {in} years" in whole
    assert "secret" not in whole
    assert "{}" not in whole
    assert all(f"c{number}" in whole for number in range(len(MASKS)))
    assert all(PURPOSES[code].title.in_(language) in whole for code in POLICY.purposes)
    assert "2027-01-31" in told[-1]


def test_english_sentences_read_as_they_should() -> None:
    told = describe(POLICY, "en", {"age": "Age", "town": "Town"})

    assert told[0] == (
        "You see only rows for which this holds: (Age is at least 18 or Age is missing) and Town is known"
        " and it is not the case that (Town matches the pattern «Esch%») and kind is one of «a», «b»"
        " and seen is between 2020-01-01 and 2026-12-31, both included."
    )
    assert told[1] == "Shown as they are: Age."
    assert "c3: rounded to multiples of 1000." in told


def test_the_four_languages_differ() -> None:
    assert len({describe(POLICY, language, {}) for language in LANGUAGES}) == len(LANGUAGES)


@pytest.mark.parametrize("purpose", PURPOSES.values(), ids=lambda purpose: purpose.code)
def test_every_purpose_has_words_in_every_language(purpose: Any) -> None:
    assert set(purpose.title.by_language) == set(purpose.meaning.by_language) == set(LANGUAGES)
