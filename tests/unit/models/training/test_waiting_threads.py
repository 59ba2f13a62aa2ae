"""Training threads give up their cores while they wait, unless the environment says otherwise."""

import subprocess
import sys

import pytest

SCRIPT = """
import os, sys
assert "torch" not in sys.modules
import models.training.device
assert "torch" in sys.modules
print(os.environ["OMP_WAIT_POLICY"])
"""


@pytest.mark.parametrize(("said", "holds"), [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_the_policy_is_set_before_torch_reads_it(said: str | None, holds: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={"PATH": "/usr/bin", **({"OMP_WAIT_POLICY": said} if said else {})},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == holds
