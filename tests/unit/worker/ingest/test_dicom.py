"""DICOM: pixels as a viewer shows them, spacing only if certain, nothing about the patient."""

from __future__ import annotations

import io
import zlib
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEG2000Lossless, RLELossless

from tests.synthetic import (
    dicom_bytes,
    jpeg_baseline_dataset,
    jpeg_bytes,
    ultrasound,
    ultrasound_dataset,
    ultrasound_region,
)
from worker.ingest import Decoded, DecodeError, DecodeLimits, Region, decode

LIMITS = DecodeLimits()
GREY = ultrasound(96, 128, seed=4).pixels
COLOUR = ultrasound(96, 128, seed=4, color=True).pixels
BOX = (12, 16, 60, 80)
SAMPLES = Path(__file__).parents[5] / "shared" / "dicom"


def read(dataset: Dataset) -> Decoded:
    return decode(dicom_bytes(dataset), LIMITS)


def refused(dataset: Dataset) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        read(dataset)
    return caught.value


def deep(bits: int, **attributes: object) -> Dataset:
    """Return a ramp with 16 bits allocated and `bits` stored."""
    values = np.linspace(0, 2**bits - 1, GREY.size).reshape(GREY.shape).astype("<u2")
    dataset = ultrasound_dataset(GREY)
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, bits, bits - 1
    dataset.PixelData = values.tobytes()
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


def bundled(name: str) -> bytes:
    path = get_testdata_file(name, download=False)
    assert isinstance(path, str), f"{name} is not in the wheel of pydicom"
    return Path(path).read_bytes()


@pytest.mark.parametrize("picture", [GREY, COLOUR], ids=["grey", "colour"])
@pytest.mark.parametrize("big_endian", [False, True])
def test_native_pixels_are_kept(picture: np.ndarray, big_endian: bool) -> None:
    decoded = decode(dicom_bytes(ultrasound_dataset(picture), big_endian), LIMITS)
    assert decoded.format == "dicom"
    assert np.array_equal(decoded.frame.pixels, picture)


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless])
@pytest.mark.parametrize("picture", [GREY, COLOUR], ids=["grey", "colour"])
def test_lossless_compression_keeps_pixels(picture: np.ndarray, syntax: str) -> None:
    dataset = dcmread(io.BytesIO(dicom_bytes(ultrasound_dataset(picture))))
    dataset.compress(syntax)
    assert np.array_equal(read(dataset).frame.pixels, picture)


@pytest.mark.parametrize("picture", [GREY, COLOUR], ids=["grey", "colour"])
def test_jpeg_baseline_comes_out_in_the_right_colours(picture: np.ndarray) -> None:
    found = read(jpeg_baseline_dataset(picture)).frame.pixels
    assert found.shape == picture.shape
    assert np.abs(found.astype(int) - picture).mean() < 6


def test_deflated_data_sets_are_read_within_the_limit() -> None:
    dataset = ultrasound_dataset(GREY)
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    data = dicom_bytes(dataset)
    assert np.array_equal(decode(data, LIMITS).frame.pixels, GREY)
    bomb = data + zlib.compress(b"")[:0]
    with pytest.raises(DecodeError) as caught:
        decode(bomb, DecodeLimits(max_bytes=len(data)))
    assert caught.value.code == "file-too-large"


def test_monochrome1_is_inverted() -> None:
    dataset = ultrasound_dataset(GREY, PhotometricInterpretation="MONOCHROME1")
    assert np.array_equal(read(dataset).frame.pixels, 255 - GREY)


def test_a_palette_gives_its_colours() -> None:
    dataset = ultrasound_dataset(GREY, PhotometricInterpretation="PALETTE COLOR")
    ramps = [np.arange(256), 255 - np.arange(256), np.full(256, 7)]
    for name, ramp in zip(("Red", "Green", "Blue"), ramps, strict=True):
        setattr(dataset, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 16])
        table = (ramp * 257).astype("<u2").tobytes()
        setattr(dataset, f"{name}PaletteColorLookupTableData", table)
    expected = np.dstack([ramp[GREY] for ramp in ramps]).astype(np.uint8)
    assert np.array_equal(read(dataset).frame.pixels, expected)


