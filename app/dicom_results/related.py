"""Several objects in one answer (PS3.18 8.7.1.2.2, RFC 2387)."""

import secrets
from collections.abc import Sequence


def related(parts: Sequence[bytes]) -> tuple[bytes, str]:
    """Return a body with these DICOM files, and its media type."""
    boundary = secrets.token_hex(16)  # so long that no file contains it
    head = f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()
    body = b"".join(head + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()
    return body, f'multipart/related; type="application/dicom"; boundary={boundary}'
