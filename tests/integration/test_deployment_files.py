"""The files for the scaled-out deployment match the schema and each other; needs no Docker."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.core.settings import Settings

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"
DOCKERFILE = (ROOT / "Dockerfile").read_text()
SECRETS = {
    "SONOLOOP_SITE_KEY",
    "POSTGRES_PASSWORD",
    "REDIS_PASSWORD",
    "S3_ACCESS_KEY_ID",
    "S3_SECRET_ACCESS_KEY",
    "SITE_ADDRESS",
}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load(COMPOSE.read_text()))


def stages() -> dict[str, str]:
    """Return the base of each stage of the Dockerfile."""
    return {name: base for base, name in re.findall(r"^FROM (\S+) AS (\S+)$", DOCKERFILE, re.M)}


def test_the_compose_file_fits_the_specification() -> None:
    done = subprocess.run(
        [
            *(Path(sys.executable).with_name("check-jsonschema"), "--builtin-schema"),
            *("vendor.compose-spec", str(COMPOSE)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_has_every_part_of_the_scaled_out_form(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert set(services) == {
        *("proxy", "prepare", "api", "redis", "postgres", "s3"),
        *("worker-cpu", "worker-gpu", "worker-interactive", "worker-background"),
        "worker-train",
    }
    assert int(re.findall(r":-(\d+)", services["api"]["deploy"]["replicas"])[0]) > 1
    (device,) = services["worker-gpu"]["deploy"]["resources"]["reservations"]["devices"]
    assert (device["driver"], device["capabilities"]) == ("nvidia", ["gpu"])
    assert services["worker-gpu"]["profiles"] == ["gpu"]
    assert services["worker-train"]["profiles"] == ["train"]
    assert services["worker-train"]["volumes"] == ["training:/data"]


def test_no_secret_has_a_default() -> None:
    text = COMPOSE.read_text()
    for name in SECRETS:
        uses = re.findall(r"\$\{" + name + r"([^}]*)\}", text)
        assert uses, name
        assert all(use.startswith(":?") for use in uses), name


def test_every_target_and_stage_exists(compose: dict[str, Any]) -> None:
    found = stages()
    targets = {
        service["build"]["target"] for service in compose["services"].values() if "build" in service
    }
    assert targets == {"api", "worker-cpu", "worker-gpu", "worker-train"}
    assert targets <= set(found)
    for source in re.findall(r"--from=(\S+)", DOCKERFILE):
        assert source in found
    for base in found.values():
        assert base in found or ":" in base, f"{base} is not pinned to a version"


def test_what_the_images_copy_is_there_and_not_ignored() -> None:
    kept = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"
    }
    copied: set[str] = set()
    for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.M):
        copied |= {source.rstrip("/") for source in line.split()[:-1]}
    assert copied
    for source in copied:
        assert (ROOT / source).exists(), source
        assert source.split("/")[0] in kept, f"{source} is kept out of the build"


def test_nothing_runs_as_root_or_may_write_to_its_image(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
    for target in ("api", "worker-cpu", "worker-gpu", "worker-train"):
        body = DOCKERFILE.split(f" AS {target}\n")[1].split("\nFROM ")[0]
        assert "\nUSER sonoloop\n" in body, target
        assert "HEALTHCHECK" in body, target


def test_only_the_proxy_is_reachable_from_outside(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        if name == "proxy":
            continue
        assert "ports" not in service, name
        for network in service["networks"]:
            assert compose["networks"][network]["internal"] is True, name


def test_every_service_is_waited_for_by_its_health(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for name, service in services.items():
        for needed, how in service.get("depends_on", {}).items():
            assert needed in services, name
            if how["condition"] == "service_healthy":
                own = "healthcheck" in services[needed]
                assert own or "build" in services[needed], f"{needed} has no health check"


def test_every_variable_is_one_that_the_program_reads(compose: dict[str, Any]) -> None:
    known = {f"SONOLOOP_{name.upper()}" for name in Settings.model_fields}
    named = set(re.findall(r"\bSONOLOOP_[A-Z0-9_]+", COMPOSE.read_text()))
    named |= set(re.findall(r"\bSONOLOOP_[A-Z0-9_]+", DOCKERFILE))
    named |= set(re.findall(r"\bSONOLOOP_[A-Z0-9_]+", (ROOT / ".env.example").read_text()))
    assert named <= known


def test_the_example_of_the_settings_can_be_read(tmp_path: Path) -> None:
    # Every line that is commented out is valid without its `#`.
    text = (ROOT / ".env.example").read_text()
    lines = [line[1:] for line in text.splitlines() if re.match(r"#SONOLOOP_\w+=.+", line)]
    assert len(lines) > 8
    path = tmp_path / ".env"
    path.write_text("\n".join(lines))
    settings = Settings(_env_file=path)
    assert settings.port == 8000
    assert not any(name.startswith("SONOLOOP_") for name in os.environ)
