"""Cines in every transfer syntax that is read: the first and the last frame are the right ones.

Files written by other programs are also compared with what those programs show, within two levels.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from openjpeg.utils import encode_array
from PIL import Image
from pydicom import dcmread
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.uid import HTJ2K, UID, HTJ2KLossless, JPEG2000Lossless, JPEGBaseline8Bit, RLELossless

from bench.decoders.dicom_files import NATIVE, part_10
from bench.decoders.peers import run
from tests.cines import cine_dataset, cine_frames
from tests.synthetic import dicom_bytes, jpeg_bytes
from tests.unit.worker.ingest.htj2k_streams import STREAMS
from worker.ingest.cine import frames_of, open_cine, survey
from worker.ingest.errors import DecodeLimits

COUNT, HEIGHT, WIDTH = 4, 96, 128
GREY = cine_frames(COUNT, HEIGHT, WIDTH)[0]
LIMITS = DecodeLimits()

Frames = NDArray[np.uint8]


def colour() -> Frames:
    """Return frames of smooth colours that differ from frame to frame."""
    ramp = np.add.outer(np.arange(HEIGHT), np.arange(WIDTH))
    frames = [np.dstack([ramp, 222 - ramp, np.full_like(ramp, 40 * n + 20)]) for n in range(COUNT)]
    return np.stack(frames).astype(np.uint8)


COLOUR = colour()


def ends(data: bytes, frames: Frames = GREY) -> tuple[Frames, Frames]:
    """Return the first and the last frame, after checking how many there are."""
    opened = open_cine(data, LIMITS)
    said = survey(opened, LIMITS)
    assert len(said.times) == COUNT
    assert said.grey == (frames.ndim == 3)
    shown = list(frames_of(opened, grey=said.grey))
    return shown[0], shown[-1]


def far(one: Frames, other: Frames) -> int:
    return int(np.abs(one.astype(int) - other).max())


def encapsulated(frames: Frames, syntax: str, streams: list[bytes], how: str = "table") -> bytes:
    """Return a file whose frames are these streams, in this order."""
    dataset = cine_dataset(frames)
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    if how == "extended":
        pixels, offsets, lengths = encapsulate_extended(streams)
        dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths = offsets, lengths
    elif how == "fragments":
        pixels = encapsulate(streams, fragments_per_frame=2, has_bot=True)
    else:
        pixels = encapsulate(streams, has_bot=how == "table")
    dataset.PixelData = pixels
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    return dicom_bytes(dataset)


@pytest.mark.parametrize("name", NATIVE)
@pytest.mark.parametrize("frames", [GREY, COLOUR], ids=["grey", "colour"])
def test_uncompressed(name: str, frames: Frames) -> None:
    first, last = ends(part_10(cine_dataset(frames), NATIVE[name]), frames)
    assert np.array_equal(first, frames[0])
    assert np.array_equal(last, frames[-1])


@pytest.mark.parametrize("how", ["table", "no table", "extended", "fragments"])
def test_jpeg_2000_however_the_frames_are_found(how: str) -> None:
    streams = [encode_array(one, bits_stored=8) for one in GREY]
    first, last = ends(encapsulated(GREY, JPEG2000Lossless, streams, how))
    assert far(first, GREY[0]) == far(last, GREY[-1]) == 0


def test_jpeg_2000_in_colour() -> None:
    streams = [encode_array(one, photometric_interpretation=1, use_mct=True) for one in COLOUR]
    first, last = ends(encapsulated(COLOUR, JPEG2000Lossless, streams), COLOUR)
    assert far(first, COLOUR[0]) == far(last, COLOUR[-1]) == 0


def test_rle() -> None:
    for frames in (GREY, COLOUR):
        dataset = cine_dataset(frames)
        dataset.compress(RLELossless, generate_instance_uid=False)
        first, last = ends(dicom_bytes(dataset), frames)
        assert far(first, frames[0]) == far(last, frames[-1]) == 0


@pytest.mark.parametrize("how", ["table", "no table", "extended"])
def test_jpeg_baseline(how: str) -> None:
    streams = [jpeg_bytes(one, 97) for one in GREY]
    first, last = ends(encapsulated(GREY, JPEGBaseline8Bit, streams, how))
    for shown, stream in ((first, streams[0]), (last, streams[-1])):
        assert far(shown, np.asarray(Image.open(io.BytesIO(stream)))) <= 2


VIDEO = {
    "1.2.840.10008.1.2.4.100": ("mpeg2video", "mpeg2video", {"qscale": "1"}),
    "1.2.840.10008.1.2.4.102": ("h264", "libx264", {"qp": "1"}),
    "1.2.840.10008.1.2.4.105": ("mp4", "libx264", {"qp": "1"}),
    "1.2.840.10008.1.2.4.106": ("mpegts", "libx264", {"qp": "1"}),
    "1.2.840.10008.1.2.4.107": ("hevc", "libx265", {"x265-params": "qp=1:log-level=none"}),
}


@pytest.mark.parametrize("syntax", VIDEO)
def test_video(syntax: str) -> None:
    container, codec, options = VIDEO[syntax]
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as out:
        stream = out.add_stream(codec, rate=Fraction(25), options=options)
        stream.height, stream.width, stream.pix_fmt = HEIGHT, WIDTH, "yuv420p"
        stream.bit_rate = 20_000_000
        for one in GREY:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(one, format="gray")))
        out.mux(stream.encode(None))
    dataset = cine_dataset(np.repeat(GREY[..., None], 3, axis=3))
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    dataset.PhotometricInterpretation = "YBR_PARTIAL_420"
    data = buffer.getvalue()
    dataset.PixelData = encapsulate([data + b"\0" * (len(data) % 2)])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    first, last = ends(dicom_bytes(dataset))
    # No peer decodes these, but the input is known. 256 levels are stored as 219.
    for shown, put_in in ((first, GREY[0]), (last, GREY[-1])):
        assert np.abs(shown.astype(int) - put_in).mean() <= 2


WRITERS = {
    "JPEG baseline, DCMTK": ("dcmcjpeg", "+eb", "+sr", "+q", "97"),
    "JPEG extended, DCMTK": ("dcmcjpeg", "+ee", "+sr", "+q", "97"),
    "JPEG lossless SV1, DCMTK": ("dcmcjpeg", "+e1"),
    "JPEG lossless, DCMTK": ("dcmcjpeg", "+el"),
    "JPEG-LS, DCMTK": ("dcmcjpls", "+el"),
    "JPEG-LS near-lossless, DCMTK": ("dcmcjpls", "+en", "+md", "2"),
    "RLE, DCMTK": ("dcmcrle",),
    "JPEG lossless, GDCM": ("gdcmconv", "--jpeg"),
    "JPEG-LS, GDCM": ("gdcmconv", "--jpegls"),
    "RLE, GDCM": ("gdcmconv", "--rle"),
    "JPEG 2000, GDCM": ("gdcmconv", "--j2k"),
}


def as_peers_show(path: Path, folder: Path) -> Iterator[tuple[Frames, Frames]]:
    """Yield the first and last frame as DCMTK shows the file, and as it shows GDCM's decoding."""
    raw = folder / "raw.dicom"
    sources = [path] + ([raw] if run("gdcmconv", "--raw", path, raw) else [])
    for source in sources:
        shown = []
        for number in (1, COUNT):
            target = folder / f"{number}.png"
            target.unlink(missing_ok=True)
            if run("dcmj2pnm", "-q", "-O", "+on", "+F", str(number), source, target):
                shown.append(np.asarray(Image.open(target).convert("RGB")))
        if len(shown) == 2:
            yield shown[0], shown[1]


