"""The overview of the program describes every command, without loading a network."""

import subprocess
import sys

from app.cli import LazyGroup, main, summary


def test_every_command_has_a_sentence_in_the_overview() -> None:
    assert isinstance(main, LazyGroup)
    points = main._entry_points()
    assert len(points) > 20
    assert [name for name, point in points.items() if not summary(point).endswith(".")] == []


def test_the_overview_loads_no_network() -> None:
    code = (
        "import sys; from app.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = ('torch', 'onnxruntime', 'cv2', 'sqlalchemy')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert "Outline lesions on what SOURCE shows" in said
    assert said.splitlines()[-1] == "[]"
