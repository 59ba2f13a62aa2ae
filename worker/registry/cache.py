"""A machine's copies of versions, each in a folder named by its digest."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections.abc import Collection
from pathlib import Path

from app.core.blobs import BlobNotFoundError, BlobStore
from app.model_versions.tables import file_key
from worker.pipeline.artifact import digest_of
from worker.pipeline.card import ModelError, file_sha256

log = logging.getLogger(__name__)

MOST_FOLDERS = 8
"""Maximum number of copies; the least recently used are deleted."""
_NOT_FOR_SERVING = {"weights.safetensors"}


class ArtifactCache:
    """Copies in a local folder, which several processes may share.

    Args:
        root: the folder, created at first use.
        blobs: source of the bytes.
    """

    def __init__(self, root: Path, blobs: BlobStore) -> None:
        self._root = root
        self._blobs = blobs

    def folder(self, digest: str, files: dict[str, str], *, weights: bool = False) -> Path:
        """Return the folder with all of the version's files in its row, fetching missing ones.

        Args:
            digest: the version's digest.
            files: SHA-256 by name.
            weights: include those that only training needs.

        Raises:
            ModelError: its bytes are gone or do not match its digest.
        """
        if digest_of(files) != digest:
            raise ModelError(f"The list of files of model {digest[:12]} is not that of its digest.")
        wanted = {n: s for n, s in files.items() if weights or n not in _NOT_FOR_SERVING}
        folder = self._root / digest
        if not all((folder / name).is_file() for name in wanted):
            self._fetch(digest, wanted, folder)
        os.utime(folder)
        return folder

    def _fetch(self, digest: str, files: dict[str, str], folder: Path) -> None:
        self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(prefix=".part-", dir=self._root) as made:
            for name, expected in files.items():
                path = Path(made) / name
                try:
                    with path.open("wb") as file:
                        for piece in self._blobs.stream(file_key(digest, name)):
                            file.write(piece)
                except BlobNotFoundError as error:
                    raise ModelError(
                        f"The bytes of model {digest[:12]} are not in the blob store any more "
                        f"({name}); restore them from a backup, or import the model again."
                    ) from error
                if file_sha256(path) != expected:
                    raise ModelError(
                        f"{name} of model {digest[:12]} was changed in the blob store; restore it "
                        "from a backup."
                    )
            folder.mkdir(exist_ok=True, mode=0o700)
            for name in files:
                (Path(made) / name).replace(folder / name)
        log.info("model %s was fetched", digest[:12])
        self.evict({digest})

    def evict(self, keep: Collection[str], most: int = MOST_FOLDERS) -> int:
        """Delete the least recently used folders beyond a number; return how many were deleted.

        A network in memory no longer needs its files.
        """
        found = [p for p in self._root.iterdir() if p.is_dir() and not p.name.startswith(".")]
        found.sort(key=lambda p: p.stat().st_mtime, reverse=True)
        gone = [p for p in found[most:] if p.name not in keep]
        for path in gone:
            shutil.rmtree(path, ignore_errors=True)
        return len(gone)
