"""DICOM pixels as other decoders see them, whatever the accompanying attributes say.

Each test writes the same picture in a way that scanners and converters write it.
"""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from openjpeg.utils import encode_array
from PIL import Image
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import JPEG2000, JPEG2000Lossless, JPEGBaseline8Bit, RLELossless

from tests.synthetic import dicom_bytes, ultrasound, ultrasound_dataset, ultrasound_region
from worker.ingest import Decoded, DecodeError, DecodeLimits, Region, decode

LIMITS = DecodeLimits()
GREY = ultrasound(96, 128, seed=4).pixels
COLOUR = np.dstack([GREY, GREY[::-1], 255 - GREY])
PATCH = (slice(40, 56), slice(64, 96))
RED = (200, 30, 20)
BOX = (12, 16, 60, 80)


def read(dataset: Dataset) -> Decoded:
    return decode(dicom_bytes(dataset), LIMITS)


def pixels(dataset: Dataset) -> NDArray[np.int64]:
    return read(dataset).frame.pixels.astype(int)


def compressed(dataset: Dataset, stream: bytes, syntax: str) -> Dataset:
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PixelData = encapsulate([stream])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    return dataset


def deep(values: NDArray[np.uint16], stored: int, high: int, **attributes: object) -> Dataset:
    dataset = ultrasound_dataset(GREY, **attributes)
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, stored, high
    dataset.PixelData = values.astype("<u2").tobytes()
    return dataset


def jpeg(transform: int | None, ybr: bool, ids: bytes, jfif: bool, subsampling: int) -> bytes:
    """Return a JPEG of a red patch that describes its components in exactly this way."""
    picture = np.full((96, 128, 3), 90, np.uint8)
    picture[PATCH] = RED
    image = Image.fromarray(picture)
    buffer = io.BytesIO()
    if ybr:
        image.save(buffer, "JPEG", quality=95, subsampling=subsampling)
    else:
        image.save(buffer, "JPEG", quality=95, keep_rgb=True)
    data = buffer.getvalue()
    at, parts = 2, [data[:2]]
    if jfif:
        parts.append(b"\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0")
    if transform is not None:
        parts.append(b"\xff\xee\x00\x0eAdobe\0\x64\0\0\0\0" + bytes([transform]))
    while True:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        segment = bytearray(data[at:end])
        if data[at + 1] == 0xC0:
            segment[10::3] = ids
        if data[at + 1] == 0xDA:
            segment[5:11:2] = ids
        if not 0xE0 <= data[at + 1] <= 0xEF:
            parts.append(bytes(segment))
        at = end
        if segment[1] == 0xDA:
            return b"".join([*parts, data[end:]])


NUMBERED, NAMED, FROM_ZERO = b"\1\2\3", b"RGB", b"\0\1\2"


@pytest.mark.parametrize(
    ("transform", "ybr", "ids", "jfif", "subsampling", "tag"),
    [
        (None, True, NUMBERED, False, 0, "RGB"),
        (None, True, NUMBERED, True, 0, "RGB"),
        (1, True, NUMBERED, False, 0, "RGB"),
        (1, True, FROM_ZERO, False, 2, "RGB"),
        (None, True, FROM_ZERO, False, 2, "RGB"),
        (None, True, FROM_ZERO, False, 0, "YBR_FULL"),
        (None, True, NUMBERED, True, 1, "YBR_FULL_422"),
        (None, True, NUMBERED, True, 0, "YBR_FULL_422"),
        (0, False, NUMBERED, False, 0, "RGB"),
        (0, False, NAMED, False, 0, "YBR_FULL_422"),
        (None, False, NAMED, False, 0, "YBR_FULL"),
        (None, False, NAMED, False, 0, "RGB"),
        (None, False, FROM_ZERO, False, 0, "RGB"),
    ],
)
def test_the_colours_of_jpeg_are_those_of_the_stream(
    transform: int | None, ybr: bool, ids: bytes, jfif: bool, subsampling: int, tag: str
) -> None:
    stream = jpeg(transform, ybr, ids, jfif, subsampling)
    dataset = ultrasound_dataset(COLOUR, PhotometricInterpretation=tag)
    found = pixels(compressed(dataset, stream, JPEGBaseline8Bit))
    assert np.abs(found[48, 80] - RED).max() <= 4
    assert np.abs(found[8, 8] - 90).max() <= 4


