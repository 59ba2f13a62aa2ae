"""Damaged files are decoded or refused; nothing else ever comes out of `decode`."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.uid import DeflatedExplicitVRLittleEndian, RLELossless

from tests.synthetic import (
    dicom_bytes,
    jpeg_baseline_dataset,
    jpeg_bytes,
    pillow_bytes,
    png_bytes,
    ultrasound,
    ultrasound_dataset,
    ultrasound_region,
)
from worker.ingest import Decoded, DecodeError, DecodeLimits, decode

LIMITS = DecodeLimits(max_bytes=1_000_000, max_pixels=250_000, max_side=1000)
GREY = ultrasound(40, 48, seed=5).pixels
COLOUR = ultrasound(40, 48, seed=5, color=True).pixels


def seeds() -> dict[str, bytes]:
    region = ultrasound_region((2, 3, 30, 40))
    run_length = dcmread(io.BytesIO(dicom_bytes(ultrasound_dataset(COLOUR, [region]))))
    run_length.compress(RLELossless)
    deflated = ultrasound_dataset(GREY, [region])
    deflated.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    return {
        "png": png_bytes(COLOUR),
        "jpeg": jpeg_bytes(COLOUR),
        "progressive jpeg": jpeg_bytes(GREY, progressive=True),
        "tiff": pillow_bytes(COLOUR, "TIFF"),
        "lzw tiff": pillow_bytes(GREY, "TIFF", compression="tiff_lzw"),
        "bmp": pillow_bytes(COLOUR, "BMP"),
        "webp": pillow_bytes(COLOUR, "WEBP"),
        "lossless webp": pillow_bytes(GREY, "WEBP", lossless=True),
        "dicom": dicom_bytes(ultrasound_dataset(GREY, [region])),
        "jpeg dicom": dicom_bytes(jpeg_baseline_dataset(COLOUR)),
        "rle dicom": dicom_bytes(run_length),
        "deflated dicom": dicom_bytes(deflated),
    }


SEEDS = seeds()


def check(data: bytes) -> None:
    try:
        decoded = decode(data, LIMITS)
    except DecodeError as error:
        assert 400 <= error.status < 500
        assert error.code and error.title and error.detail
        return
    assert isinstance(decoded, Decoded)
    pixels = decoded.frame.pixels
    assert pixels.dtype == np.uint8
    assert pixels.shape[0] * pixels.shape[1] <= LIMITS.max_pixels
    assert max(pixels.shape[:2]) <= LIMITS.max_side


@pytest.mark.parametrize("name", SEEDS)
def test_the_seeds_are_sound(name: str) -> None:
    assert decode(SEEDS[name], LIMITS).frame.pixels.shape[:2] == (40, 48)


@pytest.mark.parametrize("name", SEEDS)
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(edits=st.data())
def test_mutated_files_are_decoded_or_refused(name: str, edits: st.DataObject) -> None:
    data = bytearray(SEEDS[name])
    for _ in range(edits.draw(st.integers(1, 4), label="edits")):
        # Headers matter most: half of the edits go to the first kilobyte.
        reach = edits.draw(st.sampled_from([min(1000, len(data)), len(data)]), label="reach")
        at = edits.draw(st.integers(0, reach), label="at")
        kind = edits.draw(st.sampled_from(["replace", "insert", "delete", "copy"]), label="kind")
        if kind == "replace":
            new = edits.draw(st.binary(min_size=1, max_size=8), label="new")
            data[at : at + len(new)] = new
        elif kind == "insert":
            data[at:at] = edits.draw(st.binary(max_size=40), label="new")
        elif kind == "delete":
            del data[at : at + edits.draw(st.integers(1, 200), label="length")]
        else:
            data[at:at] = data[: edits.draw(st.integers(1, 200), label="length")]
    check(bytes(data))


@settings(max_examples=300, deadline=None)
@given(
    magic=st.sampled_from([s[:n] for s in SEEDS.values() for n in (4, 16, 140)]),
    rest=st.binary(max_size=400),
)
def test_noise_behind_a_magic_number_is_refused_or_decoded(magic: bytes, rest: bytes) -> None:
    check(magic + rest)


@pytest.mark.parametrize("name", SEEDS)
def test_every_prefix_is_refused_or_decoded(name: str) -> None:
    data = SEEDS[name]
    for length in range(0, len(data), max(1, len(data) // 300)):
        check(data[:length])
