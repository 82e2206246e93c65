from __future__ import annotations

from django.apps import AppConfig


class DataproductsConfig(AppConfig):
    name = "minett.apps.dataproducts"
    label = "dataproducts"
