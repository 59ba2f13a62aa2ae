"""A bundle as bytes: a manifest, its signature, and existing files."""

import hashlib
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from app.bundles.signing import own_key, signed
from app.core.ids import now
from app.core.security import SiteKey
from app.core.settings import VERSION

_DAY = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Member:
    """A file in the bundle.

    Attributes:
        pieces: its bytes.
    """

    size: int
    sha256: str
    pieces: Iterable[bytes]

    @classmethod
    def of(cls, content: bytes) -> "Member":
        """Make a file out of bytes in memory."""
        return cls(len(content), hashlib.sha256(content).hexdigest(), [content])


def bundle(
    key: SiteKey, licence: str, about: dict[str, Any], members: dict[str, Member]
) -> Iterator[bytes]:
    """Yield a bundle in pieces.

    Args:
        licence: the licence under which it is given.
        about: `kind` and what it contains, as `worker.formats.bundle.Manifest` reads it.
        members: files by name, in lower case, without folders.
    """
    manifest = {
        "format": "sonoloop-bundle",
        "version": 1,
        "key": own_key(key),
        "created": now().date().isoformat(),
        "software": f"sonoloop {VERSION}",
        "licence": licence,
        "files": {name: {"size": m.size, "sha256": m.sha256} for name, m in members.items()},
        **about,
    }
    content, signature = signed(key, manifest)
    first = {"manifest.json": Member.of(content), "manifest.sig": Member.of(signature)}
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for name, member in {**first, **members}.items():
            with archive.open(zipfile.ZipInfo(name, _DAY), "w", force_zip64=True) as target:
                for piece in member.pieces:
                    target.write(piece)
                    yield sink.take()
    yield sink.take()


class _Sink(io.RawIOBase):
    """A file that the ZIP is written to and read from as it grows; it is not seekable."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._pieces.append(bytes(data))
        return len(self._pieces[-1])

    def take(self) -> bytes:
        """Return the bytes written since the last call, and forget them."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
