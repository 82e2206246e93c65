"""The address of the desk."""

from __future__ import annotations

from django.urls import path

from minett.web.views import desk

urlpatterns = [path("desk/", desk.desk, name="desk")]