@pytest.mark.parametrize("bits", [10, 12, 16])
def test_deep_pixels_fill_the_8_bit_range(bits: int) -> None:
    found = read(deep(bits)).frame.pixels
    expected = np.rint(np.linspace(0, 255, GREY.size)).reshape(GREY.shape)
    assert np.abs(found.astype(int) - expected).max() <= 1


def test_window_and_rescale_are_applied_in_that_order() -> None:
    # Stored 0..4095, rescaled to -1000..3095, shown from 0 to 1000 (PS3.3 C.11.2.1.2.1).
    dataset = deep(
        12,
        RescaleSlope=1,
        RescaleIntercept=-1000,
        WindowCenter=500.5,
        WindowWidth=1001,
    )
    stored = np.linspace(0, 4095, GREY.size).reshape(GREY.shape).astype("<u2").astype(float)
    expected = np.rint(np.clip((stored - 1000) / 1000, 0, 1) * 255)
    assert np.abs(read(dataset).frame.pixels.astype(int) - expected).max() <= 1


def test_signed_pixels_start_at_their_lowest_value() -> None:
    dataset = deep(12, PixelRepresentation=1)
    values = np.linspace(-2048, 2047, GREY.size).reshape(GREY.shape).astype("<i2")
    dataset.PixelData = values.tobytes()
    found = read(dataset).frame.pixels
    assert (found.min(), found.max()) == (0, 255)
    assert (np.diff(found.ravel().astype(int)) >= 0).all()


def test_region_and_spacing_are_those_of_the_ultrasound_region() -> None:
    region = ultrasound_region(BOX, (0.03, -0.02))
    frame = read(ultrasound_dataset(GREY, [region])).frame
    assert frame.region == Region(*BOX)
    assert frame.spacing == pytest.approx((0.3, 0.2))


@pytest.mark.parametrize(
    "regions",
    [
        [ultrasound_region(BOX, (0.02, 0.02), units=4)],
        [ultrasound_region(BOX, None)],
        [ultrasound_region(BOX, (0.0, 0.02))],
        [ultrasound_region(BOX, (0.02, 0.02)), ultrasound_region(BOX, (0.03, 0.02))],
        [ultrasound_region(BOX, (0.02, 0.02)), ultrasound_region(BOX, (0.02, 0.02), units=0)],
    ],
    ids=["seconds", "no delta", "zero delta", "regions disagree", "one without a unit"],
)
def test_a_doubtful_spacing_is_none(regions: list[Dataset]) -> None:
    frame = read(ultrasound_dataset(GREY, regions)).frame
    assert frame.spacing is None
    assert frame.region == Region(*BOX)


def test_two_pictures_side_by_side_are_one_area() -> None:
    left, right = ultrasound_region((10, 0, 60, 50)), ultrasound_region((12, 60, 70, 68))
    frame = read(ultrasound_dataset(GREY, [left, right])).frame
    assert frame.region == Region(10, 0, 72, 128)
    assert frame.spacing == pytest.approx((0.2, 0.2))


def test_spectra_and_traces_are_not_the_picture() -> None:
    spectrum = ultrasound_region((75, 0, 20, 128), units=4, spatial_format=3)
    frame = read(ultrasound_dataset(GREY, [spectrum, ultrasound_region(BOX)])).frame
    assert frame.region == Region(*BOX)
    assert frame.spacing == pytest.approx((0.2, 0.2))


def test_a_region_that_reaches_beyond_the_picture_is_clipped() -> None:
    frame = read(ultrasound_dataset(GREY, [ultrasound_region((10, 10, 1000, 1000))])).frame
    assert frame.region == Region(10, 10, 86, 118)


