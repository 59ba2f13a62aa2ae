"""Storing several blobs in parallel, and deleting them again."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait

from app.core.blobs import BlobStore

_writers = ThreadPoolExecutor(4, thread_name_prefix="blobs")


def start_puts(blobs: BlobStore, items: Mapping[str, Callable[[], bytes]]) -> list[Future[None]]:
    """Make and store all blobs in parallel; each waits for the disk or the network separately."""

    def put(key: str, make: Callable[[], bytes]) -> None:
        blobs.put(key, make())

    return [_writers.submit(put, key, make) for key, make in items.items()]


def wait_for(putting: list[Future[None]]) -> None:
    """Return when all are stored; raises the first failure after all have ended."""
    wait(putting)
    for put in putting:
        put.result()


def delete_all(blobs: BlobStore, keys: Iterable[str]) -> None:
    """Delete these blobs; they need not exist."""
    for key in keys:
        blobs.delete(key)
