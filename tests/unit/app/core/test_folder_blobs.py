"""Blobs in a folder while other threads write and delete blobs there."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from app.core.blobs import FolderBlobs


def test_a_put_survives_deletes_that_empty_its_folder(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path)

    def work(number: int) -> None:
        for turn in range(150):
            key = f"uploads/{number}-{turn}"
            blobs.put(key, b"x")
            assert blobs.get(key) == b"x"
            blobs.delete(key)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    assert list(blobs.list()) == []


def test_probes_at_the_same_time_do_not_disturb_each_other(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: blobs.check(), range(300)))
