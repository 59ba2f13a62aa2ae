"""Format-aware damage to archives of labels: JSON values, words of texts, names, ZIP entries."""

from __future__ import annotations

import io
import json
import random
import struct
import unicodedata
import zipfile
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from PIL import Image

Files = dict[str, bytes]
Change = Callable[[random.Random, Files], str]

_LARGE = 300_000
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
ODD: tuple[Any, ...] = (
    *(None, True, "", "²", "\ud800", "x" * 5000, "../../a.png", "C:\\a.png", "/etc/passwd", "é\0"),
    *(0, -1, 1.0, 1e308, -1e-308, float("nan"), float("inf"), 2**31, 2**63, 2**64, 10**400, 65536),
    *([], {}, [[]], [[1, 2]], [[0, 0, 1e9, 0, 1e9, 1e9]], [[0, 1, 2, 3, 4]], {"size": [1, 1]}),
    *({"size": [100, 140], "counts": [0]}, {"size": [100, 140], "counts": "~" * 50}),
    *({"size": [2**31, 2**31], "counts": [2**62]}, {"size": [100, 140], "counts": [14000] * 9}),
)
WORDS = (
    *(b"nan", b"inf", b"1e400", b"-1", b"1.004", "²".encode(), b"\xff\xfe", b"0" * 5000, b"\0"),
    *(b"1_0", b"0x10", b"", b"&lol;", b"<image>", b"</annotation>", b'"', b"255,255,255", b":"),
)


@dataclass(frozen=True)
class Damaged:
    """A damaged archive.

    Attributes:
        data: the ZIP.
        faithful: whether its files are equivalent: only the ZIP, or encodings of names and texts,
            changed, so that no label may change.
        how: description of the damage.
    """

    data: bytes
    faithful: bool
    how: str


def damaged(rng: random.Random, files: Mapping[str, bytes]) -> Damaged:
    """Damage an archive in one to three ways."""
    left = dict(files)
    if rng.random() < 0.25:  # only the ZIP
        done = [rng.choice(HARMLESS)(rng, left) for _ in range(rng.randint(0, 2))]
        data = packed(left, rng.choice(METHODS))
        how = rng.choice((flipped, cut, odd_field))
        return Damaged(how(rng, data), True, ", ".join([*done, how.__name__]))
    done = [rng.choice(CHANGES)(rng, left) for _ in range(rng.randint(1, 3))]
    return Damaged(packed(left, rng.choice(METHODS)), False, ", ".join(done))


def packed(files: Files, method: int) -> bytes:
    """Make a ZIP of these files."""
    if sum(map(len, files.values())) > _LARGE:
        method = zipfile.ZIP_DEFLATED  # bzip2 takes minutes for repetitive data
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo("placeholder")
            entry.filename, entry.compress_type = name, method
            archive.writestr(entry, data)
    return out.getvalue()


def _chosen(rng: random.Random, files: Files, *endings: str) -> str | None:
    found = [name for name in files if name.endswith(endings)]
    return rng.choice(sorted(found)) if found else None


def json_value(rng: random.Random, files: Files) -> str:
    """Replace some values anywhere in a JSON by odd ones."""
    name = _chosen(rng, files, ".json")
    if name is None:
        return text_word(rng, files)
    try:
        document = json.loads(files[name])
    except (ValueError, RecursionError):  # an earlier change has damaged it
        return flip_in_file(rng, files)
    for _ in range(rng.randint(1, 4)):
        _spoil(rng, document)
    files[name] = json.dumps(document).encode("utf-8", "replace")
    return "json value"


def _spoil(rng: random.Random, value: Any) -> None:
    """Descend at random and change the value found."""
    while isinstance(value, dict | list) and value:
        key = rng.choice(list(value)) if isinstance(value, dict) else rng.randrange(len(value))
        inner = value[key]
        if isinstance(inner, dict | list) and inner and rng.random() < 0.8:
            value = inner
            continue
        what = rng.random()
        if what < 0.7:
            value[key] = deepcopy(rng.choice(ODD))  # otherwise a value might contain itself
        elif what < 0.8:
            del value[key]
        elif what < 0.9 and isinstance(value, list):
            value += [inner] * rng.choice((1, 10, 300, 3000))
        elif isinstance(value, dict):
            value[str(rng.choice(ODD))[:6000]] = inner
        return


