"""Engines: views run one by one give the results of a batch; a rule chooses the engine."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from tests.synthetic import ultrasound
from worker.model_check import parity
from worker.pipeline import Frame, ModelError, Network, PipelineSettings, segment
from worker.pipeline.card import MODEL_FILE
from worker.pipeline.engines import Choice, choose, open_engine
from worker.pipeline.engines.choice import installed, is_quantised
from worker.pipeline.engines.contract import one_by_one
from worker.pipeline.zoo import find_model, model_roots

AVX = frozenset({"avx2"})
HALF = frozenset({"avx2", "avx512_bf16", "avx512_vnni"})
EIGHT = frozenset({"avx2", "avx512_vnni"})
needs_openvino = pytest.mark.skipif(not installed(), reason="the extra 'openvino' is not installed")


@pytest.fixture(scope="module", params=["sonoloop-lite2", "sonoloop-lite2-int8"])
def folder(request: pytest.FixtureRequest) -> Path:
    """Return the folder of a shipped model."""
    return find_model(model_roots(), request.param).folder


@pytest.fixture(scope="module")
def batch() -> np.ndarray:
    """Return an image and its mirror image, float32 [2,3,128,160]."""
    pixels = ultrasound(128, 160, seed=3, geometry="full").pixels
    views = [pixels, np.ascontiguousarray(pixels[:, ::-1])]
    return np.stack([np.broadcast_to(v, (3, *v.shape)) for v in views]).astype(np.float32)


def test_views_run_at_a_time_say_what_one_batch_says(folder: Path, batch: np.ndarray) -> None:
    options = onnxruntime.SessionOptions()
    session = onnxruntime.InferenceSession(
        str(folder / MODEL_FILE), options, providers=["CPUExecutionProvider"]
    )
    (together,) = session.run(["logits"], {"image": batch})
    for beside in (False, True):
        (apart,) = one_by_one(
            lambda part: session.run(["logits"], {"image": part}), batch, beside=beside
        )
        assert np.abs(apart - together).max() <= 1e-3
    assert not np.allclose(together[0], together[1]), "the two views differ"


def test_the_mask_does_not_depend_on_threads_or_on_who_else_runs_it(folder: Path) -> None:
    frame = Frame(ultrasound(300, 400, seed=5).pixels)
    masks = []
    for threads in (1, 2):
        network = Network.load(folder, threads=threads)
        settings = PipelineSettings.for_card(network.card)
        with ThreadPoolExecutor(3) as pool:
            found = list(pool.map(lambda _, n=network, s=settings: segment(frame, n, s), range(3)))
        masks += [one.mask.tobytes() for one in found]
    assert len(set(masks)) == 1


@needs_openvino
def test_openvino_outlines_what_onnx_runtime_outlines(folder: Path) -> None:
    frame = Frame(ultrasound(384, 512, seed=6).pixels)
    found = []
    for engine in ("onnxruntime", "openvino"):
        network = Network.load(folder, threads=2, engine=engine)
        found.append(segment(frame, network, PipelineSettings.for_card(network.card)).mask)
    assert found[0].any()
    assert (found[0] & found[1]).sum() / (found[0] | found[1]).sum() > 0.97


@needs_openvino
def test_openvino_in_float32_says_what_onnx_runtime_says(batch: np.ndarray) -> None:
    path = find_model(model_roots(), "sonoloop-lite2").folder / MODEL_FILE
    said = [
        open_engine(path, choice, None, 2, beside=True).run(["logits"], batch)[0]
        for choice in (Choice("onnxruntime"), Choice("openvino"))
    ]
    assert np.abs(said[0] - said[1]).max() <= 1e-3


@needs_openvino
def test_openvino_gives_the_same_bytes_to_all_who_run_it_at_a_time(folder: Path) -> None:
    network = Network.load(folder, threads=2, engine="openvino")
    frames = [Frame(ultrasound(h, w, seed=h).pixels) for h, w in ((300, 400), (320, 320))]
    settings = PipelineSettings.for_card(network.card)
    alone = [segment(frame, network, settings).mask.tobytes() for frame in frames]
    with ThreadPoolExecutor(4) as pool:
        again = list(pool.map(lambda f: segment(f, network, settings).mask.tobytes(), frames * 4))
    assert again == alone * 4


@needs_openvino
def test_the_rule_takes_openvino_only_where_it_was_measured_to_win() -> None:
    floats, eight = (
        find_model(model_roots(), name).folder / MODEL_FILE
        for name in ("sonoloop-lite2", "sonoloop-lite2-int8")
    )
    assert is_quantised(eight) and not is_quantised(floats)
    reference = Choice("onnxruntime")
    assert choose("auto", eight, None, EIGHT) == Choice("openvino")
    assert choose("auto", eight, None, AVX) == reference
    assert choose("auto", floats, None, EIGHT) == reference
    assert choose("auto", eight, ["CUDAExecutionProvider"], EIGHT) == reference
    assert choose("onnxruntime", eight, None, HALF) == reference
    assert choose("auto", floats, None, HALF) == reference, "other masks are for a site to choose"
    assert choose("openvino", floats, None, HALF) == Choice("openvino", "bf16")
    assert choose("openvino", floats, None, AVX) == Choice("openvino")


def test_a_figure_of_a_model_is_that_of_onnx_runtime(folder: Path) -> None:
    assert Network.load(folder, threads=1).provider == "CPUExecutionProvider"


def test_openvino_that_is_not_installed_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "openvino", None)
    with pytest.raises(ModelError, match="SONOLOOP_ENGINE"):
        Network.load(folder, engine="openvino")


@needs_openvino
def test_doctor_is_told_how_like_onnx_runtime_the_chosen_engine_is() -> None:
    rows = {str(row["model"]): row for row in parity("openvino")}
    assert len(rows) >= 3
    for row in rows.values():
        assert str(row["provider"]).startswith("OpenVINO-CPU")
        assert 0.99 < float(row["labels_equal"]) <= 1
        assert float(row["times_faster"]) > 0
    assert all("labels_equal" not in row for row in parity("onnxruntime"))
