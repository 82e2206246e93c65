"""The command line prints answers in words, leaves with the right status, and takes no secret as an argument."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from minett.apps.ledger.models import Entry
from minett.apps.people import queries
from minett.cli.main import app
from minett.kernel.actor import Role
from tests.cast import Cast

ROOT = Path(__file__).resolve().parent.parent.parent
RUN = CliRunner()


@pytest.mark.django_db
def test_the_ledger_command_names_the_changed_row(cast: Cast):
    assert RUN.invoke(app, ["ledger", "verify"]).exit_code == 0
    Entry.objects.filter(number=3).update(reason="never said")

    told = RUN.invoke(app, ["ledger", "verify"])

    assert told.exit_code == 1
    assert "row 3: changed" in told.output


def test_the_pack_command_explains_with_file_and_line(tmp_path: Path):
    pack = Path(shutil.copytree(ROOT / "packs" / "example-antenna", tmp_path / "pack"))
    assert RUN.invoke(app, ["pack", "check", str(pack)]).exit_code == 0
    services = pack / "services.yaml"
    services.write_text(services.read_text().replace("checked_on: 2026", "checked_on: 2O26", 1))

    told = RUN.invoke(app, ["pack", "check", str(pack)])

    assert told.exit_code == 1
    assert "services.yaml:" in told.output


@pytest.mark.django_db
def test_a_pack_is_loaded_twice_without_a_change():
    first = RUN.invoke(app, ["pack", "load", str(ROOT / "packs" / "example-antenna")])
    again = RUN.invoke(app, ["pack", "load", str(ROOT / "packs" / "example-antenna")])

    assert (first.exit_code, again.exit_code) == (0, 0), first.output
    assert " 0 added, 0 changed" in again.output


@pytest.mark.django_db
def test_the_first_manager_is_let_in_with_a_password_from_the_prompt():
    command = ["people", "manager", "--email", "m@example.org", "--name", "Mia"]
    refused = RUN.invoke(app, command, input="short\nshort\n")
    assert refused.exit_code == 1
    assert queries.person_by_mail("m@example.org") is None

    done = RUN.invoke(app, command, input="a long enough one\na long enough one\n")

    assert done.exit_code == 0, done.output
    person = queries.person_by_mail("m@example.org")
    assert person is not None
    assert queries.actor_of(person).has(Role.FACTORY_MANAGER)
    assert person.check_password("a long enough one")
    assert RUN.invoke(app, command, input="a long enough one\na long enough one\n").exit_code == 1


def test_no_command_takes_a_password_as_an_argument():
    told = RUN.invoke(app, ["people", "manager", "--help"])

    assert "--password" not in told.output
