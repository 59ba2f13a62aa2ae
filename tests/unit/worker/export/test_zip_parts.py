"""Others can read a ZIP that is made of parts: many files, far offsets, odd names, no files."""

import io
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from worker.export.archive import (
    FileTooLargeError,
    add_file,
    central_directory,
    decode_entries,
    encode_entries,
)

GIB = 1024**3


def archive_of(parts: list[dict[str, bytes]]) -> bytes:
    """Return an archive made in several parts, joined."""
    out, files = b"", []
    for names in parts:
        part = io.BytesIO()
        entries = [add_file(part, name, [data[:3], data[3:]]) for name, data in names.items()]
        kept = list(decode_entries(encode_entries(entries)))
        assert kept == entries
        files += [(len(out), entry) for entry in kept]
        out += part.getvalue()
    return out + b"".join(central_directory(files, len(out)))


def test_parts_joined_are_an_archive(tmp_path: Path) -> None:
    files = {"a.txt": b"first", "folder/größe µ.bin": bytes(range(256)) * 40, "empty": b""}
    data = archive_of([dict([pair]) for pair in files.items()])
    found = zipfile.ZipFile(io.BytesIO(data))
    assert found.testzip() is None
    assert {name: found.read(name) for name in found.namelist()} == files
    assert {entry.date_time for entry in found.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert {oct(entry.external_attr >> 16) for entry in found.infolist()} == {"0o100644"}
    if shutil.which("unzip"):
        path = tmp_path / "x.zip"
        path.write_bytes(data)
        subprocess.run(["unzip", "-tq", path], check=True)


def test_the_same_files_give_the_same_bytes() -> None:
    files = [{"b": b"2", "a": b"1"}, {"c": b"3" * 1000}]
    assert archive_of(files) == archive_of(files)


def test_no_files_are_an_archive_too() -> None:
    assert zipfile.ZipFile(io.BytesIO(archive_of([]))).namelist() == []


def test_more_files_than_16_bits_count() -> None:
    files = {f"f{number:05d}": b"%d" % number for number in range(66_000)}
    found = zipfile.ZipFile(io.BytesIO(archive_of([files])))
    assert len(found.namelist()) == 66_000
    assert found.read("f65999") == b"65999"


def test_files_beyond_4_gib(tmp_path: Path) -> None:
    path = tmp_path / "sparse.zip"
    first, second = io.BytesIO(), io.BytesIO()
    near, far = add_file(first, "near", [b"here"]), add_file(second, "far", [b"there"])
    with path.open("wb") as file:  # sparse: takes no room
        file.write(first.getvalue())
        file.seek(5 * GIB)
        file.write(second.getvalue())
        start = file.tell()
        for piece in central_directory([(0, near), (5 * GIB, far)], start):
            file.write(piece)
    with zipfile.ZipFile(path) as found:
        assert (found.read("near"), found.read("far")) == (b"here", b"there")
        assert found.testzip() is None


def test_a_file_of_4_gib_is_refused() -> None:
    class Nothing(io.BytesIO):
        def write(self, data: object) -> int:
            return 0

    piece = bytes(64 * 1024 * 1024)
    with pytest.raises(FileTooLargeError):
        add_file(Nothing(), "large", (piece for _ in range(64)))
