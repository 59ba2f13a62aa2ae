"""Format-aware damage: lengths, boxes, tags, chunks, with corrected checksums."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Literal

from pydicom import config, dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, get_frame
from pydicom.uid import UID

from bench.fuzz_seeds import jp2
from worker.ingest.codestream import ENCAPSULATED

config.settings.writing_validation_mode = config.IGNORE

Mutation = Callable[[random.Random, bytes], bytes]

ODD = (
    *(0, 1, 2, 3, 7, 8, 127, 128, 255, 256, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000),
    *(0xFFFFFFFE, 0xFFFFFFFF),
)
HEAD = 1000
"""Headers matter most: half of the edits are here."""


def mutated(rng: random.Random, name: str, seeds: dict[str, bytes]) -> bytes:
    """Damage a seed one to four times."""
    data = seeds[name]
    kinds: list[Mutation] = [flip, odd_number, truncated, repeated, inserted, removed]
    kinds.append(lambda rng, data: spliced(rng, data, rng.choice(list(seeds.values()))))
    for prefix, mutation in BY_FORMAT.items():
        if name.startswith(prefix):
            kinds += [mutation] * 4
    for _ in range(rng.randint(1, 4)):
        # A file that is already damaged may lack the kind of part that a mutation needs.
        with suppress(zlib.error, struct.error):
            data = rng.choice(kinds)(rng, data) or data
    return data


def place(rng: random.Random, data: bytes) -> int:
    """Choose a place in it, often near its beginning."""
    return rng.randrange(max(1, min(len(data), rng.choice([64, HEAD, len(data)]))))


def flip(rng: random.Random, data: bytes) -> bytes:
    """Change one to eight bytes."""
    at = place(rng, data)
    new = rng.randbytes(rng.randint(1, 8))
    return data[:at] + new + data[at + len(new) :]


def odd_number(rng: random.Random, data: bytes) -> bytes:
    """Write a number at the limit of its type, in either byte order."""
    at, size = place(rng, data), rng.choice([1, 2, 4])
    number: int = rng.choice(ODD) & int(256**size - 1)
    order: Literal["little", "big"] = rng.choice(("little", "big"))
    return data[:at] + number.to_bytes(size, order) + data[at + size :]


def truncated(rng: random.Random, data: bytes) -> bytes:
    """Keep only its beginning."""
    return data[: rng.randrange(len(data) + 1)]


def repeated(rng: random.Random, data: bytes) -> bytes:
    """Repeat a part of it twice, or two hundred times."""
    at = place(rng, data)
    part = data[at : at + rng.randint(1, 300)]
    return data[:at] + part * rng.choice([2, 2, 2, 200]) + data[at + len(part) :]


def inserted(rng: random.Random, data: bytes) -> bytes:
    """Insert noise."""
    at = place(rng, data)
    return data[:at] + rng.randbytes(rng.randint(1, 60)) + data[at:]


def removed(rng: random.Random, data: bytes) -> bytes:
    """Remove a part."""
    at = place(rng, data)
    return data[:at] + data[at + rng.randint(1, 300) :]


def spliced(rng: random.Random, data: bytes, other: bytes) -> bytes:
    """Join the beginning of one file and the end of another."""
    return data[: place(rng, data)] + other[place(rng, other) :]


def png(rng: random.Random, data: bytes) -> bytes:
    """Change, move or duplicate a chunk; every checksum is right."""
    chunks, at = [], 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        chunks.append([data[at + 4 : at + 8], data[at + 8 : at + 8 + length]])
        at += 12 + length
    if not chunks:
        return data
    chosen = rng.choice(chunks)
    match rng.randrange(5):
        case 0:
            chosen[1] = odd_number(rng, chosen[1] or b"\0")
        case 1:
            chosen[1] = flip(rng, chosen[1] or b"\0")
        case 2:
            chosen[0] = rng.choice([b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"eXIf", b"acTL", b"iCCP"])
        case 3:
            chunks.insert(rng.randrange(len(chunks) + 1), list(chosen))
        case _:
            if chosen[0] == b"IDAT":
                raw = zlib.decompressobj().decompress(chosen[1], 1_000_000)
                chosen[1] = zlib.compress(rng.choice([flip, removed, repeated])(rng, raw or b"\0"))
    made = [data[:8]]
    for kind, content in chunks:
        made.append(struct.pack(">I", len(content)) + kind + content)
        made.append(zlib.crc32(kind + content).to_bytes(4, "big"))
    return b"".join(made)


def jpeg(rng: random.Random, data: bytes) -> bytes:
    """Change or duplicate a segment, or change its kind."""
    marks = [at for at in range(len(data) - 4) if data[at] == 0xFF and 0xC0 <= data[at + 1] < 0xFF]
    if not marks:
        return data
    at = rng.choice(marks)
    (length,) = struct.unpack_from(">H", data, at + 2)
    match rng.randrange(5):
        case 0:
            return data[: at + 1] + bytes([rng.randrange(0xC0, 0xFF)]) + data[at + 2 :]
        case 1:
            odd = rng.choice([0, 1, 2, 3, length - 1, length + 1, 0xFFFF]) & 0xFFFF
            return data[: at + 2] + struct.pack(">H", odd) + data[at + 4 :]
        case 2:
            return data[:at] + data[at : at + 2 + length] * 2 + data[at + 2 + length :]
        case 3:
            content = odd_number(rng, data[at + 4 : at + 2 + length] or b"\0")
            return data[: at + 4] + content + data[at + 2 + length :]
        case _:
            return data[:at] + data[at + 2 + length :]


def tiff(rng: random.Random, data: bytes) -> bytes:
    """Change the tag, type, count or value of a directory entry."""
    order = "<" if data[:2] == b"II" else ">"
    try:
        (at,) = struct.unpack_from(f"{order}I", data, 4)
        (count,) = struct.unpack_from(f"{order}H", data, at)
        entry = at + 2 + 12 * rng.randrange(max(1, count))
        fields = list(struct.unpack_from(f"{order}HHII", data, entry))
    except struct.error:
        return data
    which = rng.randrange(4)
    tags = [256, 257, 258, 259, 262, 273, 277, 278, 279, 284, 317, 320, 322, 323, 338, 339, 530]
    odd = [rng.choice(tags), rng.randrange(14), rng.choice(ODD), rng.choice([*ODD, at, len(data)])]
    fields[which] = odd[which]
    return data[:entry] + struct.pack(f"{order}HHII", *fields) + data[entry + 12 :]


def webp(rng: random.Random, data: bytes) -> bytes:
    """Change a chunk's kind, length or content, in a file of the right length."""
    body = bytearray(data[12:])
    if len(body) < 20:
        return data
    match rng.randrange(3):
        case 0:
            body[0:4] = rng.choice([b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ICCP", b"EXIF"])
        case 1:
            body[4:8] = struct.pack("<I", rng.choice([*ODD, len(body) - 8]))
        case _:
            at = rng.randrange(8, min(len(body), 60))
            body[at] = rng.randrange(256)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + bytes(body)


NUMBERS = (
    *("Rows", "Columns", "SamplesPerPixel", "BitsAllocated", "BitsStored", "HighBit"),
    *("PixelRepresentation", "PlanarConfiguration", "NumberOfFrames"),
)
DECIMALS = ("WindowCenter", "WindowWidth", "RescaleSlope", "RescaleIntercept", "PixelSpacing")
PHOTOMETRIC = (
    *("MONOCHROME1", "MONOCHROME2", "RGB", "PALETTE COLOR", "YBR_FULL", "YBR_FULL_422"),
    *("YBR_ICT", "YBR_RCT", "CMYK", ""),
)
ODD_DECIMALS = ("0", "-0", "1e308", "-1e308", "1e-320", "NaN", "inf", "", "1\\2", "x", "9" * 16)


def dicom(rng: random.Random, data: bytes) -> bytes:
    """Give an attribute an odd value, or the pixels another coding than stated."""
    try:
        dataset = dcmread(io.BytesIO(data), force=True)
        _change(rng, dataset)
        buffer = io.BytesIO()
        dataset.save_as(buffer, enforce_file_format=False)
    except Exception:  # pydicom cannot read or write it after other damage: leave it unchanged
        return data
    return buffer.getvalue()


def _change(rng: random.Random, dataset: Dataset) -> None:
    match rng.randrange(8):
        case 0 | 1:
            setattr(dataset, rng.choice(NUMBERS), rng.choice(ODD) & 0xFFFF)
        case 2:
            setattr(dataset, rng.choice(DECIMALS), rng.choice(ODD_DECIMALS))
        case 3:
            dataset.PhotometricInterpretation = rng.choice(PHOTOMETRIC)
        case 4:
            dataset.file_meta.TransferSyntaxUID = UID(rng.choice(sorted(ENCAPSULATED)))
        case 5:
            _change_item(rng, dataset)
        case 6:
            del dataset[rng.choice(list(dataset.keys()))]
        case _:
            _change_stream(rng, dataset)


def _change_item(rng: random.Random, dataset: Dataset) -> None:
    """Change a number inside a sequence, or in a palette."""
    items = [item for element in dataset if element.VR == "SQ" for item in element.value]
    chosen = rng.choice([dataset, *items])
    numbers = [e for e in chosen if e.VR in ("US", "SS", "UL", "SL", "FD", "US or SS")]
    element = rng.choice(numbers)
    odd = rng.choice(ODD) & (
        0xFFFF if element.VR.startswith("U") and element.VR != "UL" else 0x7FFF
    )
    if isinstance(element.value, int | float):
        element.value = odd
    else:
        values = list(element.value)
        values[rng.randrange(len(values))] = odd
        element.value = values


def _change_stream(rng: random.Random, dataset: Dataset) -> None:
    """Change the codestream of the frame, in a valid encapsulation."""
    stream = get_frame(dataset.PixelData, 0, number_of_frames=1)
    match rng.randrange(5):
        case 0:
            stream = jpeg(rng, stream)
        case 4:
            stream = _odd_box(rng, jp2(stream))
        case 1:
            stream = jp2(stream, rng.choice([None, *ODD]))
        case 2:
            stream = rng.choice([flip, odd_number, truncated, removed, repeated])(rng, stream)
        case _:
            at = 4 * rng.randrange(16)  # an RLE header, or that of a JP2 box
            stream = stream[:at] + struct.pack("<I", rng.choice(ODD)) + stream[at + 4 :]
    dataset.PixelData = encapsulate([stream + b"\0" * (len(stream) % 2)])


def _odd_box(rng: random.Random, stream: bytes) -> bytes:
    """Make a JP2 file with an odd length in one of its boxes, perhaps a new one."""
    starts, at = [12], 12
    while stream[at + 4 : at + 8] != b"jp2c":
        at += struct.unpack_from(">I", stream, at)[0]
        starts.append(at)
    at = rng.choice(starts)
    odd = struct.pack(">I", rng.choice(ODD))
    if rng.random() < 0.5:
        return stream[:at] + odd + b"free" + stream[at:]
    return stream[:at] + odd + stream[at + 4 :]


BOXES = (
    *(b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avcC", b"stts", b"stsc", b"stsz"),
    *(b"stco", b"elst", b"mvhd", b"tkhd", b"mdhd", b"mdat", b"avih", b"strh", b"strf", b"idx1"),
)


def video(rng: random.Random, data: bytes) -> bytes:
    """Change the length, kind, count or content of an MP4 box or AVI chunk; or a NAL unit."""
    found = [at for kind in BOXES if (at := data.find(kind)) >= 4]
    units = [at for at in range(len(data) - 4) if data[at : at + 3] == b"\0\0\1"]
    places = [*found, *rng.sample(units, min(len(units), 4))]
    if not places:
        return flip(rng, data)
    at = rng.choice(places)
    match rng.randrange(4):
        case 0:
            odd = (rng.choice(ODD) & 0xFFFFFFFF).to_bytes(4, rng.choice(["little", "big"]))
            start = rng.choice([max(0, at - 4), at + 4])
            return data[:start] + odd + data[start + 4 :]
        case 1:
            return data[:at] + rng.choice(BOXES) + data[at + 4 :]
        case 2:
            start = at + rng.randrange(4, 40)
            odd = (rng.choice(ODD) & 0xFFFFFFFF).to_bytes(4, "big")
            return data[:start] + odd + data[start + 4 :]
        case _:
            start = at + rng.randrange(4, 60)
            return data[:start] + rng.randbytes(rng.randint(1, 6)) + data[start + 6 :]


BY_FORMAT: dict[str, Mutation] = {
    "png": png,
    "jpeg": jpeg,
    "tiff": tiff,
    "webp": webp,
    "dicom": dicom,
    "cine": dicom,
    "video": video,
}
