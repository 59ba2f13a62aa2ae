"""The C-STORE listener: an application entity that accepts images from known peers.

Verification, Storage and Storage Commitment Push Model as SCP (PS3.4 A, B, J).
"""

import logging
import socket
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from pynetdicom import AE, _config, dimse_messages, evt
from pynetdicom.dimse_messages import N_ACTION_RSP
from pynetdicom.events import Event
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StorageCommitmentPushModel,
    Verification,
)

from app.core.state import State
from app.dicom import peers
from app.dicom.classes import SOP_CLASSES, TRANSFER_SYNTAXES
from app.dicom.commitments import Commitments
from app.dicom.head import read_head
from app.dicom.incoming import IncomingFile
from app.dicom.peers import Peer
from app.dicom.receiving import Reason, RefusedError, check
from app.dicom.spool import Spool

log = logging.getLogger(__name__)

SUCCESS = 0x0000
_REQUEST_COMMITMENT = 1
_MOST_REFERENCES = 10_000
_MOST_PDU = 1024 * 1024
"""Most bytes of one protocol data unit. Ours have at most 16 KiB; a request for an association that
asks for everything has some 60 KiB."""
_PDU_SECONDS = 30.0
_TRUSTED_SECONDS = 3.0
"""After this time the peer of an association is looked up again."""
_SILENT = 16
"""Most connections of one address that are not identified yet; further ones are closed."""
_MOST_SILENT = 256
"""The same for all addresses."""
_REJECTED_PERMANENTLY, _BY_USER, _CALLING_NOT_KNOWN = 1, 1, 3
_REJECTED_FOR_NOW, _BY_PRESENTATION, _CONGESTION, _LOCAL_LIMIT = 2, 3, 1, 2


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on associations with the listener.

    Attributes:
        associations: most at once; one peer may have at most half of them.
        idle_seconds: time after which a silent peer is cut off.
    """

    associations: int = 16
    idle_seconds: float = 60.0


class Listener:
    """A running listener; `port` is the actual one."""

    def __init__(
        self,
        state: State,
        spool: Spool,
        ae_title: str,
        address: tuple[str, int],
        limits: Limits,
        tls: ssl.SSLContext | None = None,
        tls_to_peers: ssl.SSLContext | None = None,
    ) -> None:
        self._state = state
        self._spool = spool
        self._limits = limits
        self._peers: dict[Any, Peer] = {}
        self._looked_up: dict[Any, float] = {}
        self._received: dict[Any, int] = {}
        self._silent: dict[Any, str] = {}
        self._lock = threading.Lock()
        _config.STORE_RECV_CHUNKED_DATASET = True  # written to a file piece by piece
        # With pynetdicom's own temporary file, a full disk would end the association's thread.
        made = partial(IncomingFile, spool.incoming)
        setattr(dimse_messages, "NamedTemporaryFile", lambda **how: made())  # noqa: B010
        for name in ("pynetdicom", "pydicom"):  # they log identifiers
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        entity = AE(ae_title)
        entity.require_called_aet = True
        # Limited in this class: pynetdicom also counts strangers who send nothing, who could then
        # keep everybody out.
        entity.maximum_associations = _MOST_SILENT + limits.associations
        entity.network_timeout = limits.idle_seconds
        entity.acse_timeout = entity.dimse_timeout = limits.idle_seconds
        entity.add_supported_context(Verification)
        entity.add_supported_context(StorageCommitmentPushModel)
        for sop_class in sorted(SOP_CLASSES):
            entity.add_supported_context(sop_class, list(TRANSFER_SYNTAXES))
        self._entity = entity
        self._commitments = Commitments(state, spool, ae_title, self._of_peer, tls_to_peers)
        self._server = entity.start_server(
            address,
            block=False,
            ssl_context=tls,
            evt_handlers=[
                (evt.EVT_CONN_OPEN, self._opened),
                (evt.EVT_REQUESTED, self._requested),
                (evt.EVT_DATA_RECV, self._bytes_came),
                (evt.EVT_C_ECHO, lambda event: SUCCESS),
                (evt.EVT_C_STORE, self._store),
                (evt.EVT_N_ACTION, self._commit),
                (evt.EVT_DIMSE_SENT, self._on_message_sent),
                (evt.EVT_ESTABLISHED, lambda event: self._commitments.look()),
                (evt.EVT_CONN_CLOSE, self._closed),
            ],
        )
        if self._server is None or self._server.socket is None:
            raise OSError("the server did not start")
        self.port: int = self._server.socket.getsockname()[1]

    def stop(self) -> None:
        """End every association and stop."""
        self._commitments.stop()
        self._entity.shutdown()

    def _opened(self, event: Event) -> None:
        """Limit what this process holds for connections that have not identified themselves yet."""
        connection = event.assoc.dul.socket
        if connection is None or connection.socket is None:
            return
        host = str(event.address[0])  # type: ignore[attr-defined]
        with self._lock:
            same = sum(other == host for other in self._silent.values())
            full = same >= _SILENT or len(self._silent) >= _MOST_SILENT
            if not full:
                self._silent[event.assoc] = host
        if full:
            with suppress(OSError):
                connection.socket.shutdown(socket.SHUT_RDWR)
        # The original accepts any length, and its time-out starts again with every few bytes.
        setattr(connection, "recv", partial(_receive, connection.socket))  # noqa: B010

    def _requested(self, event: Event) -> None:
        """Reject peers that are not on the list before anything is negotiated."""
        assoc = event.assoc
        try:
            asked = assoc.requestor.primitive
            title = str(asked.calling_ae_title).strip() if asked else ""
            with self._state.database.read() as session:
                peer = peers.by_ae_title(session, title)
            answer = (_REJECTED_PERMANENTLY, _BY_USER, _CALLING_NOT_KNOWN)
        except Exception as error:  # the database is unreachable
            log.warning("an association is put off: %s", type(error).__name__)
            peer, answer = None, (_REJECTED_FOR_NOW, _BY_PRESENTATION, _CONGESTION)
        with self._lock:
            # The connection may have closed meanwhile, and nothing would remove it any more.
            is_open = self._silent.pop(assoc, None) is not None
            if peer is not None and self._full(peer):
                peer, answer = None, (_REJECTED_FOR_NOW, _BY_PRESENTATION, _LOCAL_LIMIT)
            if peer is not None and is_open:
                self._peers[assoc], self._looked_up[assoc] = peer, time.monotonic()
                return
        if is_open:
            assoc.acse.send_reject(*answer)
        assoc.kill()

    def _peer(self, assoc: Any) -> Peer | None:
        """Return the peer of an association, or None if it may not send any more."""
        peer = self._peers.get(assoc)
        if peer is None or time.monotonic() - self._looked_up.get(assoc, 0) < _TRUSTED_SECONDS:
            return peer
        try:
            with self._state.database.read() as session:
                found = peers.by_ae_title(session, peer.ae_title)
        except Exception as error:  # the database is unreachable: the spool keeps what is sent
            log.warning("a peer cannot be looked up: %s", type(error).__name__)
            return peer
        with self._lock:
            if found is not None and assoc in self._peers:
                self._peers[assoc], self._looked_up[assoc] = found, time.monotonic()
        return found

    def _full(self, peer: Peer) -> bool:
        """Return whether the limit of associations is reached, for all peers or for this one, so
        that a peer that opens many and does nothing keeps no other out."""
        of_peer = sum(other.id == peer.id for other in list(self._peers.values()))
        most = self._limits.associations
        return len(self._peers) >= most or of_peer >= max(1, most // 2)

    def _closed(self, event: Event) -> None:
        with self._lock:
            self._silent.pop(event.assoc, None)
            self._peers.pop(event.assoc, None)
            self._looked_up.pop(event.assoc, None)
        self._received.pop(event.assoc, None)

    def _bytes_came(self, event: Event) -> None:
        """Cut off a peer that sends an endless instance, which would fill the disk."""
        assoc = event.assoc
        if assoc.dimse.message is None:
            self._received[assoc] = 0
        total = self._received.get(assoc, 0) + len(event.data)
        self._received[assoc] = total
        if total > self._state.settings.max_upload_bytes + 1024 * 1024:
            log.warning("an association sent more than an instance may have and is aborted")
            if assoc.dul.socket is not None:
                assoc.dul.socket.close()

    def _store(self, event: Event) -> int:
        """Answer success only for an instance that is on disk."""
        peer = self._peer(event.assoc)
        if peer is None:
            return Reason.NOT_ALLOWED
        path = Path(event.dataset_path)
        try:
            if path.stat().st_size > self._state.settings.max_upload_bytes:
                return Reason.OUT_OF_RESOURCES
            with path.open("rb") as file:
                head = read_head(file)
            if head is None or not head.instance or not head.sop_class:
                return Reason.NOT_UNDERSTOOD
            check(head)
            self._spool.keep(peer.id, path)
        except RefusedError as error:
            return error.reason
        except OSError as error:
            log.error("a file cannot be spooled: %s", type(error).__name__)
            return Reason.OUT_OF_RESOURCES
        return SUCCESS

    def _commit(self, event: Event) -> tuple[int, None]:
        """Accept a request for commitment; its answer is a separate event (PS3.4 J.3)."""
        peer = self._peer(event.assoc)
        if peer is None:
            return Reason.NOT_ALLOWED, None
        if event.action_type != _REQUEST_COMMITMENT:
            return 0x0123, None  # no such action
        asked = event.action_information
        references = list(asked.get("ReferencedSOPSequence") or [])
        if not asked.get("TransactionUID") or not 0 < len(references) <= _MOST_REFERENCES:
            return 0x0115, None  # invalid argument value
        try:
            self._commitments.keep(peer, str(asked.TransactionUID), references)
        except Exception as error:  # the database is unreachable
            log.warning("a commitment is not taken: %s", type(error).__name__)
            return Reason.PROCESSING_FAILURE, None
        return SUCCESS, None

    def _on_message_sent(self, event: Event) -> None:
        """Have commitments answered once the response to the request itself is sent."""
        if isinstance(event.message, N_ACTION_RSP):
            self._commitments.look()

    def _of_peer(self, peer_id: UUID) -> list[Any]:
        """Return the open associations of a peer."""
        return [assoc for assoc, peer in list(self._peers.items()) if peer.id == peer_id]


def _receive(connection: socket.socket, count: int) -> bytearray:
    """Return `count` bytes of a connection, or fewer if it was closed before.

    Raises:
        OSError: `count` exceeds the limit of a protocol data unit, or the bytes do not arrive in
            time.
    """
    if count > _MOST_PDU:
        raise OSError("a protocol data unit without end")
    found = bytearray()
    end = time.monotonic() + _PDU_SECONDS
    while len(found) < count:
        if time.monotonic() > end:
            raise TimeoutError("a protocol data unit that does not end")
        piece = connection.recv(min(65_536, count - len(found)))
        if not piece:
            break
        found += piece
    return found
