"""The two packs in the tree: sound, sourced, complete in their languages, and honest about what is unknown."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from minett.apps.catalogue.pack import Pack, gaps, read_pack
from minett.apps.catalogue.pack.schema import STEPS

PACKS = Path(__file__).parents[3] / "packs"


@pytest.fixture(scope="module", name="luxembourg")
def luxembourg_pack() -> Pack:
    return read_pack(PACKS / "luxembourg")


def contents(pack: Pack, kind: str) -> dict[str, dict[str, Any]]:
    return {entry.code: entry.content for entry in pack.of(kind)}


@pytest.mark.parametrize("name", ["luxembourg", "example-antenna"])
def test_no_problem_and_no_gap(name):
    pack = read_pack(PACKS / name)
    assert [str(problem) for problem in pack.problems] == []
    assert gaps(pack).listed == ()
    assert pack.code == name


def test_every_step_of_the_path_has_a_service(luxembourg):
    services = contents(luxembourg, "services").values()
    assert {service["step"] for service in services} == set(STEPS)


def test_hedged_facts_carry_a_note(luxembourg):
    for entry in luxembourg.entries:
        if entry.kind not in {"partners", "usecases"} and entry.content["trust"] in {"third-party", "disputed"}:
            assert entry.content["notes"], f"{entry.kind} {entry.code}"


def test_disputed_amounts_stand_side_by_side(luxembourg):
    amounts = contents(luxembourg, "schemes")["fit-4-ai"]["amounts"]
    assert {amount["trust"] for amount in amounts} == {"disputed"}
    assert {amount["value"] for amount in amounts if amount["what"] == "share-percent"} == {"50", "70"}
    assert "disputed" in contents(luxembourg, "schemes")["fit-4-ai"]["gives"]["en"]


def test_aid_that_is_lost_by_an_early_start(luxembourg):
    schemes = contents(luxembourg, "schemes")
    for code in ("cashback80", "innovation-aid-sme", "consultancy-aid", "fit-4-ai", "sme-packages-ai"):
        assert schemes[code]["must_precede_start"], code
    assert not schemes["initiate"]["must_precede_start"]


def test_units_of_calls_are_not_mixed(luxembourg):
    units = {code: call["unit"] for code, call in contents(luxembourg, "calls").items()}
    for code in ("eurohpc-playground", "eurohpc-fast-lane", "eurohpc-large-scale"):
        assert units[code] == "GPU-hour"
    for code in ("eurohpc-ai-for-science", "eurohpc-benchmark", "eurohpc-regular"):
        assert units[code] == "node-hour"


def test_large_scale_cut_offs(luxembourg):
    cut_offs = contents(luxembourg, "calls")["eurohpc-large-scale"]["cut_offs"]
    moments = [datetime.fromisoformat(cut_off["at"]) for cut_off in cut_offs]
    assert [(moment.month, moment.day, moment.hour) for moment in moments] == [
        (11, 30, 10), (12, 15, 10), (1, 4, 10),
    ]  # fmt: skip
    assert {cut_off["time_zone"] for cut_off in cut_offs} == {"Europe/Brussels"}


def test_machines_say_what_is_not_known(luxembourg):
    clusters = contents(luxembourg, "clusters")
    assert (clusters["meluxina-ai"]["nodes"], clusters["meluxina-ai"]["gpus"]) == (252, 1008)
    assert clusters["meluxina-ai"]["status"] == "planned"
    assert all(cluster["node_price_eur"] is None for cluster in clusters.values())
    assert clusters["local-sandbox"]["unit"] == "node-hour"


def test_network_of_factories(luxembourg):
    listed = contents(luxembourg, "factories")
    kinds = [factory["kind"] for factory in listed.values()]
    assert (kinds.count("factory"), kinds.count("antenna")) == (19, 13)
    assert len({factory["country"] for factory in listed.values() if factory["kind"] == "antenna"}) == 13
    assert listed["aif-irl-antenna"]["hosts"] == ["ai2f", "l-aif"]


def test_example_says_that_it_is_invented():
    pack = read_pack(PACKS / "example-antenna")
    factory = pack.of("factory")[0].content
    assert "invented" in factory["disclaimer"]["en"]
    assert {entry.content.get("trust", "invented") for entry in pack.entries} == {"invented"}
