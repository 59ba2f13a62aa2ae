"""`make reproduce`: every step is a command that exists, and finished steps are not repeated."""

from __future__ import annotations

import importlib
import shlex
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import click
import pytest

from app.cli import main

SCRIPT = Path("scripts/reproduce.sh")
RECORDER = """#!/bin/sh
[ "$1" != -m ] || shift
echo "$1" >>"$(dirname "$0")/done"
[ ! -e "$(dirname "$0")/broken-$1" ] || exit 1
while [ $# -gt 0 ]; do
  case $1 in --json | --markdown) echo '{}' >"$2" ;; esac
  shift
done
"""


def commands() -> list[list[str]]:
    plan = subprocess.run(["sh", str(SCRIPT), "plan"], capture_output=True, text=True, check=True)
    return [shlex.split(line) for line in plan.stdout.splitlines()]


def asked_for(line: list[str]) -> list[str]:
    """Return a command or a module, and its arguments."""
    return line[2:] if line[1] == "-m" else line[1:]


@pytest.mark.parametrize("line", commands(), ids=lambda line: " ".join(line[1:4]))
def test_every_step_is_a_command_that_takes_its_options(line: list[str], tmp_path: Path) -> None:
    name, *arguments = asked_for(line)
    if Path(line[0]).name == "python":
        command = importlib.import_module(name).main
        # Its options name folders that exist only if the data or an earlier step's results do.
        for option in ("--data", "--run"):
            if option in arguments:
                arguments[arguments.index(option) + 1] = str(tmp_path)
    else:
        assert Path(line[0]).name == "sonoloop"
        command = main.get_command(click.Context(main), name)
    assert command is not None, f"there is no command {name}"
    with command.make_context(name, arguments):
        pass
    for option, value in pairwise(arguments):
        if option in {"--config", "--notes"}:
            assert Path(value).is_file()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of the script beside programs that record what they are asked to do."""
    root = tmp_path / "repository"
    (root / "scripts").mkdir(parents=True)
    (root / "bin").mkdir()
    shutil.copy(SCRIPT, root / SCRIPT)
    shutil.copytree("models/configs", root / "models" / "configs")
    for program in ("sonoloop", "python"):
        recorder = root / "bin" / program
        recorder.write_text(RECORDER)
        recorder.chmod(0o755)
    shutil.copytree("models/prompts", root / "models" / "prompts")
    return root


def add_data(root: Path) -> None:
    for name in ("mmotu", "bus-bra", "bus-uclm", "lesion-free"):
        folder = root.parent / "shared" / "data" / name
        folder.mkdir(parents=True)
        (folder / "samples.csv").write_text("id,fold\n")


def reproduce(root: Path, *arguments: str) -> tuple[int, list[str], str]:
    """Return the exit status, the commands that were run, and the output."""
    done = root / "bin" / "done"
    done.unlink(missing_ok=True)
    result = subprocess.run(
        ["sh", str(root / SCRIPT), *arguments],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "BIN": "bin"},
        check=False,
    )
    ran = done.read_text().split() if done.exists() else []
    return result.returncode, ran, result.stdout + result.stderr


def test_missing_data_are_named(copy: Path) -> None:
    status, ran, said = reproduce(copy)
    assert (status, ran) == (1, [])
    assert "There is no ../shared/data/mmotu/samples.csv" in said


def test_each_step_says_its_command_and_is_done_once(copy: Path) -> None:
    add_data(copy)
    status, ran, said = reproduce(copy)
    assert status == 0, said
    assert ran == [asked_for(line)[0] for line in commands()]
    assert "bin/sonoloop train --config models/configs/lite2.yaml --out runs/lite2" in said
    assert reproduce(copy)[:2] == (0, [])


def test_a_step_that_fails_ends_the_run_and_is_where_it_goes_on(copy: Path) -> None:
    add_data(copy)
    broken = copy / "bin" / "broken-tune"
    broken.touch()
    status, ran, _ = reproduce(copy)
    assert status != 0
    assert ran == ["train", "train", "train", "export-onnx", "tune"]
    broken.unlink()
    status, ran, _ = reproduce(copy)
    assert (status, ran[:2]) == (0, ["tune", "train"])


def test_what_comes_after_a_change_is_done_again(copy: Path) -> None:
    add_data(copy)
    reproduce(copy)
    notes = copy / "models" / "configs" / "lite0-refined.card.yaml"
    notes.write_text(notes.read_text() + "# another word\n")
    status, ran, _ = reproduce(copy)
    assert (status, ran[0]) == (0, "export-onnx")
    assert "train" not in ran
    assert ran[-1] == "compare"


def test_nothing_is_published_before_it_is_whole(copy: Path) -> None:
    status, _, said = reproduce(copy, "publish")
    assert status == 1
    assert "nothing to publish" in said
    add_data(copy)
    reproduce(copy)
    (copy / "models" / "zoo").mkdir()
    (copy / "docs" / "models").mkdir(parents=True)
    made = copy / "runs" / "reproduced" / "models" / "sonoloop-lite2" / "1.0.0"
    made.mkdir(parents=True)
    (made / "card.json").write_text("{}")
    start = made.with_name("1.2.0")
    start.mkdir()
    (start / "card.json").write_text("{}")
    status, _, said = reproduce(copy, "publish")
    assert status == 0, said
    assert (copy / "models" / "zoo" / "sonoloop-lite2" / "1.0.0" / "card.json").exists()
    # The default model's parent is made, but not shipped with it.
    assert not (copy / "models" / "zoo" / "sonoloop-lite2" / "1.2.0").exists()
    assert (copy / "docs" / "models" / "comparison.md").exists()
