"""The training domain is fitted on training images and reported on others."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from models.commands.fit_domain import fit_domain
from models.data.unlike import PHOTOGRAPHS, pictures_of
from models.packaging.domain import PASSED, distances, fit, shrunk_covariance
from models.packaging.domain_card import fit_folder
from tests.unit.models.graphs import write_dark_finder
from tests.unit.worker.pipeline.dark import write_grey_model
from worker.pipeline import Frame, InputSpec, Network, segment
from worker.pipeline.domain import DOMAIN_FILE


def training(dataset: Path) -> dict[str, object]:
    source = {"folder": str(dataset), "train_folds": [1], "validation_folds": [2, 3]}
    return {"config": {"sources": [source], "augment": {}}}


def test_shrinkage_is_the_papers_and_makes_few_samples_invertible() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(12, 20)) @ np.diag(np.linspace(0.2, 3, 20))
    x -= x.mean(axis=0)
    sample = x.T @ x / len(x)
    level = np.trace(sample) / 20
    spread = np.sum((sample - level * np.eye(20)) ** 2)
    error = np.sum([np.sum((np.outer(row, row) - sample) ** 2) for row in x]) / len(x) ** 2
    share = min(1.0, error / spread)
    assert 0 < share < 1
    expected = (1 - share) * sample + share * level * np.eye(20)
    assert shrunk_covariance(x) == pytest.approx(expected)
    assert np.linalg.eigvalsh(shrunk_covariance(x)).min() > 0


def test_each_data_set_passes_and_what_lies_elsewhere_does_not() -> None:
    rng = np.random.default_rng(1)
    mix = rng.normal(size=(8, 8))
    train, near, wide = (
        rng.normal(scale=scale, size=(count, 8)) @ mix
        for count, scale in ((400, 1.0), (200, 1.0), (200, 1.3))
    )
    domain = fit(train, [near, wide])
    for held_out in (near, wide):
        assert np.mean(distances(domain, held_out) <= domain.limit) >= PASSED
    assert np.mean(distances(domain, train)) == pytest.approx(1.0, abs=0.2)
    assert (distances(domain, train + 50) > domain.limit).all()


def test_the_command_writes_a_domain_that_the_pipeline_loads(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_grey_model(
        tmp_path / "site" / "models",
        training=training(dataset),
        input=InputSpec(area=4096, multiple=8),
    )
    monkeypatch.setenv("SONOLOOP_DATA_DIR", str(tmp_path / "site"))
    arguments = ["--model", "grey", "--pictures", str(dataset / "images")]
    result = CliRunner().invoke(fit_domain, arguments)
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    network = Network.load(folder)
    assert network.domain is not None and network.domain.limit == report["limit"]
    assert network.card.metrics["out_of_domain"] == report
    rows = {row["kind"]: row for row in report["pictures"]}
    assert rows["images"]["count"] == len(list(pictures_of(dataset / "images"))) == 12
    assert rows["images"]["flagged"] < 0.5
    # White is farther from those images than any grey that they show.
    white = segment(Frame(np.full((64, 64), 255, np.uint8)), network, network.card.pipeline)
    assert white.out_of_domain is True
    assert {"plain", "noise", "gradients", "DICOM CT", "DICOM MR"} <= rows.keys()
    assert rows["photographs"]["count"] == len(PHOTOGRAPHS)
    again = fit_folder(folder, with_pictures=False)
    assert again["limit"] == report["limit"], "a domain that is there has no say in the next"


def test_a_graph_without_embedding_is_told(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_dark_finder(
        tmp_path / "site" / "models", "dark-finder", training=training(dataset)
    )
    monkeypatch.setenv("SONOLOOP_DATA_DIR", str(tmp_path / "site"))
    result = CliRunner().invoke(fit_domain, ["--model", "dark-finder"])
    assert result.exit_code == 1
    assert "no output 'embedding'" in result.stderr
    assert not (folder / DOMAIN_FILE).exists()