def test_pixel_spacing_counts_where_no_region_is_stated() -> None:
    assert read(ultrasound_dataset(GREY, PixelSpacing=[0.3, 0.2])).frame.spacing == (0.3, 0.2)
    agreeing = ultrasound_dataset(GREY, [ultrasound_region(BOX)], PixelSpacing=[0.2, 0.2])
    assert read(agreeing).frame.spacing == pytest.approx((0.2, 0.2))
    other = ultrasound_dataset(GREY, [ultrasound_region(BOX)], PixelSpacing=[0.5, 0.5])
    assert read(other).frame.spacing is None


def test_nothing_of_the_patient_is_kept_but_two_identifiers_to_pseudonymise() -> None:
    decoded = read(
        ultrasound_dataset(
            GREY,
            ReferringPhysicianName="House^Gregory",
            InstitutionName="General Hospital",
            TransducerData=["C5-1", "of Jane", "X"],
        )
    )
    assert decoded.patient_id == "TEST-0001"
    assert decoded.study_id and decoded.study_id.startswith("1.2.")
    assert decoded.attributes["Manufacturer"] == "Synthetic"
    assert decoded.attributes["Modality"] == "US"
    for text in (repr(decoded), str(decoded.attributes)):
        for secret in ("Jane", "Doe", "TEST-0001", "House", "General", "1970"):
            assert secret not in text
    assert "TransducerData" not in decoded.attributes, "free text with the patient's name"


def test_an_empty_patient_id_is_none() -> None:
    assert read(ultrasound_dataset(GREY, PatientID="")).patient_id is None


def test_several_frames_are_counted_and_refused() -> None:
    dataset = ultrasound_dataset(GREY, NumberOfFrames=3)
    dataset.PixelData = dataset.PixelData * 3
    error = refused(dataset)
    assert (error.code, error.status) == ("several-frames", 422)
    assert "3 frames" in error.detail


def test_files_without_a_picture_are_refused() -> None:
    dataset = ultrasound_dataset(GREY)
    del dataset.PixelData
    assert refused(dataset).code == "no-pixels"
    assert refused(ultrasound_dataset(GREY, Rows=0)).code == "no-pixels"


def test_kinds_of_pixels_that_are_not_taken() -> None:
    assert refused(ultrasound_dataset(GREY, BitsAllocated=32)).code == "unsupported-pixel-format"
    assert refused(ultrasound_dataset(GREY, BitsStored=0)).code == "damaged-file"
    other = ultrasound_dataset(GREY, PhotometricInterpretation="HSV")
    assert refused(other).code == "unsupported-pixel-format"


@pytest.mark.parametrize(
    ("syntax", "code"),
    [("1.2.840.10008.1.2.4.102", "video"), ("1.2.3", "unsupported-transfer-syntax")],
)
def test_other_transfer_syntaxes_are_named(syntax: str, code: str) -> None:
    dataset = jpeg_baseline_dataset(GREY)
    data = dicom_bytes(dataset)
    old = str(dataset.file_meta.TransferSyntaxUID).encode()
    old += b"\0" * (len(old) % 2)
    new = syntax.encode() + b"\0" * (len(syntax) % 2)
    head = b"\x02\x00\x10\x00UI"
    data = data.replace(
        head + len(old).to_bytes(2, "little") + old, head + len(new).to_bytes(2, "little") + new
    )
    with pytest.raises(DecodeError) as caught:
        decode(data, LIMITS)
    assert caught.value.code == code


def test_a_codestream_of_another_size_than_the_data_set_says_is_refused() -> None:
    dataset = jpeg_baseline_dataset(GREY)
    dataset.PixelData = encapsulate([jpeg_bytes(np.zeros((4000, 4000), np.uint8))])
    assert refused(dataset).code == "damaged-file"

    lossless = dcmread(io.BytesIO(dicom_bytes(ultrasound_dataset(GREY))))
    lossless.compress(JPEG2000Lossless)
    claim = lossless.PixelData.index(b"\xff\x4f\xff\x51") + 8
    stream = bytearray(lossless.PixelData)
    stream[claim : claim + 8] = b"\x00\x00\xff\xff" * 2
    lossless.PixelData = bytes(stream)
    assert refused(lossless).code == "damaged-file"


