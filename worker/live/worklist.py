"""Sends kept frames to a Sonoloop site, through the same routes as any upload."""

from __future__ import annotations

import http.client
import json
import secrets
import ssl
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

CONNECT_SECONDS = 10.0
WAIT_SECONDS = 120.0
"""Time for the image to be stored, before its scale is set."""
_LONGEST_ANSWER = 4 * 1024 * 1024


class SendError(Exception):
    """The site did not accept the image.

    Attributes:
        code: the code of the site's problem, or one of ours: `unreachable`, `not-stored`.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True, slots=True)
class KeptFrames:
    """An image file that a reader keeps.

    Attributes:
        name: name of the file, made here.
        subject: any patient identifier, which the site stores as a pseudonym; None if unknown.
        mm_per_px: as the reader typed it; None if no scale is known.
        key: the same for every attempt, so that two attempts give one image.
    """

    name: str
    data: bytes
    subject: str | None
    mm_per_px: float | None
    key: str


@dataclass(frozen=True, slots=True)
class Worklist:
    """A site and its sender.

    Attributes:
        url: URL of the site.
        token: with the scope `segment`; the additional scope `write` allows setting the scale.
        project: its id; None for the token's only project.
    """

    url: str
    token: str
    project: str | None = None

    def send(self, kept: KeptFrames) -> dict[str, Any]:
        """Store a kept image, with its scale.

        Returns:
            `address` of the image's page, and `scale`: whether the scale was set (None if there was
            none).

        Raises:
            SendError: the site does not respond, or refuses it.
        """
        fields = {"name": kept.name, "wait": "0", "store": "true"}
        if kept.subject:
            fields["subject"] = kept.subject
        if self.project:
            fields["project"] = self.project
        body, kind = _form(fields, kept.name, kept.data)
        headers = {"Content-Type": kind, "Idempotency-Key": kept.key}
        answer = self._call("POST", "/segment?wait=0", body, headers)
        image = answer.get("image_id") or self._stored(str(answer["id"]))
        scale = None if kept.mm_per_px is None else self._calibrate(image, kept.mm_per_px)
        return {"address": f"{self.url}/ui/images/{quote(image)}", "scale": scale}

    def check(self) -> None:
        """Check early whether the site accepts the token.

        Raises:
            SendError: it does not, or does not respond.
        """
        self._call("GET", "/jobs?limit=1" + (f"&project={self.project}" if self.project else ""))

    def _stored(self, job: str) -> str:
        """Wait until the image is stored and return its id."""
        deadline, pause = time.monotonic() + WAIT_SECONDS, 0.1
        while time.monotonic() < deadline:
            found = self._call("GET", f"/jobs/{quote(job)}")
            if found.get("problem"):
                problem = found["problem"]
                raise SendError(str(problem.get("code")), str(problem.get("detail")))
            if found.get("state") == "cancelled":
                raise SendError("cancelled", "Somebody cancelled the job.")
            if found.get("image_id"):
                return str(found["image_id"])
            time.sleep(pause)
            pause = min(1.0, pause * 1.5)
        raise SendError("not-stored", "The site took it and has not stored it yet.")

    def _calibrate(self, image: str, mm_per_px: float) -> bool:
        """Set the stored image's scale; return False if the site does not allow it."""
        body = json.dumps({"px": 1, "mm": mm_per_px}).encode()
        headers = {"Content-Type": "application/json"}
        try:
            self._call("PUT", f"/images/{quote(image)}/calibration", body, headers)
        except SendError:
            return False
        return True

    def _call(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port
        if parts.scheme == "https":
            secure = ssl.create_default_context()
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                host, port, timeout=CONNECT_SECONDS, context=secure
            )
        else:
            connection = http.client.HTTPConnection(host, port, timeout=CONNECT_SECONDS)
        sent = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        try:
            connection.request(method, parts.path.rstrip("/") + path, body, sent | (headers or {}))
            answer = connection.getresponse()
            said = answer.read(_LONGEST_ANSWER)
        except (OSError, http.client.HTTPException) as error:
            raise SendError("unreachable", f"{self.url} does not answer.") from error
        finally:
            connection.close()
        try:
            found = json.loads(said) if said else {}
        except ValueError as error:
            raise SendError("unreachable", f"{self.url} is not a Sonoloop site.") from error
        if answer.status >= 300 or not isinstance(found, dict):
            detail = found.get("detail") if isinstance(found, dict) else None
            code = str(found.get("code", answer.status)) if isinstance(found, dict) else "refused"
            raise SendError(code, str(detail or f"The site answered {answer.status}."))
        return found


def _form(fields: dict[str, str], name: str, data: bytes) -> tuple[bytes, str]:
    """Make a form with a file, and its content type."""
    boundary = secrets.token_hex(16)
    head = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
        for field, value in fields.items()
    )
    file = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    body = head.encode() + file.encode() + data + f"\r\n--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"
