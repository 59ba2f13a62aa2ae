"""`/healthz` and `/readyz` tell machines, `sonoloop doctor` tells people, and no secret is told."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis

from app.core.ids import new_id, now
from app.core.settings import VERSION, Settings
from app.status.heartbeat import LoadedModel, beat
from app.status.monitor import MAX_AGE_SECONDS
from tests.processes import Processes, wait_until
from tests.running_site import Site, running_site
from tests.serve.conftest import Start


def report(url: str) -> tuple[int, dict[str, Any]]:
    """Status of `/readyz`, and its checks by name."""
    answer = httpx.get(f"{url}/readyz", timeout=10)
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
        beat(session, new_id(), "w", now(), [model], "CUDAExecutionProvider")
    _, checks = report(site.url)
    assert checks["model"]["ok"]
    assert checks["model"]["detail"] == "Loaded: lite 1.2.3 on CUDAExecutionProvider."


def test_whatever_is_broken_nothing_secret_is_told(settings: Settings, tmp_path: Path) -> None:
    with running_site(settings) as site:
        # The folder of the blobs becomes a file, the schema becomes an older one.
        blobs = settings.data_dir / "blobs"
        blobs.rename(settings.data_dir / "elsewhere")
        blobs.write_text("not a folder")
        with site.database.engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM alembic_version")
        answer = httpx.get(f"{site.url}/readyz", timeout=10)
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
        wait_until(lambda: not report(url)[1]["broker"]["ok"], 10)
        answer = httpx.get(f"{url}/readyz", timeout=4)
        assert machines.password not in answer.text
        assert str(machines.broker_port) not in answer.text
        machines.start_broker()
        wait_until(lambda: report(url)[1]["broker"]["ok"], 15)
    finally:
        machines.close()


def test_asking_often_leaves_nothing_in_the_broker(start: Start) -> None:
    server = start().wait_ready()
    url = server.part("app.serve.api").environ()["SONOLOOP_REDIS_URL"]
    with redis.Redis.from_url(url) as broker:
        sizes = []
        for _ in range(4):
            assert httpx.get(f"{server.url}/readyz", timeout=10).status_code == 200
            sizes.append(_entries(broker))
            time.sleep(MAX_AGE_SECONDS + 0.1)  # so that the checks really run each time
        assert sizes[-1] <= sizes[0]


def _entries(broker: Any) -> int:
    """Keys, and members of their sets and lists."""
    sizes = {b"set": broker.scard, b"list": broker.llen, b"zset": broker.zcard}
    keys = broker.keys("*")
    return len(keys) + sum(
        int(sizes[kind](key)) for key in keys if (kind := broker.type(key)) in sizes
    )


def doctor(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("SONOLOOP_")}
    return subprocess.run(
        [sys.executable, "-m", "app", "doctor"],
        env={
            **inherited,
            "SONOLOOP_DATA_DIR": str(folder),
            "SONOLOOP_PORT": "0",
            "COLUMNS": "200",
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def test_doctor_looks_without_making_anything(tmp_path: Path) -> None:
    done = doctor(tmp_path / "data")
    assert done.returncode == 1
    assert "make run" in done.stdout
    assert not (tmp_path / "data").exists()


def test_doctor_finds_a_running_server_well(start: Start) -> None:
    server = start().wait_ready()
    done = doctor(server.folder)
    failed = [line for line in done.stdout.splitlines() if line.startswith("✗")]
    pages_built = (Path(__file__).parents[2] / "frontend" / "dist" / "index.html").exists()
    assert failed == [] or not pages_built, done.stdout
    assert done.returncode == (0 if pages_built else 1)
    for name in ("python", "libraries", "device", "database", "site key", "worker", "model"):
        assert f"✓  {name}" in done.stdout, done.stdout


@pytest.mark.parametrize(
    ("change", "name", "fix"),
    [
        ({"SONOLOOP_SITE_KEY": "x" * 40}, "site key", "Restore the right key"),
        ({"SONOLOOP_DEFAULT_MODEL": "absent"}, "models", "SONOLOOP_DEFAULT_MODEL"),
        (
            {"SONOLOOP_REDIS_URL": "redis://127.0.0.1:1/0"},
            "broker",
            "SONOLOOP_REDIS_URL",
        ),
        (
            {"SONOLOOP_DATABASE_URL": "postgresql://x@127.0.0.1:1/x"},
            "database",
            "SONOLOOP_DATABASE_URL",
        ),
        ({"SONOLOOP_BLOB_URL": "file:///proc/no-such"}, "blobs", "SONOLOOP_BLOB_URL"),
    ],
)
def test_doctor_names_the_fix(start: Start, change: dict[str, str], name: str, fix: str) -> None:
    server = start().wait_ready()
    assert server.stop() == 0
    done = doctor(server.folder, **change)
    assert done.returncode == 1
    section = done.stdout.partition(f"✗ {name}  ")[2].partition("✗")[0]
    assert fix in section, done.stdout


def test_doctor_sees_who_may_look_into_the_data(start: Start) -> None:
    server = start().wait_ready()
    server.folder.chmod(0o755)
    assert "chmod 700" in doctor(server.folder).stdout


def test_the_readiness_is_documented(site: Site) -> None:
    schema = httpx.get(f"{site.url}/openapi.json").raise_for_status().json()
    assert {"200", "503"} <= set(schema["paths"]["/readyz"]["get"]["responses"])
