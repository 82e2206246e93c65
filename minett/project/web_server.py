"""How the web server runs its processes: each thinks once before its first visitor comes. Read by gunicorn."""

from __future__ import annotations

import logging
import threading

from django.db import DatabaseError, connection

from minett.advice.service import advise
from minett.journeys import open_case
from minett.kernel.actor import VISITOR
from minett.kernel.clock import SystemClock


def warm_up() -> None:
    """Read the catalogue and answer one need, so that the first visitor does not wait for the index."""
    try:
        today = SystemClock().now().date()
        advise("Wir möchten Rechnungen lesen.", open_case.library(VISITOR, today), today)
    except DatabaseError:
        # A portal whose tables are not made yet starts all the same.
        logging.getLogger(__name__).warning("The catalogue could not be read yet.")
    finally:
        connection.close()


def post_worker_init(_worker: object) -> None:
    """Warm up beside the first requests; gunicorn calls this in every process after the application is loaded."""
    threading.Thread(target=warm_up, name="warm-up", daemon=True).start()
