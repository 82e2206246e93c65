from __future__ import annotations

from django.apps import AppConfig


class GrantsConfig(AppConfig):
    name = "minett.apps.grants"
    label = "grants"
