"""Putting several blobs at once, and taking them back."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait

from app.core.blobs import BlobStore

_writers = ThreadPoolExecutor(4, thread_name_prefix="blobs")


def start_puts(blobs: BlobStore, items: Mapping[str, Callable[[], bytes]]) -> list[Future[None]]:
    """Make and put all at once; each waits for the disk or the network by itself."""

    def put(key: str, make: Callable[[], bytes]) -> None:
        blobs.put(key, make())

    return [_writers.submit(put, key, make) for key, make in items.items()]


def wait_for(putting: list[Future[None]]) -> None:
    """Return when all are put; fails as the first that failed, and then none is under way."""
    wait(putting)
    for put in putting:
        put.result()


def delete_all(blobs: BlobStore, keys: Iterable[str]) -> None:
    """Delete these; none of them need be there."""
    for key in keys:
        blobs.delete(key)
