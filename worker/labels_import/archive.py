"""An untrusted ZIP as a tree of files. Nothing is ever unpacked to a disk or by a file's name."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

from worker.formats.source import Finding, LabelError

MOST_FILES = 500_000
LARGEST_RATIO = 200
"""Unpacked size by packed size. Pictures and their labels reach 50, a bomb begins at 1,000."""
PIECE = 1024 * 1024
_NOISE = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """What is refused for its size.

    Attributes:
        file_bytes: largest file, where its reader says nothing else.
        total_bytes: largest sum of all files, unpacked.
    """

    file_bytes: int
    total_bytes: int


class ArchiveError(Exception):
    """An archive that is not taken as a whole.

    Args:
        code: a stable word.
        reason: one sentence that says what to do.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class ZipTree:
    """The regular files of a ZIP by their paths.

    Raises:
        ArchiveError: it is damaged, or too much.
    """

    def __init__(self, file: IO[bytes], limits: ArchiveLimits) -> None:
        self._limits = limits
        self.findings: list[Finding] = []
        """Entries that are not files, or have names that no file should have."""
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError):
            raise ArchiveError(
                "damaged-archive", "The ZIP is damaged or not complete; pack and send it again."
            ) from None
        entries = self._zip.infolist()
        if len(entries) > MOST_FILES:
            raise ArchiveError(
                "too-many-files", f"The ZIP has more than {MOST_FILES:,} files; send it in parts."
            )
        if sum(entry.file_size for entry in entries) > limits.total_bytes:
            raise ArchiveError(
                "unpacks-too-large",
                f"Unpacked, the ZIP has more than {limits.total_bytes:,} bytes; send it in parts.",
            )
        self._entries: dict[str, zipfile.ZipInfo] = {}
        for entry in entries:
            self._take(entry)
        self._names = sorted(self._entries)

    def _take(self, entry: zipfile.ZipInfo) -> None:
        name = entry.filename
        if entry.is_dir() or any(part in _NOISE for part in PurePosixPath(name).parts):
            return
        if problem := _problem(entry):
            self.findings.append(Finding(printable(name), *problem))
        elif name in self._entries:
            raise ArchiveError(
                "damaged-archive", "The ZIP has two files of one name; pack it again."
            )
        else:
            self._entries[name] = entry

    @property
    def names(self) -> Sequence[str]:
        """Paths with slashes, sorted."""
        return self._names

    def read(self, name: str, limit: int | None = None) -> bytes:
        """All bytes of a file.

        Raises:
            LabelError: it is larger than the limit, or damaged.
        """
        return b"".join(self.pieces(name, limit))

    def pieces(self, name: str, limit: int | None = None) -> Iterator[bytes]:
        """As `read`, a piece at a time.

        Raises:
            LabelError: it is larger than the limit, or damaged.
        """
        limit = self._limits.file_bytes if limit is None else limit
        entry, size = self._entries[name], 0
        too_large = LabelError("too-large", f"The file has more than {limit:,} bytes.")
        if entry.file_size > limit:
            raise too_large
        try:
            with self._zip.open(entry) as file:
                while piece := file.read(PIECE):
                    size += len(piece)
                    if size > limit:
                        raise too_large
                    yield piece
        except LabelError:
            raise
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError):
            raise LabelError("damaged", "The file is damaged in the ZIP; pack it again.") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)


def _problem(entry: zipfile.ZipInfo) -> tuple[str, str] | None:
    """Why an entry is not taken: code and reason."""
    name, mode = entry.filename, entry.external_attr >> 16
    if "\\" in name or name.startswith("/") or ":" in name or ".." in PurePosixPath(name).parts:
        return "bad-name", "The name leads out of the archive; pack the files by relative names."
    if not name.isprintable():
        return "bad-name", "The name has characters that cannot be shown; rename the file."
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "not-a-file", "This is a link or a device; pack the file itself."
    if entry.flag_bits & 1:
        return "encrypted", "The file is encrypted; pack it without a password."
    if entry.file_size > 1024 * 1024 and entry.file_size > LARGEST_RATIO * entry.compress_size:
        return "bomb", "The file unpacks to very much more than it is; pack it without tricks."
    return None


def printable(name: str) -> str:
    """A name that can be shown and stored."""
    return "".join(c if c.isprintable() else "?" for c in name)[:300]
