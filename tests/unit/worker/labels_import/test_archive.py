"""ZIPs packed by other programs are read; damage is reported by file."""

import io
import random
import zipfile

import pytest

from worker.formats.source import LabelError
from worker.labels_import import archive
from worker.labels_import.archive import ArchiveError, ArchiveLimits, ZipTree

LIMITS = ArchiveLimits(file_bytes=1_000_000, total_bytes=100_000_000)
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


def packed(*names: str, method: int = zipfile.ZIP_DEFLATED, utf8_unsaid: bool = False) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in names:
            entry = zipfile.ZipInfo("placeholder")
            entry.filename = name
            entry.compress_type = method
            made.writestr(entry, bytes(range(256)) * 4)
    data = out.getvalue()
    if utf8_unsaid:  # as macOS packs them
        for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            place = data.find(signature)
            data = data[: place + at] + b"\0\0" + data[place + at + 2 :]
    return data


def tree(data: bytes) -> ZipTree:
    return ZipTree(io.BytesIO(data), LIMITS)


def test_backslashes_of_dotnet_are_folders() -> None:
    found = tree(packed("images\\", "images\\a.png", "masks\\a.png"))
    assert list(found.names) == ["images/a.png", "masks/a.png"]
    assert found.findings == []
    assert found.read("masks/a.png")


@pytest.mark.parametrize("name", ["..\\..\\a.png", "C:\\a.png", "\\\\server\\a.png", "a/../../b"])
def test_no_spelling_leads_out_of_the_archive(name: str) -> None:
    found = tree(packed(name))
    assert list(found.names) == []
    assert [finding.code for finding in found.findings] == ["bad-name"]


def test_names_in_utf8_that_do_not_say_so_are_read() -> None:
    assert list(tree(packed("écho.png", utf8_unsaid=True)).names) == ["écho.png"]


def test_a_colon_within_a_name_is_only_a_colon() -> None:
    assert list(tree(packed("scan 12:30.png")).names) == ["scan 12:30.png"]


def test_of_two_files_of_one_name_neither_is_taken_and_the_rest_is() -> None:
    found = tree(packed("a/b.png", "a\\b.png", "c.png"))
    assert list(found.names) == ["c.png"]
    assert [(f.name, f.code) for f in found.findings] == [("a/b.png", "two-of-one-name")]


@pytest.mark.parametrize("method", METHODS)
def test_damage_anywhere_is_a_finding_or_a_refusal(method: int) -> None:
    whole, rng = packed("a.png", "b.png", method=method), random.Random(method)
    codes = set()
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 3)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        try:
            found = tree(bytes(data))
            for name in found.names:
                found.read(name)
        except (ArchiveError, LabelError) as error:
            codes.add(error.code)
    assert "damaged" in codes


def test_a_list_of_files_that_would_fill_memory_is_not_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = packed(*(f"{number}.png" for number in range(100)))
    monkeypatch.setattr(archive, "LARGEST_DIRECTORY", 1000)
    with pytest.raises(ArchiveError) as refused:
        tree(data)
    assert refused.value.code == "too-many-files"
