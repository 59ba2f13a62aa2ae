"""A model in transit: a ZIP with the files of its folder."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path, PurePosixPath
from typing import IO

from app.core.zip_damage import DAMAGE, directory_bytes, is_damage
from worker.pipeline.card import ModelError

MOST_FILES = 16
MOST_BYTES = 2 * 1024**3
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_CHUNK = 1024 * 1024
_LARGEST_DIRECTORY = 64 * 1024


def unpack(file: IO[bytes], folder: Path) -> None:
    """Write an archive's files into an empty folder. In the archive they may be in one folder.

    Raises:
        ModelError: it is not an intact ZIP of a model's files, or it is too large.
    """
    try:
        if directory_bytes(file) > _LARGEST_DIRECTORY:
            raise ModelError("The archive lists far more files than a model has.")
        with zipfile.ZipFile(file) as archive:
            entries = [one for one in archive.infolist() if not one.is_dir()]
            if len(entries) > MOST_FILES:
                raise ModelError(f"The archive has {len(entries)} files; a model has a few.")
            if len({PurePosixPath(one.filename).parent for one in entries}) > 1:
                raise ModelError("The archive has several folders; send the folder of one model.")
            left = MOST_BYTES
            for entry in entries:
                name = PurePosixPath(entry.filename).name
                if not _NAME.fullmatch(name) or (folder / name).exists():
                    raise ModelError(
                        "A file of the archive has a name that no model's file has, or comes "
                        "twice; send the folder as `sonoloop export-onnx` wrote it."
                    )
                left -= _copy(archive, entry, folder / name, left)
    except DAMAGE as error:
        if not is_damage(error):
            raise
        raise ModelError("The archive is damaged or cut short; pack and send it again.") from error


def _copy(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, most: int) -> int:
    size = 0
    with archive.open(entry) as source, path.open("wb") as target:
        while piece := source.read(_CHUNK):
            size += len(piece)
            if size > most:
                raise ModelError(f"The model has more than {MOST_BYTES // 1024**3} GiB.")
            target.write(piece)
    return size