@pytest.mark.parametrize("mct", [True, False])
@pytest.mark.parametrize("tag", ["RGB", "YBR_RCT", "YBR_ICT"])
def test_the_colours_of_jpeg_2000_are_those_of_the_stream(mct: bool, tag: str) -> None:
    stream = encode_array(COLOUR, use_mct=mct, photometric_interpretation=1)
    dataset = ultrasound_dataset(COLOUR, PhotometricInterpretation=tag)
    assert np.array_equal(pixels(compressed(dataset, stream, JPEG2000Lossless)), COLOUR)


def test_a_stream_of_another_family_than_the_transfer_syntax_is_read() -> None:
    stream = encode_array(GREY)
    dataset = compressed(ultrasound_dataset(GREY), stream, JPEGBaseline8Bit)
    assert np.array_equal(pixels(dataset), GREY)


@pytest.mark.parametrize(("stored", "high"), [(12, 15), (10, 15), (8, 15), (12, 13), (8, 7)])
def test_the_picture_is_in_the_bits_that_the_high_bit_says(stored: int, high: int) -> None:
    values = GREY.astype(np.uint16) << (stored - 8)
    values[0, 0] = 255 << (stored - 8)
    assert np.abs(pixels(deep(values << (high + 1 - stored), stored, high)) - GREY)[1:].max() <= 1


@pytest.mark.parametrize("lossless", [False, True])
def test_overlays_in_unused_bits_are_masked_off(lossless: bool) -> None:
    values = GREY.astype(np.uint16) << 4 | 15
    clean = pixels(deep(values, 12, 11))
    values[20:30] |= 1 << 12
    values[60:70] |= 1 << 15
    dataset = deep(values, 12, 11)
    if lossless:
        dataset = compressed(dataset, encode_array(values), JPEG2000Lossless)
    assert np.array_equal(pixels(dataset), clean)


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("signed", [0, 1])
def test_16_bits_without_a_window_are_shown_by_the_bits_in_use(bits: int, signed: int) -> None:
    scale = 1 << (bits - 8)
    values = np.where(GREY > 200, 255, GREY).astype(np.uint16) * scale
    if signed and bits == 16:
        values = (values.astype(int) - 32768).astype("<i2").view("<u2")
    found = pixels(deep(values, 16, 15, PixelRepresentation=signed))
    assert np.abs(found - np.where(GREY > 200, 255, GREY)).max() <= 1


def test_signed_values_below_zero_are_shown_from_the_lowest_to_the_highest() -> None:
    values = (GREY.astype(int) * 2 - 300).astype("<i2")
    low, high = GREY.min(), GREY.max()
    expected = (GREY.astype(float) - low) / (high - low) * 255
    found = pixels(deep(values.view("<u2"), 16, 15, PixelRepresentation=1))
    assert np.abs(found - expected).max() <= 1


def rle(planes: list[bytes]) -> bytes:
    offsets, at = [], 64
    for plane in planes:
        offsets.append(at)
        at += len(plane)
    header = struct.pack("<16I", len(planes), *offsets, *[0] * (15 - len(planes)))
    return header + b"".join(planes)


def literal(data: bytes) -> bytes:
    chunks = (data[at : at + 128] for at in range(0, len(data), 128))
    return b"".join(bytes([len(chunk) - 1]) + chunk for chunk in chunks)


@pytest.mark.parametrize("spare", [b"", b"\0\0", b"\x80\x80", b"\x81\0", b"\0" * 64])
def test_spare_bytes_in_rle_are_left_alone(spare: bytes) -> None:
    planes = [literal(COLOUR[..., channel].tobytes()) + spare for channel in range(3)]
    dataset = compressed(ultrasound_dataset(COLOUR), rle(planes), RLELossless)
    assert np.array_equal(pixels(dataset), COLOUR)


