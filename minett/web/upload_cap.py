"""Takes a file of a form in up to a size, and lets go of the rest of the body. It decides nothing."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler
from django.http import HttpRequest


class CappedUpload(TemporaryFileUploadHandler):
    """Keeps the files of a request on disk while they are together at most `most_bytes`.

    Once they are more, `is_over` is set, nothing is kept, and the rest of the body is read without being stored, so
    that the browser gets its answer.
    """

    def __init__(self, request: HttpRequest, most_bytes: int) -> None:
        super().__init__(request)
        self.most_bytes, self.taken, self.is_over = most_bytes, 0, False

    def receive_data_chunk(self, raw_data: bytes, start: int) -> Any:
        self.taken += len(raw_data)
        if self.taken > self.most_bytes:
            self.is_over = True
            raise StopUpload(connection_reset=False)
        return super().receive_data_chunk(raw_data, start)
