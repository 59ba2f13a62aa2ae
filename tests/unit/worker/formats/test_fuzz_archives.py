"""A short run of `python -m bench.fuzz_imports`."""

import json
import subprocess
import sys

import pytest


@pytest.mark.timeout(300)
def test_damaged_archives_raise_nothing_untyped_and_change_no_label() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.fuzz_imports", "--count", "40", "--seed", "5"],
        capture_output=True,
        text=True,
        check=False,
    )
    report = json.loads(done.stdout)
    assert done.returncode == 0, report
    assert report["archives"] == 40
    assert report["labels"] > 10
