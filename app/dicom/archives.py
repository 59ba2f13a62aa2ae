"""ZIP archives of instances: read one file at a time, within limits, and never unpacked to a name
that they contain.

A worker decodes the files, as with every upload.
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
"""Most files in one archive, because the answer names each of them."""
MOST_DIRECTORY_BYTES = 8 * 1024 * 1024
"""Most bytes of the list of files, which is held in memory."""
SPOOL_BYTES = 4 * 1024 * 1024
PIECE = 1024 * 1024
MOST_RATIO = 1_000
"""A file that is packed more tightly than this holds nothing or is meant to fill the disk."""
_OF_THE_SYSTEM = {"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"}
_ENCRYPTED = 1


class MemberError(Exception):
    """A file of an archive cannot be read.

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
        file: the ZIP; the caller closes it.
        largest: most bytes of a file.
        together: most bytes of all files together, unpacked.

    Raises:
        Problem: 415 if it is not a ZIP or is damaged; 413 if it holds too much.
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
        """Open a file at its start; it is on disk if it is large.

        Raises:
            MemberError: the file is too large, encrypted or damaged.
        """
        if entry.flag_bits & _ENCRYPTED:
            raise MemberError("encrypted", "The file is encrypted; pack it without a password.")
        if entry.file_size > self._largest:
            raise MemberError("too-large", f"The file is larger than {self._largest:,} bytes.")
        if entry.file_size > PIECE and entry.file_size > MOST_RATIO * entry.compress_size:
            raise MemberError("bomb", "The file is packed more tightly than any picture is.")
        with tempfile.SpooledTemporaryFile(SPOOL_BYTES) as file:
            try:
                # Reading stops at the size that the archive states and verifies the checksum.
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
    """Return the path of a file in a form that is safe to show to the sender."""
    return "".join(c if c.isprintable() else "?" for c in entry.filename)[:300]


def is_directory_record(entry: zipfile.ZipInfo) -> bool:
    """Return whether it is the list of a medium's files (PS3.10 8.6), which is not an image."""
    return PurePosixPath(entry.filename).name.upper() == "DICOMDIR"


def too_many() -> Problem:
    """Return a 413 for more files than an answer may name."""
    return Problem(
        413, "too-many-files", f"The ZIP has more than {MOST_FILES:,} files; send it in parts."
    )


def _noise(entry: zipfile.ZipInfo) -> bool:
    return not _OF_THE_SYSTEM.isdisjoint(PurePosixPath(entry.filename).parts)
