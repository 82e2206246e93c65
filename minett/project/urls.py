"""The addresses of the portal and of the API. A noun's pages are found by their module in `minett.web.urls`."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules

from django.urls import include, path

from minett.web import urls as pages

nouns = sorted(module.name for module in iter_modules(pages.__path__))
urlpatterns = [
    path("", include("minett.web.shell_urls")),
    path("accounts/", include("allauth.urls")),
    *(path("", include(f"minett.web.urls.{noun}")) for noun in nouns),
]
if find_spec("minett.api.v1.api"):
    urlpatterns.append(path("api/v1/", import_module("minett.api.v1.api").api.urls))
