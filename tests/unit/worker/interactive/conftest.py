"""A speckled frame with a dark lesion, and a network that calls dark tissue a lesion."""

from __future__ import annotations

import pytest

from tests.synthetic import EllipseLesion, SyntheticImage, ultrasound
from tests.unit.worker.pipeline.dark import write_dark_model
from worker.pipeline import Network


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """Load a real ONNX graph."""
    return Network.load(write_dark_model(tmp_path_factory.mktemp("models")), threads=1)


@pytest.fixture(scope="session")
def scene() -> SyntheticImage:
    """Return a frame of 256 × 256 px with one lesion of 100 × 70 px in the middle."""
    lesion = EllipseLesion((128.0, 128.0), (50.0, 35.0), 0.0)
    return ultrasound(256, 256, seed=3, lesions=[lesion], geometry="full")
