"""The settings of the tests: those of the project, with a `var` of their own that goes away with the run."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

# Programs that a test starts inherit these variables and keep the `var` that the test gives them.
_owner = os.environ.get("PYTEST_XDIST_WORKER", "main")
if os.environ.get("MINETT_TESTS_OWNER") != _owner:
    _var = tempfile.mkdtemp(prefix="minett-test-")
    os.environ |= {"MINETT_TESTS_OWNER": _owner, "MINETT_VAR": _var}
    atexit.register(shutil.rmtree, _var, ignore_errors=True)

from minett.project.settings import *  # noqa: E402, F403 - the project's settings, read after `var` is set.
