"""A model that breaks is replaced by the last one that worked, and that is said."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.unit.worker.pipeline.dark import GAIN, write_dark_model
from worker import serving
from worker.pipeline import ModelError, find_models
from worker.pipeline.zoo import DEFAULT_MODEL, load, survey
from worker.serving import Serving


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is on disk is looked at each time."""
    monkeypatch.setattr(serving, "FOUND_SECONDS", 0.0)


def started(root: Path, default: str = "dark") -> Serving:
    return Serving([root], default, lambda found: load(found, threads=1))


def versions(made: Serving) -> dict[str, str | None]:
    return {f"{n.card.name}@{n.card.version}": instead for n, instead in made.loaded()}


def damage(folder: Path) -> None:
    with (folder / "model.onnx").open("ab") as file:
        file.write(b"\0")


def test_an_older_version_serves_where_the_newest_is_broken(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_dark_model(tmp_path, version="1.0.0")
    damage(write_dark_model(tmp_path, version="1.1.0"))
    made = started(tmp_path)
    for _ in range(3):
        assert made.network(None).card.version == "1.0.0"
    assert versions(made) == {"dark@1.0.0": "dark@1.1.0"}
    assert caplog.text.count("dark@1.1.0 cannot be used") == 1
    shutil.rmtree(tmp_path / "dark" / "1.1.0")
    write_dark_model(tmp_path, version="1.1.0")
    assert made.network(None).card.version == "1.1.0"
    assert set(versions(made).values()) == {None}
    with pytest.raises(ModelError):
        made.network("dark@1.2.0")


def test_a_version_that_is_asked_for_is_that_one_or_an_error(tmp_path: Path) -> None:
    write_dark_model(tmp_path, version="1.0.0")
    damage(write_dark_model(tmp_path, version="1.1.0"))
    with pytest.raises(ModelError, match="SHA-256"):
        started(tmp_path).network("dark@1.1.0")


def test_a_model_whose_folder_vanished_serves_until_the_process_ends(tmp_path: Path) -> None:
    write_dark_model(tmp_path)
    made = started(tmp_path)
    loaded = made.network(None)
    shutil.rmtree(tmp_path / "dark")
    assert made.network(None) is loaded
    assert versions(made) == {"dark@1.0.0": "dark"}


def test_after_a_start_without_it_the_shipped_default_serves(tmp_path: Path) -> None:
    damage(write_dark_model(tmp_path))
    made = started(tmp_path)
    assert made.network(None).card.name == DEFAULT_MODEL
    assert list(versions(made).values()) == ["dark@1.0.0"]
    with pytest.raises(ModelError, match="no model 'other'"):
        made.network("other")


def test_two_folders_that_claim_one_version_are_named_and_the_shipped_one_stays(
    tmp_path: Path,
) -> None:
    shipped = write_dark_model(tmp_path / "shipped", gain=GAIN)
    own = write_dark_model(tmp_path / "site", gain=2 * GAIN)
    models, problems = survey(tmp_path / "site", tmp_path / "shipped")
    assert [m.folder for m in models] == [shipped]
    assert len(problems) == 1
    assert str(own) in problems[0]
    assert str(shipped) in problems[0]
    shutil.rmtree(own)
    shutil.copytree(shipped, own)
    assert [m.folder for m in find_models(tmp_path / "site", tmp_path / "shipped")] == [own]