def test_16_bits_in_rle_have_the_high_byte_first() -> None:
    values = GREY.astype(np.uint16) * 257 ^ 0x55
    planes = [literal((values >> 8).astype(np.uint8).tobytes())]
    planes.append(literal((values & 255).astype(np.uint8).tobytes()))
    dataset = compressed(deep(values, 16, 15), rle(planes), RLELossless)
    assert np.abs(pixels(dataset) - (values >> 8)).max() <= 1


def lut(descriptor: list[int] | None, data: object) -> Dataset:
    item = Dataset()
    if descriptor is not None:
        item.add_new("LUTDescriptor", "US", descriptor)
    if isinstance(data, bytes):
        item.add_new("LUTData", "OW", data)
    elif data is not None:
        item.add_new("LUTData", "US", data)
    return item


@pytest.mark.parametrize(
    "item",
    [
        lut(None, None),
        lut([256, 0, 8], None),
        lut([256, 0, 8], [1, 2, 3]),
        lut([256, 0, 16], b""),
        lut([256, 0, 8], [0] * 256),
        lut([256, 0], list(range(256))),
    ],
    ids=["empty", "no data", "too short", "empty data", "all black", "no depth"],
)
@pytest.mark.parametrize("keyword", ["VOILUTSequence", "ModalityLUTSequence"])
def test_a_lookup_table_that_is_none_is_ignored_with_a_note(item: Dataset, keyword: str) -> None:
    decoded = read(ultrasound_dataset(GREY, **{keyword: Sequence([item])}))
    assert np.array_equal(decoded.frame.pixels, GREY)
    assert decoded.notes == ("A lookup table of the file is empty or damaged and was ignored.",)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("keyword", ["VOILUTSequence", "ModalityLUTSequence"])
def test_a_lookup_table_is_applied(packed: bool, keyword: str) -> None:
    table = 255 - np.arange(256)
    data: object = table.tolist()
    if packed:
        data = table.astype(np.uint8).tobytes()
    dataset = ultrasound_dataset(GREY, **{keyword: Sequence([lut([256, 0, 8], data)])})
    assert np.abs(pixels(dataset) - (255 - GREY)).max() <= 1


@pytest.mark.parametrize(("centre", "width"), [(-500, 100), (9000, 20), (0, 1)])
def test_a_window_that_shows_nothing_is_ignored_with_a_note(centre: float, width: float) -> None:
    picture = np.maximum(GREY, 3)
    decoded = read(ultrasound_dataset(picture, WindowCenter=centre, WindowWidth=width))
    assert np.array_equal(decoded.frame.pixels, picture)
    assert decoded.notes == ("The file's grey scale shows nothing of the picture and was ignored.",)


def test_a_slope_of_zero_does_not_make_the_picture_black() -> None:
    assert np.array_equal(pixels(ultrasound_dataset(GREY, RescaleSlope=0)), GREY)


def palette(tables: list[bytes], descriptor: list[int], segmented: str = "") -> dict[str, object]:
    found: dict[str, object] = {"PhotometricInterpretation": "PALETTE COLOR"}
    for name, table in zip(("Red", "Green", "Blue"), tables, strict=True):
        found[f"{name}PaletteColorLookupTableDescriptor"] = descriptor
        found[f"{segmented}{name}PaletteColorLookupTableData"] = table
    return found


