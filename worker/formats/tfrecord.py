"""TFRecord of `tf.train.Example`, as in Li et al. 2021: image, label, names.

Written and read without TensorFlow. A record is its length, the masked CRC-32C of the length, the
bytes and their masked CRC-32C (tensorflow/core/lib/io/record_writer.h); the bytes are a protocol
buffer of three message types and three field types, few enough to write by hand
(tensorflow/core/example/example.proto, feature.proto).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

import google_crc32c
import numpy as np
from numpy.typing import NDArray

from worker.formats.label_pictures import label_picture
from worker.formats.pictures import PictureKind
from worker.formats.png import number_png
from worker.formats.sample import LESION, Category, Member, Notes, Sample
from worker.formats.source import Finding, LabelError, Labelled, Read, Tree, clean_name

Feature = list[bytes] | list[int]
"""Values of a feature; floats are not used here."""

SHARD_LIMIT = 1024 * 1024 * 1024
"""Most bytes of one file that is read; it is held in memory."""
ENDING = ".tfrecord"
MOST_FIELDS = 10_000
"""Most fields and numbers of an example; each takes time and memory, and labels have about ten."""
_MASK_DELTA = 0xA282EAD8
_UINT64 = (1 << 64) - 1
_BYTES_LIST, _INT64_LIST = 1, 3


class RecordError(ValueError):
    """The bytes are not an intact TFRecord of examples; get the file again."""


class TfrecordWriter:
    """Writes shards of about 100 samples each."""

    categories: tuple[Category, ...] = (LESION,)
    samples_per_file = 100
    layout = """SPLIT-NAME.tfrecord  up to 100 samples from NAME on, each a tf.train.Example with
  image         bytes  PNG of the frame
  label         bytes  PNG, 0 background, 1 lesion
  names         bytes  the sample's name
  lesions       bytes  PNG, the number of the lesion, 0 background
  lesion_names  bytes  what readers called the lesions, by number from 1; empty where nobody did
  height, width int64  px"""

    def members(
        self, samples: Iterable[Sample], note: Callable[[Sample, Any], None]
    ) -> Iterator[Member]:
        """Yield one shard with all these samples."""
        rest = iter(samples)
        first = next(rest, None)
        if first is None:
            return

        def records() -> Iterator[bytes]:
            sample: Sample | None = first
            while sample is not None:
                yield record(encode_example(_features(sample, len(self.categories) > 1)))
                note(sample, None)
                sample = next(rest, None)

        yield f"{first.split}-{first.name}.tfrecord", records()

    def closing(self, notes: Notes) -> Iterator[Member]:
        """Yield nothing."""
        return iter(())


def _features(sample: Sample, several: bool) -> dict[str, Feature]:
    """Features of an example; classes only if there are several."""
    highest = max(sample.numbers, default=0)
    classes: dict[str, Feature] = {}
    if several:
        numbers = range(1, highest + 1)
        there = set(sample.numbers)
        classes = {
            "classes": [number_png(sample.classes())],
            "lesion_classes": [
                sample.category(n).name.encode() if n in there else b"" for n in numbers
            ],
        }
    return {
        **classes,
        "image": [sample.frame_png],
        "label": [number_png(sample.mask.astype(np.uint8))],
        "names": [sample.name.encode()],
        "lesions": [number_png(sample.flat())],
        "lesion_names": [sample.names.get(n, "").encode() for n in range(1, highest + 1)],
        "height": [sample.height],
        "width": [sample.width],
    }


def masked_crc(data: bytes) -> int:
    """CRC-32C, rotated and offset so that a CRC over bytes that contain CRCs stays useful."""
    crc = int(google_crc32c.value(data))
    return (((crc >> 15) | (crc << 17)) + _MASK_DELTA) & 0xFFFFFFFF


def record(data: bytes) -> bytes:
    """Encode one record."""
    length = struct.pack("<Q", len(data))
    return b"".join(
        (length, struct.pack("<I", masked_crc(length)), data, struct.pack("<I", masked_crc(data)))
    )


def records(data: bytes) -> Iterator[bytes]:
    """Yield the records of a file.

    Raises:
        RecordError: a length or a checksum is wrong.
    """
    at = 0
    while at < len(data):
        head = data[at : at + 12]
        if len(head) < 12 or masked_crc(head[:8]) != struct.unpack("<I", head[8:])[0]:
            raise RecordError(f"the length of the record at byte {at} is damaged")
        (length,) = struct.unpack("<Q", head[:8])
        body = data[at + 12 : at + 12 + length]
        tail = data[at + 12 + length : at + 16 + length]
        if len(tail) < 4 or masked_crc(body) != struct.unpack("<I", tail)[0]:
            raise RecordError(f"the record at byte {at} is damaged or cut off")
        yield body
        at += 16 + length


def encode_example(features: Mapping[str, Feature]) -> bytes:
    """Encode a `tf.train.Example`, with features sorted by name so that bytes are reproducible."""
    entries = b""
    for name in sorted(features):
        values = features[name]
        entry = _field(1, name.encode()) + _field(2, _feature(values))
        entries += _field(1, entry)
    return _field(1, entries)


def _feature(values: Feature) -> bytes:
    if values and isinstance(values[0], int):
        packed = b"".join(_varint(int(value) & _UINT64) for value in values)
        return _field(_INT64_LIST, _field(1, packed))
    items = b"".join(_field(1, value) for value in values if isinstance(value, bytes))
    return _field(_BYTES_LIST, items)


def _field(number: int, data: bytes) -> bytes:
    """Encode a field of length-delimited wire type 2."""
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def decode_example(data: bytes) -> dict[str, Feature]:
    """Decode the features of a `tf.train.Example`; lists of floats are left out.

    Raises:
        RecordError: the bytes are not such a message.
    """
    found: dict[str, Feature] = {}
    for _, features in _fields(data, 1):
        for _, entry in _fields(features, 1):
            name = b"".join(value for number, value in _fields(entry) if number == 1)
            values: Feature = []
            for number, feature in _fields(entry):
                if number == 2:
                    values = _values(feature)
            found[name.decode("utf-8", "replace")] = values
    return found


def _values(feature: bytes) -> Feature:
    for number, data in _fields(feature):
        if number == _BYTES_LIST:
            return [value for _, value in _fields(data, 1)]
        if number == _INT64_LIST:
            return _integers(data)
    return []


def _integers(data: bytes) -> list[int]:
    found: list[int] = []
    for _, packed in _fields(data, 1):
        at = 0
        while at < len(packed):
            value, at = _read_varint(packed, at)
            if len(found) >= MOST_FIELDS:
                raise RecordError("the example has more numbers than labels have")
            found.append(value - (1 << 64) if value >> 63 else value)
    return found


def _fields(data: bytes, only: int | None = None) -> Iterator[tuple[int, bytes]]:
    """Number and bytes of each field; a varint of an unpacked list is returned as its bytes."""
    at = count = 0
    while at < len(data):
        count += 1
        if count > MOST_FIELDS:
            raise RecordError("the example has more fields than labels have")
        key, at = _read_varint(data, at)
        start = at
        match key & 7:
            case 0:
                _, at = _read_varint(data, at)
                value = data[start:at]
            case 1 | 5 as kind:
                at += 8 if kind == 1 else 4
                value = data[start:at]
            case 2:
                length, start = _read_varint(data, at)
                at = start + length
                value = data[start:at]
            case _:
                raise RecordError("the example has a field of an unknown kind")
        if at > len(data):
            raise RecordError("the example is cut off")
        if only is None or key >> 3 == only:
            yield key >> 3, value


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise RecordError("the example is cut off")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & _UINT64, at
    raise RecordError("the example has a number that is too long")


def read(tree: Tree) -> Read:
    """Yield the examples of every `.tfrecord` that have `image` and `label` (or `lesions`)."""
    for name in tree.names:
        if not name.lower().endswith(ENDING):
            continue
        try:
            for place, data in enumerate(records(tree.read(name, SHARD_LIMIT))):
                try:
                    features = decode_example(data)
                except RecordError as error:
                    yield _damaged(f"{name}#{place}", error)
                else:
                    yield _labelled(f"{name}#{place}", features)
        except RecordError as error:
            yield _damaged(name, error)
        except LabelError as error:
            yield Finding(name, error.code, error.reason)


def _damaged(name: str, error: RecordError) -> Finding:
    reason = str(error)
    return Finding(name, "damaged", f"{reason[0].upper()}{reason[1:]}; get the file once more.")


def _labelled(name: str, features: Mapping[str, Feature]) -> Labelled | Finding:
    image, lesions = _first(features, "image"), _first(features, "lesions")
    label = lesions or _first(features, "label")
    if image is None or label is None:
        return Finding(name, "no-label", "The example has no `image` or no `label`.")
    key = (_first(features, "names") or b"").decode("utf-8", "replace")
    called, classes = _texts(features, "lesion_names"), _texts(features, "lesion_classes")
    labels = partial(_labels, label, lesions is not None)
    kinds = classes if lesions is not None else {}
    return Labelled(name, key, partial(bytes, image), labels, called, classes=kinds)


def _texts(features: Mapping[str, Feature], name: str) -> dict[int, str]:
    """Texts by lesion number, if there are any."""
    return {
        number: text
        for number, value in enumerate(features.get(name, []), 1)
        if isinstance(value, bytes) and (text := clean_name(value.decode("utf-8", "replace")))
    }


def _first(features: Mapping[str, Feature], name: str) -> bytes | None:
    value = next(iter(features.get(name, [])), None)
    return value if isinstance(value, bytes) else None


def _labels(data: bytes, numbered: bool, height: int, width: int) -> NDArray[np.uint8]:
    says = PictureKind.NUMBERS if numbered else PictureKind.MASK
    return label_picture(data, height, width, says)
