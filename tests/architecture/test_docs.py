"""The documentation keeps to the code: links lead somewhere, names exist, and nothing is left out or left over."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
TEXTS = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
QUOTED = re.compile(r"`([^`\n]+)`")
# A path of the tree, perhaps with stars, perhaps with a name that stands in it.
PLACE = re.compile(r"^((?:minett|packs|tests|tools|benchmarks|docs|requirements)/[\w./*-]*)(?:::(\w+))?$")
# Names that are no words of this project. They are put together here, so that the walls' own search does not find them.
FORBIDDEN = re.compile(
    "|".join(
        [
            r"(?<![\w/.`])/wo" + r"rk\b",
            r"/ho" + r"me/\w",
            r"/ro" + r"ot/\w",
            r"/tm" + r"p/\w",
            r"\b(this|my|our|the next|a working) ses" + r"sion\b",
            r"\bsub-?ag" + r"ent",
            r"(?<![\w&])#\d+\b",
            r"\b(is" + r"sue|tick" + r"et) \d+",
            r"\bTO" + r"DO\b",
            r"\bFIX" + r"ME\b",
        ]
    ),
    re.IGNORECASE,
)


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def without_code(text: str) -> str:
    return re.sub(r"```.*?```", "", text, flags=re.DOTALL)


def anchors(path: Path) -> set[str]:
    """Return the anchors of a page's headings, as the usual renderers make them."""
    heads = re.findall(r"^#+ (.+)$", without_code(path.read_text()), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", TEXTS, ids=relative)
def test_every_link_leads_somewhere(page: Path):
    for link in LINK.findall(without_code(page.read_text())):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), f"{relative(page)} links to {link}, which is not there"
        assert target.is_relative_to(ROOT), f"{relative(page)} links out of the tree: {link}"
        if anchor:
            assert anchor in anchors(target), f"{relative(page)} links to {link}, which has no such heading"


@pytest.mark.parametrize("page", TEXTS, ids=relative)
def test_no_forbidden_word(page: Path):
    found = FORBIDDEN.search(page.read_text())

    assert found is None, f"{relative(page)} says {found[0]!r}"


@pytest.mark.parametrize(
    "guilty", ["see " + "/wo" + "rk/main", "fixed in #" + "12", "as this ses" + "sion did", "TO" + "DO: write"]
)
def test_the_search_for_forbidden_words_finds_one(guilty: str):
    assert FORBIDDEN.search(guilty)


@cache
def names_of(path: Path) -> frozenset[str]:
    """Return what a module defines at its top: functions, classes, constants."""
    names: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return frozenset(names)


def places_of(text: str) -> Iterator[tuple[str, str]]:
    for quoted in QUOTED.findall(without_code(text)):
        if match := PLACE.match(quoted):
            yield match[1], match[2] or ""


def problem_with(place: str, name: str) -> str:
    """Say what is wrong with a place that a page names; nothing when all is well."""
    found = list(ROOT.glob(place.rstrip("/"))) if "*" in place else [path for path in [ROOT / place] if path.exists()]
    if not found:
        return f"{place} is not there"
    if name and not any(name in names_of(path) for path in found):
        return f"{place} has no {name}"
    return ""


@pytest.mark.parametrize("page", [*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "SECURITY.md"], ids=relative)
def test_places_in_the_code_exist(page: Path):
    wrong = [problem for place in places_of(page.read_text()) if (problem := problem_with(*place))]

    assert wrong == []


def test_tour_and_rooms_name_enough_places_to_be_worth_checking():
    for page, fewest in (("tour.md", 50), ("rooms.md", 50)):
        assert len(list(places_of((DOCS / page).read_text()))) >= fewest


def test_the_check_of_places_sees_a_wrong_one():
    assert problem_with("minett/nowhere.py", "") == "minett/nowhere.py is not there"
    assert problem_with("minett/kernel/actor.py", "Nobody") == "minett/kernel/actor.py has no Nobody"
    assert problem_with("minett/kernel/actor.py", "Actor") == ""
    assert problem_with("minett/nowhere/*.py", "") != ""


def test_every_floor_stands_in_the_tour():
    tour = (DOCS / "tour.md").read_text()
    for floor in sorted(path.name for path in (ROOT / "minett").iterdir() if (path / "__init__.py").exists()):
        assert f"`minett/{floor}/" in tour, f"the tour never enters {floor}"


