"""Blobs: bytes under keys, in a folder or in S3, behind one interface.

Only this program makes keys (ids and fixed words, never a user's string). A put is all or nothing:
a reader sees the whole object or no object, even after a kill or a power cut.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol
from urllib.parse import urlsplit
from urllib.request import url2pathname
from uuid import uuid4

import obstore
from obstore.store import S3Store

from app.core.disk import is_full, sync
from app.core.settings import Settings

if TYPE_CHECKING:
    from obstore import GetOptions

_KEY = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*")
_PARTIAL = ".partial-"
CHUNK = 256 * 1024


class BlobNotFoundError(Exception):
    """No object has this key; it was deleted or never written."""


class BlobStoreFullError(Exception):
    """The store has no room left; free space on it or enlarge it."""


@dataclass(frozen=True, slots=True)
class BlobInfo:
    """Key, size in bytes and time of the last write of one object."""

    key: str
    size: int
    modified: datetime


class BlobStore(Protocol):
    """The operations on blobs."""

    def put(self, key: str, data: bytes | IO[bytes], *, durable: bool = True) -> None:
        """Store all of ``data`` under ``key``, replacing what was there.

        A put that is not ``durable`` survives a killed process, but a power cut only after
        :meth:`make_durable`.
        """

    def make_durable(self, key: str) -> None:
        """Return once ``key`` survives a power cut; a key that was deleted is not an error."""

    def get(self, key: str) -> bytes:
        """Return all bytes of ``key``; raises :class:`BlobNotFoundError`."""

    def stream(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield bytes ``start`` to ``end`` (exclusive) of ``key`` in pieces of some 100 kB.

        Raises :class:`BlobNotFoundError` at the first piece.
        """

    def size(self, key: str) -> int:
        """Return the size of ``key`` in bytes; raises :class:`BlobNotFoundError`."""

    def delete(self, key: str) -> None:
        """Remove ``key``; a missing key is not an error."""

    def list(self, prefix: str = "") -> Iterator[BlobInfo]:
        """Yield every object whose key begins with ``prefix``, in no particular order."""

    def check(self) -> None:
        """Write, read and delete a probe; raises whatever goes wrong."""


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key) or ".." in key:
        raise ValueError(f"not a blob key: {key!r}")
    return key