def test_native_pixels_that_are_cut_short_are_refused() -> None:
    dataset = ultrasound_dataset(GREY)
    dataset.PixelData = dataset.PixelData[:-200]
    assert refused(dataset).code == "truncated-file"


# One picture in many encodings, as other toolkits wrote it: name and largest mean difference.
@pytest.mark.parametrize(
    ("name", "mean"),
    [
        ("SC_rgb_dcmtk_+eb+cr.dcm", 0.2),
        ("SC_rgb_rle_16bit.dcm", 0.0),
        ("SC_rgb_gdcm_KY.dcm", 0.0),
        ("SC_rgb_jpeg_gdcm.dcm", 0.0),
        ("SC_rgb_jpeg_dcmtk.dcm", 3.0),
        ("SC_rgb_jpeg_lossy_gdcm.dcm", 3.0),
        ("SC_rgb_dcmtk_+eb+cy+np.dcm", 3.0),
        ("SC_rgb_dcmtk_+eb+cy+s4.dcm", 3.0),
        ("SC_ybr_full_422_uncompressed.dcm", 3.0),
        ("SC_rgb_jls_lossy_line.dcm", 3.0),
    ],
)
def test_one_picture_is_the_same_through_every_codec(name: str, mean: float) -> None:
    reference = decode(bundled("SC_rgb_rle.dcm"), LIMITS).frame.pixels.astype(int)
    found = decode(bundled(name), LIMITS).frame.pixels
    assert np.abs(found - reference).mean() <= mean


@pytest.mark.parametrize(
    "name",
    [
        "MR_small_RLE.dcm",
        "MR_small_bigendian.dcm",
        "MR_small_implicit.dcm",
        "MR_small_jp2klossless.dcm",
        "MR_small_jpeg_ls_lossless.dcm",
    ],
)
def test_16_bits_are_the_same_through_every_lossless_codec(name: str) -> None:
    reference = decode(bundled("MR_small.dcm"), LIMITS).frame.pixels
    assert len(np.unique(reference)) > 50
    assert np.array_equal(decode(bundled(name), LIMITS).frame.pixels, reference)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("rtplan.dcm", "no-pixels"),
        ("reportsi.dcm", "no-pixels"),
        ("MR_truncated.dcm", "truncated-file"),
        ("SC_rgb_rle_2frame.dcm", "several-frames"),
        ("liver_1frame.dcm", "unsupported-pixel-format"),
    ],
)
def test_other_files_of_other_toolkits_are_refused_by_name(name: str, code: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(bundled(name), LIMITS)
    assert caught.value.code == code


if SAMPLES.is_dir():

    def test_files_of_real_scanners() -> None:
        expected = {
            "GREYSCALE_IMAGE.dcm": ((768, 1024), (0.0649, 0.0649), Region(38, 14, 721, 997)),
            "RGB_IMAGE.dcm": ((768, 1024, 3), (0.2379, 0.2379), Region(60, 0, 705, 1009)),
            "YBR_FULL-RLE.dcm": ((480, 640, 3), (0.0954, 0.0954), Region(48, 84, 368, 400)),
            "gdcm-US-ALOKA-16.dcm": ((480, 640, 3), (0.3827, 0.3827), Region(24, 32, 392, 608)),
            "no-pixel-spacing.dcm": ((600, 800, 3), (0.3305, 0.3305), Region(60, 120, 459, 680)),
        }
        for name, (shape, spacing, region) in expected.items():
            frame = decode((SAMPLES / name).read_bytes(), LIMITS).frame
            assert frame.pixels.shape == shape, name
            assert frame.spacing == pytest.approx(spacing, abs=1e-3), name
            assert frame.region == region, name
        for name in (
            "US-PAL-8-10x-echo.dcm",
            "IM00001.fragmented_no_bot_jpeg_baseline.50.dcm",
        ):
            with pytest.raises(DecodeError) as caught:
                decode((SAMPLES / name).read_bytes(), LIMITS)
            assert caught.value.code == "several-frames"
