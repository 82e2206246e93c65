"""A pack is the content of one factory or antenna: YAML that says who offers what, with sources and dates.

This room defines what a pack may say (schema), reads one (reader) and reports every mistake with its file and
line (check). It knows no database and no framework, so a pack can be checked anywhere; loading it into the
catalogue is somebody else's work.
"""

from __future__ import annotations

from minett.apps.catalogue.pack.gaps import Gap, Gaps, gaps
from minett.apps.catalogue.pack.problems import Problem
from minett.apps.catalogue.pack.reader import (
    Pack,
    PackEntry,
    PackHasProblems,
    PackNotThere,
    check,
    read_pack,
    read_sound_pack,
)
from minett.apps.catalogue.pack.schema import KINDS

__all__ = [
    "KINDS",
    "Gap",
    "Gaps",
    "Pack",
    "PackEntry",
    "PackHasProblems",
    "PackNotThere",
    "Problem",
    "check",
    "gaps",
    "read_pack",
    "read_sound_pack",
]
