"""Files that come with a request: the part `file` of a form, its size and digest."""

import hashlib
from typing import IO

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from app.core.problems import Problem

LARGEST_FIELD = 1024


async def receive_form(
    request: Request, what: str, most_fields: int
) -> tuple[IO[bytes], dict[str, str]]:
    """The form's file, which lies on disk where it is large, and the text of its other fields.

    Args:
        what: what the file is, for the person who forgot it.

    Raises:
        Problem: 400 broken form, 422 no file.
    """
    missing = Problem(422, "no-file", f"Send {what} as the part `file` of a form.")
    if not request.headers.get("Content-Type", "").startswith("multipart/form-data"):
        raise missing
    try:
        form = await request.form(max_files=1, max_fields=most_fields, max_part_size=LARGEST_FIELD)
    except HTTPException as error:
        why = f"The form cannot be read: {error.detail} Send {what} as its part `file`, once."
        raise Problem(400, "broken-form", why) from error
    upload = form.get("file")
    if not isinstance(upload, UploadFile):
        raise missing
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    return upload.file, fields


def digest_file(file: IO[bytes]) -> tuple[int, str]:
    """Size in bytes and SHA-256 of a file, which is left at its start."""
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256")  # type: ignore[arg-type]
    size = file.tell()
    file.seek(0)
    return size, digest.hexdigest()
