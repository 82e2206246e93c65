"""Every foreseen error has a code of its own, a sentence whose gaps its data fill, and a family."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import minett
from minett.api import errors as api_errors
from minett.kernel.errors import FAMILIES, MinettError, every_error


@pytest.fixture(scope="module")
def errors() -> list[type[MinettError]]:
    for module in pkgutil.walk_packages(minett.__path__, "minett."):
        quiet = not any(
            part in module.name for part in (".migrations", ".templates", ".cli.", "intake_worker", ".wsgi")
        )
        if quiet and not module.name.endswith("_supervisor"):
            importlib.import_module(module.name)
    return every_error()


def test_each_error_belongs_to_one_family_and_has_a_status(errors: list[type[MinettError]]):
    assert len(errors) > 60
    for error in errors:
        assert sum(issubclass(error, family) for family in FAMILIES) == 1, error
        assert 400 <= api_errors.status_of(error()) < 600


def test_each_code_is_used_by_one_error(errors: list[type[MinettError]]):
    seen: dict[str, type[MinettError]] = {}
    for error in errors:
        if "code" not in vars(error):
            continue
        assert seen.setdefault(error.code, error) is error, f"{error} and {seen[error.code]} share {error.code}"


def test_sentences_say_something(errors: list[type[MinettError]]):
    for error in errors:
        assert error.sentence.endswith((".", "?", "%(reason)s", "%(why)s", "%(first)s", "%(remedy)s")), error
