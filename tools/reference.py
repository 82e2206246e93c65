"""Write docs/reference from the code: states, actions, errors, settings, commands. It holds no fact of its own.

python tools/reference.py           write the pages
python tools/reference.py --check   fail, naming the page, when one differs from what the code says

The only words kept here are the meanings of the settings, because an environment variable has no docstring. A
setting without a meaning, or a meaning without a setting, stops the tool.
"""

from __future__ import annotations

import ast
import importlib
import os
import pkgutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "reference"
# Scripts that run inside the sandbox, and tables' histories: neither holds an error of the house.
NOT_IMPORTED = ("minett.planes.compute.templates.", ".migrations")
MADE = "<!-- Made by tools/reference.py. Change the code, then run the tool again. -->"

# Names without MINETT_.
MEANINGS: Mapping[str, str] = {
    "ALLOW_UNSANDBOXED_OPEN_DATA": "Whether jobs on data whose policy is open may run without a sandbox where none "
    "works. They then have limits only: network and files stay open to them. Governed data never runs so.",
    "BEHIND_TLS": "Set where a proxy speaks TLS and sends `X-Forwarded-Proto`. Cookies become secure, and browsers "
    "are told to stay with TLS.",
    "BWRAP": "Path of the bubblewrap program. Empty: the system's own, or the one from the Python package.",
    "DATA_ENGINE": "Which data engine `minett/project/wiring.py` builds.",
    "DEBUG": "Django's debug pages. Never where others can reach the portal.",
    "EMAIL_BACKEND": "Django's mail backend. The default writes each mail into `var/mail`.",
    "EXECUTOR": "Which executor `minett/project/wiring.py` builds.",
    "FROM_EMAIL": "The sender of mails.",
    "HOSTS": "Host names under which the portal answers, separated by commas.",
    "LOG_LEVEL": "How much is logged to the console: DEBUG, INFO, WARNING or ERROR.",
    "OPEN_SIGN_UP": "Whether people may make accounts by themselves.",
    "PACK": "The folder of the pack that `minett setup` loads.",
    "SECRET_KEY": "The key of sign-in cookies. Better than the value itself: `MINETT_SECRET_KEY_FILE` with the path of "
    "a file that holds it.",
    "SIGNING_KEY": "The Ed25519 key, as PEM, that signs permits and the ledger's end. Better than the value itself: "
    "`MINETT_SIGNING_KEY_FILE` with the path of a file that holds it.",
    "TEST_ON_DISK": "For tests: the test database is a file, which several processes can open.",
    "TIME_ZONE": "The zone in which pages show times.",
    "TRUSTED_ORIGINS": "Origins whose forms are accepted, such as `https://portal.example`, separated by commas.",
    "VAR": "The folder for everything the installation writes.",
}
# What the default is where the code computes it.
COMPUTED: Mapping[str, str] = {
    "PACK": "`packs/luxembourg` beside the code",
    "SECRET_KEY": "the file `var/keys/secret-key`, made at the first start",
    "SIGNING_KEY": "the file `var/keys/signing-key.pem`, made at the first start",
    "VAR": "`var` in the folder where the program starts",
}
# Read elsewhere: name, default, meaning.
OTHERS = (
    (
        "DATABASE_URL",
        "SQLite in `var/minett.sqlite3`",
        "`postgresql://user:password@host:port/name`; a socket's folder goes into `?host=`.",
    ),
    ("MINETT_REQUIRE", "unset", "For tests: `all` makes a check fail, not skip, where something it needs is missing."),
    ("MINETT_TEST_POSTGRES", "unset", "For tests: the server on which databases are made and dropped."),
)


class Undescribed(Exception):
    """The table of meanings and the code do not name the same settings."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One reader's call in the project's modules. `default` is None where the code computes it."""

    name: str
    kind: str
    default: str | None


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join([_row(head), _row("---" for _ in head), *(_row(row) for row in rows)])


def _page(title: str, lead: str, parts: Iterable[str]) -> str:
    return "\n\n".join([f"# {title}", MADE, lead, *parts]) + "\n"


def states() -> str:
    """Return the page of all state tables, each with a diagram."""
    from minett.policy.states import TABLES  # noqa: PLC0415 - Django is set up first.

    lead = (
        "What can happen to a thing is declared once, in `minett/policy/states.py`. Buttons, API answers, this page "
        "and tests are made from those tables. A command that is not in the table does not exist. Days are working "
        "days within which the next step is promised."
    )
    return _page("States", lead, (part for table in TABLES for part in _states_of(table)))


