"""Real data sets for a demonstration, made from the files inside two installed Python packages.

Source and licence are what the packages themselves say. The packages are not imported, which would take
seconds: their data files are read, and nothing of theirs is kept in this project.
"""

from __future__ import annotations

import ast
import csv
import gzip
import hashlib
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from importlib import metadata, util
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from minett.kernel.content import Text, gettext_noop
from minett.kernel.errors import Absent, Unavailable
from minett.planes.data import sample_texts as t
from minett.planes.data.expressions import And, Column, In, IsNull, Literal, Not
from minett.planes.data.files import published
from minett.planes.data.masks import Bucket
from minett.planes.data.policy_tree import ColumnRule, DataPolicy
from minett.planes.data.schema import ColumnType, TableSchema


class SampleSetUnknown(Absent):
    code = "sample-set-unknown"
    sentence = gettext_noop("There is no sample data set %(code)s.")


class SampleSetNotInstalled(Unavailable):
    code = "sample-set-not-installed"
    sentence = gettext_noop("The sample data set %(code)s comes with the package %(package)s. Install minett[demo].")
    retry_may_help = False


class Terms(StrEnum):
    """What the package says about the rights to the data itself."""

    PUBLIC_DOMAIN = "public-domain"
    NOT_STATED = "not-stated"
    RIGHTS_RETAINED = "rights-retained"


@dataclass(frozen=True, slots=True)
class RealSet:
    """A data set on disk. `source` and `licence` are in English, in the words of the package that ships it.

    Only a set with Terms.PUBLIC_DOMAIN may be handed on without asking anybody.
    """

    code: str
    title: Text
    description: Text
    source: str
    licence: str
    terms: Terms
    sector: str
    schema: TableSchema
    path: Path
    sha256: str
    rows: int


@dataclass(frozen=True, slots=True)
class _Recipe:
    package: str
    data_file: str
    title: Text
    description: Text
    sector: str
    schema: TableSchema
    facts: Callable[[Path, str], tuple[str, str]]
    terms: Terms


