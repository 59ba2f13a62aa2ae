"""Files between C-STORE and the ingest path: on disk before the sender gets its acknowledgement.

`spool/dicom/incoming` holds files that are being received, `spool/dicom/PEER` acknowledged ones. A
file leaves the spool once the ingest path has stored it durably, so that a kill at any time loses
no acknowledged file. The files name patients and are readable only by the program's own account.
"""

import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import UUID, uuid4

from app.core.disk import sync
from app.core.state import State
from app.dicom import peers
from app.dicom.receiving import Reason, RefusedError, receive

log = logging.getLogger(__name__)

RETRY_SECONDS = 5.0
ABANDONED_SECONDS = 600.0
"""A file that is being received and has not grown for this long belongs to a broken association."""
_SUFFIX = ".dcm"


class Spool:
    """The folder, and the thread that hands its files on."""

    def __init__(self, state: State, folder: Path, most_bytes: int) -> None:
        self.incoming = folder / "incoming"
        self._state = state
        self._folder = folder
        self._most_bytes = most_bytes
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dicom-spool", daemon=True)
        self.incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)

    def start(self) -> None:
        """Start with the files that an earlier run left."""
        for path in self.incoming.iterdir():
            path.unlink(missing_ok=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the current file, and stop."""
        self._stop.set()
        self._wake.set()
        self._thread.join(30)

    @property
    def alive(self) -> bool:
        """Whether the thread that hands files on is running."""
        return self._thread.is_alive()

    def keep(self, peer_id: UUID, path: Path) -> None:
        """Keep a received file; once this returns, it survives a power cut.

        One peer may fill half of the spool, so that what waits of it keeps no other out.

        Raises:
            OSError: the file is not kept, for example because the spool is full.
        """
        folder = self._folder / str(peer_id)
        if _size(self._folder) > self._most_bytes or _size(folder) > self._most_bytes // 2:
            raise OSError("the spool is full")
        folder.mkdir(exist_ok=True, mode=0o700)
        sync(path)
        # Names sort by arrival; pynetdicom removes its own name of the file.
        target = folder / f"{time.time_ns():020d}-{uuid4()}{_SUFFIX}"
        os.link(path, target)
        sync(folder)
        sync(self._folder)
        self._wake.set()

    def holds(self, peer_id: UUID) -> bool:
        """Return whether something that the peer has sent is not handed on yet."""
        return any(self._files(peer_id))

    def _files(self, peer_id: UUID) -> Iterator[Path]:
        yield from (self._folder / str(peer_id)).glob(f"*{_SUFFIX}")

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            try:
                left = self._hand_on()
                self._forget_abandoned()
            except OSError as error:
                log.error("the spool cannot be read: %s", error.strerror)
                left = True
            self._wake.wait(RETRY_SECONDS if left else ABANDONED_SECONDS / 10)

    def _hand_on(self) -> bool:
        """Hand every file on; return whether some have to wait."""
        left = False
        for folder in sorted(self._folder.iterdir()):
            with suppress(ValueError):
                peer_id = UUID(folder.name)
                for path in sorted(self._files(peer_id)):
                    if self._stop.is_set():
                        return True
                    left |= not self._receive(peer_id, path)
        return left

    def _receive(self, peer_id: UUID, path: Path) -> bool:
        """Hand one file on; return whether it has left the spool."""
        try:
            with self._state.database.read() as session:
                peer = peers.by_id(session, peer_id)
            if peer is None:
                log.warning("a file waits whose sender may not send any more: %s", path.name)
                return False
            with path.open("rb") as file:
                receive(self._state, peer.principal, file)
        except RefusedError as error:
            if error.reason in (Reason.OUT_OF_RESOURCES, Reason.PROCESSING_FAILURE):
                log.warning("a received file waits: %s", error.detail)
                return False
            log.error("a received file is no image: %s", error.detail)
        except Exception as error:  # the database or the disk: try again later
            log.warning("a received file waits: %s", type(error).__name__)
            return False
        path.unlink(missing_ok=True)
        return True

    def _forget_abandoned(self) -> None:
        for path in self.incoming.iterdir():
            with suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > ABANDONED_SECONDS:
                    path.unlink()


def _size(folder: Path) -> int:
    """Return the bytes of all files under a folder."""
    total = 0
    for path in folder.rglob(f"*{_SUFFIX}"):
        with suppress(FileNotFoundError):
            total += path.stat().st_size
    return total
