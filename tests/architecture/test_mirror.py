"""The place of a test: unit tests mirror the code, promises over HTTP lie by capability."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
FOLDERS = sorted({path.parent for path in TESTS.rglob("*.py")})
UNITS = [folder for folder in FOLDERS if folder.is_relative_to(TESTS / "unit")]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_folder_of_tests_is_a_package(folder: Path) -> None:
    """Two files of one name would stop the whole run otherwise."""
    assert (folder / "__init__.py").exists()


@pytest.mark.parametrize("folder", UNITS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_unit_tests_mirror_the_tree(folder: Path) -> None:
    assert (ROOT / folder.relative_to(TESTS / "unit")).is_dir()


def test_all_else_is_in_one_of_few_rooms() -> None:
    rooms = {path.name for path in TESTS.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert rooms == {"architecture", "behaviour", "e2e", "faults", "integration", "unit"}