def json_depth(rng: random.Random, files: Files) -> str:
    """Nest a JSON deeply, or insert a huge key, in the middle of its text."""
    name = _chosen(rng, files, ".json")
    if name is None:
        return json_new(rng, files)
    data, deep = files[name], rng.choice((60, 1000, 7000, 100_000))
    at = rng.choice([i for i, byte in enumerate(data) if byte in b":,["] or [0]) + 1
    inside = rng.choice(
        (
            b"[" * deep,
            b"[" * deep + b"]" * deep,
            b'{"a":' * deep + b"1" + b"}" * deep,
            b'{"' + b"k" * deep * 10 + b'": 1}',
            b"9" * deep,
            b'"' + b"\\" * deep,
        )
    )
    files[name] = data[:at] + inside + rng.choice((b"", b",")) + data[at:]
    return "json depth"


def json_new(rng: random.Random, files: Files) -> str:
    """Add a JSON of labels or of something else."""
    deep = rng.choice((10, 2000, 50_000))
    files[f"{rng.choice(('a', 'x/b', 'manifest'))}.json"] = rng.choice(
        (
            b"[" * deep,
            b'{"images": ' + b"[" * deep + b', "annotations": []}',
            b'{"images": [], "annotations": [], "shapes": []}',
            b'{"shapes": [' + b'{"points":' * deep,
            b'{"images": [{"id": 1, "file_name": "a.png"}], "annotations": [{"image_id": 2}]}',
            b"\xff\xfe" + '{"shapes": []}'.encode("utf-16-le"),
        )
    )
    return "json new"


def text_word(rng: random.Random, files: Files) -> str:
    """Replace some words of a text by odd ones."""
    name = _chosen(rng, files, ".txt", ".xml", ".csv", ".yaml")
    if name is None:
        return flip_in_file(rng, files)
    data = files[name]
    for _ in range(rng.randint(1, 4)):
        parts = data.split(b" ")
        at = rng.randrange(len(parts))
        parts[at : at + rng.choice((0, 1, 1, 1))] = [rng.choice(WORDS)] * rng.choice((1, 1, 100))
        data = b" ".join(parts)
    files[name] = data
    return "text word"


def table(rng: random.Random, files: Files) -> str:
    """Add a table of samples with odd values."""
    stem = PurePosixPath(rng.choice(sorted(files))).stem
    values = [rng.choice(("0.2", "²", "nan", "1e999", '"', "x" * 300, "[" * 5000)) for _ in "abc"]
    names = rng.choice(('{"²": "a"}', '{"' + "9" * 5000 + '": 1}', "{", '{"1": {}}'))
    quoted = names.replace('"', '""')
    rows = f'name,subject,row_mm,column_mm,lesion_names\n{stem},{",".join(values)},"{quoted}"\n'
    files[rng.choice(("samples.csv", "images/samples.csv"))] = rows.encode(
        rng.choice(("utf-8", "utf-16", "utf-8-sig"))
    )
    return "table"


