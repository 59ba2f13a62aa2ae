"""Pictures and labels in browsers' caches: kept, but never shown without asking again.

Whether somebody may see an image changes, and so may its pixels, when something in them is blacked
out. So a browser asks each time, and gets a short answer if its copy is still right.
"""

import hashlib
from itertools import chain

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from app.core.blobs import CHUNK, BlobStore

REVALIDATE = "private, no-cache"


def entity_tag(key: str) -> str:
    """The entity tag of what never changes under its key, such as a blob."""
    return f'"{hashlib.sha256(key.encode()).hexdigest()[:32]}"'


def unchanged(request: Request, tag: str) -> bool:
    """Whether the sender has this already (``If-None-Match``, RFC 9110, 13.1.2)."""
    header = request.headers.get("If-None-Match", "")
    held = [one.strip().removeprefix("W/") for one in header.split(",")]
    return tag in held or held == ["*"]


def blob_response(
    request: Request, blobs: BlobStore, key: str, media_type: str, download_as: str | None = None
) -> Response:
    """A blob, piece by piece where it is large, or 304 without reading it where the sender has it.

    Args:
        download_as: name under which the browser is to save it; of our own making.

    Raises:
        BlobNotFoundError: there is none.
    """
    headers = {"ETag": entity_tag(key), "Cache-Control": REVALIDATE}
    if unchanged(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    if download_as:
        headers["Content-Disposition"] = f'attachment; filename="{download_as}"'
    pieces = blobs.stream(key)
    first = next(pieces, b"")
    if len(first) < CHUNK:  # streaming costs more than so few bytes
        return Response(first, media_type=media_type, headers=headers)
    headers["Content-Length"] = str(blobs.size(key))
    return StreamingResponse(chain((first,), pieces), 200, headers, media_type)
