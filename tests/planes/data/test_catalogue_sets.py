from __future__ import annotations

from datetime import date
from importlib import util
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from minett.kernel.content import LANGUAGES
from minett.planes.data import catalogue_sets as c
from minett.planes.data.adapters.duckdb import DuckDBEngine
from minett.planes.data.compile import checked
from minett.planes.data.port import Limits

ROWS = {"phishing": 1250, "sunspots": 309, "co2": 2284, "ccard": 72, "modechoice": 840}


@pytest.mark.parametrize("code", c.CODES)
def test_each_set_is_real_described_and_passes_our_own_intake(tmp_path: Path, code: Any) -> None:
    made = c.realise(code, tmp_path)
    found = DuckDBEngine().inspect(made.path, made.schema, Limits())

    assert (found.rows, found.sha256) == (ROWS[code], made.sha256)
    assert made.rows == ROWS[code]
    assert c.realise(code, tmp_path / "again").sha256 == made.sha256
    texts = [made.title, made.description, *(column.meaning for column in made.schema.columns)]
    assert all(set(text.by_language) == set(LANGUAGES) for text in texts)


def test_values_are_those_of_the_packages(tmp_path: Path) -> None:
    sunspots = pq.read_table(c.realise("sunspots", tmp_path).path).to_pylist()
    co2 = pq.read_table(c.realise("co2", tmp_path).path)
    phishing = pq.read_table(c.realise("phishing", tmp_path).path)

    assert sunspots[0] == {"year": 1700, "sunactivity": 5.0}
    assert co2.slice(0, 1).to_pylist() == [{"date": date(1958, 3, 29), "co2": 316.1}]
    assert co2.column("co2").null_count == 59
    assert sum(phishing.column("is_phishing").to_pylist()) == 548


def test_licences_are_what_the_packages_state(tmp_path: Path) -> None:
    made = {code: c.realise(code, tmp_path) for code in c.CODES}

    assert "public domain" in made["sunspots"].licence
    assert "public domain" in made["co2"].licence
    assert "retains all rights" in made["ccard"].licence
    assert "states no separate terms" in made["phishing"].licence
    assert [code for code, one in made.items() if one.terms is c.Terms.PUBLIC_DOMAIN] == [
        "sunspots",
        "co2",
        "modechoice",
    ]
    assert "Keeling" in made["co2"].source


def test_the_phishing_policy_keeps_most_rows_hides_and_masks(tmp_path: Path) -> None:
    made = c.realise("phishing", tmp_path)
    policy = c.phishing_policy(date(2027, 1, 31))
    checked(policy, made.schema)
    shown = DuckDBEngine().preview(policy, made.schema, made.path, 200)

    assert "ip_in_url" not in shown.columns
    assert {row["is_popular"] for row in shown.rows} == {0.0, 1.0}
    assert {row["empty_server_form_handler"] for row in shown.rows} == {0.0, 1.0}
    assert policy.until == date(2027, 1, 31)


def test_without_the_package_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(util, "find_spec", lambda _: None)

    with pytest.raises(c.SampleSetNotInstalled, match="river"):
        c.realise("phishing", tmp_path)


def test_a_set_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(c.SampleSetUnknown):
        c.realise("titanic", tmp_path)
