"""`sonoloop model` does what the page does, and prints the findings."""

import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update

from app.accounts.tables import Role, User
from app.bundles.cli import bundle
from app.core.settings import get_settings
from app.promotions.cli import model
from tests.behaviour.deployments.versions import taken_in, working
from tests.running_site import Site


@pytest.fixture
def command(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The site that commands use, with an admin."""
    settings = site.settings
    assert settings.site_key
    monkeypatch.setenv("SONOLOOP_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("SONOLOOP_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("SONOLOOP_SITE_KEY", settings.site_key.get_secret_value())
    get_settings.cache_clear()
    site.person(Role.ADMIN)
    return site


def said(*arguments: str, fails: bool = False) -> Result:
    done = CliRunner().invoke(model, arguments)
    assert (done.exit_code != 0) is fails, done.output
    return done


def test_promote_past_the_gate_by_two_and_go_back(command: Site, tmp_path: Path) -> None:
    with working(command) as runtime:
        taken_in(runtime, tmp_path, "1.0.0")
        taken_in(runtime, tmp_path, "1.1.0")
        said("promote", "dark@1.0.0", "--reason", "First.")
        assert runtime.network(None).card.name != "dark", "of the project alone"
        shut = said("promote", "dark@1.1.0", "--reason", "Better.", fails=True)
        assert "was not evaluated against dark 1.0.0" in shut.output
        assert "there is none: invite one" in shut.output
        second = command.browser(command.add_person(Role.ADMIN))
        asked = said("promote", "dark@1.1.0", "--reason", "Better.", "--ask")
        assert "waits for a second admin" in asked.output
        request = second.get("/promotion-requests").json()["items"][0]
        answer = second.post(f"/promotion-requests/{request['id']}/confirmation")
        assert answer.status_code == 201, answer.text
    assert "1.1.0" in said("list").output
    assert "dark@1.0.0 serves again" in said("rollback", "--reason", "Worse.").output
    refused = said("promote", "dark@9.9.9", "--reason", "Newest.", fails=True)
    assert "no such model version" in refused.output
    said("promote", "dark@1.1.0", "--everywhere", "--reason", "For all.")
    with working(command) as runtime:
        assert runtime.network(None).card.version == "1.1.0"
    get_settings.cache_clear()


def test_a_bundle_is_written_whole_or_the_reason_is_said(command: Site, tmp_path: Path) -> None:
    with working(command) as runtime:
        taken_in(runtime, tmp_path / "made", "1.0.0")

    def exported(path: Path) -> Result:
        return CliRunner().invoke(bundle, ["export", "dark@1.0.0", "--out", str(path)])

    assert "No site is trusted yet" in CliRunner().invoke(bundle, ["list"]).output
    nowhere = exported(tmp_path / "none" / "dark.bundle.zip")
    assert nowhere.exit_code == 1
    assert "cannot be written: No such file or directory" in nowhere.output
    (tmp_path / ".dark.bundle.zip.partial").write_bytes(b"left by a run that was killed")
    assert exported(tmp_path / "dark.bundle.zip").exit_code == 0
    with zipfile.ZipFile(tmp_path / "dark.bundle.zip") as archive:
        assert {"manifest.json", "manifest.sig", "model.onnx"} <= set(archive.namelist())
    assert not (tmp_path / ".dark.bundle.zip.partial").exists()
    with command.database.write() as session:
        session.execute(update(User).values(active=False))
    nobody = exported(tmp_path / "again.bundle.zip")
    assert nobody.exit_code == 1
    assert "no active admin yet" in nobody.output
    get_settings.cache_clear()