def _states_of(table: Any) -> Iterator[str]:
    yield f"## {table.noun.capitalize()}"
    lines = ["stateDiagram-v2", f"    [*] --> {table.initial}"]
    lines += [f"    {at} --> {step.to}: {command}" for (at, command), step in table.transitions.items()]
    lines += [f"    {state} --> [*]" for state in table.standings if table.is_final(state)]
    yield "```mermaid\n" + "\n".join(lines) + "\n```"
    standings = (
        (f"`{state}`", held.label, held.holder, held.next_step, str(held.promised_days or ""))
        for state, held in table.standings.items()
    )
    yield _table(("State", "Shown as", "Who has it", "What comes next", "Days"), standings)
    steps = (
        (f"`{at}`", f"`{command}`", step.label, f"`{step.to}`", f"`{step.action.value}`")
        for (at, command), step in table.transitions.items()
    )
    yield _table(("In", "Command", "Button", "Leads to", "Action that must be allowed"), steps)


def actions() -> str:
    """Return the page of all actions with the rule that decides each."""
    from minett.policy.actions import Action  # noqa: PLC0415 - Django is set up first.
    from minett.policy.decide import RULES  # noqa: PLC0415
    from minett.policy.states import TABLES  # noqa: PLC0415

    used: dict[Action, list[str]] = {}
    for table in TABLES:
        for (_at, command), step in table.transitions.items():
            name = f"{table.noun}: `{command}`"
            if name not in used.setdefault(step.action, []):
                used[step.action].append(name)
    rows = []
    for action in Action:
        facts, rule = RULES.get(action, (None, None))
        where = f"`{rule.__module__.removeprefix('minett.')}.{rule.__name__}`" if rule else "none: always refused"
        facts_name = f"`{facts.__name__}`" if facts else ""
        rows.append((f"`{action.value}`", where, facts_name, ", ".join(used.get(action, ()))))
    lead = (
        "Every action of the house, from `minett/policy/actions.py`, and the rule in `minett/policy/rules` that "
        "decides it from facts. An action without a rule, or with facts of another kind, is refused."
    )
    return _page("Actions", lead, [_table(("Action", "Rule", "Facts", "Commands of state tables"), rows)])


def _import_everything() -> None:
    """Import every module, so that every error class is known."""
    import minett  # noqa: PLC0415 - Django is set up first.

    for module in pkgutil.walk_packages(minett.__path__, "minett."):
        if not any(part in module.name for part in NOT_IMPORTED):
            importlib.import_module(module.name)


def errors() -> str:
    """Return the page of all foreseen failures by family, with HTTP status and sentence."""
    from minett.api.errors import status_of  # noqa: PLC0415 - Django is set up first.
    from minett.kernel.errors import FAMILIES, every_error  # noqa: PLC0415

    _import_everything()
    ours = [error for error in every_error() if error.__module__.startswith("minett.")]
    parts = []
    for family in FAMILIES:
        known = [error for error in ours if issubclass(error, family) and error is not family]
        rows = (
            (f"`{error.code}`", str(status_of(error())), error.sentence, f"`{error.__module__}`") for error in known
        )
        again = " Trying again may help." if family.retry_may_help else ""
        parts.append(f"## {family.__name__}\n\n`{family.code}`, HTTP {status_of(family())}: {family.sentence}{again}")
        parts.append(_table(("Code", "HTTP", "Sentence", "Raised in"), rows))
    parts += _faults()
    lead = (
        "Every failure that the house foresees: a stable code, an English sentence with named gaps (translated "
        "where it is shown), and the HTTP status, which `minett/api/errors.py` decides for API and pages alike."
    )
    return _page("Errors", lead, parts)


def _faults() -> Iterator[str]:
    """Yield what the API answers before any noun is reached."""
    from minett.api.problems import FIELDS_SENTENCE, UNFORESEEN_SENTENCE, Fault  # noqa: PLC0415 - see above.

    yield (
        "## At the API's door\n\nRequests that no operation can take. Besides, a visitor who is refused, or whose "
        "token does not hold, gets 401 with the error's own code."
    )
    rows = [(fault.code, fault.status, fault.sentence) for fault in Fault.__subclasses__()]
    rows += [("fields-unusable", 422, FIELDS_SENTENCE), ("unforeseen", 500, UNFORESEEN_SENTENCE)]
    yield _table(
        ("Code", "HTTP", "Sentence"), ((f"`{code}`", str(status), words) for code, status, words in sorted(rows))
    )


