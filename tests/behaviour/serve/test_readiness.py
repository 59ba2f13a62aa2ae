"""`/healthz` and `/readyz` for machines and `sonoloop doctor` for people reveal no secrets."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from app.core.ids import new_id, now
from app.core.settings import VERSION, Settings
from app.status.records import LoadedModel, record_heartbeat
from tests.behaviour.serve.server import doctor
from tests.processes import Processes, wait_until
from tests.running_site import Site, running_site


def report(url: str) -> tuple[int, dict[str, Any]]:
    """Return the status of `/readyz`, and its checks by name."""
    answer = httpx.get(f"{url}/readyz", timeout=60)
    return answer.status_code, {check["name"]: check for check in answer.json()["checks"]}


def test_without_a_worker_a_site_is_alive_but_not_ready(site: Site) -> None:
    answer = httpx.get(f"{site.url}/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive", "version": VERSION})
    status, checks = report(site.url)
    assert status == 503
    assert {name for name, check in checks.items() if not check["ok"]} == {"worker", "model"}
    assert list(checks) == ["database", "broker", "blobs", "worker", "model"]
    for check in checks.values():
        assert check["ok"] == (check["fix"] is None)


def test_a_loaded_model_and_its_provider_are_told(site: Site) -> None:
    with site.database.write() as session:
        model = LoadedModel("lite", "1.2.3", "0" * 64)
        record_heartbeat(session, new_id(), "w", now(), [model], "CUDAExecutionProvider")
    _, checks = report(site.url)
    assert checks["model"]["ok"]
    assert checks["model"]["detail"] == "Loaded: lite 1.2.3 on CUDAExecutionProvider."


def test_whatever_is_broken_nothing_secret_is_told(settings: Settings, tmp_path: Path) -> None:
    with running_site(settings) as site:
        # The blobs' folder becomes a file, and the schema an older one.
        blobs = settings.data_dir / "blobs"
        blobs.rename(settings.data_dir / "elsewhere")
        blobs.write_text("not a folder")
        with site.database.engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM alembic_version")
        answer = httpx.get(f"{site.url}/readyz", timeout=60)
        blobs.unlink()
        (settings.data_dir / "elsewhere").rename(blobs)
    assert answer.status_code == 503
    failed = {check["name"] for check in answer.json()["checks"] if not check["ok"]}
    assert {"database", "blobs"} <= failed
    for secret in (str(tmp_path), "sqlite", "redis:", "Error", "Traceback"):
        assert secret not in answer.text, secret


def test_a_broker_that_is_away_is_reported_within_seconds(tmp_path: Path) -> None:
    machines = Processes(tmp_path / "data")
    try:
        machines.start_broker()
        machines.migrate()
        _, url = machines.start_api()
        assert report(url)[1]["broker"]["ok"]
        assert machines.broker is not None
        machines.kill(machines.broker)
        wait_until(lambda: not report(url)[1]["broker"]["ok"])
        answer = httpx.get(f"{url}/readyz", timeout=60)
        assert machines.password not in answer.text
        assert str(machines.broker_port) not in answer.text
        machines.start_broker()
        wait_until(lambda: report(url)[1]["broker"]["ok"])
    finally:
        machines.close()


def test_doctor_looks_without_making_anything(tmp_path: Path) -> None:
    done = doctor(tmp_path / "data")
    assert done.returncode == 1
    assert "make run" in done.stdout
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("changes", "fixes"),
    [
        (
            {"SONOLOOP_SITE_KEY": "x" * 40, "SONOLOOP_DEFAULT_MODEL": "absent"},
            {"site key": "Restore the right key", "models": "SONOLOOP_DEFAULT_MODEL"},
        ),
        (
            {
                "SONOLOOP_REDIS_URL": "redis://127.0.0.1:1/0",
                "SONOLOOP_DATABASE_URL": "postgresql://x@127.0.0.1:1/x",
                "SONOLOOP_BLOB_URL": "file:///proc/no-such",
            },
            {
                "broker": "SONOLOOP_REDIS_URL",
                "database": "SONOLOOP_DATABASE_URL",
                "blobs": "SONOLOOP_BLOB_URL",
            },
        ),
    ],
)
def test_doctor_names_each_fix_and_who_may_look_into_the_data(
    prepared: Path, changes: dict[str, str], fixes: dict[str, str]
) -> None:
    prepared.chmod(0o755)
    done = doctor(prepared, **changes)
    assert done.returncode == 1
    assert "chmod 700" in done.stdout
    for name, fix in fixes.items():
        section = done.stdout.partition(f"✗ {name}  ")[2].partition("✗")[0]
        assert fix in section, done.stdout


def test_the_readiness_is_documented(site: Site) -> None:
    schema = httpx.get(f"{site.url}/openapi.json", timeout=60).raise_for_status().json()
    assert {"200", "503"} <= set(schema["paths"]["/readyz"]["get"]["responses"])
