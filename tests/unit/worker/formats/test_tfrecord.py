"""TFRecord is tested against bytes from the specification, another writer, and damage."""

import struct

import google_crc32c
import pytest
from tfrecord.writer import TFRecordWriter

from worker.formats.tfrecord import (
    RecordError,
    decode_example,
    encode_example,
    masked_crc,
    record,
    records,
)

FEATURES = {"image": [b"\x00\xff" * 200], "names": [b"000001"], "height": [480], "width": [640]}


def test_the_checksum_is_crc32c_masked() -> None:
    assert google_crc32c.value(b"123456789") == 0xE3069283  # RFC 3720, B.4
    assert google_crc32c.value(bytes(32)) == 0x8A9136AA
    turned = ((0xE3069283 >> 15) | (0xE3069283 << 17)) & 0xFFFFFFFF
    assert masked_crc(b"123456789") == (turned + 0xA282EAD8) & 0xFFFFFFFF


def test_an_example_is_these_bytes() -> None:
    # Example{features: Features{feature: {"a": Feature{int64_list: {value: [300]}}}}}
    expected = bytes.fromhex("0a0d0a0b0a016112061a040a02ac02")
    assert encode_example({"a": [300]}) == expected


def test_another_writer_writes_the_same_records() -> None:
    data = encode_example(FEATURES)
    theirs = TFRecordWriter.serialize_tf_example(
        {
            "image": (FEATURES["image"], "byte"),
            "names": (FEATURES["names"], "byte"),
            "height": (FEATURES["height"], "int"),
            "width": (FEATURES["width"], "int"),
        }
    )
    assert decode_example(theirs) == FEATURES
    length = struct.pack("<Q", len(data))
    head, tail = TFRecordWriter.masked_crc(length), TFRecordWriter.masked_crc(data)
    assert record(data) == length + head + data + tail


def test_records_come_back() -> None:
    values = [encode_example(FEATURES), b"", encode_example({"n": [-1, 0, 2**40]})]
    found = list(records(b"".join(map(record, values))))
    assert found == values
    assert decode_example(found[0]) == FEATURES


def test_damage_is_noticed() -> None:
    whole = record(encode_example(FEATURES))
    for at in (0, 9, 20, len(whole) - 1):
        broken = bytearray(whole)
        broken[at] ^= 1
        with pytest.raises(RecordError):
            list(records(bytes(broken)))
    for end in (5, 15, len(whole) - 1):
        with pytest.raises(RecordError):
            list(records(whole[:end]))


@pytest.mark.parametrize("data", [b"\x0a\xff", b"\x0a\x05abc", b"\xff" * 12, b"\x0b\x01a"])
def test_what_is_no_example_is_refused(data: bytes) -> None:
    with pytest.raises(RecordError):
        decode_example(data)
