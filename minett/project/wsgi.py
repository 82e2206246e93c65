"""The WSGI entrance for a web server. It thinks once before the first visitor comes."""

from __future__ import annotations

import logging
import os
import threading

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "minett.project.settings")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

# These need the apps, which the line above has loaded.
from django.db import connection  # noqa: E402

from minett.advice.service import advise  # noqa: E402
from minett.journeys import open_case  # noqa: E402
from minett.kernel.actor import VISITOR  # noqa: E402
from minett.kernel.clock import SystemClock  # noqa: E402


def warm_up() -> None:
    """Read the catalogue and answer one need, so that the first visitor does not wait for the index."""
    try:
        today = SystemClock().now().date()
        advise("Wir möchten Rechnungen lesen.", open_case.library(VISITOR, today), today)
    except Exception:
        # A portal without a catalogue yet is no reason not to start.
        logging.getLogger(__name__).warning("The warm-up did not work.", exc_info=True)
    finally:
        connection.close()


threading.Thread(target=warm_up, name="warm-up", daemon=True).start()
