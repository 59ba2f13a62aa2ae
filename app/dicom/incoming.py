"""Files that pynetdicom fills with an instance received by C-STORE, piece by piece."""

import logging
from contextlib import suppress
from io import FileIO
from pathlib import Path
from uuid import uuid4

log = logging.getLogger(__name__)


class IncomingFile:
    """Replaces a named temporary file in pynetdicom, which fills it in the thread of the
    association: an exception there would end the thread and leave the sender waiting for an answer.

    Once a write fails, the file is deleted and further bytes are discarded, so that the sender gets
    the reason at the end of the instance.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"{uuid4()}.dcm"
        self._file: FileIO | None = None
        with suppress(OSError):
            # It names a patient: only this account may read it.
            self._path.touch(mode=0o600, exist_ok=False)
            self._file = FileIO(self._path, "w")

    @property
    def name(self) -> str:
        """The file's path, whether or not it exists."""
        return str(self._path)

    @property
    def file(self) -> "IncomingFile":
        """The file itself, because pynetdicom flushes the file behind the temporary one."""
        return self

    def write(self, data: bytes) -> int:
        """Write these bytes, or give up the file."""
        rest = memoryview(data)
        try:
            while rest and self._file is not None:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            log.error("an instance cannot be received: %s", error.strerror)
            self.close()
            with suppress(OSError):
                self._path.unlink()
        return len(data)

    def flush(self) -> None:
        """Do nothing: no bytes are buffered."""

    def close(self) -> None:
        """Close the file; may be called twice."""
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):
                file.close()
