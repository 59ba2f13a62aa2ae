"""A fine-tuned model serves with temperature, domain and its parent's area, or not at all."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from models.commands.export_onnx import export_onnx
from models.data.samples import DataError
from models.packaging.finishing import (
    finish_model,
    is_fine_tuned,
    put,
    require_finishable,
    staged,
)
from models.training.checkpoint import Checkpoint
from tests.unit.models.training_runs import config
from tests.unit.worker.pipeline.dark import write_dark_model, write_grey_model
from worker.pipeline import InputSpec, ModelCard, Network, find_models
from worker.pipeline.domain import DOMAIN_FILE

NOTES = """name: tuned
version: 0.1.0
title: Tuned
intended_use: Tests.
architecture: DeepLabV3+
encoder: lite0
command: none
"""


@pytest.fixture
def parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Create a site with the model `parent`, whose input area is 4096 px."""
    monkeypatch.setenv("SONOLOOP_DATA_DIR", str(tmp_path / "site"))
    return write_dark_model(tmp_path / "site" / "models", "parent", input=InputSpec(area=4096))


def test_another_area_than_the_parents_is_refused(parent: Path, dataset: Path) -> None:
    run = config(dataset, initial_model="parent")
    assert is_fine_tuned(run)
    assert not is_fine_tuned(config(dataset))
    require_finishable(run, SimpleNamespace(input_area=4096))
    with pytest.raises(DataError, match="input_area: 4096"):
        require_finishable(run, SimpleNamespace(input_area=9216))
    with pytest.raises(DataError, match="unfinished"):
        gone = config(dataset, initial_model="absent")
        require_finishable(gone, SimpleNamespace(input_area=4096))


def test_a_fine_tuned_model_whose_data_is_gone_is_refused_and_nothing_written(
    parent: Path, tmp_path: Path
) -> None:
    run = config(tmp_path / "gone", initial_model="parent")
    state = run.network.build().state_dict()
    Checkpoint(run, 1, state, state, {}, {}).write(tmp_path / "tuned.pt")
    (tmp_path / "notes.yaml").write_text(NOTES + "input_area: 4096\n")
    arguments = ["--checkpoint", str(tmp_path / "tuned.pt")]
    arguments += ["--notes", str(tmp_path / "notes.yaml")]
    result = CliRunner().invoke(export_onnx, arguments)
    assert result.exit_code == 1
    assert "--unfinished" in result.output
    assert [m.card.name for m in find_models(parent.parents[1])] == ["parent"]


def test_a_model_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    place = tmp_path / "dark" / "1.0.0"
    write_dark_model(tmp_path, gain=0.5)
    with staged(tmp_path) as aside:
        made = write_dark_model(aside)
        assert len(find_models(tmp_path)) == 1, "what is not finished is not found"
        digest = find_models(aside)[0].card.sha256
        put(made, place)
    assert [m.card.sha256 for m in find_models(tmp_path)] == [digest]
    assert not list(tmp_path.glob(".unfinished-*"))


def test_temperature_pipeline_and_domain_come_from_the_data_of_the_run(
    dataset: Path, tmp_path: Path
) -> None:
    source = {"folder": str(dataset), "train_folds": [1], "validation_folds": [2, 3]}
    folder = write_grey_model(
        tmp_path,
        training={"config": {"sources": [source], "augment": {}}},
        input=InputSpec(area=4096, multiple=8),
    )
    finish_model(folder)
    card = ModelCard.read(folder)
    assert DOMAIN_FILE in card.files
    assert {"tuning", "out_of_domain"} <= set(card.metrics)
    assert Network.load(folder).domain is not None
