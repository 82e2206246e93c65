"""Addresses of jobs, their logs, and the form that starts a training in a case."""

from __future__ import annotations

from django.urls import path

from minett.web.views import jobs, training

urlpatterns = [
    path("jobs/", jobs.listing, name="jobs"),
    path("jobs/<int:pk>/", jobs.page, name="job"),
    path("jobs/<int:pk>/log/", jobs.log, name="job-log"),
    path("jobs/<int:pk>/<str:command>/", jobs.act, name="job-do"),
    path("cases/<int:case_id>/train/", training.train, name="job-train"),
]