class FolderBlobs:
    """Blobs as files: written to a temporary file, synced and renamed, then the folder is synced.

    ``obstore``'s own local store renames but does not sync, so after a power cut a committed row
    could point to an empty file.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True, mode=0o700)

    def put(self, key: str, data: bytes | IO[bytes], *, durable: bool = True) -> None:
        target = self.root / _checked(key)
        handle = -1
        partial = ""
        try:
            handle, partial = _partial_file(target.parent)
            with os.fdopen(handle, "wb") as file:
                if isinstance(data, bytes):
                    file.write(data)
                else:
                    shutil.copyfileobj(data, file, CHUNK)
                if durable:
                    file.flush()
                    os.fsync(file.fileno())
            Path(partial).replace(target)
            partial = ""
            if durable:
                sync(target.parent)
        except OSError as error:
            if is_full(error):
                raise BlobStoreFullError(
                    "The disk that holds the images is full. Free space on it and try again."
                ) from error
            raise
        finally:
            if partial:
                Path(partial).unlink(missing_ok=True)

    def make_durable(self, key: str) -> None:
        path = self.root / _checked(key)
        sync(path)
        sync(path.parent)

    def get(self, key: str) -> bytes:
        try:
            return (self.root / _checked(key)).read_bytes()
        except (FileNotFoundError, NotADirectoryError) as error:
            raise BlobNotFoundError(key) from error

    def stream(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        try:
            file = (self.root / _checked(key)).open("rb")
        except (FileNotFoundError, NotADirectoryError) as error:
            raise BlobNotFoundError(key) from error
        with file:
            file.seek(start)
            left = CHUNK if end is None else end - start
            while left > 0 and (piece := file.read(min(left, CHUNK))):
                yield piece
                left = CHUNK if end is None else left - len(piece)

    def size(self, key: str) -> int:
        try:
            return (self.root / _checked(key)).stat().st_size
        except (FileNotFoundError, NotADirectoryError) as error:
            raise BlobNotFoundError(key) from error

    def delete(self, key: str) -> None:
        path = self.root / _checked(key)
        path.unlink(missing_ok=True)
        for folder in path.relative_to(self.root).parents:
            if folder == Path():
                return
            try:
                (self.root / folder).rmdir()
            except OSError:  # not empty, or removed by another process
                return

    def list(self, prefix: str = "") -> Iterator[BlobInfo]:
        base = self.root / prefix.rpartition("/")[0]
        for folder, _, names in os.walk(base):
            for name in names:
                path = Path(folder, name)
                key = path.relative_to(self.root).as_posix()
                if not key.startswith(prefix):
                    continue
                try:
                    stat = path.stat()
                except FileNotFoundError:
                    continue
                yield BlobInfo(key, stat.st_size, datetime.fromtimestamp(stat.st_mtime, UTC))

    def delete_partial(self, before: datetime) -> int:
        """Remove temporary files that killed writers left before that time; return how many."""
        removed = 0
        for path in self.root.rglob(f"{_PARTIAL}*"):
            try:
                if path.stat().st_mtime < before.timestamp():
                    path.unlink()
                    removed += 1
            except FileNotFoundError:
                continue
        return removed

    def check(self) -> None:
        _probe(self)


class S3Blobs:
    """Blobs in a bucket of S3 or of a compatible service."""

    def __init__(self, settings: Settings, bucket: str, prefix: str) -> None:
        key, secret = settings.s3_access_key_id, settings.s3_secret_access_key
        endpoint = settings.s3_endpoint
        self._store = S3Store(
            bucket,
            prefix=prefix or None,
            region=settings.s3_region,
            access_key_id=key.get_secret_value() if key else None,
            secret_access_key=secret.get_secret_value() if secret else None,
            endpoint=endpoint,
            virtual_hosted_style_request=False,
            client_options={"allow_http": bool(endpoint and endpoint.startswith("http://"))},
        )

    def put(self, key: str, data: bytes | IO[bytes], *, durable: bool = True) -> None:
        obstore.put(self._store, _checked(key), data)

    def make_durable(self, key: str) -> None:
        """A put to S3 is durable when it returns."""

    def get(self, key: str) -> bytes:
        try:
            return bytes(obstore.get(self._store, _checked(key)).bytes())
        except FileNotFoundError as error:
            raise BlobNotFoundError(key) from error

    def stream(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        if end is not None and end <= start:
            return
        # A range without an end is requested by its offset, which needs no size.
        options: GetOptions = {}
        if end is not None:
            options = {"range": (start, end)}
        elif start:
            options = {"range": {"offset": start}}
        try:
            found = obstore.get(self._store, _checked(key), options=options)
        except FileNotFoundError as error:
            raise BlobNotFoundError(key) from error
        for piece in found.stream(min_chunk_size=CHUNK):
            yield bytes(piece)

    def size(self, key: str) -> int:
        try:
            return int(obstore.head(self._store, _checked(key))["size"])
        except FileNotFoundError as error:
            raise BlobNotFoundError(key) from error

    def delete(self, key: str) -> None:
        try:
            obstore.delete(self._store, _checked(key))
        except FileNotFoundError:
            return

    def list(self, prefix: str = "") -> Iterator[BlobInfo]:
        # Object stores list by path segment; this matches the rest of the prefix.
        for batch in obstore.list(self._store, prefix.rpartition("/")[0] or None):
            for entry in batch:
                if entry["path"].startswith(prefix):
                    yield BlobInfo(entry["path"], entry["size"], entry["last_modified"])

    def check(self) -> None:
        _probe(self)


def open_blobs(settings: Settings) -> BlobStore:
    """Return the store that ``blob_url`` names.

    Raises:
        ValueError: the URL's scheme is neither ``file`` nor ``s3``.
    """
    parts = urlsplit(settings.blobs)
    if parts.scheme == "file":
        return FolderBlobs(Path(url2pathname(parts.path)))
    if parts.scheme == "s3":
        return S3Blobs(settings, parts.netloc, parts.path.strip("/"))
    raise ValueError("SONOLOOP_BLOB_URL must begin with file:// or s3://")


def _probe(store: BlobStore) -> None:
    key = f"probe/{uuid4()}"
    store.put(key, b"sonoloop")
    if store.get(key) != b"sonoloop":
        raise OSError("the blob store returned other bytes than were written")
    store.delete(key)


def _partial_file(folder: Path) -> tuple[int, str]:
    """Make a temporary file in a folder, creating the folder if it is missing.

    A delete removes the folders that it empties, perhaps between the two steps here.
    """
    for _ in range(100):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return tempfile.mkstemp(prefix=_PARTIAL, dir=folder)
        except (FileNotFoundError, FileExistsError):
            continue
    folder.mkdir(parents=True, exist_ok=True)
    return tempfile.mkstemp(prefix=_PARTIAL, dir=folder)
