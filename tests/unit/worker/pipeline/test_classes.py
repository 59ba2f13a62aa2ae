"""A network that tells classes apart gives lesions by class, through the whole pipeline."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.unit.worker.pipeline.dark import write_classes_model
from tests.unit.worker.pipeline.mean_field import uncertain_answer
from worker.pipeline import (
    CrfSettings,
    Frame,
    ModelError,
    MorphologySettings,
    Network,
    PipelineSettings,
    PottsParameters,
    Region,
    segment,
)
from worker.pipeline.classes import class_probabilities, cleaned, lesion_logit
from worker.pipeline.crf import engine, labels_engine
from worker.pipeline.crf.grid import active_box_of_labels
from worker.pipeline.network import to_probability

SETTINGS = PipelineSettings(crop=False, morphology=MorphologySettings(min_area_fraction=0.001))
WITH_CRF = CrfSettings(engine="grid", appearance_sigma_xy=12, smoothness_sigma_xy=2)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    return Network.load(write_classes_model(tmp_path_factory.mktemp("models")), threads=1)


def picture() -> NDArray[np.uint8]:
    """Return two dark discs and a bright one that touches the larger of them, on noisy grey."""
    pixels = np.full((240, 280), 120, np.uint8)
    cv2.circle(pixels, (70, 120), 40, 30, -1)
    cv2.circle(pixels, (230, 60), 15, 30, -1)
    cv2.circle(pixels, (128, 120), 18, 230, -1)
    noise = np.random.default_rng(0).standard_normal(pixels.shape).astype(np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), 1.2)
    return np.clip(pixels * (1 + 0.12 * noise / noise.std()), 8, 255).astype(np.uint8)


@pytest.mark.parametrize("crf", [CrfSettings(), WITH_CRF], ids=["plain", "crf"])
@pytest.mark.parametrize("tta", ["none", "flip"])
def test_lesions_of_each_class_are_found_though_they_touch(
    network: Network, crf: CrfSettings, tta: str
) -> None:
    settings = SETTINGS.model_copy(update={"crf": crf, "tta": tta})
    found = segment(Frame(picture(), spacing=(0.5, 0.5)), network, settings)
    told = [(one.class_name, one.label) for one in found.lesions]
    assert told == [("cyst", 1), ("calcification", 2), ("cyst", 3)]
    assert found.numbers is not None and found.numbers.dtype == np.uint8
    assert np.array_equal(found.numbers > 0, found.mask)
    assert found.numbers[120, 60] == 1
    assert found.numbers[120, 130] == 2
    assert found.numbers[60, 230] == 3
    for lesion in found.lesions:
        assert lesion.area_px == np.count_nonzero(found.numbers == lesion.label)
        assert lesion.mean_probability > 0.8
    assert found.lesions[0].area_px == pytest.approx(np.pi * 40**2, rel=0.05)
    assert found.to_json()["lesions"][1]["class_name"] == "calcification"


def test_the_crop_is_put_back_into_the_frame(network: Network) -> None:
    around = np.zeros((400, 500), np.uint8)
    around[100:340, 150:430] = picture()
    frame = Frame(around, region=Region(100, 150, 240, 280))
    found = segment(frame, network, PipelineSettings())
    assert found.numbers is not None and found.numbers.shape == (400, 500)
    assert found.numbers[220, 210] == 1
    assert np.array_equal(found.numbers > 0, found.mask)


def test_any_lesion_and_its_class_are_the_softmax_of_the_network() -> None:
    logits = np.random.default_rng(1).normal(0, 4, (4, 9, 7)).astype(np.float32)
    whole = np.exp(logits) / np.exp(logits).sum(axis=0)
    lesion = to_probability(lesion_logit(logits), 1.0)
    assert class_probabilities(lesion, logits) == pytest.approx(whole, abs=1e-5)


@pytest.mark.parametrize("name", ["grid", "pydensecrf"])
def test_the_crf_of_several_labels_is_that_of_two_where_there_are_two(name: str) -> None:
    if name == "pydensecrf":
        pytest.importorskip("pydensecrf")
    probability, grey = uncertain_answer(90, 110, 4)
    parameters = PottsParameters(5, 4.0, 12.0, 10.0, 3.0, 2.0)
    two = engine(name)(probability, grey, parameters)  # type: ignore[arg-type]
    both = np.stack([1 - probability, probability])
    found = labels_engine(name)(both, grey, parameters)  # type: ignore[arg-type]
    assert found.sum(axis=0) == pytest.approx(1, abs=1e-4)
    assert ((found[1] >= 0.5) == (two >= 0.5)).mean() >= 0.9995
    assert np.abs(found[1] - two).mean() < 1e-3


def test_both_engines_agree_on_three_labels() -> None:
    pytest.importorskip("pydensecrf")
    first, grey = uncertain_answer(90, 110, 4)
    second = np.ascontiguousarray(first[::-1, ::-1])
    logits = np.stack([np.zeros_like(first), 8 * first - 4, 8 * second - 4])
    three = np.exp(logits) / np.exp(logits).sum(axis=0)
    parameters = PottsParameters(5, 4.0, 12.0, 10.0, 3.0, 2.0)
    ours = labels_engine("grid")(three, grey, parameters)
    theirs = labels_engine("pydensecrf")(three, grey, parameters)
    assert (ours.argmax(axis=0) == theirs.argmax(axis=0)).mean() >= 0.99
    assert active_box_of_labels(three, parameters) is not None


def test_a_hole_is_filled_but_not_over_another_class() -> None:
    classes = np.zeros((60, 60), np.uint8)
    classes[10:50, 10:50] = 1
    classes[20:30, 20:30] = 2
    classes[40:44, 40:44] = 0
    found = cleaned(classes, MorphologySettings(min_area_fraction=0.0))
    assert (found[40:44, 40:44] == 1).all()
    assert (found[20:30, 20:30] == 2).all()


@pytest.mark.parametrize("classes", [(), ("cyst",), ("cyst", "node", "calcification")])
def test_a_card_that_does_not_name_the_channels_is_refused(
    tmp_path: Path, classes: tuple[str, ...]
) -> None:
    folder = write_classes_model(tmp_path, classes=classes)
    with pytest.raises(ModelError, match="3 channels"):
        Network.load(folder)


def test_two_classes_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="same name"):
        write_classes_model(tmp_path, classes=("cyst", "Cyst"))
