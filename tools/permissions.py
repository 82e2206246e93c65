"""Writes docs/reference/permissions.md anew: asks everybody of the cast at every door, and keeps the answers.

The asking is done by the test that compares the page, so that there is one way to make it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEST = "tests/architecture/test_permissions.py"


def main() -> int:
    """Run the test with leave to write; return its exit status."""
    environment = os.environ | {"MINETT_WRITE_REFERENCE": "1"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", TEST], cwd=ROOT, env=environment, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
