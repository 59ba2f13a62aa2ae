"""A full disk is not reported as a damaged archive."""

import errno
import io
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest

from app.dicom.archives import StudyArchive
from tests.disks import fill, small_disk
from worker.formats.bundle import Bundle
from worker.labels_import.archive import ArchiveLimits, ZipTree
from worker.registry.archive import unpack

MEGABYTE = 1024 * 1024


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("a.png", b"a picture")
    return out.getvalue()


READERS: dict[str, Callable[[IO[bytes], Path], object]] = {
    "labels": lambda file, _: ZipTree(file, ArchiveLimits(MEGABYTE, MEGABYTE)),
    "bundle": lambda file, _: Bundle(file, MEGABYTE),
    "model": unpack,
    "study": lambda file, _: StudyArchive(file, MEGABYTE, MEGABYTE),
}


@pytest.mark.parametrize("reader", READERS)
def test_a_full_disk_is_not_called_a_damaged_archive(reader: str, tmp_path: Path) -> None:
    """The last bytes of a temporary file reach the disk only when the file is read again."""
    with small_disk(tmp_path / "small") as disk, tempfile.TemporaryFile(dir=disk) as file:
        filler = fill(disk)
        file.write(archive())
        with pytest.raises(OSError) as raised:
            READERS[reader](file, tmp_path)
        assert raised.value.errno == errno.ENOSPC
        filler.unlink()
