"""An untrusted ZIP as a tree of files. Nothing is ever unpacked to disk or under a file's name."""

from __future__ import annotations

import contextlib
import stat
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

from app.core.zip_damage import DAMAGE, directory_bytes, is_damage
from worker.formats.source import Finding, LabelError

MOST_FILES = 500_000
LARGEST_RATIO = 200
"""Most unpacked size per packed size. Pictures and their labels reach 50, bombs start at 1,000."""
LARGEST_DIRECTORY = 256 * 1024 * 1024
"""Most bytes of the list of files, which is held in memory: about 500 for each file."""
PIECE = 1024 * 1024
_NOISE = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")
_IN_UTF8 = 0x800


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """Size limits of an archive, bytes.

    Attributes:
        file_bytes: largest file, unless its reader sets another limit.
        total_bytes: largest sum of all files, unpacked.
    """

    file_bytes: int
    total_bytes: int


class ArchiveError(Exception):
    """The whole archive is refused.

    Args:
        code: a stable code.
        reason: one sentence with what to do.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class ZipTree:
    """The regular files of a ZIP by path.

    Raises:
        ArchiveError: it is damaged or too large.
        OSError: this machine is out of disk space.
    """

    def __init__(self, file: IO[bytes], limits: ArchiveLimits) -> None:
        self._limits = limits
        self.findings: list[Finding] = []
        """Entries that are not files, or have unacceptable names."""
        too_many = ArchiveError(
            "too-many-files", f"The ZIP has more than {MOST_FILES:,} files; send it in parts."
        )
        try:
            if directory_bytes(file) > LARGEST_DIRECTORY:
                raise too_many
            self._zip = zipfile.ZipFile(file)
        except DAMAGE as error:
            if not is_damage(error):
                raise
            raise ArchiveError(
                "damaged-archive", "The ZIP is damaged or not complete; pack and send it again."
            ) from None
        entries = self._zip.infolist()
        if len(entries) > MOST_FILES:
            raise too_many
        if sum(entry.file_size for entry in entries) > limits.total_bytes:
            raise ArchiveError(
                "unpacks-too-large",
                f"Unpacked, the ZIP has more than {limits.total_bytes:,} bytes; send it in parts.",
            )
        self._entries = self._taken(entries)
        self._names = sorted(self._entries)

    def _taken(self, entries: Sequence[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
        named = [(path_of(entry), entry) for entry in entries]
        named = [(_straight(name), entry) for name, entry in named if not name.endswith("/")]
        times = Counter(name for name, _ in named)
        taken = {}
        for name, entry in named:
            if any(part in _NOISE for part in PurePosixPath(name).parts):
                continue
            if problem := _problem(name, entry):
                self.findings.append(Finding(printable(name), *problem))
            elif times[name] == 1:
                taken[name] = entry
            elif times[name] > 1:
                times[name] = -1
                reason = "The ZIP has two files of this name; which one counts is not clear."
                self.findings.append(Finding(printable(name), "two-of-one-name", reason))
        return taken

    @property
    def names(self) -> Sequence[str]:
        """Paths with slashes, sorted."""
        return self._names

    def read(self, name: str, limit: int | None = None) -> bytes:
        """Return all bytes of a file.

        Raises:
            LabelError: it is larger than the limit, or damaged.
        """
        return b"".join(self.pieces(name, limit))

    def pieces(self, name: str, limit: int | None = None) -> Iterator[bytes]:
        """Like `read`, but yield one piece at a time.

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
        except DAMAGE as error:
            if not is_damage(error):
                raise
            raise LabelError("damaged", "The file is damaged in the ZIP; pack it again.") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)


def path_of(entry: zipfile.ZipInfo) -> str:
    """An entry's path with slashes.

    .NET before 4.6.1 writes backslashes, and macOS writes UTF-8 without marking it, which `zipfile`
    then reads as a DOS code page.
    """
    name = entry.filename
    if not entry.flag_bits & _IN_UTF8 and not name.isascii():
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return name.replace("\\", "/")


def _straight(name: str) -> str:
    """Return a path without empty parts and dots."""
    return PurePosixPath(name).as_posix()


def _problem(name: str, entry: zipfile.ZipInfo) -> tuple[str, str] | None:
    """Why an entry is refused: code and reason."""
    mode = entry.external_attr >> 16
    if name.startswith("/") or name[1:2] == ":" or ".." in PurePosixPath(name).parts:
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
    """Return a name that can be shown and stored."""
    return "".join(c if c.isprintable() else "?" for c in name)[:300]
