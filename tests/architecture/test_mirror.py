"""Where tests belong: unit tests mirror the code; behaviour over HTTP is grouped by capability."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
FOLDERS = sorted({path.parent for path in TESTS.rglob("*.py")})
UNITS = [folder for folder in FOLDERS if folder.is_relative_to(TESTS / "unit")]


def test_every_folder_of_tests_is_a_package() -> None:
    """Otherwise two files with the same name would stop the whole run."""
    assert not [folder for folder in FOLDERS if not (folder / "__init__.py").exists()]


def test_unit_tests_mirror_the_tree() -> None:
    assert not [one for one in UNITS if not (ROOT / one.relative_to(TESTS / "unit")).is_dir()]


def test_all_else_is_in_one_of_few_rooms() -> None:
    rooms = {path.name for path in TESTS.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert rooms == {"architecture", "behaviour", "e2e", "faults", "integration", "unit"}
