"""Runs inside the sandbox, tries to get out, and reports what it could reach. Standard library only."""

import ctypes
import errno
import json
import os
import socket
from pathlib import Path


def could(action) -> bool:
    try:
        action()
    except OSError:
        return False
    return True


def network_unreachable() -> bool:
    """Whether the kernel knows no way out at all. The address is one kept for documentation, nobody's machine."""
    try:
        socket.create_connection(("192.0.2.1", 80), timeout=0.5).close()
    except OSError as error:
        return error.errno == errno.ENETUNREACH
    return False


def write_to(folder: str) -> None:
    path = f"{folder}/canary"
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))


def status_field(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def interfaces() -> list[str]:
    lines = Path("/proc/net/dev").read_text().splitlines()
    return [line.split(":")[0].strip() for line in lines if ":" in line]


def descriptors() -> list[int]:
    return [number for number in range(64) if could(lambda number=number: os.fstat(number))]


def namespace_refused() -> bool:
    """Ask for a new user namespace, which the filter must refuse."""
    return ctypes.CDLL(None, use_errno=True).unshare(0x10000000) != 0


def main() -> None:
    secrets = ("/etc/passwd", "/etc/shadow", "/root/.bashrc", "/var/log", "/home")
    report = {
        "descriptors": descriptors(),
        "network_namespace": str(Path("/proc/self/ns/net").readlink()),
        "interfaces": interfaces(),
        "network_unreachable": network_unreachable(),
        "read": [path for path in secrets if could(lambda path=path: os.close(os.open(path, os.O_RDONLY)))],
        "wrote": [path for path in ("/", "/usr", "/in", "/code", "/dev") if could(lambda path=path: write_to(path))],
        "processes": sum(entry.name.isdigit() for entry in Path("/proc").iterdir()),
        "no_new_privileges": status_field("NoNewPrivs"),
        "filter": status_field("Seccomp"),
        "new_namespace_refused": namespace_refused(),
    }
    Path("/out/canary.json").write_text(json.dumps(report))


main()
