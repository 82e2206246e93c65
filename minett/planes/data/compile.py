"""From a policy to the one SQL statement that carries it out on DuckDB. It runs nothing and reads no file.

Every identifier and every literal in the text is quoted here, from the tree alone. The policy's row filter
sees the raw values (it is the owner's); users only ever see the columns after their masks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from minett.kernel.content import gettext_noop
from minett.kernel.errors import BadInput, Unavailable
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
    operands_of,
    walk,
)
from minett.planes.data.policy_tree import DataPolicy
from minett.planes.data.schema import ColumnSpec, ColumnType, TableSchema

BLOCK = 64  # Bytes in a block of SHA-256; HMAC pads its key to this length.
SHORTEST_KEY = 16
ELLIPSIS = "…"

SQL_TYPES: Mapping[ColumnType, str] = {
    ColumnType.BOOLEAN: "BOOLEAN",
    ColumnType.INTEGER: "BIGINT",
    ColumnType.NUMBER: "DOUBLE",
    ColumnType.TEXT: "VARCHAR",
    ColumnType.DATE: "DATE",
    ColumnType.TIMESTAMP: "TIMESTAMP",
}
_SIGNS: Mapping[Operator, str] = {
    Operator.EQ: "=",
    Operator.NE: "<>",
    Operator.LT: "<",
    Operator.LE: "<=",
    Operator.GT: ">",
    Operator.GE: ">=",
}
_NUMERIC = frozenset({ColumnType.INTEGER, ColumnType.NUMBER})


class PolicyNamesUnknownColumn(BadInput):
    code = "policy-names-unknown-column"
    sentence = gettext_noop("The access policy names columns that the table does not have: %(columns)s.")


class PolicyComparesUnlikeTypes(BadInput):
    code = "policy-compares-unlike-types"
    sentence = gettext_noop("The access policy compares values of unlike types: %(types)s.")


class MaskDoesNotFit(BadInput):
    code = "mask-does-not-fit"
    sentence = gettext_noop("The mask of column %(column)s does not fit its type, %(type)s.")


class PolicyShowsNothing(BadInput):
    code = "policy-shows-nothing"
    sentence = gettext_noop("The access policy keeps no column. Keep at least one.")


class MaskKeyMissing(Unavailable):
    code = "mask-key-missing"
    sentence = gettext_noop("The key %(key)s, with which a column is hashed, is not here or is too short.")
    retry_may_help = False


def quoted_name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def quoted_text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def literal_sql(literal: Literal) -> str:
    """Return the literal with its type said in full, so that nothing is left to the engine's guessing."""
    value = literal.value
    written = value.isoformat() if hasattr(value, "isoformat") else repr(value)
    text = value if isinstance(value, str) else written
    return f"CAST({quoted_text(text)} AS {SQL_TYPES[literal.type]})"


def checked(policy: DataPolicy, schema: TableSchema) -> None:
    """Raise unless the policy fits the schema: names, types of comparisons, and masks."""
    types = schema.types
    used = {rule.name for rule in policy.columns}
    if policy.rows is not None:
        nodes = [operands_of(node) for node in walk(policy.rows)]
        used |= {operand.name for operands in nodes for operand in operands if isinstance(operand, Column)}
    if unknown := sorted(used - set(types)):
        raise PolicyNamesUnknownColumn(columns=", ".join(unknown))
    if not policy.kept:
        raise PolicyShowsNothing
    for rule in policy.kept:
        if rule.mask is not None and not m.fits(rule.mask, types[rule.name]):
            raise MaskDoesNotFit(column=rule.name, type=types[rule.name].value)
    if policy.rows is not None:
        for node in walk(policy.rows):
            _must_compare_like_with_like(node, types)


def _must_compare_like_with_like(node: Expression, types: Mapping[str, ColumnType]) -> None:
    found = {types[operand.name] if isinstance(operand, Column) else operand.type for operand in operands_of(node)}
    if isinstance(node, Like):
        found.add(ColumnType.TEXT)
    if len(found) > 1 and not found <= _NUMERIC:
        raise PolicyComparesUnlikeTypes(types=", ".join(sorted(found)))


