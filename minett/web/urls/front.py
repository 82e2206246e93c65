"""Addresses of the front door and of needs with their plans."""

from __future__ import annotations

from django.urls import path

from minett.web.views import front, needs

urlpatterns = [
    path("", front.home, name="home"),
    path("needs/", front.write_need, name="need-write"),
    path("needs/<str:secret>/", needs.plan, name="need"),
    path("needs/<str:secret>/keep/", needs.keep, name="need-keep"),
    path("needs/<str:secret>/kept/", needs.kept, name="need-kept"),
]
