"""What import rules cannot see: keys, the app registry, who saves rows, sizes, and names of rooms."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import ForeignKey

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "minett"
# Lowest first; those of one tuple stand side by side and do not know each other.
STREET = (
    ("ledger",),
    ("people",),
    ("catalogue",),
    ("cases", "dataproducts"),
    ("grants",),
    ("jobs",),
    ("registry",),
    ("impact",),
    ("network",),
)
HOUSE_NUMBER = {app: number for number, group in enumerate(STREET) for app in group}
WRITES = {
    "save",
    "create",
    "bulk_create",
    "bulk_update",
    "update",
    "delete",
    "get_or_create",
    "update_or_create",
}
# Calls of these names that are no writes of rows: dictionaries, hashes, progress bars, cookies and sessions.
MARKED_MANAGERS = re.compile(r"\.objects\b|^[A-Z]\w*\(")


def sources(*parts: str) -> Iterator[Path]:
    for path in sorted(PACKAGE.joinpath(*parts).rglob("*.py")):
        if "migrations" not in path.parts:
            yield path


def test_every_app_stands_on_the_street():
    found = {path.name for path in (PACKAGE / "apps").iterdir() if (path / "models.py").exists()}

    assert found == set(HOUSE_NUMBER)


def test_foreign_keys_point_down_the_street_and_leave_no_reverse_name():
    for model in apps.get_models():
        app = model._meta.app_label
        if app not in HOUSE_NUMBER:
            continue
        for field in model._meta.get_fields():
            if not isinstance(field, ForeignKey):
                continue
            target = field.related_model._meta.app_label
            assert target in HOUSE_NUMBER, f"{model.__name__}.{field.name} points outside the street, to {target}"
            allowed = target == app or HOUSE_NUMBER[target] < HOUSE_NUMBER[app]
            assert allowed, f"{model.__name__}.{field.name} points up the street, to {target}"
            assert field.remote_field.related_name == "+", f"{model.__name__}.{field.name} leaves a reverse name"


def test_no_app_registry_outside_migrations():
    for path in sources():
        assert "apps.get_model" not in path.read_text(), path


def test_models_have_no_default_order():
    for model in apps.get_models():
        if model._meta.app_label in HOUSE_NUMBER:
            assert not model._meta.ordering, f"{model.__name__} orders by default; every list says its order"


def _writes_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and text of calls that look like writes of rows: `Model.objects...create`, `row.save`, `.delete`."""
    text = path.read_text()
    for node in ast.walk(ast.parse(text)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES):
            continue
        called = ast.get_source_segment(text, node.func) or ""
        names_fields = any(keyword.arg == "update_fields" for keyword in node.keywords)
        if ".objects" in called or (node.func.attr == "save" and (names_fields or not node.args)):
            yield node.lineno, called


def test_rows_are_saved_only_by_their_own_apps_services():
    for path in sources():
        if path.name == "services.py" and path.parent.parent == PACKAGE / "apps":
            continue
        # The queue's rows belong to the library that brings them; the worker tends them.
        ours = [(line, called) for line, called in _writes_of(path) if not called.startswith("DBTaskResult.")]
        assert not ours, f"{path.relative_to(ROOT)} writes rows: {ours}"


def test_services_write_only_their_own_models():
    for path in sources("apps"):
        if path.name != "services.py":
            continue
        own = {model.__name__ for model in apps.get_models() if model._meta.app_label == path.parent.name}
        for line, called in _writes_of(path):
            head = called.split(".", maxsplit=1)[0]
            if head[:1].isupper():
                assert head in own, f"{path.relative_to(ROOT)}:{line} writes a foreign model: {called}"


def test_the_check_for_writes_sees_one(tmp_path: Path):
    guilty = tmp_path / "guilty.py"
    guilty.write_text(
        "Case.objects.filter(pk=1).update(state='x')\ncase.save(update_fields=['state'])\nseen.update({1})\n"
    )

    assert [line for line, _ in _writes_of(guilty)] == [1, 2]


def test_services_take_the_actor_first_and_the_rest_by_name():
    doorless = {"use_token", "head_message", "fingerprint", "digest_of", "due", "use"}
    for path in sources("apps"):
        if path.name != "services.py":
            continue
        for node in ast.parse(path.read_text()).body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_") or node.name in doorless:
                continue
            first = node.args.args[0].arg if node.args.args else ""
            where = f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
            assert first in {"actor", "robot"}, f"{where} takes {first!r} first"
            assert len(node.args.args) == 1, f"{where} takes more than the actor by position"
            assert not node.args.defaults, f"{where} gives the actor a default"


@pytest.mark.parametrize("limit", [60])
def test_functions_stay_short(limit: int):
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                assert length <= limit, f"{path.relative_to(ROOT)}:{node.lineno} {node.name} has {length} lines"


@pytest.mark.parametrize("limit", [400])
def test_files_stay_short(limit: int):
    for folder in (PACKAGE, ROOT / "tests", ROOT / "benchmarks", ROOT / "tools"):
        for path in folder.rglob("*.py"):
            if "migrations" not in path.parts:
                length = len(path.read_text().splitlines())
                assert length <= limit, f"{path.relative_to(ROOT)} has {length} lines"


def test_no_room_is_a_junk_drawer():
    for path in PACKAGE.rglob("*"):
        assert path.stem not in {"utils", "helpers", "common", "misc"}, path


def test_every_module_says_what_it_is_for():
    for path in sources():
        if path.name in {"apps.py", "__main__.py"} or not path.read_text().strip():
            continue
        assert ast.get_docstring(ast.parse(path.read_text())), f"{path.relative_to(ROOT)} opens without a docstring"


def test_no_machine_paths_and_no_registry_hosts():
    forbidden = re.compile("|".join(["/wo" + "rk/(main|shared)", "py" + "pi" + r"\.org", "files.python" + "hosted"]))
    for path in ROOT.rglob("*"):
        hidden = any(part.startswith(".") and part != ".ci" for part in path.relative_to(ROOT).parts[:-1])
        if (
            path.is_file()
            and not hidden
            and "var" not in path.parts
            and path.suffix in {".py", ".md", ".toml", ".lock", ".yaml", ".html", ".css", ".txt", ""}
        ):
            assert not forbidden.search(path.read_text(errors="ignore")), path.relative_to(ROOT)
