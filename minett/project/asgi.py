"""The ASGI entrance for a web server."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "minett.project.settings")
application = get_asgi_application()
