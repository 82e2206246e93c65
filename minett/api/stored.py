"""Handing out files of the store. Whoever calls has obtained the row that names the file."""

from __future__ import annotations

from django.http import FileResponse

from minett.journeys import equipment
from minett.kernel.content import gettext_noop as _
from minett.kernel.errors import Absent, Unavailable


class BeingPrinted(Absent):
    code = "being-printed"
    retry_may_help = True
    sentence = _("The worker is still printing this document. Ask again in a moment.")


class FileNotInPlace(Unavailable):
    code = "file-not-in-place"
    sentence = _("The file is not in its place in the store. Tell the operator.")
    retry_may_help = False


def pdf(path: str, *, name: str) -> FileResponse:
    """Return a printed document as a download. `path` is relative to the store. Raises BeingPrinted, FileNotInPlace."""
    if not path:
        raise BeingPrinted
    try:
        file = equipment.current().store.absolute(path).open("rb")
    except (OSError, ValueError) as error:
        raise FileNotInPlace from error
    return FileResponse(file, as_attachment=True, filename=name, content_type="application/pdf")
