"""The response states whether an image is unlike those that the model was trained on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.core.settings import Settings
from app.masks.measures import StoredResult
from app.masks.schemas import MaskResult
from tests.unit.worker.pipeline.dark import write_grey_model
from worker.pipeline import ModelCard, Network, decode_png, encode_png, file_sha256
from worker.pipeline.domain import DOMAIN_FILE, TrainingDomain
from worker.tasks.process import segment_bytes


@pytest.mark.parametrize(("home", "unlike"), [(40, False), (240, True), (None, None)])
def test_the_flag_is_in_the_answer(tmp_path: Path, home: int | None, unlike: bool | None) -> None:
    folder = write_grey_model(tmp_path / "models")
    if home is not None:
        domain = TrainingDomain(np.full(3, home, np.float32), np.eye(3, dtype=np.float32), 30.0)
        (folder / DOMAIN_FILE).write_bytes(domain.to_bytes())
        files = {DOMAIN_FILE: file_sha256(folder / DOMAIN_FILE)}
        ModelCard.read(folder).model_copy(update={"files": files}).write(folder)
    upload = encode_png(np.random.default_rng(0).integers(20, 60, (200, 240), dtype=np.uint8))
    settings = Settings(data_dir=tmp_path / "site")
    processed = segment_bytes(upload, Network.load(folder), settings)
    result = StoredResult.model_validate(processed.result.kept())
    assert result.out_of_domain is unlike
    assert MaskResult.model_validate(processed.result.kept()).out_of_domain is unlike
    assert bool(decode_png(processed.mask_png).any()) is not bool(unlike)
    codes = [reason.code for reason in result.uncertainty.reasons]
    assert ("out_of_domain" in codes) is bool(unlike)
    if unlike:
        assert 0.5 <= result.uncertainty.score < 1
        assert codes[0] == "out_of_domain"
        assert result.lesions == []
