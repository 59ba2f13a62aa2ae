"""The API writes two concurrent uploads of the largest size to disk without holding them in
memory."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.faults.conftest import Product

MIB = 1024 * 1024
SIZE = 63 * MIB
"""Just under the limit; 49 megapixels of 8 bits are 47 MiB."""
MOST_GROWTH = 32 * MIB


def peak(pid: int) -> int:
    """Return the peak memory of the process in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def forget_peak(pid: int) -> None:
    """Reset the process's peak memory to its current use."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def raw(client: httpx.Client) -> httpx.Response:
    def chunks() -> Iterator[bytes]:
        for _ in range(SIZE // MIB):
            yield os.urandom(MIB)

    return client.post("/segment?wait=0", content=chunks(), headers={"Content-Type": "image/png"})


def form(client: httpx.Client, file: Path) -> httpx.Response:
    with file.open("rb") as stream:
        return client.post("/segment?wait=0", files={"file": ("image", stream, "image/png")})


@pytest.mark.parametrize("kind", ["raw", "form"])
def test_two_large_uploads_at_once_are_not_held_in_memory(
    product: Product, tmp_path: Path, kind: str
) -> None:
    file = tmp_path / "large"
    file.write_bytes(os.urandom(SIZE))
    pid = product.api.pid
    assert product.client.post("/segment?wait=0", content=os.urandom(MIB)).status_code == 202
    forget_peak(pid)
    before = peak(pid)
    with ThreadPoolExecutor(2) as senders:
        tasks = [
            senders.submit(raw, product.client)
            if kind == "raw"
            else senders.submit(form, product.client, file)
            for _ in range(2)
        ]
        assert [task.result().status_code for task in tasks] == [202, 202]
    assert peak(pid) - before < MOST_GROWTH
