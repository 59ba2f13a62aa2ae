"""A damaged model archive is refused, whatever the damage makes the unpacker raise."""

from __future__ import annotations

import io
import random
import zipfile
from pathlib import Path

import pytest

from worker.pipeline.card import ModelError
from worker.registry.archive import unpack


@pytest.mark.parametrize("kind", ["STORED", "DEFLATED", "BZIP2", "LZMA"])
def test_damage_is_a_refusal(kind: str, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", getattr(zipfile, f"ZIP_{kind}")) as archive:
        archive.writestr("card.json", b'{"name": 1}' * 300)
        archive.writestr("model.onnx", bytes(range(256)) * 20)
    whole, refused = buffer.getvalue(), 0
    for seed in range(60):
        rng, data = random.Random(seed), bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        folder = tmp_path / str(seed)
        folder.mkdir()
        try:
            unpack(io.BytesIO(bytes(data)), folder)
        except ModelError:
            refused += 1
    assert refused > 20


def test_an_archive_that_lists_many_files_is_refused_before_its_list_is_read(
    tmp_path: Path,
) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(2000):
            archive.writestr(f"file{number}", b"")
    with pytest.raises(ModelError, match="far more files"):
        unpack(io.BytesIO(buffer.getvalue()), tmp_path)
