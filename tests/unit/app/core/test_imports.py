"""The garbage collector skips imports that stay loaded until the process ends."""

import gc
import subprocess
import sys

import pytest

from app.core.imports import lasting_imports


def test_garbage_is_collected_again_afterwards_and_modules_are_passed_over() -> None:
    before = gc.get_freeze_count()
    kept: list[list[int]] = [[]]
    with lasting_imports():
        assert not gc.isenabled()
        kept.append([])
    assert gc.isenabled()
    assert gc.get_freeze_count() > before
    assert not any(one is kept for one in gc.get_objects())


def test_a_module_that_cannot_be_imported_leaves_the_collector_on() -> None:
    with pytest.raises(ModuleNotFoundError), lasting_imports():
        import absent_module  # type: ignore[import-not-found]  # noqa: F401
    assert gc.isenabled()


@pytest.mark.parametrize("module", ["app.serve.api", "app.serve.prepare", "models.loop.__main__"])
def test_the_programs_import_in_this_way(module: str) -> None:
    script = f"import gc, {module}; print(gc.isenabled(), gc.get_freeze_count())"
    said = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout.split()
    assert said[0] == "True"
    assert int(said[1]) > 50_000
