"""A loaded model shared by all tests of the pipeline."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.worker.pipeline.dark import write_dark_model
from worker.pipeline import Network


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of models with one in it, `dark` 1.0.0."""
    root = tmp_path_factory.mktemp("models")
    write_dark_model(root)
    return root


@pytest.fixture(scope="session")
def network(models: Path) -> Network:
    """Return the loaded model."""
    return Network.load(models / "dark" / "1.0.0", threads=1)
