from __future__ import annotations

from django.apps import AppConfig


class ImpactConfig(AppConfig):
    name = "minett.apps.impact"
    label = "impact"
