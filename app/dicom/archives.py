"""ZIP archives of instances: split into files one at a time, within bounds, and never unpacked by
a name that stands in them.

What is in the files is decoded by a worker, as of every upload.
"""

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import IO

from app.core.problems import Problem
from app.core.zip_damage import DAMAGE, directory_bytes, is_damage

MOST_FILES = 5_000
"""In one archive: the answer names each of them."""
MOST_DIRECTORY_BYTES = 8 * 1024 * 1024
"""Most bytes of the list of files, which lies in memory."""
SPOOL_BYTES = 4 * 1024 * 1024
PIECE = 1024 * 1024
MOST_RATIO = 1_000
"""Files this much smaller when packed hold nothing, or are meant to fill a disk."""
_OF_THE_SYSTEM = {"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"}
_ENCRYPTED = 1


class MemberError(Exception):
    """A file of an archive that cannot be had.

    Args:
        code: a stable word.
        reason: one sentence that says what to do.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class StudyArchive:
    """The files of a ZIP.

    Args:
        file: closed by the caller.
        largest: bytes of a file.
        together: bytes of all of them, unpacked.

    Raises:
        Problem: 415 it is no ZIP, or a damaged one; 413 it holds too much.
    """

    def __init__(self, file: IO[bytes], largest: int, together: int) -> None:
        try:
            if directory_bytes(file) > MOST_DIRECTORY_BYTES:
                raise too_many()
            self._zip = zipfile.ZipFile(file)
        except DAMAGE as error:
            if not is_damage(error):
                raise
            raise Problem(
                415, "no-archive", "The ZIP is damaged or not complete; pack and send it again."
            ) from None
        self._largest = largest
        entries = [one for one in self._zip.infolist() if not one.is_dir() and not _noise(one)]
        if len(entries) > MOST_FILES:
            raise too_many()
        if sum(one.file_size for one in entries) > together:
            raise Problem(
                413,
                "unpacks-too-large",
                f"Unpacked, the ZIP has more than {together:,} bytes; send it in parts.",
            )
        self.entries = entries

    @contextmanager
    def opened(self, entry: zipfile.ZipInfo) -> Iterator[IO[bytes]]:
        """A file at its start; on disk where it is large.

        Raises:
            MemberError: it is too large, encrypted or damaged.
        """
        if entry.flag_bits & _ENCRYPTED:
            raise MemberError("encrypted", "The file is encrypted; pack it without a password.")
        if entry.file_size > self._largest:
            raise MemberError("too-large", f"The file is larger than {self._largest:,} bytes.")
        if entry.file_size > PIECE and entry.file_size > MOST_RATIO * entry.compress_size:
            raise MemberError("bomb", "The file is packed more tightly than any picture is.")
        with tempfile.SpooledTemporaryFile(SPOOL_BYTES) as file:
            try:
                # It ends at the size that the archive states, and its checksum has to be right.
                with self._zip.open(entry) as packed:
                    while piece := packed.read(PIECE):
                        file.write(piece)
            except DAMAGE as error:
                if not is_damage(error):
                    raise
                raise MemberError(
                    "damaged", "The file is damaged in the ZIP; pack it again."
                ) from None
            file.seek(0)
            yield file


def shown_name(entry: zipfile.ZipInfo) -> str:
    """The path of a file as it can be shown to whoever sent it."""
    return "".join(c if c.isprintable() else "?" for c in entry.filename)[:300]


def is_directory_record(entry: zipfile.ZipInfo) -> bool:
    """Whether it is the list of a medium's files (PS3.10 8.6), which is no image."""
    return PurePosixPath(entry.filename).name.upper() == "DICOMDIR"


def too_many() -> Problem:
    """413 for more files than an answer may name."""
    return Problem(
        413, "too-many-files", f"The ZIP has more than {MOST_FILES:,} files; send it in parts."
    )


def _noise(entry: zipfile.ZipInfo) -> bool:
    return not _OF_THE_SYSTEM.isdisjoint(PurePosixPath(entry.filename).parts)
