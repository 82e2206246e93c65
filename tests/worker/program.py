"""A worker in a process of its own, which tests can kill: `python -m tests.worker.program <verb> ...`.

prepare                     make the table of tasks in a new installation
enqueue <task> <JSON>...    put tasks into the queue, one for each JSON object of arguments
work                        work until told to stop
work-until-idle
"""

from __future__ import annotations

import json
import os
import sys

import django


def main(verb: str, *words: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "minett.project.settings"
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from minett.worker.run import Worker
    from minett.worker.ticks import Ticker
    from tests.worker import sample_tasks

    if verb == "prepare":
        call_command("migrate", "django_tasks_database", verbosity=0)
    elif verb == "enqueue":
        for arguments in words[1:]:
            getattr(sample_tasks, words[0]).enqueue(**json.loads(arguments))
    else:
        worker = Worker(settings.VAR / "run" / "workers", interval=0.02, ticker=Ticker(ticks=()))
        worker.run(stop_when_idle=verb == "work-until-idle")


if __name__ == "__main__":
    main(*sys.argv[1:])
