"""Pixels that are not square are told, and lengths of another size of a video are not taken."""

import io
from fractions import Fraction

import numpy as np
import pytest
from pydicom.dataset import Dataset

from tests.cines import STREAMS, cine_dataset, cine_frames, cine_video_dicom, video
from tests.synthetic import dicom_bytes, ultrasound_dataset, ultrasound_region
from worker.ingest import Decoded, DecodeLimits
from worker.ingest.attributes import NOT_SQUARE, uneven
from worker.ingest.cine import open_cine
from worker.ingest.decode import decode

FRAMES, _ = cine_frames(3, 96, 128, named=False)
KEY = "PixelAspectRatio"


def clip(aspect: str) -> Decoded:
    """An MP4 file whose pixels have this width to height."""
    import av

    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=Fraction(20))
        stream.height, stream.width = FRAMES.shape[1:]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(aspect)
        for one in FRAMES:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(one, format="gray")))
        out.mux(stream.encode(None))
    return open_cine(buffer.getvalue(), DecodeLimits()).about


def still(**elements: object) -> Decoded:
    dataset = ultrasound_dataset(FRAMES[0], **elements)
    return decode(dicom_bytes(dataset), DecodeLimits())


def test_a_video_tells_pixels_that_are_not_square() -> None:
    assert clip("16/15").attributes == {KEY: [15.0, 16.0], "Notes": [NOT_SQUARE]}
    assert clip("1").attributes == {}
    assert open_cine(video(FRAMES), DecodeLimits()).about.attributes == {}


def test_a_dicom_file_tells_them_unless_it_states_the_spacing() -> None:
    told = still(PixelAspectRatio=[5, 4])
    assert told.attributes[KEY] == [5.0, 4.0] and NOT_SQUARE in told.notes
    for square in ([1, 1], [0, 0], [100, 100.5], 5, None):
        assert KEY not in still(PixelAspectRatio=square).attributes
    measured = still(PixelAspectRatio=[5, 4], PixelSpacing=[0.25, 0.2])
    assert measured.frame.spacing == (0.25, 0.2) and KEY not in measured.attributes


@pytest.mark.parametrize(
    ("height", "width", "ratio"),
    [
        (1, 2, [1, 2]),
        (1, 1.009, None),
        (0, 1, None),
        (-5, 4, None),
        ("inf", 1, None),
        ("", 1, None),
    ],
)
def test_what_is_no_ratio_is_ignored(
    height: object, width: object, ratio: list[float] | None
) -> None:
    assert uneven(height, width) == ratio


def stated(dataset: Dataset) -> Dataset:
    dataset.SequenceOfUltrasoundRegions = [ultrasound_region((0, 0, 96, 128))]
    return dataset


@pytest.mark.parametrize("syntax", STREAMS)
def test_lengths_of_a_picture_of_another_size_are_unknown(syntax: str) -> None:
    from pydicom import dcmread

    dataset = stated(dcmread(io.BytesIO(cine_video_dicom(FRAMES, syntax))))
    known = open_cine(dicom_bytes(dataset), DecodeLimits()).about
    assert known.frame.spacing is not None
    dataset.Rows, dataset.Columns = 48, 64  # what the regions count in is not the stream's pixels
    dataset.SequenceOfUltrasoundRegions = [ultrasound_region((0, 0, 48, 64))]
    other = open_cine(dicom_bytes(dataset), DecodeLimits()).about
    assert other.frame.pixels.shape == (96, 128)
    assert other.frame.spacing is None and other.frame.region is None and not other.regions
    assert other.notes == ("Lengths are unknown: the video has another size than the file states.",)


def test_a_cine_without_a_stream_keeps_its_lengths() -> None:
    about = open_cine(dicom_bytes(stated(cine_dataset(np.asarray(FRAMES)))), DecodeLimits()).about
    assert about.frame.spacing is not None
