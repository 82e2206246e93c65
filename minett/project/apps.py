from __future__ import annotations

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "minett.project"
    label = "project"

    def ready(self) -> None:
        from minett.project import checks, wiring  # noqa: F401, PLC0415 - Django loads checks at start.

        wiring.connect()
