"""The newest row serves; a rollback is a new row; bytes never change under a version number."""

import hashlib
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from app.accounts.tables import Role
from app.core.audit import AuditEvent
from app.core.state import State
from app.deployments.tables import Deployment
from app.housekeeping.orphans import drop_orphans
from app.model_versions.tables import ModelVersion, file_key
from app.projects.tables import DEFAULT_PROJECT
from tests.behaviour.deployments.versions import taken_in, working
from tests.behaviour.promotions.confirming import let_serve
from tests.conftest import fresh_settings
from tests.running_site import Site, running_site
from tests.unit.worker.pipeline.dark import GAIN, write_dark_model
from worker import serving
from worker.pipeline import ModelError
from worker.pipeline.artifact import read_artifact
from worker.pipeline.zoo import DEFAULT_MODEL
from worker.registry.folders import take_in_default, take_in_others
from worker.registry.intake import VersionTakenError
from worker.runtime import Runtime


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look up the deployment each time."""
    monkeypatch.setattr(serving, "FOUND_SECONDS", 0.0)


@pytest.fixture
def runtime(site: Site) -> Iterator[Runtime]:
    with working(site) as opened:
        yield opened


@pytest.fixture
def admin(site: Site) -> httpx.Client:
    return site.browser(Role.ADMIN)


def answering(runtime: Runtime) -> str:
    return runtime.network(None, DEFAULT_PROJECT).card.version


def test_the_newest_deployment_serves_and_going_back_is_one_more(
    site: Site, runtime: Runtime, admin: httpx.Client, tmp_path: Path
) -> None:
    for version in ("1.0.0", "1.1.0", "1.2.0"):
        taken_in(runtime, tmp_path, version)
        let_serve(site, admin, f"dark@{version}")
        assert answering(runtime) == version
    for version in ("1.1.0", "1.0.0"):
        answer = admin.post("/deployments/rollback", json={"reason": "Worse."})
        assert answer.status_code == 201
        assert answering(runtime) == version
    nothing = admin.post("/deployments/rollback", json={"reason": "Worse."})
    assert (nothing.status_code, nothing.json()["code"]) == (409, "nothing-before")
    items = admin.get("/deployments").json()["items"]
    assert [one["version"] for one in items] == ["1.0.0", "1.1.0", "1.2.0", "1.1.0", "1.0.0"]
    assert [one["serving"] for one in items] == [True, False, False, False, False]
    assert items[0]["created_by"]["id"] == str(site.person(Role.ADMIN).id)
    assert items[0]["reason"] == "Worse."
    states = {one["version"]: one["state"] for one in admin.get("/models").json()["items"]}
    assert states == {"1.0.0": "serving", "1.1.0": "retired", "1.2.0": "retired"}
    with site.database.read() as session:
        query = select(AuditEvent.action).where(AuditEvent.object_type == "deployment")
        assert session.scalars(query).all() == ["model.deployed"] * 5


def test_a_history_cannot_be_rewritten(
    site: Site, runtime: Runtime, admin: httpx.Client, tmp_path: Path
) -> None:
    taken_in(runtime, tmp_path, "1.0.0")
    let_serve(site, admin, "dark@1.0.0")
    for statement in ("UPDATE deployment SET reason = 'x'", "DELETE FROM deployment"):
        with pytest.raises(DatabaseError, match="append-only"), site.database.write() as session:
            session.execute(text(statement))


def test_a_project_without_deployments_follows_the_site(
    site: Site, runtime: Runtime, admin: httpx.Client, tmp_path: Path
) -> None:
    for version in ("1.0.0", "1.1.0"):
        taken_in(runtime, tmp_path, version)
    let_serve(site, admin, "dark@1.0.0", everywhere=True)
    other = site.add_project()
    assert runtime.network(None, other).card.version == "1.0.0"
    let_serve(site, admin, "dark@1.1.0", project=str(other), reason="Ovary.")
    assert runtime.network(None, other).card.version == "1.1.0"
    assert answering(runtime) == "1.0.0"
    back = admin.post("/deployments/rollback", params={"project": other}, json={"reason": "No."})
    assert back.status_code == 201, "to what the site serves"
    assert runtime.network(None, other).card.version == "1.0.0"
    owner = site.add_person(Role.ADMIN, project_id=other)
    refused = site.browser(owner).post(
        "/deployments",
        params={"project": other},
        json={"model": "dark@1.1.0", "reason": "All.", "everywhere": True},
    )
    assert refused.status_code == 403


def test_two_contents_never_get_one_number(runtime: Runtime, tmp_path: Path) -> None:
    taken_in(runtime, tmp_path / "first", "1.0.0")
    with pytest.raises(VersionTakenError, match="other bytes"):
        taken_in(runtime, tmp_path / "second", "1.0.0", gain=2 * GAIN)
    with pytest.raises(VersionTakenError, match="other bytes"):
        taken_in(runtime, tmp_path / "third", "1.0.0", title="Another card")
    taken_in(runtime, tmp_path / "fourth", "1.0.0")  # the same content again


def test_the_digest_is_one_that_anybody_can_compute(tmp_path: Path) -> None:
    artifact = read_artifact(write_dark_model(tmp_path))
    shell = "LC_ALL=C; sha256sum $(ls) | sha256sum"
    listed = subprocess.run(
        ["sh", "-c", shell], cwd=artifact.folder, capture_output=True, text=True, check=True
    )
    assert listed.stdout.split()[0] == artifact.digest


@pytest.mark.parametrize("harm", ["gone", "altered", "cut short"])
def test_a_version_whose_bytes_are_lost_while_it_serves_is_answered_for_by_the_one_before(
    site: Site, runtime: Runtime, admin: httpx.Client, tmp_path: Path, harm: str
) -> None:
    taken_in(runtime, tmp_path, "1.0.0")
    let_serve(site, admin, "dark@1.0.0")
    newest = taken_in(runtime, tmp_path, "1.1.0")
    let_serve(site, admin, "dark@1.1.0")
    key = file_key(newest.digest, "model.onnx")
    content = site.blobs.get(key)
    if harm == "gone":
        site.blobs.delete(key)
    else:
        site.blobs.put(key, content[:100] if harm == "cut short" else content[:-1] + b"?")
    assert answering(runtime) == "1.0.0"
    models, _ = runtime.loaded()
    assert [(one.version, one.instead_of) for one in models] == [("1.0.0", "dark@1.1.0")]
    with pytest.raises(ModelError):
        runtime.network("dark@1.1.0", DEFAULT_PROJECT)


def test_copies_of_a_machine_are_evicted_and_fetched_again(
    runtime: Runtime, tmp_path: Path
) -> None:
    artifact = taken_in(runtime, tmp_path, "1.0.0")
    folder = runtime.cache.folder(artifact.digest, artifact.files)
    assert runtime.cache.evict(keep=(), most=0) == 1
    assert not folder.exists()
    again = runtime.cache.folder(artifact.digest, artifact.files)
    assert hashlib.sha256((again / "model.onnx").read_bytes()).hexdigest() == artifact.card.sha256


def test_the_first_start_deploys_the_default_once_and_takes_in_what_lies_in_folders(
    tmp_path: Path, valkey: str
) -> None:
    write_dark_model(tmp_path / "models", version="1.0.0")
    write_dark_model(tmp_path / "models", version="1.10.0")
    settings = fresh_settings(tmp_path, valkey, default_model="dark")
    with running_site(settings) as site, working(site) as runtime:
        take_in_default(runtime)
        assert answering(runtime) == "1.10.0"
        write_dark_model(tmp_path / "models", version="2.0.0")
        take_in_default(runtime)
        take_in_others(runtime)
        assert answering(runtime) == "1.10.0", "a folder is never what decides"
        with site.database.read() as session:
            assert len(session.scalars(select(Deployment)).all()) == 1
            rows = {row.version: row for row in session.scalars(select(ModelVersion))}
        assert rows["2.0.0"].digest
        assert runtime.network(DEFAULT_MODEL).digest in runtime.shipped
        site.settings.default_model = (
            f"{DEFAULT_MODEL}@{runtime.network(DEFAULT_MODEL).card.version}"
        )
        runtime.settings.default_model = site.settings.default_model
        take_in_default(runtime)
        assert runtime.network(None).card.name == DEFAULT_MODEL, "the setting was changed"
        state = State.open(settings)
        try:
            assert drop_orphans(state, timedelta(0)) == 0
        finally:
            state.close()