@pytest.mark.parametrize("name", WRITERS)
def test_cines_of_other_writers_are_shown_as_they_show_them(name: str, tmp_path: Path) -> None:
    source, target = tmp_path / "source.dicom", tmp_path / "target.dicom"
    source.write_bytes(part_10(cine_dataset(COLOUR)))
    assert run(*WRITERS[name], source, target)
    found = ends(target.read_bytes(), COLOUR)
    peers = list(as_peers_show(target, tmp_path))
    assert peers
    for peer in peers:
        assert [far(a, b) for a, b in zip(found, peer, strict=True)] == pytest.approx([0, 0], abs=2)


def deep() -> NDArray[np.int_]:
    """Return frames of twelve bits, with all values from black to white."""
    ramp = np.add.outer(np.arange(HEIGHT), np.arange(WIDTH)) * 18
    return np.stack([np.roll(ramp, 9 * number, axis=1) for number in range(COUNT)])


def deep_dicom(frames: NDArray[np.int_]) -> bytes:
    """Return an uncompressed cine of twelve bits, windowed from 0 to 4095."""
    dataset = cine_dataset(GREY)
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.WindowCenter, dataset.WindowWidth = 2048, 4096
    dataset.PixelData = frames.astype("<u2").tobytes()
    dataset["PixelData"].VR = "OW"
    return dicom_bytes(dataset)


def test_twelve_bits_in_jpeg_extended_are_shown_as_dcmtk_shows_them(tmp_path: Path) -> None:
    source, target = tmp_path / "source.dicom", tmp_path / "target.dicom"
    source.write_bytes(deep_dicom(deep()))
    assert run("dcmcjpeg", "+ee", "+bt", "+q", "97", source, target)
    found = ends(target.read_bytes())
    for shown, number in zip(found, (1, COUNT), strict=True):
        picture = tmp_path / f"{number}.png"
        assert run("dcmj2pnm", "-q", "-O", "+on", "+Wi", "1", "+F", str(number), target, picture)
        peer = np.asarray(Image.open(picture).convert("L"))
        assert far(shown, peer) <= 2
        assert np.ptp(peer) > 240, "nearly all levels are there"


@pytest.mark.parametrize("how", STREAMS)
def test_htj2k_of_openjph(how: str) -> None:
    first, last = STREAMS[how]
    ramp = np.add.outer(np.arange(48), np.arange(64))
    syntax = HTJ2K if "lossy" in how else HTJ2KLossless
    data = encapsulated(np.zeros((COUNT, 48, 64), np.uint8), syntax, [first, first, last, last])
    step = 2.0
    if how != "eight bits":
        dataset = dcmread(io.BytesIO(data))
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
        dataset.WindowCenter, dataset.WindowWidth = 2048, 4096
        data, step = dicom_bytes(dataset), 37 * 255 / 4095
    shown = ends(data)
    assert np.abs(shown[0] - ramp * step).max() <= 2
    assert np.abs(shown[1] - (255 - ramp * step)).max() <= 2
