"""Processes that do not serve HTTP start without modules that only the API needs."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("module", "without"),
    [
        ("worker.holding", "fastapi"),
        ("app.serve.supervisor", "fastapi"),
        ("app.serve.supervisor", "sqlalchemy"),
        ("worker.decoding_process", "requests.api"),
    ],
)
def test_a_process_does_not_import(module: str, without: str) -> None:
    code = f"import sys, {module}; print({without!r} in sys.modules)"
    command = [sys.executable, "-c", code]
    seen = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    assert seen.stdout == "False\n"
