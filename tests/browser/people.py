"""Run as a program in an installation of its own: set it up, register the invented people, write the file to publish.

Arguments: the password of all people, and where the file goes. The last line of the output says what the sandbox says.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "minett.project.settings")

import django

django.setup()

from minett.cli.house import prepare  # noqa: E402 - Django is set up first.
from minett.journeys import demo_people, equipment  # noqa: E402
from minett.kernel.clock import SystemClock  # noqa: E402
from minett.planes.data.catalogue_sets import realise  # noqa: E402


def _publish(folder: Path) -> None:
    from datetime import timedelta

    from minett.journeys import demo_build, publish_product
    from minett.journeys.demo_tour import Tour
    from minett.planes.data.catalogue_sets import phishing_policy

    clock = SystemClock()
    tour = Tour(people=demo_people.everybody(clock.now(), "x"), clock=clock, folder=folder)
    real = realise("phishing", folder)
    publish_product.publish(
        tour.people.steward,
        now=clock.now(),
        file=real.path,
        schema=real.schema,
        policy=phishing_policy((clock.now() + timedelta(days=365)).date()),
        **demo_build._described(tour, real, "phishing"),
    )


def main(password: str, target: Path) -> None:
    prepare()
    demo_people.everybody(SystemClock().now(), password)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(realise("phishing", Path(folder)).path, target)
        _publish(Path(folder))
    ready = equipment.current().executor.ready()
    sys.stdout.write(json.dumps({"refused": "" if ready.ok else ready.reason}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