class _Writer:
    """Writes SQL for one policy over one table, which the statement calls `source`."""

    def __init__(self, schema: TableSchema, keys: Mapping[str, bytes]) -> None:
        self.types = schema.types
        self.keys = keys

    def raw(self, name: str) -> str:
        """Return the column as the owner's file has it, in the declared type."""
        return f"CAST(source.{quoted_name(name)} AS {SQL_TYPES[self.types[name]]})"

    def operand(self, operand: Operand) -> str:
        return self.raw(operand.name) if isinstance(operand, Column) else literal_sql(operand)

    def predicate(self, node: Expression) -> str:  # noqa: PLR0911 - one return for each node.
        match node:
            case Compare(op, left, right):
                return f"({self.operand(left)} {_SIGNS[op]} {self.operand(right)})"
            case In(operand, values):
                return f"({self.operand(operand)} IN ({', '.join(map(literal_sql, values))}))"
            case Between(operand, low, high):
                return f"({self.operand(operand)} BETWEEN {literal_sql(low)} AND {literal_sql(high)})"
            case Like(operand, pattern):
                return f"({self.operand(operand)} LIKE {quoted_text(pattern)})"
            case IsNull(operand):
                return f"({self.operand(operand)} IS NULL)"
            case And(parts):
                return "(" + " AND ".join(map(self.predicate, parts)) + ")"
            case Or(parts):
                return "(" + " OR ".join(map(self.predicate, parts)) + ")"
            case Not(part):
                return f"(NOT {self.predicate(part)})"

    def shown(self, name: str, mask: m.Mask | None) -> str:
        kind = self.types[name]
        raw, sql_type = self.raw(name), SQL_TYPES[m.masked_type(mask, kind)]
        match mask:
            case None:
                return raw
            case m.Null():
                written = "NULL"
            case m.Constant(value):
                written = literal_sql(value)
            case m.Bucket(width):
                written = _bucket(raw, width, kind)
            case m.RoundTo(digits):
                written = _rounded(raw, digits, kind)
            case m.TruncateDate(unit):
                written = f"date_trunc({quoted_text(unit.value)}, {raw})"
            case m.KeepLast(n):
                written = _last(raw, n)
            case m.KeyedHash(key):
                written = self.hashed(raw, key, kind)
        # TRY_CAST: at the very edge of 64 bits a bucket's lower end does not exist, and becomes missing.
        return f"TRY_CAST({written} AS {sql_type})"

    def hashed(self, raw: str, key: str, kind: ColumnType) -> str:
        """Return HMAC-SHA-256 from DuckDB's sha256, by the definition in RFC 2104."""
        inner, outer = _pads(self.keys.get(key, b""), key)
        microseconds = f"epoch_us({raw})" if kind is ColumnType.TIMESTAMP else raw
        message = f"encode(CAST({microseconds} AS VARCHAR))"
        return f"sha256(unhex('{outer}') || unhex(sha256(unhex('{inner}') || {message})))"


def _pads(key: bytes, name: str) -> tuple[str, str]:
    if len(key) < SHORTEST_KEY:
        raise MaskKeyMissing(key=name)
    padded = (hashlib.sha256(key).digest() if len(key) > BLOCK else key).ljust(BLOCK, b"\0")
    return bytes(byte ^ 0x36 for byte in padded).hex(), bytes(byte ^ 0x5C for byte in padded).hex()


def _bucket(raw: str, width: float, kind: ColumnType) -> str:
    if kind is ColumnType.NUMBER:
        step = literal_sql(Literal.of(float(width)))
        return f"(floor({raw} / {step}) * {step})"
    wide, step = f"CAST({raw} AS HUGEINT)", f"CAST({int(width)} AS HUGEINT)"
    return f"({wide} - ((({wide} % {step}) + {step}) % {step}))"


def _rounded(raw: str, digits: int, kind: ColumnType) -> str:
    if kind is ColumnType.NUMBER:
        return f"round({raw}, {digits})"
    step = 10**-digits
    wide = f"CAST({raw} AS HUGEINT)"
    return f"(sign({wide}) * (((abs({wide}) + {step // 2}) // {step}) * {step}))"


def _last(raw: str, n: int) -> str:
    sign = quoted_text(ELLIPSIS)
    return (
        f"CASE WHEN {raw} IS NULL THEN NULL WHEN length({raw}) > {n} THEN {sign} || right({raw}, {n}) ELSE {sign} END"
    )


def parquet_source(path: str) -> str:
    """Return the table function that reads one Parquet file, by its exact path and nothing beside it."""
    return f"read_parquet({quoted_text(path)}, hive_partitioning = false, filename = false)"


def compile_projection(
    policy: DataPolicy,
    schema: TableSchema,
    source_literal: str,
    keys: Mapping[str, bytes] | None = None,
) -> str:
    """Return one SELECT that shows of the source what the policy allows, columns in the policy's order.

    `source_literal` is trusted SQL for the table (`parquet_source(...)`). `keys` gives the bytes of the keys
    that KeyedHash masks name; they stand in the text, so the text must not be logged.
    Raises PolicyNamesUnknownColumn, PolicyComparesUnlikeTypes, MaskDoesNotFit, PolicyShowsNothing and
    MaskKeyMissing.
    """
    checked(policy, schema)
    writer = _Writer(schema, keys or {})
    shown = [f"{writer.shown(rule.name, rule.mask)} AS {quoted_name(rule.name)}" for rule in policy.kept]
    where = "" if policy.rows is None else f" WHERE {writer.predicate(policy.rows)}"
    return f"SELECT {', '.join(shown)} FROM {source_literal} AS source{where}"  # noqa: S608 - see the module's head.


def projected_schema(policy: DataPolicy, schema: TableSchema) -> TableSchema:
    """Return the columns as their reader gets them: in the policy's order, with the types after the masks."""
    checked(policy, schema)
    specs = schema.by_name
    return TableSchema(tuple(_projected(specs[rule.name], rule.mask) for rule in policy.kept))


def _projected(spec: ColumnSpec, mask: m.Mask | None) -> ColumnSpec:
    if mask is None:
        return spec
    # A mask changes what a unit means only where it changes the type; a masked value may be missing.
    kind = m.masked_type(mask, spec.type)
    unit = spec.unit if kind is spec.type else None
    nullable = not isinstance(mask, m.Constant)
    return ColumnSpec(spec.name, kind, spec.meaning, unit, spec.sensitivity, nullable)
