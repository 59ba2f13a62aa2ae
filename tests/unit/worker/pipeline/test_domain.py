"""An image unlike the training images is flagged and trusted less; if far, not outlined."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.synthetic import EllipseLesion, ultrasound
from tests.unit.worker.pipeline.dark import write_grey_model
from worker.pipeline import (
    Frame,
    ModelCard,
    ModelError,
    Network,
    PipelineSettings,
    ReasonCode,
    file_sha256,
    segment,
)
from worker.pipeline.domain import DOMAIN_FILE, TrainingDomain
from worker.pipeline.segment import network_input
from worker.pipeline.uncertainty import LOW_CONFIDENCE

IMAGE = ultrasound(384, 512, seed=1, lesions=[EllipseLesion((200, 270), (60, 38), 25, echo=0.02)])
SETTINGS = PipelineSettings(crop=False)


def give_domain(folder: Path, domain: TrainingDomain) -> None:
    (folder / DOMAIN_FILE).write_bytes(domain.to_bytes())
    card = ModelCard.read(folder)
    files = {DOMAIN_FILE: file_sha256(folder / DOMAIN_FILE)}
    card.model_copy(update={"files": files}).write(folder)


def around(level: float, limit: float = 1.0) -> TrainingDomain:
    """Return a domain centred on this mean grey; one grey level is one unit of distance."""
    return TrainingDomain(np.full(3, level, np.float32), np.eye(3, dtype=np.float32), limit)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_grey_model(tmp_path)


def mean_grey(folder: Path) -> float:
    """Return the mean grey of the frame as the network sees it: shrunk and padded."""
    network = Network.load(folder)
    found = network.look(*network_input(Frame(IMAGE.pixels), network, SETTINGS)).embedding
    assert found is not None
    return float(found[0])


def test_distance_is_that_of_mahalanobis() -> None:
    rng = np.random.default_rng(0)
    covariance = np.array([[4.0, 1.0], [1.0, 2.0]])
    values, vectors = np.linalg.eigh(covariance)
    whitening = (vectors / np.sqrt(values)).astype(np.float32)
    domain = TrainingDomain(np.array([1, -1], np.float32), whitening, 2.0)
    for point in rng.normal(0, 3, (20, 2)).astype(np.float32):
        offset = point - domain.mean
        expected = np.sqrt(offset @ np.linalg.inv(covariance) @ offset / 2)
        assert domain.distance(point) == pytest.approx(expected, rel=1e-4)


def test_trust_falls_with_the_square_of_the_distance() -> None:
    domain = around(100, limit=2.0)
    assert domain.trust(np.full(3, 102, np.float32)) == 1.0
    assert domain.trust(np.full(3, 104, np.float32)) == pytest.approx(0.25)
    assert domain.trust(np.full(3, np.nan, np.float32)) == 0.0


def test_a_model_without_a_domain_says_that_it_cannot_tell(folder: Path) -> None:
    found = segment(Frame(IMAGE.pixels), Network.load(folder), SETTINGS)
    assert found.out_of_domain is None
    assert found.to_json()["out_of_domain"] is None
    assert found.lesions


def test_at_home_nothing_changes(folder: Path) -> None:
    before = segment(Frame(IMAGE.pixels), Network.load(folder), SETTINGS)
    give_domain(folder, around(mean_grey(folder), limit=2.0))
    found = segment(Frame(IMAGE.pixels), Network.load(folder), SETTINGS)
    assert found.out_of_domain is False
    assert found.mask.tobytes() == before.mask.tobytes()
    assert found.probability.tobytes() == before.probability.tobytes()
    assert found.uncertainty == before.uncertainty


def test_a_little_outside_outlines_stay_and_are_believed_less(folder: Path) -> None:
    before = segment(Frame(IMAGE.pixels), Network.load(folder), SETTINGS)
    give_domain(folder, around(mean_grey(folder) - 5, limit=4.0))
    found = segment(Frame(IMAGE.pixels), Network.load(folder), SETTINGS)
    assert found.out_of_domain is True
    assert found.mask.tobytes() == before.mask.tobytes()
    assert 0.5 <= found.uncertainty.score < 1
    assert found.uncertainty.score > before.uncertainty.score
    assert found.uncertainty.reasons[0] == ReasonCode.OUT_OF_DOMAIN
    ratio = found.lesions[0].mean_probability / before.lesions[0].mean_probability
    assert ratio == pytest.approx(LOW_CONFIDENCE * (4 / 5) ** 2, rel=1e-3)


def test_no_lesion_just_outside_is_a_confident_one(folder: Path) -> None:
    give_domain(folder, around(mean_grey(folder) - 5, limit=4.9999))
    found = segment(Frame(IMAGE.pixels), Network.load(folder), SETTINGS)
    assert found.out_of_domain is True
    assert found.lesions
    assert max(lesion.mean_probability for lesion in found.lesions) < LOW_CONFIDENCE


def test_far_outside_nothing_is_outlined(folder: Path) -> None:
    give_domain(folder, around(mean_grey(folder) - 50, limit=4.0))
    network = Network.load(folder)
    found = segment(Frame(IMAGE.pixels), network, SETTINGS)
    assert found.out_of_domain is True
    assert found.lesions == () and not found.mask.any()
    assert found.probability.max() < 0.1
    assert found.uncertainty.reasons[0] == ReasonCode.OUT_OF_DOMAIN
    assert segment(Frame(IMAGE.pixels), network.without_domain(), SETTINGS).lesions


def test_a_domain_that_is_altered_missing_or_of_another_graph_is_refused(folder: Path) -> None:
    give_domain(folder, around(100))
    path = folder / DOMAIN_FILE
    path.write_bytes(around(90).to_bytes())
    with pytest.raises(ModelError, match="SHA-256"):
        Network.load(folder)
    path.write_bytes(b"nothing")
    with pytest.raises(ModelError, match="fit-domain"):
        Network.load(folder)
    path.unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        Network.load(folder)
    give_domain(folder, TrainingDomain(np.zeros(5, np.float32), np.eye(5, dtype=np.float32), 1.0))
    with pytest.raises(ModelError, match="does not fit the embedding"):
        Network.load(folder)