def _stated_by_module(folder: Path, version: str) -> tuple[str, str]:
    """Return SOURCE and COPYRIGHT as the data set's module states them, without running it."""
    tree = ast.parse((folder / "data.py").read_text(encoding="utf-8"))
    stated = {
        target.id: " ".join(str(node.value.value).split())
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return stated["SOURCE"], f"{stated['COPYRIGHT']} (as stated in {version})"


def _stated_by_river(_folder: Path, version: str) -> tuple[str, str]:
    page = "http://archive.ics.uci.edu/ml/datasets/Website+Phishing"
    source = f"UCI Machine Learning Repository, Website Phishing ({page}), as prepared in {version}"
    return source, f"The package {version} is BSD-3-Clause; it states no separate terms for the data."


_RECIPES: Mapping[str, _Recipe] = {
    "phishing": _Recipe(
        "river",
        "datasets/phishing.csv.gz",
        t.PHISHING_TITLE,
        t.PHISHING_DESCRIPTION,
        "cybersecurity",
        t.PHISHING_SCHEMA,
        _stated_by_river,
        terms=Terms.NOT_STATED,
    ),
    "sunspots": _Recipe(
        "statsmodels",
        "datasets/sunspots/sunspots.csv",
        t.SUNSPOTS_TITLE,
        t.SUNSPOTS_DESCRIPTION,
        "space",
        t.SUNSPOTS_SCHEMA,
        _stated_by_module,
        terms=Terms.PUBLIC_DOMAIN,
    ),
    "co2": _Recipe(
        "statsmodels",
        "datasets/co2/co2.csv",
        t.CO2_TITLE,
        t.CO2_DESCRIPTION,
        "green-economy",
        t.CO2_SCHEMA,
        _stated_by_module,
        terms=Terms.PUBLIC_DOMAIN,
    ),
    "ccard": _Recipe(
        "statsmodels",
        "datasets/ccard/ccard.csv",
        t.CCARD_TITLE,
        t.CCARD_DESCRIPTION,
        "finance",
        t.CCARD_SCHEMA,
        _stated_by_module,
        terms=Terms.RIGHTS_RETAINED,
    ),
    "modechoice": _Recipe(
        "statsmodels",
        "datasets/modechoice/modechoice.csv",
        t.MODECHOICE_TITLE,
        t.MODECHOICE_DESCRIPTION,
        "logistics",
        t.MODECHOICE_SCHEMA,
        _stated_by_module,
        terms=Terms.PUBLIC_DOMAIN,
    ),
}
CODES = tuple(_RECIPES)


def realise(code: str, target_dir: Path) -> RealSet:
    """Write `<code>.parquet` into `target_dir` and return it with its facts; the same package, the same bytes.

    Raises SampleSetUnknown, or SampleSetNotInstalled where the package is absent.
    """
    if code not in _RECIPES:
        raise SampleSetUnknown(code=code)
    recipe = _RECIPES[code]
    origin, version = _installed(code, recipe)
    source, licence = recipe.facts(origin.parent, version)
    table = _table(origin, recipe.schema)
    target = target_dir / f"{code}.parquet"
    target_dir.mkdir(parents=True, exist_ok=True)
    with published(target) as file, open(file, "wb", closefd=False) as sink:
        pq.write_table(table, sink, compression="zstd", store_schema=False)
    return RealSet(
        code=code,
        title=recipe.title,
        description=recipe.description,
        source=source,
        licence=licence,
        terms=recipe.terms,
        sector=recipe.sector,
        schema=recipe.schema,
        path=target,
        sha256=hashlib.sha256(target.read_bytes()).hexdigest(),
        rows=table.num_rows,
    )


def _installed(code: str, recipe: _Recipe) -> tuple[Path, str]:
    """Return the data file inside the package, and the package's name and version."""
    spec = util.find_spec(recipe.package)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        origin = Path(folder) / recipe.data_file
        if origin.is_file():
            return origin, f"{recipe.package} {metadata.version(recipe.package)}"
    raise SampleSetNotInstalled(code=code, package=recipe.package)


def _table(origin: Path, schema: TableSchema) -> pa.Table:
    """Read the package's CSV, whose names we take in lower case, into the declared types."""
    raw = origin.read_bytes()
    text = (gzip.decompress(raw) if origin.suffix == ".gz" else raw).decode("utf-8")
    delimiter = ";" if ";" in text.split("\n", maxsplit=1)[0] else ","
    read = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    rows = [{name.lower(): value for name, value in row.items()} for row in read]
    arrays = [
        pa.array([_value(row[column.name], column.type) for row in rows], schema.to_arrow().field(column.name).type)
        for column in schema.columns
    ]
    return pa.Table.from_arrays(arrays, schema=schema.to_arrow())


def _value(text: str, kind: ColumnType) -> Any:
    if not text.strip():
        return None
    match kind:
        case ColumnType.INTEGER:
            return int(float(text))
        case ColumnType.NUMBER:
            return float(text)
        case _:
            return _day(text)


def _day(text: str) -> date:
    return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a calendar day has no zone.


def phishing_policy(until: date) -> DataPolicy:
    """Return the policy under which the phishing set is published, up to and including `until`.

    Rows whose form rating is in doubt, or whose domain's age is unknown, stay away (1,123 of 1,250 remain);
    whether an IP address stood in the address is hidden; traffic is only told as below or at the top rating.
    """
    clear = tuple(Literal.of(rating) for rating in (0.0, 1.0))
    rows = And((Not(IsNull(Column("age_of_domain"))), In(Column("empty_server_form_handler"), clear)))
    masks = {"is_popular": Bucket(1)}
    columns = tuple(
        ColumnRule(name, keep=name != "ip_in_url", mask=masks.get(name)) for name in t.PHISHING_SCHEMA.names
    )
    return DataPolicy(rows, columns, ("model-training", "evaluation", "security-analysis"), until, version=1)
