"""`python -m models.loop FOLDER`: a run whose recipe is in the folder, for a worker.

Writes `progress.json` about once a second and at the end `outcome.json`: the candidate's folder
and remarks on it, or a `problem` in one sentence. If it is killed at any moment and started again,
it continues after its last epoch; if it cannot continue, as after an upgrade, it starts over.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch: spinning threads starve others

from app.core.imports import lasting_imports

with lasting_imports():
    from app.core.disk import write_whole
    from models.data.samples import DataError
    from models.loop.recipe import Recipe
    from models.loop.remarks import Remark
    from models.loop.run import Outcome, document, run
    from models.packaging.export import ExportError
    from models.training.checkpoint import CheckpointError
    from models.training.config import ConfigError
    from models.training.device import OutOfMemory
    from models.training.trainer import TrainingDiverged

EXPECTED = (DataError, CheckpointError, ConfigError, ExportError, OutOfMemory, TrainingDiverged)


def main(folder: Path) -> None:
    """Run the recipe in the folder."""
    recipe = Recipe.model_validate_json((folder / "recipe.json").read_bytes())
    try:
        outcome = _gone_on(recipe, folder)
    except EXPECTED as error:
        _write(folder / "outcome.json", {"problem": str(error)})
        return
    except MemoryError:
        _write(folder / "outcome.json", {"problem": "The memory is too small for this run."})
        return
    _write(
        folder / "outcome.json",
        {
            "folder": str(outcome.folder) if outcome.folder else None,
            "in_8_bits": str(outcome.in_8_bits) if outcome.in_8_bits else None,
            "share": outcome.mixing.share,
            "judged": outcome.mixing.judged,
            "mixing": outcome.mixing.curve,
            "notes": [note.document() for note in outcome.notes],
        },
    )


def _write(path: Path, content: dict[str, Any]) -> None:
    write_whole(path, json.dumps(content).encode())


def _gone_on(recipe: Recipe, folder: Path) -> Outcome:
    def attempt() -> Outcome:
        return run(
            recipe,
            folder / "run",
            folder / "candidate",
            lambda standing: _write(folder / "progress.json", document(standing)),
        )

    try:
        return attempt()
    except CheckpointError:
        # Recipe and data of this folder never change; the code that reads them may have.
        if not (folder / "run").exists():
            raise
        shutil.rmtree(folder / "run")
        outcome = attempt()
        text = (
            "What an earlier try had trained could not be gone on from, as after an upgrade; the "
            "run began anew."
        )
        outcome.notes.append(Remark("began-anew", text))
        return outcome


if __name__ == "__main__":
    main(Path(sys.argv[1]))