def picture(rng: random.Random, files: Files) -> str:
    """Replace a picture by one of another kind, perhaps of another size."""
    name = _chosen(rng, files, ".png", ".jpg")
    if name is None:
        return flip_in_file(rng, files)
    size = rng.choice(((100, 140), (100, 140), (1, 1), (140, 100), (2000, 2000)))
    mode = rng.choice(("1", "L", "P", "RGB", "RGBA", "LA", "I;16", "CMYK", "F"))
    count = rng.choice((1, 2, 3, 10, 256))
    noise = np.random.default_rng(rng.randrange(2**32)).integers(0, count, size, np.uint8)
    noise *= rng.choice((1, 255 // count, 1))
    image = Image.fromarray(noise)
    if mode == "P":
        image.putpalette(rng.randbytes(768))
    elif mode == "RGBA":
        image = Image.merge("RGBA", [image, image, image, image.rotate(180)])
    else:
        image = image.convert("I").convert(mode) if mode in ("F", "I;16") else image.convert(mode)
    out = io.BytesIO()
    image.save(out, "TIFF" if mode in ("CMYK", "F") else rng.choice(("PNG", "TIFF")))
    files[name] = out.getvalue()
    return "picture"


def flip_in_file(rng: random.Random, files: Files) -> str:
    """Change some bytes of a file; its checksum in the ZIP is right."""
    name = rng.choice(sorted(files))
    data = bytearray(files[name] or b"\0")
    for _ in range(rng.randint(1, 6)):
        data[rng.randrange(min(len(data), rng.choice((60, len(data)))))] = rng.randrange(256)
    files[name] = bytes(data[: rng.choice((len(data), len(data), rng.randrange(1 + len(data))))])
    return "bytes of a file"


def renamed(rng: random.Random, files: Files) -> str:
    """Move or rename a file."""
    name = rng.choice(sorted(files))
    path = PurePosixPath(name)
    new = rng.choice(
        (
            path.name,
            f"patientB/{name}",
            name.swapcase(),
            str(path.with_suffix(rng.choice((".jpg", ".json", ".txt", ".xml", ".tfrecord")))),
            str(path.with_name(f"{path.stem}_mask{path.suffix}")),
            f"masks/{path.name}",
            f"labelsTr/{path.name}",
            "../" + name,
            "x" * 3000 + path.suffix,
        )
    )
    files[new] = files.pop(name)
    return "renamed"


def removed(rng: random.Random, files: Files) -> str:
    """Remove a file."""
    if len(files) > 1:
        del files[rng.choice(sorted(files))]
    return "removed"


def doubled(rng: random.Random, files: Files) -> str:
    """Duplicate a file under another name or suffix."""
    name = rng.choice(sorted(files))
    path = PurePosixPath(name)
    other = rng.choice(sorted(files))
    new = path.with_suffix(rng.choice((".png", ".jpg", ".bmp", ".json", ".txt")))
    files[rng.choice((str(new), f"copy/{name}"))] = files[other]
    return "doubled"


def backslashes(rng: random.Random, files: Files) -> str:
    """Write names as .NET does."""
    for name in list(files):
        files[name.replace("/", "\\")] = files.pop(name)
    return "backslashes"


def decomposed(rng: random.Random, files: Files) -> str:
    """Write names as macOS does."""
    for name in list(files):
        files[unicodedata.normalize("NFD", name)] = files.pop(name)
    return "decomposed"


def marked(rng: random.Random, files: Files) -> str:
    """Write texts in UTF-16, or with a byte order mark."""
    encoding = rng.choice(("utf-16", "utf-8-sig", "utf-16-be"))
    for name in sorted(files):
        if name.endswith((".json", ".txt")) and name != "labelmap.txt":
            try:
                text = files[name].decode()
            except UnicodeDecodeError:
                continue
            if text and not text.startswith("\ufeff"):
                files[name] = text.encode(encoding)
    return encoding


def flipped(rng: random.Random, data: bytes) -> bytes:
    """Change some bytes of the ZIP."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def cut(rng: random.Random, data: bytes) -> bytes:
    """Cut off the end or the beginning of the ZIP."""
    at = rng.randrange(len(data))
    return data[:at] if rng.random() < 0.7 else data[at:]


def odd_field(rng: random.Random, data: bytes) -> bytes:
    """Change a field of an entry's header, of the central directory, or of its end record."""
    changed = bytearray(data)
    signature = rng.choice((b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"))
    places = [i for i in range(len(data)) if data.startswith(signature, i)]
    at = rng.choice(places) + rng.randrange(4, 22)
    if at + 4 <= len(changed):
        struct.pack_into("<L", changed, at, rng.choice((0, 1, 0xFFFF, 0xFFFFFFFF, 14, 99)))
    return bytes(changed)


CHANGES: list[Change] = [
    *[json_value, json_value, json_value, json_depth, json_new, text_word, text_word, table],
    *[picture, flip_in_file, flip_in_file, renamed, removed, doubled, backslashes, marked],
]
HARMLESS: list[Change] = [backslashes, decomposed, marked]
"""Changes that keep every label as it was."""