def settings_read() -> list[Setting]:
    """Return every setting that the project's modules read, sorted by name."""
    found = {}
    for path in sorted((ROOT / "minett" / "project").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and (setting := _setting(node, in_env=path.name == "env.py")):
                found[setting.name] = setting
    return sorted(found.values(), key=lambda setting: setting.name)


def _setting(call: ast.Call, *, in_env: bool) -> Setting | None:
    function = call.func
    named = isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "env"
    reader = ast.unparse(function).removeprefix("env.")
    kinds = {"text": "text", "flag": "true or false", "listed": "list", "number": "whole number", "secret": "secret"}
    if not (named or in_env) or reader not in kinds or not call.args or not isinstance(call.args[0], ast.Constant):
        return None
    keyword = next((pair.value for pair in call.keywords if pair.arg == "default"), None)
    given = keyword or (call.args[1] if len(call.args) > 1 else None)
    literal = str(given.value) if isinstance(given, ast.Constant) else None
    return Setting(str(call.args[0].value), kinds[reader], literal)


def settings() -> str:
    """Return the page of all settings. Raises Undescribed."""
    read = settings_read()
    names = {setting.name for setting in read}
    if names != MEANINGS.keys():
        raise Undescribed(f"without a meaning: {names - MEANINGS.keys()}; gone: {MEANINGS.keys() - names}")
    rows = [(f"`MINETT_{s.name}`", s.kind, _default_of(s), MEANINGS[s.name]) for s in read]
    others = [(f"`{name}`", "text", default, meaning) for name, default, meaning in OTHERS]
    lead = (
        "Settings come from the environment. One that cannot be read stops the start, with its name. `minett check` "
        "looks at combinations."
    )
    return _page("Settings", lead, [_table(("Setting", "Kind", "Default", "Meaning"), rows + others)])


def _default_of(setting: Setting) -> str:
    if setting.default is None:
        if setting.name not in COMPUTED:
            raise Undescribed(f"MINETT_{setting.name} has a computed default, which COMPUTED must say in words")
        return COMPUTED[setting.name]
    literal = setting.default.lower() if setting.default in {"True", "False"} else setting.default
    return f"`{literal}`" if literal else "empty"


def commands() -> str:
    """Return the page of the command line."""
    import typer  # noqa: PLC0415 - Django is set up first.

    from minett.cli.main import app  # noqa: PLC0415

    lead = "What `minett` can do. Every command says the same with `--help`. A foreseen error ends with status 1."
    return _page("Commands", lead, _commands_of(typer.main.get_command(app), "minett"))


def _commands_of(command: Any, name: str) -> Iterator[str]:
    children = getattr(command, "commands", None)
    if children:
        for word, child in sorted(children.items()):
            yield from _commands_of(child, f"{name} {word}")
        return
    yield f"## {name}\n\n{(command.help or '').strip()}"
    rows = [_parameter(parameter) for parameter in command.params if parameter.name != "help"]
    if rows:
        yield _table(("Parameter", "Default", "Meaning"), rows)


def _parameter(parameter: Any) -> tuple[str, str, str]:
    is_option = parameter.param_type_name == "option"
    names = [*parameter.opts, *parameter.secondary_opts] if is_option else [parameter.name.upper()]
    default = "required" if parameter.required else str(parameter.default)
    empty = parameter.default is None and not parameter.required
    shown = "" if empty else default.lower() if default in {"True", "False"} else default
    return " / ".join(f"`{name}`" for name in names), shown, getattr(parameter, "help", "") or ""


PAGES: Mapping[str, Callable[[], str]] = {
    "states.md": states,
    "actions.md": actions,
    "errors.md": errors,
    "settings.md": settings,
    "commands.md": commands,
}


def _set_up(var: str) -> None:
    """Start Django with a folder of its own, so that the tool writes nothing into an installation."""
    os.environ["MINETT_VAR"] = var
    os.environ["DJANGO_SETTINGS_MODULE"] = "minett.project.settings"
    sys.path.insert(0, str(ROOT))
    django = importlib.import_module("django")
    django.setup()


def main(*, check: bool) -> int:
    """Write or compare all pages; return how many differ."""
    with tempfile.TemporaryDirectory() as var:
        _set_up(var)
        made = {name: make() for name, make in PAGES.items()}
    differing = []
    for name, text in made.items():
        path = TARGET / name
        if not path.exists() or path.read_text() != text:
            differing.append(name)
            if not check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
    for name in differing:
        print(f"docs/reference/{name}: {'differs from the code' if check else 'written'}")
    return len(differing) if check else 0


if __name__ == "__main__":
    sys.exit(1 if main(check="--check" in sys.argv[1:]) else 0)
