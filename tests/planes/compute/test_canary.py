from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from minett.planes.compute import canary

CLEAN = {
    "descriptors": [0, 1, 2],
    "network_namespace": "net:[1]",
    "interfaces": ["lo"],
    "network_unreachable": True,
    "read": [],
    "wrote": [],
    "processes": 2,
    "no_new_privileges": 1,
    "filter": 2,
    "new_namespace_refused": True,
}


def found(tmp_path, **changed: Any) -> list[str]:
    (tmp_path / canary.REPORT).write_text(json.dumps(CLEAN | changed))
    return canary.leaks(tmp_path)


def test_a_clean_report_has_no_leaks(tmp_path):
    assert found(tmp_path) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"network_namespace": str(Path("/proc/self/ns/net").readlink())},
        {"interfaces": ["lo", "eth0"]},
        {"network_unreachable": False},
        {"read": ["/etc/passwd"]},
        {"wrote": ["/usr"]},
        {"processes": 200},
        {"descriptors": [0, 1, 2, 7]},
        {"no_new_privileges": 0},
        {"filter": 0},
        {"new_namespace_refused": False},
    ],
)
def test_each_way_out_is_noticed(tmp_path, changed):
    assert len(found(tmp_path, **changed)) == 1


def test_no_report_is_a_leak(tmp_path):
    assert canary.leaks(tmp_path) == ["no report"]


@pytest.mark.parametrize(
    ("settings", "remedy", "detail"),
    [
        ({"kernel/unprivileged_userns_clone": "0"}, canary.SYSCTL_REMEDY, "kernel.unprivileged_userns_clone=1"),
        ({"user/max_user_namespaces": "0"}, canary.SYSCTL_REMEDY, "user.max_user_namespaces=10000"),
        ({"kernel/apparmor_restrict_unprivileged_userns": "1"}, canary.APPARMOR_REMEDY, "apparmor"),
        ({}, canary.CONTAINER_REMEDY, "No permissions"),
    ],
)
def test_the_remedy_fits_the_machine(monkeypatch, settings, remedy, detail):
    monkeypatch.setattr(canary, "_setting", lambda name: settings.get(name, ""))
    readiness = canary.refused("bwrap: No permissions to create a new namespace\n")
    assert (readiness.ok, readiness.remedy) == (False, remedy)
    assert detail in readiness.detail
