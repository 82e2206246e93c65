"""Run as a program in an installation of its own: set it up, register the invented people, lay out a file to publish.

Arguments: the password of all people, and the folder for the file and for what its steward says about it. The last
line of the output says why no sandbox can be made, if so.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "minett.project.settings")

import django

django.setup()

from minett.cli.house import prepare  # noqa: E402 - Django is set up first.
from minett.journeys import demo_people, equipment  # noqa: E402
from minett.kernel.clock import SystemClock  # noqa: E402
from minett.planes.data.catalogue_sets import RealSet, realise  # noqa: E402


def main(password: str, folder: Path) -> None:
    prepare()
    demo_people.everybody(SystemClock().now(), password)
    folder.mkdir()
    real = realise("phishing", folder)
    (folder / "described.json").write_text(json.dumps(_described(real)))
    ready = equipment.current().executor.ready()
    sys.stdout.write(json.dumps({"refused": "" if ready.ok else ready.reason}) + "\n")


def _described(real: RealSet) -> dict[str, object]:
    facts = {
        "title_en": real.title.in_("en"),
        "title_fr": real.title.in_("fr"),
        "description_en": real.description.in_("en"),
        "description_fr": real.description.in_("fr"),
        "sector": real.sector,
        "source": real.source,
        "licence": real.licence,
    }
    meanings = {column.name: column.meaning.in_("en") for column in real.schema.columns}
    return {"file": str(real.path), "facts": facts, "meanings": meanings}


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
