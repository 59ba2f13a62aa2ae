"""Pictures and labels in browsers' caches: kept, but revalidated before they are shown.

Permission to see an image can change, and so can its pixels when something is blacked out. So a
browser asks each time, and gets a short answer if its copy is still valid.
"""

import hashlib
from itertools import chain

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from app.core.blobs import CHUNK, BlobStore

REVALIDATE = "private, no-cache"


def entity_tag(key: str) -> str:
    """Return the entity tag of something that never changes under its key, such as a blob."""
    return f'"{hashlib.sha256(key.encode()).hexdigest()[:32]}"'


def unchanged(request: Request, tag: str) -> bool:
    """Return whether the client already has this (``If-None-Match``, RFC 9110, 13.1.2)."""
    header = request.headers.get("If-None-Match", "")
    held = [one.strip().removeprefix("W/") for one in header.split(",")]
    return tag in held or held == ["*"]


def blob_response(
    request: Request, blobs: BlobStore, key: str, media_type: str, download_as: str | None = None
) -> Response:
    """Return a blob, streamed if it is large, or 304 without reading it if the client has it.

    Args:
        download_as: name under which the browser saves it; made by this program.

    Raises:
        BlobNotFoundError: there is no such blob.
    """
    headers = {"ETag": entity_tag(key), "Cache-Control": REVALIDATE}
    if unchanged(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    if download_as:
        headers["Content-Disposition"] = f'attachment; filename="{download_as}"'
    pieces = blobs.stream(key)
    first = next(pieces, b"")
    if len(first) < CHUNK:  # streaming so few bytes would cost more
        return Response(first, media_type=media_type, headers=headers)
    headers["Content-Length"] = str(blobs.size(key))
    return StreamingResponse(chain((first,), pieces), 200, headers, media_type)