def test_the_reference_is_what_the_code_says():
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "reference.py"), "--check"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, f"run python tools/reference.py: {done.stdout}{done.stderr[-2000:]}"


def test_every_setting_is_documented():
    page = (REFERENCE / "settings.md").read_text()
    reader = re.compile(r"""(?:env\.)?\b(?:text|flag|listed|number|secret)\(\s*["']([A-Z_]+)["']""")
    modules = (ROOT / "minett" / "project").glob("*.py")
    read = {name for path in modules for name in reader.findall(path.read_text())}

    assert len(read) >= 15
    assert {name for name in read if f"`MINETT_{name}`" not in page} == set()


def test_settings_named_in_the_documentation_exist():
    known = set(re.findall(r"`((?:MINETT_|DATABASE_)[A-Z_]+)`", (REFERENCE / "settings.md").read_text()))
    known |= {"MINETT_CODE", "MINETT_IN", "MINETT_OUT"}  # They are set for a job, not read by the house.
    for page in TEXTS:
        named = set(re.findall(r"\b(?:MINETT_[A-Z_]+|DATABASE_URL)\b", page.read_text()))
        assert named <= known, f"{relative(page)} names settings that nobody reads: {named - known}"


def test_every_error_is_documented():
    page = (REFERENCE / "errors.md").read_text()
    missing = []
    for path in (ROOT / "minett").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                missing += [code for code in codes_of(node) if f"`{code}`" not in page]

    # The root of the tree is never raised by itself.
    assert set(missing) - {"error"} == set()


def codes_of(node: ast.ClassDef) -> Iterator[str]:
    """Yield the code of an error's class: a class with a code and a base."""
    for line in node.body:
        target = line.targets[0] if isinstance(line, ast.Assign) else getattr(line, "target", None)
        value = getattr(line, "value", None)
        if node.bases and isinstance(target, ast.Name) and target.id == "code" and isinstance(value, ast.Constant):
            yield str(value.value)


def test_every_command_is_documented_and_every_named_command_exists():
    known = set(re.findall(r"^## minett (.+)$", (REFERENCE / "commands.md").read_text(), flags=re.MULTILINE))
    groups = {name.split()[0] for name in known if " " in name}
    defined = 0
    for path in (ROOT / "minett" / "cli").glob("*.py"):
        defined += len(re.findall(r"^@(?:app|group)\.command\(", path.read_text(), flags=re.MULTILINE))
    named = {word for page in TEXTS for word in re.findall(r"`minett ([a-z][a-z ]*)", page.read_text())}

    assert len(known) == defined
    for words in named:
        parts = words.split()
        command = " ".join(parts[:2]) if parts[0] in groups else parts[0]
        assert command in known, f"minett {words} is no command"


def test_every_problem_of_a_pack_is_documented():
    from minett.apps.catalogue.pack.problems import SENTENCES
    from minett.apps.catalogue.pack.schema import MODELS, Marked

    page = (DOCS / "adding" / "pack.md").read_text()
    assert [code for code in SENTENCES if f"`{code}`" not in page] == []
    for kind, model in MODELS.items():
        name = "pack.yaml" if kind == "factory" else kind
        row = next(line for line in page.splitlines() if line.startswith(f"| `{name}` |"))
        own = model.model_fields.keys() - Marked.model_fields.keys()
        assert {field for field in own if f"`{field}`" not in row} == set(), f"{name} leaves out fields"


def test_every_decision_has_its_parts_and_is_listed():
    heads = ["Context", "Choice", "What it wins", "What it costs", "When to look again"]
    index = (DOCS / "decisions" / "README.md").read_text()
    pages = sorted(DOCS.glob("decisions/[0-9]*.md"))

    assert len(pages) >= 15
    for number, page in enumerate(pages, 1):
        assert page.name.startswith(f"{number:04}-"), f"{page.name} breaks the numbering"
        assert re.findall(r"^## (.+)$", page.read_text(), flags=re.MULTILINE) == heads, page.name
        assert f"({page.name})" in index, f"{page.name} is not listed"
        title = page.read_text().splitlines()[0].removeprefix("# ")
        assert f"[{title}]" in index, f"{page.name} has another title in the list"
