"""How a line of the log is written. Whoever knows a need's address may open it, so no line names one whole."""

from __future__ import annotations

import logging
import re

# What stands behind /needs/ is the secret; the rest of the address tells enough to find a fault by.
SECRET_ADDRESS = re.compile(r"(/needs/)[^/\s?#\"']+")


class DiscreetFormatter(logging.Formatter):
    """Writes a record, its traceback included, with every need's address shortened."""

    def format(self, record: logging.LogRecord) -> str:
        return SECRET_ADDRESS.sub(r"\1…", super().format(record))
