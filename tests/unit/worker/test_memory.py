"""Worker processes give memory back once they are idle, and not between jobs."""

import subprocess
import sys

SCRIPT = """
import ctypes, sys
import numpy as np
from worker import memory

def resident():
    return memory._pages(1) * 4096 / 2**20

def job():
    parts = [bytearray(40_000) for _ in range(3000)]  # 120 MB in pieces that malloc keeps
    pin = bytearray(1000)
    del parts
    memory.give_back()
    return pin

assert memory.rest() is False, "nothing is known before the second look"
pins = [job()]
assert memory.rest() is False, "a job has just ended"
assert memory.rest() is True
assert memory.rest() is False, "once after the last job"
pins.append(job())
assert memory.rest() is False
before = resident()
assert memory.rest() is True
print(before, resident())
"""


def test_memory_is_given_back_once_after_the_last_job() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={"MALLOC_TRIM_THRESHOLD_": "1000000000", "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    before, after = (float(word) for word in done.stdout.split())
    assert after < before - 50