RAMPS = (np.arange(256), 255 - np.arange(256), np.arange(256) // 2)
IN_COLOUR = np.dstack([ramp[GREY] for ramp in RAMPS])


@pytest.mark.parametrize(
    ("scale", "layout", "bits"),
    [(257, "<u2", 16), (256, "<u2", 16), (1, "<u2", 16), (1, "u1", 8), (16, "<u2", 12)],
)
def test_a_palette_is_read_by_what_it_fills(scale: int, layout: str, bits: int) -> None:
    tables = [(ramp * scale).astype(layout).tobytes() for ramp in RAMPS]
    dataset = ultrasound_dataset(GREY, **palette(tables, [256, 0, bits]))
    assert np.array_equal(pixels(dataset), IN_COLOUR)


def test_a_palette_of_a_big_endian_file_is_big_endian() -> None:
    tables = [(ramp * 257).astype(">u2").tobytes() for ramp in RAMPS]
    dataset = ultrasound_dataset(GREY, **palette(tables, [256, 0, 16]))
    assert np.array_equal(decode(dicom_bytes(dataset, True), LIMITS).frame.pixels, IN_COLOUR)


def test_indices_of_12_bits_have_4096_colours() -> None:
    tables = [np.repeat(ramp * 257, 16).astype("<u2").tobytes() for ramp in RAMPS]
    values = GREY.astype(np.uint16) * 16 + 5
    dataset = deep(values, 12, 11, **palette(tables, [4096, 0, 16]))
    assert np.array_equal(pixels(dataset), IN_COLOUR)


def test_segmented_palettes_are_expanded() -> None:
    def table(*segments: int) -> bytes:
        return np.array(segments, "<u2").tobytes()

    red = table(0, 1, 0, 1, 255, 255 * 257)
    green = table(0, 1, 65535, 1, 255, 0)
    # Four values, then the same values 63 more times: entries 0..3 repeat.
    blue = table(0, 4, 0, 256, 512, 768, *[2, 1, 0, 0] * 63)
    dataset = ultrasound_dataset(GREY, **palette([red, green, blue], [256, 0, 16], "Segmented"))
    found = pixels(dataset)
    assert np.abs(found[..., 0] - GREY).max() <= 1
    assert np.abs(found[..., 1] - (255 - GREY)).max() <= 1
    assert np.array_equal(found[..., 2], GREY % 4)


def test_a_segmented_palette_that_calls_itself_is_refused() -> None:
    table = np.array([0, 1, 5, 2, 60000, 0, 0], "<u2").tobytes()
    dataset = ultrasound_dataset(GREY, **palette([table] * 3, [256, 0, 16], "Segmented"))
    with pytest.raises(DecodeError) as caught:
        read(dataset)
    assert caught.value.code == "damaged-file"


def ybr(full: bool) -> NDArray[np.uint8]:
    """Return the colours in YBR_FULL or YBR_PARTIAL_422, as PS3.3 C.7.6.3.1.2 defines them."""
    matrix = np.array(
        [[0.299, 0.587, 0.114], [-0.1687, -0.3313, 0.5], [0.5, -0.4187, -0.0813]]
        if full
        else [[0.2568, 0.5041, 0.0979], [-0.1482, -0.2910, 0.4392], [0.4392, -0.3678, -0.0714]]
    )
    offset = [0 if full else 16, 128, 128]
    return np.clip(np.rint(SMOOTH @ matrix.T + offset), 0, 255).astype(np.uint8)


_RAMP = np.add.outer(np.arange(96), np.arange(128) // 2 * 2)
SMOOTH = np.dstack([_RAMP, 222 - _RAMP, np.full_like(_RAMP, 100)])
"""Colours that differ little between neighbouring pixels and not within pairs."""


@pytest.mark.parametrize(
    ("tag", "subsampled", "planar"),
    [
        ("YBR_FULL", False, 0),
        ("YBR_FULL", False, 1),
        ("YBR_FULL_422", True, 0),
        ("YBR_FULL_422", False, 0),
        ("YBR_PARTIAL_422", True, 0),
    ],
)
def test_native_ybr_becomes_rgb(tag: str, subsampled: bool, planar: int) -> None:
    values = ybr("FULL" in tag)
    dataset = ultrasound_dataset(COLOUR, PhotometricInterpretation=tag, PlanarConfiguration=planar)
    if subsampled:
        quads = [values[:, ::2, 0], values[:, 1::2, 0], values[:, ::2, 1], values[:, ::2, 2]]
        values = np.stack(quads, axis=-1)
    elif planar:
        values = values.transpose(2, 0, 1)
    dataset.PixelData = values.tobytes()
    assert np.abs(pixels(dataset) - SMOOTH).max() <= 2


@pytest.mark.parametrize(
    ("box", "reason"),
    [
        ((60, 80, 1, 1), "it is too small for a picture"),
        ((0, 0, 1, 1), "it is too small for a picture"),
        ((0, 0, 96, 2), "it is too small for a picture"),
        ((500, 500, 60, 80), "it lies outside the picture"),
        ((60, 80, -30, 20), "its corners are in the wrong order"),
    ],
)
def test_a_region_that_cannot_be_true_is_ignored_with_a_reason(
    box: tuple[int, int, int, int], reason: str
) -> None:
    top, left, height, width = box
    region = ultrasound_region(BOX)
    region.RegionLocationMinX0, region.RegionLocationMinY0 = left, top
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = left + width - 1, top + height - 1
    decoded = read(ultrasound_dataset(GREY, [region]))
    assert (decoded.frame.region, decoded.frame.spacing) == (None, None)
    assert decoded.notes == (f"An ultrasound region of the file was ignored: {reason}.",)
    beside = read(ultrasound_dataset(GREY, [region, ultrasound_region(BOX)]))
    assert beside.frame.region == Region(*BOX)
    assert beside.frame.spacing == pytest.approx((0.2, 0.2))


def test_a_region_of_a_larger_picture_gives_no_lengths() -> None:
    decoded = read(ultrasound_dataset(GREY, [ultrasound_region((10, 10, 400, 400))]))
    assert decoded.frame.region == Region(10, 10, 86, 118)
    assert decoded.frame.spacing is None
    assert "reaches beyond the picture" in decoded.notes[0]


@pytest.mark.parametrize("delta", [(0.0, 0.02), None, (float("nan"), 0.02)])
def test_a_region_without_a_distance_says_why_lengths_are_unknown(
    delta: tuple[float, float] | None,
) -> None:
    decoded = read(ultrasound_dataset(GREY, [ultrasound_region(BOX, delta)]))
    assert decoded.frame.spacing is None
    assert decoded.notes == ("Lengths are unknown: no plausible distance in an ultrasound region.",)


def test_a_sound_file_has_no_notes() -> None:
    assert read(ultrasound_dataset(GREY, [ultrasound_region(BOX)])).notes == ()


def test_a_file_without_the_preamble_is_dicom() -> None:
    data = dicom_bytes(ultrasound_dataset(GREY))
    found = decode(data[132:], LIMITS)
    assert found.format == "dicom"
    assert np.array_equal(found.frame.pixels, GREY)


@pytest.mark.parametrize("implicit", [False, True])
def test_a_data_set_without_any_header_is_dicom(implicit: bool) -> None:
    buffer = io.BytesIO()
    dataset = ultrasound_dataset(GREY)
    del dataset.file_meta
    dataset.save_as(buffer, implicit_vr=implicit, little_endian=True)
    found = decode(buffer.getvalue(), LIMITS)
    assert found.format == "dicom"
    assert np.array_equal(found.frame.pixels, GREY)


@pytest.mark.parametrize("kind", ["native", "rle", "jpeg"])
def test_a_cut_file_is_called_cut(kind: str) -> None:
    dataset = ultrasound_dataset(GREY, [ultrasound_region(BOX)])
    if kind == "rle":
        compressed(dataset, rle([literal(GREY.tobytes())]), RLELossless)
    if kind == "jpeg":
        buffer = io.BytesIO()
        Image.fromarray(GREY).save(buffer, "JPEG")
        compressed(dataset, buffer.getvalue(), JPEGBaseline8Bit)
    data = dicom_bytes(dataset)
    codes = set()
    for length in np.linspace(len(data) * 0.3, len(data) - 8, 60):
        with pytest.raises(DecodeError) as caught:
            decode(data[: int(length)], LIMITS)
        codes.add(caught.value.code)
    assert codes == {"truncated-file"}


def test_a_codestream_that_is_cut_inside_its_fragment_is_called_cut() -> None:
    stream = encode_array(GREY)
    dataset = ultrasound_dataset(GREY)
    for length in (100, len(stream) // 2, len(stream) - 40):
        with pytest.raises(DecodeError) as caught:
            read(compressed(dataset, stream[:length], JPEG2000Lossless))
        assert caught.value.code == "truncated-file"


@pytest.mark.parametrize("table", ["none", "empty", "wrong", "extended"])
def test_one_frame_in_fragments_needs_no_offset_table(table: str) -> None:
    stream = rle([literal(GREY.tobytes())])
    parts = [stream[:500], stream[500:4000], stream[4000:]]
    parts = [part + b"\0" * (len(part) % 2) for part in parts]
    dataset = compressed(ultrasound_dataset(GREY), stream, RLELossless)
    items = [b"\xfe\xff\x00\xe0" + struct.pack("<I", len(part)) + part for part in parts]
    offsets = {"wrong": struct.pack("<II", 0, 500)}.get(table, b"")
    dataset.PixelData = b"\xfe\xff\x00\xe0" + struct.pack("<I", len(offsets)) + offsets
    dataset.PixelData += b"".join(items)
    dataset["PixelData"].is_undefined_length = True
    if table == "extended":
        dataset.ExtendedOffsetTable = struct.pack("<Q", 0)
        dataset.ExtendedOffsetTableLengths = struct.pack("<Q", len(stream))
    assert np.array_equal(pixels(dataset), GREY)


def test_8_bits_in_words_of_a_big_endian_file_are_swapped() -> None:
    data = get_testdata_file("SC_rgb_small_odd_big_endian.dcm", download=False)
    little = get_testdata_file("SC_rgb_small_odd.dcm", download=False)
    assert isinstance(data, str)
    assert isinstance(little, str)
    with Path(data).open("rb") as big, Path(little).open("rb") as small:
        swapped, plain = decode(big.read(), LIMITS), decode(small.read(), LIMITS)
    assert np.array_equal(swapped.frame.pixels, plain.frame.pixels)
    dataset = ultrasound_dataset(GREY)
    dataset["PixelData"].VR = "OW"
    words = np.frombuffer(GREY.tobytes(), "<u2").astype(">u2").tobytes()
    dataset.PixelData = words
    buffer = io.BytesIO()
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.2"
    dataset.save_as(buffer, enforce_file_format=True, little_endian=False, implicit_vr=False)
    assert dcmread(io.BytesIO(buffer.getvalue()))["PixelData"].VR == "OW"
    assert np.array_equal(decode(buffer.getvalue(), LIMITS).frame.pixels, GREY)


@pytest.mark.parametrize("lossy", [False, True])
def test_what_lossy_coding_adds_above_white_stays_white(lossy: bool) -> None:
    values = np.minimum(GREY.astype(np.uint16) << 4, 4000)
    values[50:60, 50:60] = 4095 + 130
    stream = encode_array(values, bits_stored=16)
    found = pixels(
        compressed(deep(values, 12, 11), stream, JPEG2000 if lossy else JPEG2000Lossless)
    )
    # In a lossless stream, the same bit belongs to an overlay, and the bits below it are black.
    assert (found[50:60, 50:60] == (255 if lossy else 8)).all()


def test_progressive_jpeg_is_read() -> None:
    buffer = io.BytesIO()
    Image.fromarray(GREY).save(buffer, "JPEG", quality=97, progressive=True)
    dataset = compressed(ultrasound_dataset(GREY), buffer.getvalue(), "1.2.840.10008.1.2.4.55")
    assert np.abs(pixels(dataset) - GREY).mean() <= 2


def test_a_sequential_scan_that_states_no_coefficients_holds_all() -> None:
    def bundled(name: str) -> NDArray[np.uint8]:
        path = get_testdata_file(name, download=False)
        assert isinstance(path, str)
        return decode(Path(path).read_bytes(), LIMITS).frame.pixels

    assert np.array_equal(bundled("JPEG-lossy.dcm"), bundled("JPGExtended.dcm"))
