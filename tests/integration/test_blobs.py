"""Blob stores keep data whole or not at all, in a folder and in S3."""

import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import obstore
import pytest

from app.core.blobs import (
    BlobNotFoundError,
    BlobStore,
    BlobStoreFullError,
    FolderBlobs,
    open_blobs,
)
from app.core.settings import Settings
from tests.integration.servers import ObjectStore
from tests.processes import wait_until

MIB = 1024 * 1024


def site(**values: object) -> Settings:
    return Settings(_env_file=None, **values)


@pytest.fixture(params=["folder", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    """An empty store of either kind."""
    if request.param == "folder":
        return open_blobs(site(data_dir=tmp_path / "data"))
    store: ObjectStore = request.getfixturevalue("object_store")
    return open_blobs(site(data_dir=tmp_path / "data", **store.settings()))


@pytest.fixture
def folder(tmp_path: Path) -> FolderBlobs:
    return FolderBlobs(tmp_path / "blobs")


def keys(store: BlobStore, prefix: str = "") -> set[str]:
    return {blob.key for blob in store.list(prefix)}


@pytest.mark.parametrize("size", [0, 1, 255, 6 * MIB])
def test_bytes_come_back_as_they_were_given(blobs: BlobStore, size: int) -> None:
    data = os.urandom(size)
    blobs.put("images/a/frame.png", data)
    assert blobs.get("images/a/frame.png") == data
    assert blobs.size("images/a/frame.png") == size
    (info,) = blobs.list()
    assert (info.key, info.size) == ("images/a/frame.png", size)
    assert abs(datetime.now(UTC) - info.modified) < timedelta(minutes=1)


def test_a_stream_is_stored_whole(blobs: BlobStore) -> None:
    data = os.urandom(7 * MIB + 13)
    blobs.put("sources/upload", io.BytesIO(data))
    assert blobs.get("sources/upload") == data


def test_a_put_replaces_what_was_there(blobs: BlobStore) -> None:
    blobs.put("k", b"first, and longer")
    blobs.put("k", b"second")
    assert blobs.get("k") == b"second"


def test_what_is_not_there_is_said_so(blobs: BlobStore) -> None:
    with pytest.raises(BlobNotFoundError):
        blobs.get("nothing/here")
    with pytest.raises(BlobNotFoundError):
        blobs.size("nothing/here")
    blobs.put("nothing", b"x")
    with pytest.raises(BlobNotFoundError):
        blobs.get("nothing/here")


def test_deleting_twice_is_fine(blobs: BlobStore) -> None:
    blobs.put("a/b", b"x")
    blobs.delete("a/b")
    blobs.delete("a/b")
    assert keys(blobs) == set()
    blobs.put("a/b", b"y")
    assert blobs.get("a/b") == b"y"


def test_listing_takes_any_prefix(blobs: BlobStore) -> None:
    for key in ("images/1/frame.png", "images/1/mask.png", "images/12/frame.png", "sources/1"):
        blobs.put(key, b"x")
    assert len(keys(blobs)) == 4
    assert keys(blobs, "images/") == keys(blobs) - {"sources/1"}
    assert keys(blobs, "images/1/") == {"images/1/frame.png", "images/1/mask.png"}
    assert keys(blobs, "images/1") == keys(blobs, "images/")
    assert keys(blobs, "nowhere/") == set()


@pytest.mark.parametrize(
    "key", ["", "/etc/passwd", "../x", "a/../b", "a//b", "A", "a b", "a\n", ".hidden", "a/"]
)
def test_a_key_that_this_program_would_not_make_is_refused(blobs: BlobStore, key: str) -> None:
    for act in (blobs.get, blobs.delete, lambda k: blobs.put(k, b"x")):
        with pytest.raises(ValueError, match="not a blob key"):
            act(key)


def test_readers_see_one_whole_object_while_writers_race(blobs: BlobStore) -> None:
    candidates = [bytes([n]) * (200_000 + n) for n in range(4)]
    blobs.put("contested", candidates[0])
    stop = threading.Event()
    torn: list[int] = []

    def read() -> None:
        while not stop.is_set():
            found = blobs.get("contested")
            if found not in candidates:
                torn.append(len(found))

    def write(data: bytes) -> None:
        for _ in range(10):
            blobs.put("contested", data)

    reader = threading.Thread(target=read)
    writers = [threading.Thread(target=write, args=(data,)) for data in candidates]
    reader.start()
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    stop.set()
    reader.join()
    assert torn == []


def test_the_probe_leaves_nothing(blobs: BlobStore) -> None:
    blobs.check()
    assert keys(blobs) == set()


class _Breaks(io.BytesIO):
    """A stream that raises an error half way."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() > MIB:
            raise ConnectionResetError("the sender is gone")
        return super().read(size)


def test_a_stream_that_breaks_leaves_what_was_there(folder: FolderBlobs) -> None:
    folder.put("k", b"good")
    with pytest.raises(ConnectionResetError):
        folder.put("k", _Breaks(os.urandom(4 * MIB)))
    assert folder.get("k") == b"good"
    assert [p.name for p in folder.root.rglob("*") if p.is_file()] == ["k"]


def test_a_writer_that_is_killed_leaves_no_object_and_its_rest_is_swept(
    folder: FolderBlobs,
) -> None:
    script = (
        "import sys; from pathlib import Path; from app.core.blobs import FolderBlobs\n"
        "class Slow:\n"
        "    def read(self, n):\n"
        "        print('writing', flush=True); import time; time.sleep(0.05); return b'x' * n\n"
        "FolderBlobs(Path(sys.argv[1])).put('images/x', Slow())\n"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", script, str(folder.root)], stdout=subprocess.PIPE
    )
    assert writer.stdout
    for _ in range(5):
        assert writer.stdout.readline()
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    with pytest.raises(BlobNotFoundError):
        folder.get("images/x")
    (rest,) = (path for path in folder.root.rglob("*") if path.is_file())
    assert rest.stat().st_size > 0
    assert folder.delete_partial(datetime.now(UTC) - timedelta(hours=1)) == 0
    assert folder.delete_partial(datetime.now(UTC) + timedelta(seconds=5)) == 1
    assert not rest.exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB."""
    mount = tmp_path / "small"
    mount.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", mount], check=True)
    yield mount
    subprocess.run(["umount", mount], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_full_disk_is_said_so_and_keeps_what_it_has(small_disk: Path) -> None:
    store = FolderBlobs(small_disk)
    store.put("kept", b"k" * 1000)
    for data in (os.urandom(2 * MIB), io.BytesIO(os.urandom(2 * MIB))):
        with pytest.raises(BlobStoreFullError, match="disk"):
            store.put("images/large", data)
    assert keys(store) == {"kept"}
    assert [p.name for p in small_disk.rglob("*") if p.is_file()] == ["kept"]
    with pytest.raises(BlobStoreFullError):
        store.put("kept", os.urandom(2 * MIB))
    assert store.get("kept") == b"k" * 1000
    store.put("fits", b"f" * 1000)


def test_wrong_credentials_are_not_taken_for_an_empty_store(
    object_store: ObjectStore, tmp_path: Path
) -> None:
    values = object_store.settings() | {"s3_secret_access_key": "wrong"}
    store = open_blobs(site(data_dir=tmp_path, **values))
    with pytest.raises(Exception, match=r"(?i)signature|denied|forbidden"):
        store.check()
    with pytest.raises(Exception) as raised:
        store.get("k")
    assert not isinstance(raised.value, BlobNotFoundError)


def test_a_store_that_is_away_fails_and_answers_when_it_is_back(tmp_path: Path) -> None:
    own = ObjectStore()
    try:
        store = open_blobs(site(data_dir=tmp_path, **own.settings()))
        store.put("k", b"v")
        own.kill()
        with pytest.raises(Exception):  # noqa: B017  (the client's own classes)
            store.get("k")
        own.start()

        def back() -> bool:
            # It responds with 500 until it has found its volumes again.
            try:
                return store.get("k") == b"v"
            except obstore.exceptions.BaseError:
                return False

        wait_until(back)
    finally:
        own.close()


def test_another_scheme_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="SONOLOOP_BLOB_URL"):
        open_blobs(site(data_dir=tmp_path, blob_url="ftp://example.org/x"))
