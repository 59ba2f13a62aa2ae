"""A command finds the same models as its site's server."""

from pathlib import Path

import pytest

from app.core.settings import Settings
from tests.unit.models.graphs import write_dark_finder
from worker.pipeline import SiteModels

NAMES = ("SONOLOOP_DATA_DIR", "SONOLOOP_MODELS_DIR", "SONOLOOP_DEFAULT_MODEL")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current folder, for a site whose environment sets nothing."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def roots(settings: Settings | SiteModels) -> list[Path]:
    return [path.absolute() for path in settings.model_roots]


@pytest.mark.parametrize(
    "said",
    [
        "",
        "SONOLOOP_DATA_DIR=elsewhere",
        "SONOLOOP_MODELS_DIR=own-models",
        "SONOLOOP_DATA_DIR=elsewhere\nSONOLOOP_MODELS_DIR=own-models",
        "SONOLOOP_DEFAULT_MODEL=own@1.0.0",
        "SONOLOOP_ENGINE=openvino",
    ],
)
@pytest.mark.parametrize("where", [".env", "environment"])
def test_commands_and_server_read_the_same(
    said: str, where: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if where == ".env":
        (folder / ".env").write_text(said)
    else:
        for line in said.splitlines():
            monkeypatch.setenv(*line.split("="))
    site, server = SiteModels(), Settings()
    assert roots(site) == roots(server)
    assert (site.default_model, site.engine) == (server.default_model, server.engine)
    assert said or site.own.absolute() == folder / "data" / "models"


def test_the_default_of_env_is_what_a_command_loads(folder: Path) -> None:
    write_dark_finder(folder / "kept", "own")
    (folder / ".env").write_text("SONOLOOP_MODELS_DIR=kept\nSONOLOOP_DEFAULT_MODEL=own\n")
    assert SiteModels().find().card.name == "own"
    assert SiteModels().load(threads=1).card.name == "own"
    assert SiteModels().find("sonoloop-lite0").card.name == "sonoloop-lite0"
