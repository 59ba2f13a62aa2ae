"""The whole pipeline: right place, right settings, same bytes."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.synthetic import EllipseLesion, SyntheticImage, ultrasound
from worker.pipeline import (
    CrfSettings,
    Frame,
    MorphologySettings,
    Network,
    PipelineSettings,
    Region,
    Segmentation,
    segment,
)
from worker.pipeline.segment import STAGES

SETTINGS = PipelineSettings(morphology=MorphologySettings(opening_radius=4, min_area_fraction=0.01))
LESION = EllipseLesion((200, 270), (60, 38), 25, echo=0.02)


@pytest.fixture(scope="module")
def image() -> SyntheticImage:
    return ultrasound(384, 512, seed=1, lesions=[LESION])


@pytest.fixture(scope="module")
def found(image: SyntheticImage, network: Network) -> Segmentation:
    return segment(Frame(image.pixels, (0.2, 0.2)), network, SETTINGS)


def iou(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / (one | other).sum())


def test_the_lesion_is_found_in_coordinates_of_the_frame(
    image: SyntheticImage, found: Segmentation
) -> None:
    assert iou(found.mask, image.mask) > 0.8
    assert found.mask.shape == found.probability.shape == image.pixels.shape
    assert found.mask.dtype == np.bool_ and found.probability.dtype == np.float32
    assert found.crop != Region(0, 0, 384, 512), "there is a border to cut off"
    outside = np.ones(image.pixels.shape, bool)
    outside[found.crop.slices] = False
    assert not found.probability[outside].any()
    (lesion,) = found.lesions
    assert lesion.long_axis.length_mm == pytest.approx(0.2 * 120, rel=0.15)
    assert lesion.area_mm2 == pytest.approx(found.mask.sum() * 0.04)


def test_a_crop_moves_nothing(image: SyntheticImage, network: Network) -> None:
    region = Region(60, 90, 290, 350)
    cropped = segment(Frame(image.pixels, region=region), network, SETTINGS)
    alone = segment(Frame(np.ascontiguousarray(image.pixels[region.slices])), network, SETTINGS)
    if alone.crop == Region(0, 0, region.height, region.width):
        assert np.array_equal(cropped.mask[region.slices], alone.mask)
    assert cropped.crop == region
    assert iou(cropped.mask, image.mask) > 0.8


def test_the_same_input_gives_the_same_bytes(image: SyntheticImage, network: Network) -> None:
    settings = SETTINGS.model_copy(update={"crf": CrfSettings(engine="grid"), "denoise_sigma": 2.0})
    frames = [Frame(image.pixels.copy()) for _ in range(2)]
    first, second = (segment(frame, network, settings) for frame in frames)
    assert first.mask.tobytes() == second.mask.tobytes()
    assert first.probability.tobytes() == second.probability.tobytes()
    assert first.overlay(frames[0]).tobytes() == second.overlay(frames[1]).tobytes()
    without_times = [{**s.to_json(), "timings_ms": None} for s in (first, second)]
    assert json.dumps(without_times[0]) == json.dumps(without_times[1])


def test_flipped_as_well_the_mask_of_a_mirror_image_is_the_mirrored_mask(
    image: SyntheticImage, network: Network
) -> None:
    settings = SETTINGS.model_copy(update={"tta": "flip"})
    mirror = np.ascontiguousarray(image.pixels[:, ::-1])
    found, mirrored = (segment(Frame(each), network, settings) for each in (image.pixels, mirror))
    assert iou(found.mask, mirrored.mask[:, ::-1]) > 0.97
    assert iou(found.mask, image.mask) > 0.8


def test_grey_and_equal_rgb_are_the_same(image: SyntheticImage, network: Network) -> None:
    rgb = np.repeat(image.pixels[..., None], 3, axis=2)
    grey = segment(Frame(image.pixels), network, SETTINGS)
    assert np.array_equal(segment(Frame(rgb), network, SETTINGS).mask, grey.mask)


def test_every_stage_is_timed_and_told(image: SyntheticImage, network: Network) -> None:
    told: list[tuple[str, float]] = []
    result = segment(
        Frame(image.pixels), network, SETTINGS, lambda name, share: told.append((name, share))
    )
    assert [name for name, _ in told] == [*STAGES, "done"]
    shares = [share for _, share in told]
    assert shares == sorted(shares) and shares[-1] == 1.0
    assert list(result.timings_ms) == list(STAGES)
    assert all(ms >= 0 for ms in result.timings_ms.values())


def test_progress_may_end_the_work(image: SyntheticImage, network: Network) -> None:
    class CancelledError(Exception):
        pass

    def cancel(stage: str, share: float) -> None:
        if stage == "network":
            raise CancelledError

    with pytest.raises(CancelledError):
        segment(Frame(image.pixels), network, SETTINGS, cancel)


def test_each_setting_changes_what_it_says(image: SyntheticImage, network: Network) -> None:
    def area(**changes: object) -> int:
        settings = SETTINGS.model_copy(update=changes)
        return int(segment(Frame(image.pixels), network, settings).mask.sum())

    usual = area()
    assert area(threshold=0.9) < usual < area(threshold=0.2)
    assert area(denoise_sigma=4.0) != usual
    assert area(crf=CrfSettings(engine="grid")) != usual
    assert area(morphology=MorphologySettings(min_area_fraction=0.9)) == 0
    whole = segment(Frame(image.pixels), network, SETTINGS.model_copy(update={"crop": False}))
    assert whole.crop == Region(0, 0, 384, 512)


@pytest.mark.parametrize("size", [(1, 1), (2, 300), (300, 2), (33, 47)])
@pytest.mark.parametrize("engine", ["none", "grid"])
def test_the_smallest_frames_go_through(
    network: Network, size: tuple[int, int], engine: str
) -> None:
    settings = PipelineSettings(crf=CrfSettings(engine=engine))  # type: ignore[arg-type]
    pixels = np.random.default_rng(0).integers(0, 255, size, np.uint8)
    result = segment(Frame(pixels), network, settings)
    assert result.mask.shape == size
    json.dumps(result.to_json())


def test_json_holds_plain_values_only(found: Segmentation) -> None:
    document = json.loads(json.dumps(found.to_json()))
    assert document["width"] == 512 and document["height"] == 384
    assert document["spacing_mm"] == {"row": 0.2, "column": 0.2}
    assert set(document["crop"]) == {"top", "left", "height", "width"}
    assert document["lesions"][0]["label"] == 1
    assert all(len(point) == 2 for point in document["lesions"][0]["contour"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"pixels": np.zeros((4, 4), np.float32)},
        {"pixels": np.zeros((4, 4, 4), np.uint8)},
        {"pixels": np.zeros((0, 4), np.uint8)},
        {"pixels": np.zeros((4, 4), np.uint8), "spacing": (0.0, 1.0)},
        {"pixels": np.zeros((4, 4), np.uint8), "region": Region(0, 0, 5, 4)},
    ],
)
def test_a_frame_says_what_is_wrong_with_it(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"frame|spacing"):
        Frame(**wrong)  # type: ignore[arg-type]
