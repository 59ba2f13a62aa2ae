"""A file that is being replaced is always complete, whatever happens meanwhile."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.core.disk import replacing, write_whole

DIES_WHILE_WRITING = """
import os, signal, sys
from pathlib import Path
from app.core.disk import replacing
with replacing(Path(sys.argv[1])) as file:
    file.write(b"half of the new")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_new_content_takes_the_place_of_the_old(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    write_whole(path, b"old")
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]


def test_the_old_content_stays_while_the_new_is_written_and_after_an_error(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    path.write_bytes(b"old")
    with pytest.raises(ValueError, match="no more"), replacing(path) as file:
        file.write(b"half of the new")
        file.flush()
        assert path.read_bytes() == b"old"
        raise ValueError("no more")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_kill_leaves_the_old_content_and_the_next_writer_takes_what_lies_there(
    tmp_path: Path,
) -> None:
    path = tmp_path / "card.json"
    path.write_bytes(b"old")
    died = subprocess.run([sys.executable, "-c", DIES_WHILE_WRITING, str(path)], check=False)
    assert died.returncode == -signal.SIGKILL
    assert path.read_bytes() == b"old"
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]
