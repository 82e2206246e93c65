"""Typed readers for settings from the environment. An unreadable or unknown value stops the start."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlparse

from django.core.exceptions import ImproperlyConfigured

PREFIX = "MINETT_"


def text(name: str, default: str) -> str:
    return os.environ.get(PREFIX + name, default)


def flag(name: str, *, default: bool) -> bool:
    value = os.environ.get(PREFIX + name)
    if value is None:
        return default
    if value.lower() in {"1", "true", "yes", "on"}:
        return True
    if value.lower() in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{PREFIX}{name} must be true or false, not {value!r}.")


def listed(name: str, default: str) -> list[str]:
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def number(name: str, default: int) -> int:
    value = text(name, str(default))
    try:
        return int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{PREFIX}{name} must be a whole number, not {value!r}.") from error


def secret(name: str, fallback: Path) -> str:
    """Read a secret from `MINETT_<name>`, from the file `MINETT_<name>_FILE`, or from `fallback`."""
    value = os.environ.get(PREFIX + name)
    if value:
        return value
    path = Path(text(f"{name}_FILE", str(fallback)))
    try:
        return path.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(f"The secret {PREFIX}{name} cannot be read from {path}.") from error


def database(var: Path) -> dict[str, object]:
    """Return Django's database setting: SQLite under `var`, or what `DATABASE_URL` names.

    SQLite runs in WAL mode and takes its write lock when a transaction begins, so that a transaction
    never fails half-way because somebody else wrote first.
    """
    url = os.environ.get("DATABASE_URL", "")
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(var / "minett.sqlite3"),
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
            },
            "TEST": {"NAME": str(var / "test.sqlite3") if flag("TEST_ON_DISK", default=False) else None},
        }
    parsed = urlparse(url)
    if parsed.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL must start with postgresql:// (or be unset, for SQLite).")
    query = dict(parse_qsl(parsed.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parsed.path.lstrip("/")),
        "USER": unquote(parsed.username or ""),
        "PASSWORD": unquote(parsed.password or ""),
        "HOST": query.get("host", parsed.hostname or ""),
        "PORT": query.get("port", str(parsed.port or "")),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
