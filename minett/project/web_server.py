"""How the web server runs its processes: each thinks once before its first visitor comes. Read by gunicorn."""

from __future__ import annotations

import logging
import threading


def warm_up() -> None:
    """Read the catalogue and answer one need, so that the first visitor does not wait for the index."""
    # Gunicorn reads this file before Django is set up, so the apps are imported when a process is ready.
    from django.db import DatabaseError, connection  # noqa: PLC0415

    from minett.advice.service import advise  # noqa: PLC0415
    from minett.journeys import open_case  # noqa: PLC0415
    from minett.kernel.actor import VISITOR  # noqa: PLC0415
    from minett.kernel.clock import SystemClock  # noqa: PLC0415

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
