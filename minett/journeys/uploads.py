"""How uploads that wait lie in the store: a table and a record for each, in a folder of the person who sent them.

It asks for no permission and reads no table; `prepare_product` decides who may do what.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from minett.journeys import equipment
from minett.planes.data.files import published, turn
from minett.planes.data.schema import TableSchema

ARRIVING = "arriving-"
KEPT_FOR = timedelta(days=1)
LONGEST_NAME = 200
TOKEN_LENGTH = 48
TOKEN = re.compile(rf"[0-9a-f]{{{TOKEN_LENGTH}}}")
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Upload:
    """One file that waits. `nulls` counts the missing values by column; `draft` is what was typed about it so far.

    `bytes` is the size as it came. `product_code` names the product that it will be a new version of, `becoming` the
    one that it is being published as, and `published_as` the one that it became.
    """

    token: str
    person_id: int
    organisation_id: int
    name: str
    received_at: datetime
    rows: int
    bytes: int
    schema: TableSchema
    nulls: Mapping[str, int]
    product_code: str = ""
    draft: Mapping[str, list[str]] | None = None
    becoming: str = ""
    published_as: str = ""

    @property
    def is_until(self) -> datetime:
        """Return when it is removed."""
        return self.received_at + KEPT_FOR

    def is_over(self, now: datetime) -> bool:
        return now >= self.is_until

    def to_json(self) -> dict[str, Any]:
        return {
            "person_id": self.person_id,
            "organisation_id": self.organisation_id,
            "name": self.name,
            "received_at": self.received_at.isoformat(),
            "rows": self.rows,
            "bytes": self.bytes,
            "schema": self.schema.to_json(),
            "nulls": dict(self.nulls),
            "product_code": self.product_code,
            "draft": self.draft and dict(self.draft),
            "becoming": self.becoming,
            "published_as": self.published_as,
        }

    @classmethod
    def from_json(cls, token: str, given: Mapping[str, Any]) -> Upload:
        """Read what `to_json` wrote."""
        moment = datetime.fromisoformat(given["received_at"])
        schema = TableSchema.from_json(given["schema"])
        return cls(**{**given, "token": token, "received_at": moment, "schema": schema})


def readable(name: str) -> str:
    """Return the name of a file for people to read: no folders, nothing that is not visible, not too long."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in last if letter.isprintable())[:LONGEST_NAME] or "-"


def folder_of(person_id: int) -> Path:
    """Return the folder of a person's uploads, which only the house may look into."""
    folder = equipment.current().store.folder("uploads") / str(person_id)
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def table_of(folder: Path, token: str) -> Path:
    """Return the file that the data engine wrote."""
    return folder / f"{token}.parquet"


def read(folder: Path, token: str) -> Upload | None:
    """Return the upload of a token; None for a token that is none, is not there, or is of another format."""
    if not TOKEN.fullmatch(token):
        return None
    try:
        file = os.open(folder / f"{token}.json", os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(file, "rb") as stream:
        found = json.loads(stream.read())
    if found.pop("format", None) != FORMAT:
        return None
    return Upload.from_json(token, found)


def keep(folder: Path, upload: Upload) -> None:
    """Write the record, whole or not at all."""
    content = json.dumps(upload.to_json() | {"format": FORMAT})
    with published(folder / f"{upload.token}.json") as file, os.fdopen(file, "wb", closefd=False) as stream:
        stream.write(content.encode())


def waiting(folder: Path, now: datetime) -> list[Upload]:
    """Return what is not published and not over, newest first."""
    found = [upload for path in folder.glob("*.json") if (upload := read(folder, path.stem)) is not None]
    alive = [upload for upload in found if not upload.published_as and not upload.is_over(now)]
    return sorted(alive, key=lambda upload: upload.received_at, reverse=True)


def remove(folder: Path, token: str) -> None:
    """Remove everything of an upload; the record goes first, so that no record speaks of a table that is gone."""
    for ending in (".json", ".parquet", ".lock"):
        (folder / f"{token}{ending}").unlink(missing_ok=True)


def sweep(now: datetime) -> int:
    """Remove every upload that is over, and files of a day ago that belong to none; return how many uploads."""
    count = 0
    for folder in equipment.current().store.folder("uploads").iterdir():
        for path in folder.glob("*.json"):
            count += _removed(folder, path.stem, now)
        for left in folder.iterdir():
            is_old = now.timestamp() - left.lstat().st_mtime > KEPT_FOR.total_seconds()
            if is_old and not (folder / f"{left.name.partition('.')[0]}.json").exists():
                left.unlink(missing_ok=True)
    return count


def _removed(folder: Path, token: str, now: datetime) -> bool:
    upload = read(folder, token)
    if upload is not None and not upload.is_over(now):
        return False
    with turn(folder, token):
        remove(folder, token)
    return True
