"""Storage commitment (PS3.4 J): an accepted request is answered even after a crash.

The answer is a separate event. It is sent on the association of the request while that lasts, on a
later one of the same peer, or on a new one to the address where the peer listens.
"""

import json
import logging
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pynetdicom import AE, build_role
from pynetdicom.sop_class import StorageCommitmentPushModel  # type: ignore[attr-defined]
from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError

from app.core.ids import new_id, now
from app.core.security import SealBrokenError
from app.core.state import State
from app.dicom import peers
from app.dicom.peers import Peer
from app.dicom.receiving import Reason
from app.dicom.spool import Spool
from app.dicom.tables import DicomCommitment
from app.instances import records as instances

log = logging.getLogger(__name__)

PURPOSE = "commitment"
DRAIN = timedelta(seconds=20)
"""Time that an answer waits until instances that were just sent are handed on."""
DRAIN_STEP_SECONDS = 0.5
AGAIN_SECONDS = 5.0
_LONGEST_PAUSE = 600.0
_OWED = timedelta(days=2)
"""Time after which a request is dropped: the peer has asked again by then, or no longer asks."""
_ALL_KEPT, _SOME_NOT = 1, 2
_NO_SUCH_INSTANCE = 0x0112
_INSTANCE = "1.2.840.10008.1.20.1.1"


@dataclass(frozen=True, slots=True)
class _Request:
    """A peer's request for storage commitment: classes and UIDs of the instances."""

    id: UUID
    peer_id: UUID
    transaction: str
    references: tuple[tuple[str, str], ...]


class Commitments:
    """Storage commitments owed to peers, and the thread that answers them.

    Args:
        ae_title: the title by which peers know this program.
        associations: returns the open associations of a peer.
        tls: for associations to peers; None if this program listens without TLS.
    """

    def __init__(
        self,
        state: State,
        spool: Spool,
        ae_title: str,
        associations: Callable[[UUID], Iterable[Any]],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._state = state
        self._spool = spool
        self._ae_title = ae_title
        self._associations = associations
        self._tls = tls
        self._wake, self._stop = threading.Event(), threading.Event()
        self._later: dict[UUID, tuple[float, float]] = {}
        self._thread = threading.Thread(target=self._run, name="dicom-commitments", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop; open requests are answered after the next start."""
        self._stop.set()
        self._wake.set()
        self._thread.join(5)

    def look(self) -> None:
        """Check soon what can be answered, because a peer has connected or asked."""
        self._wake.set()

    def keep(self, peer: Peer, transaction: str, references: Iterable[Dataset]) -> None:
        """Store a request; once this returns, it is answered even after a crash."""
        names = ("ReferencedSOPClassUID", "ReferencedSOPInstanceUID")
        asked = [[str(one.get(name, "")) for name in names] for one in references]
        text = json.dumps({"transaction": transaction, "references": asked}).encode()
        sealed = self._state.site_key.seal(PURPOSE, text, peer.id.bytes)
        with self._state.database.write() as session:
            session.add(DicomCommitment(id=new_id(), peer_id=peer.id, sealed=sealed))

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            try:
                pause = self._answer_all()
            except Exception as error:  # the database is unreachable
                log.warning("commitments wait: %s", type(error).__name__)
                pause = AGAIN_SECONDS
            self._wake.wait(pause)

    def _answer_all(self) -> float | None:
        """Answer what can be answered; return the seconds until the next try, None if nothing is
        left."""
        with self._state.database.read() as session:
            rows = session.scalars(select(DicomCommitment).order_by(DicomCommitment.id)).all()
        pause: float | None = None
        for row in rows:
            if self._stop.is_set():
                break
            if row.created_at > now() - DRAIN and self._spool.holds(row.peer_id):
                pause = DRAIN_STEP_SECONDS
                continue
            done = row.created_at < now() - _OWED
            try:
                done = done or self._answer(row)
            except DBAPIError:
                raise
            except Exception as error:  # of this peer; others get their answers
                log.warning("a commitment waits: %s", type(error).__name__)
            if done:
                with self._state.database.write() as session:
                    session.execute(delete(DicomCommitment).where(DicomCommitment.id == row.id))
                self._later.pop(row.id, None)
            elif pause is None:
                pause = AGAIN_SECONDS
        return pause

    def _answer(self, row: DicomCommitment) -> bool:
        """Answer one request; return whether it is finished."""
        with self._state.database.read() as session:
            peer = peers.by_id(session, row.peer_id)
        if peer is None:
            return False  # it may not send now, but perhaps later
        try:
            asked = json.loads(self._state.site_key.open(PURPOSE, row.sealed, peer.id.bytes))
        except SealBrokenError:
            log.warning("a commitment cannot be opened and is dropped")
            return True
        references = tuple((one[0], one[1]) for one in asked["references"])
        request = _Request(row.id, peer.id, asked["transaction"], references)
        report, event = self._judge(peer, request)
        open_ones = [one for one in self._associations(peer.id) if one.is_established]
        return any(_send_event(one, report, event) for one in open_ones) or self._call(
            peer, request, report, event
        )

    def _call(self, peer: Peer, request: _Request, report: Dataset, event: int) -> bool:
        """Answer on an association to the peer's own address, with increasing pauses between
        tries."""
        due, pause = self._later.get(request.id, (0.0, AGAIN_SECONDS))
        if peer.host is None or peer.port is None or time.monotonic() < due:
            return False
        entity = AE(self._ae_title)
        entity.connection_timeout = 10
        entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = 30
        entity.add_requested_context(StorageCommitmentPushModel)
        role = build_role(StorageCommitmentPushModel, scp_role=True)
        self._later[request.id] = (time.monotonic() + pause, min(2 * pause, _LONGEST_PAUSE))
        assoc = entity.associate(
            peer.host,
            peer.port,
            ae_title=peer.ae_title,
            ext_neg=[role],
            tls_args=(self._tls, peer.host) if self._tls else None,
        )
        if assoc.is_established:
            try:
                if _send_event(assoc, report, event):
                    return True
            finally:
                assoc.release()
        log.warning("a peer did not take the answer to its commitment")
        return False

    def _judge(self, peer: Peer, request: _Request) -> tuple[Dataset, int]:
        """Return the report and its event type."""
        kept: list[Dataset] = []
        failed: list[Dataset] = []
        with self._state.database.read() as session:
            for sop_class, instance in request.references:
                item = Dataset()
                item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, instance
                pseudonym = instances.code(self._state.site_key, instance)
                if not instances.is_kept(session, peer.principal.project, pseudonym):
                    item.FailureReason = _NO_SUCH_INSTANCE
                elif not peer.commits:
                    item.FailureReason = int(Reason.PROCESSING_FAILURE)
                (failed if "FailureReason" in item else kept).append(item)
        report = Dataset()
        report.TransactionUID = request.transaction
        if kept:
            report.ReferencedSOPSequence = Sequence(kept)
        if failed:
            report.FailedSOPSequence = Sequence(failed)
        return report, _SOME_NOT if failed else _ALL_KEPT


def _send_event(assoc: Any, report: Dataset, event: int) -> bool:
    """Send the event; return whether the peer took it."""
    try:
        status, _ = assoc.send_n_event_report(report, event, StorageCommitmentPushModel, _INSTANCE)
    except (RuntimeError, ValueError, AttributeError):  # it is ending, or has no such context
        return False
    return "Status" in status
