"""A model that breaks is replaced by the previous deployment, and the replacement is reported."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from app.deployments.records import Release
from tests.unit.worker.pipeline.dark import GAIN, write_dark_model
from worker import serving
from worker.pipeline import ModelError, Network
from worker.pipeline.artifact import read_artifact
from worker.pipeline.zoo import DEFAULT_MODEL, find_model, model_roots, survey
from worker.runtime import release_of
from worker.serving import MOST_NETWORKS, Serving


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look up the deployment each time."""
    monkeypatch.setattr(serving, "FOUND_SECONDS", 0.0)


class Deployed:
    """Folders of versions, and which of them are deployed, newest first."""

    def __init__(self) -> None:
        self.releases: list[Release] = []
        self.folders: dict[str, Path] = {}
        self.away = False

    def add(self, folder: Path) -> Release:
        release = release_of(read_artifact(folder))
        self.releases.insert(0, release)
        self.folders[release.key] = folder
        return release

    def asked(self, name: str | None, project_id: object) -> list[Release]:
        if self.away:
            raise OperationalError("select", {}, Exception("away"))
        return [one for one in self.releases if name in (None, one.key)]

    def load(self, release: Release) -> Network:
        shipped = find_model(model_roots(), None)
        folder = self.folders.get(release.key, shipped.folder)
        return Network.load(folder, threads=1)

    def serving(self) -> Serving:
        shipped = release_of(read_artifact(find_model(model_roots(), None).folder))
        return Serving(self.asked, self.load, lambda: shipped)


def versions(made: Serving) -> dict[str, str | None]:
    return {f"{n.card.name}@{n.card.version}": instead for n, instead in made.loaded()}


def damage(folder: Path) -> None:
    with (folder / "model.onnx").open("ab") as file:
        file.write(b"\0")


def test_the_deployment_before_serves_where_the_newest_is_broken(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    deployed = Deployed()
    deployed.add(write_dark_model(tmp_path, version="1.0.0"))
    newest = write_dark_model(tmp_path, version="1.1.0")
    deployed.add(newest)
    damage(newest)
    made = deployed.serving()
    for _ in range(3):
        assert made.network(None).card.version == "1.0.0"
    assert versions(made) == {"dark@1.0.0": "dark@1.1.0"}
    assert caplog.text.count("dark@1.1.0 cannot be used") == 1
    deployed.add(write_dark_model(tmp_path, version="1.2.0"))
    assert made.network(None).card.version == "1.2.0"
    assert set(versions(made).values()) == {None}
    with pytest.raises(ModelError, match="no model"):
        made.network("dark@1.3.0")
    with pytest.raises(ModelError, match="SHA-256"):
        made.network("dark@1.1.0")


def test_a_version_that_was_found_broken_stops_to_serve_from_memory(tmp_path: Path) -> None:
    deployed = Deployed()
    deployed.add(write_dark_model(tmp_path, version="1.0.0"))
    release = deployed.add(write_dark_model(tmp_path, version="1.1.0"))
    made = deployed.serving()
    assert made.network(None).card.version == "1.1.0"
    assert made.network(None, without={release.key}).card.version == "1.0.0", "for this image"
    assert made.network(None).card.version == "1.1.0"
    broken = Release(release.name, release.version, release.digest, release.files, "NaN")
    deployed.releases[0] = broken
    made.forget_choices()
    assert made.network(None).card.version == "1.0.0"
    assert versions(made) == {"dark@1.0.0": "dark@1.1.0"}
    with pytest.raises(ModelError, match="NaN"):
        made.network("dark@1.1.0")


def test_while_the_database_is_away_the_last_one_answers_or_the_shipped_one(tmp_path: Path) -> None:
    deployed = Deployed()
    deployed.add(write_dark_model(tmp_path))
    made = deployed.serving()
    loaded = made.network(None)
    deployed.away = True
    assert made.network(None) is loaded
    assert deployed.serving().network(None).card.name == DEFAULT_MODEL


def test_where_nothing_that_was_deployed_works_the_shipped_default_serves(tmp_path: Path) -> None:
    deployed = Deployed()
    folder = write_dark_model(tmp_path)
    deployed.add(folder)
    damage(folder)
    made = deployed.serving()
    assert made.network(None).card.name == DEFAULT_MODEL
    assert list(versions(made).values()) == ["dark@1.0.0"]


def test_memory_holds_few_networks(tmp_path: Path) -> None:
    deployed = Deployed()
    keys = [
        deployed.add(write_dark_model(tmp_path, version=f"1.{n}.0")).key
        for n in range(MOST_NETWORKS + 2)
    ]
    made = deployed.serving()
    for key in keys:
        made.network(key)
    assert list(versions(made)) == keys[-MOST_NETWORKS:]


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
