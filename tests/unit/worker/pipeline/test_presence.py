"""A model with a presence head draws only likely outlines, offers the others, and reports how sure
it is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError

from tests.synthetic import EllipseLesion, ultrasound
from worker.pipeline import (
    Frame,
    MorphologySettings,
    Network,
    PipelineSettings,
    ReasonCode,
    segment,
)
from worker.pipeline.network import FitSize, NetworkOutput
from worker.pipeline.presence import (
    ANSWER_FEATURES,
    LEAST,
    MOST,
    OUTLINE_FEATURES,
    Logistic,
    PresenceModel,
    at_least,
    image_features,
)

SETTINGS = PipelineSettings(morphology=MorphologySettings(opening_radius=4, min_area_fraction=0.01))
LARGE = EllipseLesion((200, 330), (60, 38), 25, echo=0.02)
SMALL = EllipseLesion((150, 160), (26, 24), 0, echo=0.02)


class Telling(Network):
    """A network of dark regions that also gives each image a probability of a lesion.

    The graph is real; only the third output, which it lacks, is added.
    """

    says: float

    def look(self, resized: NDArray[np.uint8], size: FitSize, tta: str = "none") -> NetworkOutput:
        return super().look(resized, size)._replace(presence=self.says)


def telling(network: Network, says: float, model: PresenceModel | None) -> Network:
    other = network.under(network.card.model_copy(update={"presence": model}))
    other.__class__ = Telling
    assert isinstance(other, Telling)
    other.says = says
    return other


def constant(probability: float) -> Logistic:
    return Logistic(bias=float(np.log(probability / (1 - probability))), weights={})


AREA_DECIDES = PresenceModel(
    image=Logistic(bias=0.0, weights={"presence": 1.0}),
    outline=Logistic(bias=16.0, weights={"area": 4.0}),  # one half at 1.8 % of the area
    dice=constant(0.8),
    correction=Logistic(bias=-1.0, weights={"presence_if_silent": 1.0, "offered": 0.5}),
    operating_point=0.5,
)


@dataclass(frozen=True)
class Scene:
    frame: Frame
    small: NDArray[np.bool_]


@pytest.fixture(scope="module")
def scene() -> Scene:
    image = ultrasound(384, 512, seed=1, lesions=[LARGE, SMALL])
    return Scene(Frame(image.pixels, (0.2, 0.2)), SMALL.mask(384, 512))


def test_an_outline_below_the_operating_point_is_offered_and_not_drawn(
    scene: Scene, network: Network
) -> None:
    everything = segment(scene.frame, network, SETTINGS)
    assert len(everything.lesions) == 2
    said = segment(scene.frame, telling(network, 2.0, AREA_DECIDES), SETTINGS)
    (drawn,), (offered,) = said.lesions, said.possible_lesions
    assert drawn.label == offered.label == 1
    assert drawn.area_px > offered.area_px
    assert drawn.probability is not None and offered.probability is not None
    assert drawn.probability >= 0.5 > offered.probability
    assert drawn.expected_dice == pytest.approx(0.8, abs=0.01)
    # The mask is the mask of all outlines minus the offered one, pixel by pixel.
    gone = everything.mask & ~said.mask
    assert not (said.mask & ~everything.mask).any()
    assert gone.sum() == offered.area_px
    assert gone[scene.small].any()
    assert np.array_equal(said.lesions[0].contour, everything.lesions[0].contour)
    assert ReasonCode.POSSIBLE_LESION in said.uncertainty.reasons
    values = said.to_json()
    assert values["presence"] == {
        "probability": pytest.approx(0.8805, abs=1e-3),
        "operating_point": 0.5,
    }
    assert [one["label"] for one in values["possible_lesions"]] == [1]


def test_silence_is_an_empty_mask_and_everything_is_offered(scene: Scene, network: Network) -> None:
    strict = AREA_DECIDES.model_copy(update={"outline": constant(0.02)})
    said = segment(scene.frame, telling(network, -3.0, strict), SETTINGS)
    assert not said.mask.any()
    assert said.lesions == ()
    assert len(said.possible_lesions) == 2
    # Terms of the correction: bias, presence of a silent answer, something is offered.
    expected = 1 / (1 + np.exp(1 + 3 - 0.5))
    assert said.uncertainty.score == pytest.approx(expected, abs=0.002)


def test_without_the_head_or_without_its_model_everything_is_drawn_as_before(
    scene: Scene, network: Network
) -> None:
    before = segment(scene.frame, network, SETTINGS)
    no_head = segment(
        scene.frame,
        network.under(network.card.model_copy(update={"presence": AREA_DECIDES})),
        SETTINGS,
    )
    no_model = segment(scene.frame, telling(network, 2.0, None), SETTINGS)
    for said in (no_head, no_model):
        assert np.array_equal(said.mask, before.mask)
        assert said.uncertainty == before.uncertainty
        assert said.presence is None
        assert said.possible_lesions == ()
        assert said.to_json()["presence"] is None
    assert no_model.evidence is not None and len(no_model.evidence.outlines) == 2


def test_features_of_an_outline_are_the_same_wherever_the_crop_begins(
    scene: Scene, network: Network
) -> None:
    said = segment(scene.frame, telling(network, 1.0, None), SETTINGS)
    pixels = np.zeros((500, 600), np.uint8)
    crop = said.crop
    pixels[70 : 70 + crop.height, 90 : 90 + crop.width] = scene.frame.pixels[crop.slices]
    moved = segment(
        Frame(pixels, region=replace_origin(crop, 70, 90)), telling(network, 1.0, None), SETTINGS
    )
    assert said.evidence is not None and moved.evidence is not None
    for one, other in zip(said.evidence.outlines, moved.evidence.outlines, strict=True):
        assert one == pytest.approx(other, abs=0.05)
    large = said.evidence.outlines[0]
    share = said.lesions[0].area_px / (crop.height * crop.width)
    assert np.exp(large["area"]) == pytest.approx(share, rel=0.15)
    assert said.evidence.peak >= large["peak"]
    small = said.evidence.outlines[1]
    assert small["peak"] > small["confidence"], "the surest pixel against the mean of all"
    areas = [lesion.area_px for lesion in said.lesions]
    assert large["smaller"] == 0.0
    assert small["smaller"] == pytest.approx(np.log(areas[0] / areas[1]))


def replace_origin(crop, top: int, left: int):  # type: ignore[no-untyped-def]
    return crop._replace(top=top, left=left)


def test_probabilities_are_never_certain_and_never_tie() -> None:
    model = Logistic(bias=0.0, weights={"x": 1.0})
    values = [model.probability({"x": x}) for x in (-300.0, -20.0, -19.0, 0.0, 19.0, 20.0, 300.0)]
    assert values == sorted(values)
    assert len(set(values[1:6])) == 5
    assert values[0] >= LEAST and values[-1] <= MOST


def test_what_presence_means_depends_on_whether_something_is_outlined(
    scene: Scene, network: Network
) -> None:
    evidence = segment(scene.frame, telling(network, 2.5, None), SETTINGS).evidence
    assert evidence is not None
    drawn = image_features(evidence, [True, False])
    silent = image_features(evidence, [False, False])
    assert drawn.keys() == silent.keys()
    assert (drawn["outlined"], drawn["presence_if_silent"]) == (1.0, 0.0)
    assert (silent["outlined"], silent["presence_if_silent"]) == (0.0, 2.5)
    assert silent["doubt_if_outlined"] == 0.0
    assert drawn["offered"] == silent["offered"] == 1.0
    nothing = replace(evidence, outlines=())
    assert image_features(nothing, [])["offered"] == 0.0


def test_a_card_that_asks_for_what_nobody_measures_is_refused_and_not_run() -> None:
    values = AREA_DECIDES.model_dump()
    values["outline"]["weights"]["colour"] = 1.0
    with pytest.raises(ValidationError, match=r"colour.*fit-presence"):
        PresenceModel.model_validate(values)


def test_features_are_those_that_models_may_use(scene: Scene, network: Network) -> None:
    evidence = segment(scene.frame, telling(network, 2.5, None), SETTINGS).evidence
    assert evidence is not None
    assert evidence.outlines[0].keys() == OUTLINE_FEATURES
    assert image_features(evidence, [True, False]).keys() == ANSWER_FEATURES


def test_an_answer_is_no_surer_than_its_outlines() -> None:
    assert at_least(0.07, [0.25], [True]) == 0.75, "the outline is probably none"
    assert at_least(0.07, [0.9, 0.4], [True, False]) == 0.4, "what is offered may be a lesion"
    assert at_least(0.8, [0.9], [True]) == 0.8
    assert at_least(0.1, [], []) == 0.1
