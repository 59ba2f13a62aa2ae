"""Results go over TLS to a PACS whose certificate the site trusts, and nowhere else."""

import socket
import ssl
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pytest
from pydicom.uid import UltrasoundImageStorage
from pynetdicom import AE, evt

from app.sending.tables import Destination, Protocol
from tests.certificates import self_signed
from tests.orthanc import Orthanc
from tests.synthetic import ultrasound, ultrasound_dicom
from worker.sending import Address, SendError, deliver


@dataclass
class Secured:
    """A PACS that accepts C-STORE over TLS, behind an HTTPS proxy.

    Attributes:
        authority: PEM of its certificate.
        url: URL of DICOMweb through the proxy.
    """

    orthanc: Orthanc
    authority: str
    url: str


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    certificate, key = self_signed(tmp_path_factory.mktemp("tls"))
    server = Orthanc(tls=(certificate, key))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    with https(context, server.port) as url:
        yield Secured(server, certificate.read_text(), url)
    server.close()


@contextmanager
def https(context: ssl.SSLContext, behind: int) -> Iterator[str]:
    """Serve DICOMweb of the server on port `behind` over TLS; yield the address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        Thread(target=proxy, args=(listening, context, behind), daemon=True).start()
        yield f"https://localhost:{port}/dicom-web"


def proxy(listening: socket.socket, context: ssl.SSLContext, port: int) -> None:
    """Accept TLS and forward the decrypted bytes, one connection after another."""
    while True:
        try:
            plain, _ = listening.accept()
        except OSError:
            return
        with (
            suppress(OSError),
            context.wrap_socket(plain, server_side=True) as one,
            socket.create_connection(("127.0.0.1", port)) as other,
        ):
            Thread(target=copy, args=(other, one), daemon=True).start()
            copy(one, other)


def copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)


def destination(where: Secured, protocol: Protocol, authority: str | None) -> Address:
    return Address(
        Destination(
            protocol=protocol,
            ae_title=where.orthanc.ae_title,
            host="localhost",
            port=where.orthanc.dicom_port,
            tls=True,
            url=where.url,
            ca_certificate=authority,
        ),
        basic_of(*where.orthanc.auth) if protocol is Protocol.STOW_RS else None,
    )


def basic_of(user: str, password: str) -> str:
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


@pytest.mark.parametrize("protocol", Protocol)
def test_only_a_certificate_that_is_believed_is_sent_to(
    secured: Secured, protocol: Protocol
) -> None:
    orthanc = secured.orthanc
    orthanc.empty()
    file = ultrasound_dicom(ultrasound(96, 128))
    with pytest.raises(SendError):
        deliver(destination(secured, protocol, None), [file])
    assert orthanc.instances() == []
    deliver(destination(secured, protocol, secured.authority), [file])
    assert len(orthanc.instances()) == 1


def test_a_certificate_of_another_is_not_believed(secured: Secured, tmp_path: Path) -> None:
    other, _ = self_signed(tmp_path)
    where = destination(secured, Protocol.STOW_RS, other.read_text())
    with pytest.raises(SendError, match="not trusted"):
        deliver(where, [b""])


@dataclass
class Asking:
    """A server that requires a client certificate and trusts only this site's.

    Attributes:
        ours, theirs: certificate and key of this site and of the server.
    """

    context: ssl.SSLContext
    ours: tuple[Path, Path]
    theirs: tuple[Path, Path]

    @property
    def others(self) -> tuple[tuple[Path, Path] | None, ...]:
        """Client certificates that the server refuses: none, and an untrusted one."""
        return None, self.theirs


@pytest.fixture
def asking(tmp_path: Path) -> Asking:
    folders = tmp_path / "ours", tmp_path / "theirs"
    for folder in folders:
        folder.mkdir()
    ours, theirs = (self_signed(folder) for folder in folders)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(ours[0]))
    context.load_cert_chain(*theirs)
    context.verify_mode = ssl.CERT_REQUIRED
    return Asking(context, ours, theirs)


def test_stow_shows_our_certificate_to_a_pacs_that_asks_for_one(
    secured: Secured, asking: Asking, tmp_path: Path
) -> None:
    orthanc = secured.orthanc
    orthanc.empty()
    file = ultrasound_dicom(ultrasound(96, 128))
    with https(asking.context, orthanc.port) as url:
        to = Destination(
            protocol=Protocol.STOW_RS, url=url, ca_certificate=asking.theirs[0].read_text()
        )
        basic = basic_of(*orthanc.auth)
        for shown in asking.others:
            with pytest.raises(SendError):
                deliver(Address(to, basic, shown), [file])
        assert orthanc.instances() == []
        deliver(Address(to, basic, asking.ours), [file])
        assert len(orthanc.instances()) == 1
        with pytest.raises(SendError, match="SONOLOOP_DICOM_TLS_CERTIFICATE"):
            deliver(Address(to, basic, (tmp_path / "none.pem", None)), [file])


def test_c_store_shows_our_certificate_to_a_pacs_that_asks_for_one(
    asking: Asking, tmp_path: Path
) -> None:
    stored: list[str] = []

    def store(event: evt.Event) -> int:
        stored.append(str(event.request.AffectedSOPInstanceUID))
        return 0

    entity = AE("PACS")
    entity.add_supported_context(UltrasoundImageStorage)
    server = entity.start_server(
        ("127.0.0.1", 0),
        block=False,
        ssl_context=asking.context,
        evt_handlers=[(evt.EVT_C_STORE, store)],
    )
    assert server is not None
    to = Destination(
        protocol=Protocol.C_STORE,
        ae_title="PACS",
        host="localhost",
        port=server.server_address[1],
        tls=True,
        ca_certificate=asking.theirs[0].read_text(),
    )
    file = ultrasound_dicom(ultrasound(96, 128))
    try:
        for shown in asking.others:
            with pytest.raises(SendError):
                deliver(Address(to, None, shown), [file])
        assert stored == []
        deliver(Address(to, None, asking.ours), [file])
        assert len(stored) == 1
        with pytest.raises(SendError, match="SONOLOOP_DICOM_TLS_CERTIFICATE"):
            deliver(Address(to, None, (tmp_path / "none.pem", None)), [file])
    finally:
        server.shutdown()
