"""Every kind of bad pack is reported with its file, line and path; a good one is read whole."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from minett.apps.catalogue.pack import (
    KINDS,
    Pack,
    PackHasProblems,
    PackNotThere,
    Problem,
    check,
    gaps,
    read_pack,
    read_sound_pack,
)
from minett.apps.catalogue.pack.problems import SENTENCES

EXAMPLE = Path(__file__).parents[3] / "packs" / "example-antenna"


@pytest.fixture
def pack_root(tmp_path: Path) -> Path:
    root = tmp_path / "pack"
    shutil.copytree(EXAMPLE, root)
    return root


def spoil(root: Path, file: str, old: str, new: str) -> int:
    """Replace the first `old` in the file; return the line where it stood."""
    path = root / file
    text = path.read_text(encoding="utf-8")
    assert old in text, (file, old)
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def the_problem(root: Path) -> Problem:
    problems = check(root)
    assert len(problems) == 1, [str(problem) for problem in problems]
    return problems[0]


def test_example_is_read_whole(pack_root):
    pack = read_sound_pack(pack_root)
    assert pack.code == "example-antenna"
    assert pack.languages == ("en", "fr")
    assert {entry.kind for entry in pack.entries} == set(KINDS)
    service = pack.find("services", "data-check")
    assert service is not None
    assert service.content["title"]["fr"] == "Contrôle des données"
    assert (service.file, pack.find("services", "absent")) == ("services.yaml", None)
    lines = (pack_root / "services.yaml").read_text(encoding="utf-8").splitlines()
    assert lines[service.line - 1] == "- id: data-check"


def test_content_is_json_and_its_hash_follows_it(pack_root):
    before = read_pack(pack_root)
    for entry in before.entries:
        assert json.loads(json.dumps(entry.content)) == entry.content
    spoil(pack_root, "services.yaml", "Two weeks", "Three weeks")
    after = read_pack(pack_root)
    changed = [old.code for old, new in zip(before.entries, after.entries, strict=True) if old.sha256 != new.sha256]
    assert changed == ["data-check"]


@pytest.mark.parametrize(
    ("file", "old", "new", "code", "path"),
    [
        ("services.yaml", "checked_on: 2026-11-23", "checked_on: 2026-11-31", "wrong-date", "services[0].checked_on"),
        ("services.yaml", "valid_from: 2026-11-23", "valid_from: soon", "wrong-date", "services[0].valid_from"),
        ("calls.yaml", "unit: node-hour", "unit: node-hours", "unknown-unit", "calls[0].unit"),
        ("schemes.yaml", "unit: EUR", "unit: USD", "unknown-unit", "schemes[0].amounts[1].unit"),
        ("partners.yaml", "id: lantern-agency", "id: Lantern_Agency", "bad-id", "partners[0].id"),
        ("services.yaml", "step: data", "step: dating", "not-one-of", "services[1].step"),
        ("services.yaml", "step: data", "stepp: data", "missing", "services[1].step"),
        ("services.yaml", "  source: Invented for this example\n", "", "missing", "services[0].source"),
        ("services.yaml", "    en: Front desk", "    en: ' '", "empty-text", "services[0].title.en"),
        ("services.yaml", "    en: Front desk\n", "", "no-english", "services[0].title"),
        ("services.yaml", "    en: Front desk", "    es: Entrada", "unknown-language", "services[0].title.es"),
        ("sectors.yaml", "priority: true", "priority: maybe", "wrong-type", "sectors[0].priority"),
        ("sectors.yaml", "order: 10", "order: '10'", "wrong-type", "sectors[0].order"),
        ("sectors.yaml", "order: 10", "order: -1", "not-in-range", "sectors[0].order"),
        ("partners.yaml", "country: XA", "country: NO", "wrong-type", "partners[0].country"),
        ("partners.yaml", "country: XA", "country: xa", "bad-form", "partners[0].country"),
        ("usecases/all.yaml", "nace: '03.11'", "nace: 03.11", "wrong-type", "usecases[0].nace"),
        ("usecases/all.yaml", "risk_class: minimal", "risk_class: low", "not-one-of", "usecases[0].risk_class"),
        ("usecases/all.yaml", "- tabular", "- tables", "not-one-of", "usecases[0].data_kinds[0]"),
        ("usecases/all.yaml", "  twins:\n    - room-demand", "  twins:\n    - nowhere", "unknown-reference",
         "usecases[0].twins[0]"),
        ("usecases/all.yaml", "  twins:\n    - room-demand", "  twins:\n    - catch-forecast", "self-reference",
         "usecases[0].twins[0]"),
        ("usecases/all.yaml", "sector: fishing", "sector: hunting", "unknown-reference", "usecases[0].sector"),
        ("services.yaml", "- lantern-agency", "- lantern-agencies", "unknown-reference",
         "services[0].partners[0]"),
        ("services.yaml", "- tourism", "- tourists", "unknown-reference", "services[1].sectors[1]"),
        ("services.yaml", "- first-steps-voucher", "- cheque", "unknown-reference", "services[1].schemes[0]"),
        ("pack.yaml", "- example-host-factory", "- other-factory", "unknown-reference", "factory.hosts[0]"),
        ("pack.yaml", "kind: antenna", "kind: factory", "antenna-hosts", "factory"),
        ("calls.yaml", "+01:00", "", "no-time-zone", "calls[0].cut_offs[0].at"),
        ("calls.yaml", "+01:00", "+02:00", "offset-differs", "calls[0].cut_offs[0].time_zone"),
        ("calls.yaml", "Europe/Brussels", "Europe/Atlantis", "unknown-time-zone",
         "calls[0].cut_offs[0].time_zone"),
        ("calls.yaml", "Europe/Brussels", "../../etc/passwd", "unknown-time-zone",
         "calls[0].cut_offs[0].time_zone"),
        ("calls.yaml", "rule: cut-offs", "rule: permanent", "cut-offs-differ", "calls[0].cut_offs"),
        ("clusters.yaml", "gpus: 1", "gpus: 2", "sum-differs", "clusters[0].gpus"),
        ("clusters.yaml", "node_price_eur: 1.5", "node_price_eur: -1.5", "not-in-range",
         "clusters[0].node_price_eur"),
        ("clusters.yaml", "node_price_eur: 1.5", "node_price_eur: true", "wrong-type",
         "clusters[0].node_price_eur"),
    ],
)  # fmt: skip
def test_one_mistake_one_problem(pack_root, file, old, new, code, path):
    line = spoil(pack_root, file, old, new)
    found = [problem for problem in check(pack_root) if problem.path == path]
    assert [(problem.code, problem.file) for problem in found] == [(code, file)]
    assert found[0].text, "the sentence's gaps are filled"
    # What is gone, or contradicts its neighbours, is reported inside the same entry; the rest on its own line.
    nearby = code in {"missing", "no-english", "antenna-hosts", "cut-offs-differ"}
    assert abs(found[0].line - line) <= (25 if nearby else 1)


def test_valid_to_before_valid_from(pack_root):
    spoil(pack_root, "services.yaml", "valid_from: 2026-11-23", "valid_from: 2026-11-23\n  valid_to: 2026-11-22")
    problem = the_problem(pack_root)
    assert (problem.code, problem.path) == ("ends-before-start", "services[0].valid_to")
    assert "2026-11-22" in problem.text
    spoil(pack_root, "services.yaml", "valid_to: 2026-11-22", "valid_to: 2026-11-23")
    assert check(pack_root) == ()


def test_share_with_unit_and_amount_without(pack_root):
    spoil(pack_root, "schemes.yaml", "      unit: EUR\n", "")
    problem = the_problem(pack_root)
    assert (problem.code, problem.path) == ("not-valid", "schemes[0].amounts[1]")


def test_duplicate_id_names_both_places(pack_root):
    first = spoil(pack_root, "services.yaml", "id: data-check", "id: data-check")
    second = spoil(pack_root, "services.yaml", "id: referral-to-host", "id: data-check")
    problem = the_problem(pack_root)
    assert (problem.code, problem.line) == ("duplicate-id", second)
    assert f"services.yaml:{first}" in problem.text


def test_duplicate_id_across_files(pack_root):
    shutil.copy(pack_root / "usecases" / "all.yaml", pack_root / "usecases" / "more.yaml")
    problems = check(pack_root)
    assert [problem.code for problem in problems] == ["duplicate-id", "duplicate-id"]
    assert {problem.file for problem in problems} == {"usecases/more.yaml"}


def test_a_broken_entry_is_not_also_reported_by_those_who_name_it(pack_root):
    spoil(pack_root, "partners.yaml", "kind: example", "kind: friend")
    assert the_problem(pack_root).path == "partners[0].kind"


def test_every_problem_at_once_in_order(pack_root):
    spoil(pack_root, "services.yaml", "step: data", "step: dating")
    spoil(pack_root, "services.yaml", "step: scale", "step: scaling")
    spoil(pack_root, "calls.yaml", "unit: node-hour", "unit: fortnight")
    spoil(pack_root, "usecases/all.yaml", "effort: S", "effort: XS")
    problems = check(pack_root)
    assert [problem.file for problem in problems] == [
        "calls.yaml", "services.yaml", "services.yaml", "usecases/all.yaml",
    ]  # fmt: skip
    assert problems[1].line < problems[2].line
    with pytest.raises(PackHasProblems) as raised:
        read_sound_pack(pack_root)
    assert raised.value.data["count"] == 4
    assert "calls.yaml" in str(raised.value)


@pytest.mark.parametrize("content", ["just words\n", "a: 1\n", "7\n"])
def test_part_that_is_no_list(pack_root, content):
    (pack_root / "sectors.yaml").write_text(content)
    assert "not-a-list" in {problem.code for problem in check(pack_root)}


@pytest.mark.parametrize("content", ["- words\n", "- [1, 2]\n", "- null\n", "- 3\n"])
def test_entry_of_the_wrong_type(pack_root, content):
    (pack_root / "schemes.yaml").write_text(content)
    found = [problem for problem in check(pack_root) if problem.file == "schemes.yaml"]
    assert [(problem.code, problem.path) for problem in found] == [("wrong-type", "schemes[0]")]


def test_unknown_and_missing_files(pack_root):
    (pack_root / "servces.yaml").write_text("[]\n")
    (pack_root / "README.md").write_text("not a part\n")
    (pack_root / "pack.yaml").unlink()
    found = {(problem.code, problem.file) for problem in check(pack_root)}
    assert found == {("missing-file", "pack.yaml"), ("unknown-file", "servces.yaml")}


def test_linked_folder_is_not_followed(pack_root, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    shutil.move(pack_root / "usecases", elsewhere)
    (pack_root / "usecases").symlink_to(elsewhere)
    assert the_problem(pack_root).code == "link"


def test_no_folder_at_all(tmp_path):
    with pytest.raises(PackNotThere):
        read_pack(tmp_path / "nowhere")


def test_alias_bomb_in_a_part(pack_root):
    bomb = "- id: &a x\n  title: {en: *a}\n"
    (pack_root / "schemes.yaml").write_text(bomb)
    found = [problem for problem in check(pack_root) if problem.file == "schemes.yaml"]
    assert [(problem.code, problem.line) for problem in found] == [("alias", 2)]


def test_gaps_are_warnings_with_counts(pack_root):
    spoil(pack_root, "services.yaml", "    fr: Guichet\n", "")
    spoil(pack_root, "pack.yaml", "- fr", "- fr\n  - lb")
    pack: Pack = read_sound_pack(pack_root)
    found = gaps(pack)
    assert ("fr", "services", "front-desk", "title") in {
        (gap.language, gap.kind, gap.code, gap.path) for gap in found.listed
    }
    assert found.counts["fr"]["services"] == 1
    assert found.counts["en"] == dict.fromkeys(found.counts["en"], 0)
    assert found.counts["lb"]["schemes"] == 5
    assert sum(sum(kinds.values()) for kinds in found.counts.values()) == len(found.listed)


def test_every_sentence_can_be_filled_from_its_names():
    for code, sentence in SENTENCES.items():
        names = {part.split(")")[0] for part in sentence.split("%(")[1:]}
        assert Problem("f.yaml", 1, "", code, dict.fromkeys(names, "x")).text.count("%") == 0
