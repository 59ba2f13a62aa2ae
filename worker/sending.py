"""Sends bytes to a PACS by C-STORE and STOW-RS. Its errors name no person."""

from __future__ import annotations

import http.client
import io
import json
import logging
import secrets
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from app.sending.tables import Destination, Protocol

CONNECT_SECONDS = 10
ANSWER_SECONDS = 30
_FAILED_SEQUENCE, _FAILURE_REASON = "00081198", "00081197"
_DUPLICATE = 0x0111
"""The SOP instance already exists (PS3.4 B.2.3, PS3.18 annex CC): it was delivered before."""

for _name in ("pynetdicom", "pydicom"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)  # they log the data that they get


class SendError(Exception):
    """The delivery failed.

    Args:
        code: code of the reason, for pages that translate it.
        reason: the reason as an English sentence.
        values: what the sentence mentions, such as a status.

    Attributes:
        away: the receiver did not respond at all; other deliveries need not try now.
    """

    def __init__(self, code: str, reason: str, *, away: bool = False, **values: str) -> None:
        super().__init__(reason)
        self.code = code
        self.values = values
        self.away = away


@dataclass(frozen=True)
class Address:
    """The address of a receiver, with the credentials that it requires.

    Attributes:
        certificate: PEM files of our certificate and its key, presented to receivers that request
            one over TLS; the key may be in the first file.
    """

    destination: Destination
    authorization: str | None
    certificate: tuple[Path, Path | None] | None = None


def deliver(to: Address, files: Sequence[bytes]) -> None:
    """Send Part 10 files; raises if any of them fails.

    Raises:
        SendError: some may have arrived; sending them again changes nothing.
    """
    if to.destination.protocol is Protocol.C_STORE:
        _store(to, files)
    else:
        _stow(to, files)


def _store(address: Address, files: Sequence[bytes]) -> None:
    from pydicom import dcmread
    from pynetdicom import AE

    to = address.destination
    datasets = [dcmread(io.BytesIO(data)) for data in files]
    entity = AE(ae_title=to.calling_ae_title or "SONOLOOP")
    entity.connection_timeout = CONNECT_SECONDS
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = ANSWER_SECONDS
    for name in {(one.SOPClassUID, one.file_meta.TransferSyntaxUID) for one in datasets}:
        entity.add_requested_context(*name)
    host, port = to.host or "", to.port or 0
    tls = (_tls_context(address), host) if to.tls else None
    try:
        association = entity.associate(host, port, ae_title=to.ae_title or "ANY-SCP", tls_args=tls)
    except OSError:  # the host's name cannot be resolved; pynetdicom handles other failures
        raise SendError(
            "pacs-silent", "The PACS does not answer; check AE titles, host and port.", away=True
        ) from None
    if not association.is_established:
        rejected = association.is_rejected
        reason = "refused the association" if rejected else "does not answer"
        raise SendError(
            "association-refused" if rejected else "pacs-silent",
            f"The PACS {reason}; check AE titles, host and port.",
            away=not rejected,
        )
    try:
        for one in datasets:
            if not any(
                context.abstract_syntax == one.SOPClassUID
                for context in association.accepted_contexts
            ):
                name = one.SOPClassUID.name
                raise SendError(
                    "class-not-taken", f"The PACS does not take objects of class {name}.", name=name
                )
            status = association.send_c_store(one).get("Status")
            if status is None:
                raise SendError("pacs-silent", "The PACS did not answer to a C-STORE.", away=True)
            if status not in (0x0000, _DUPLICATE) and status >> 12 != 0xB:
                raise SendError(
                    "object-refused",
                    f"The PACS refused an object with status {status:04X}.",
                    status=f"{status:04X}",
                )
    finally:
        association.release()


def _stow(to: Address, files: Sequence[bytes]) -> None:
    boundary = secrets.token_hex(16)
    head = f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()
    body = b"".join(head + data + b"\r\n" for data in files) + f"--{boundary}--\r\n".encode()
    headers = {
        "Content-Type": f'multipart/related; type="application/dicom"; boundary={boundary}',
        "Accept": "application/dicom+json",
        **({"Authorization": to.authorization} if to.authorization else {}),
    }
    parts = urlsplit(to.destination.url or "")
    host, port = parts.hostname or "", parts.port
    connection = (
        http.client.HTTPSConnection(host, port, timeout=ANSWER_SECONDS, context=_tls_context(to))
        if parts.scheme == "https"
        else http.client.HTTPConnection(host, port, timeout=ANSWER_SECONDS)
    )
    try:
        connection.request("POST", f"{parts.path.rstrip('/')}/studies", body, headers)
        answer = connection.getresponse()
        status, content = answer.status, answer.read(1 << 20)
    except (OSError, http.client.HTTPException) as error:
        raise SendError(*_unreached(error), away=True) from None
    finally:
        connection.close()
    if status in (401, 403):
        raise SendError("credentials-refused", "The PACS refused the credentials; set them anew.")
    failures = _failures(content)
    refused = next((reason for reason in failures or () if reason != _DUPLICATE), None)
    if refused is not None:
        raise SendError(
            "object-refused",
            f"The PACS refused an object with reason {refused:04X}.",
            status=f"{refused:04X}",
        )
    if status == 200 or (status == 202 and failures is not None) or (status == 409 and failures):
        return  # each object was stored, now or before
    raise SendError("pacs-answered", f"The PACS answered {status}.", status=str(status))


def _unreached(error: Exception) -> tuple[str, str]:
    """Return code and sentence."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            "certificate-not-trusted",
            "The certificate of the PACS is not trusted; check address and authority.",
        )
    if isinstance(error, ssl.SSLError) and "ALERT" in (error.reason or ""):
        return (
            "certificate-wanted",
            "The PACS ended TLS: it asks for a certificate that it trusts. Set "
            "SONOLOOP_DICOM_TLS_CERTIFICATE to one of this site, and let the PACS trust it.",
        )
    if isinstance(error, ssl.SSLError):
        return (
            "tls-differs",
            "The PACS does not speak TLS as this site does; check the address.",
        )
    return "pacs-silent", "The PACS does not answer; check the address."


def _tls_context(to: Address) -> ssl.SSLContext:
    """TLS that trusts the destination's authorities, or the machine's if it has none."""
    context = ssl.create_default_context(cadata=to.destination.ca_certificate)
    if to.certificate is not None:
        try:
            context.load_cert_chain(*to.certificate)
        except OSError:  # an SSLError is one
            raise SendError(
                "own-certificate-unusable",
                "This site's own certificate cannot be used; see SONOLOOP_DICOM_TLS_CERTIFICATE.",
            ) from None
    return context


def _failures(content: bytes) -> list[int] | None:
    """Return the reasons of the objects that a response lists as not stored; None if it cannot be
    read, such as one in XML, so that it may list some."""
    if not content:
        return []
    try:
        said = json.loads(content)
        datasets = said if isinstance(said, list) else [said]  # some answer with an array of one
        failed = [
            one for data in datasets for one in data.get(_FAILED_SEQUENCE, {}).get("Value", [])
        ]
        return [int(one.get(_FAILURE_REASON, {}).get("Value", [0x0110])[0]) for one in failed]
    except (ValueError, AttributeError, TypeError, IndexError):
        return None
