"""Which answers of a PACS count as delivered, and what is tried again."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from app.sending.tables import Destination, Protocol
from tests.behaviour.dicom.sending import instance
from worker.sending import Address, SendError, deliver


@contextmanager
def answering(status: int, kind: str, body: bytes) -> Iterator[str]:
    """The address of a DICOMweb service that answers every request like this."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


XML = b'<NativeDicomModel><DicomAttribute tag="00081198" vr="SQ"/></NativeDicomModel>'
KEPT = b'{"00081199":{"vr":"SQ","Value":[{"00081155":{"vr":"UI","Value":["1.2"]}}]}}'

FAILED = b'{"00081198":{"vr":"SQ","Value":[{"00081197":{"vr":"US","Value":[42752]}}]}}'


@pytest.mark.parametrize(
    ("kind", "body", "taken"),
    [
        ("application/dicom+json", KEPT, True),
        ("application/dicom+json", b"[" + KEPT + b"]", True),
        ("application/dicom+json", b"[" + FAILED + b"]", False),
        ("application/dicom+json", b"", True),
        ("application/dicom+xml", XML, False),
        ("application/dicom+json", KEPT[:40], False),
    ],
)
def test_202_counts_as_delivered_if_it_is_read_and_lists_no_failure(
    kind: str, body: bytes, taken: bool
) -> None:
    with answering(202, kind, body) as url:
        to = Address(Destination(protocol=Protocol.STOW_RS, url=url), None)
        if taken:
            deliver(to, [instance(1)])
            return
        with pytest.raises(SendError) as told:
            deliver(to, [instance(1)])
    assert told.value.code in ("pacs-answered", "object-refused")


def test_an_archive_whose_name_is_not_known_now_is_tried_again() -> None:
    name = "no-such-host.invalid"
    to = Destination(protocol=Protocol.C_STORE, ae_title="ARCHIVE", host=name, port=104)
    with pytest.raises(SendError) as told:
        deliver(Address(to, None), [instance(1)])
    assert (told.value.code, told.value.away) == ("pacs-silent", True)
