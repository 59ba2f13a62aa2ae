"""Images from several callers run as one batch, and each caller gets its own answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from worker.pipeline.card import MODEL_FILE
from worker.pipeline.engines.batching import BatchingEngine
from worker.pipeline.engines.onnx import CPU, OnnxRuntimeEngine


@pytest.fixture(scope="module")
def engine(models: Path) -> OnnxRuntimeEngine:
    """Return the graph of the tests' own model on the CPU."""
    return OnnxRuntimeEngine(models / "dark" / "1.0.0" / MODEL_FILE, [CPU], 1)


def pictures(count: int) -> list[np.ndarray]:
    """Return batches of one or two images, in two sizes, all different: float32 [N,3,H,W]."""
    random = np.random.default_rng(1)
    return [
        random.uniform(0, 255, (1 + at % 2, 3, 64 + 32 * (at // 2 % 2), 64)).astype(np.float32)
        for at in range(count)
    ]


def test_each_caller_gets_the_answer_to_its_own_images(engine: OnnxRuntimeEngine) -> None:
    asked = pictures(24)
    alone = [engine.run(["logits"], batch)[0] for batch in asked]
    with BatchingEngine(engine, most=8, budget=0.2) as batching, ThreadPoolExecutor(24) as pool:
        together = list(pool.map(lambda batch: batching.run(["logits"], batch)[0], asked))
        assert batching.mean_batch > 3, "they ran together"
    for one, other in zip(alone, together, strict=True):
        assert one.shape == other.shape
        assert np.array_equal(one, other)


def test_a_run_that_fails_is_told_to_its_callers_and_the_next_one_goes_on(
    engine: OnnxRuntimeEngine,
) -> None:
    good = pictures(1)[0]
    bad = np.zeros((1, 5, 64, 64), np.float32)  # five channels
    with BatchingEngine(engine, most=4, budget=0.05) as batching, ThreadPoolExecutor(3) as pool:
        broken = [pool.submit(batching.run, ["logits"], bad) for _ in range(2)]
        sound = pool.submit(batching.run, ["logits"], good)
        for one in broken:
            with pytest.raises(Exception, match=r"[Dd]imension|shape"):
                one.result(60)
        assert np.array_equal(sound.result(60)[0], engine.run(["logits"], good)[0])


def test_what_waits_is_answered_before_the_end_and_nothing_after_it(
    engine: OnnxRuntimeEngine,
) -> None:
    batching = BatchingEngine(engine, most=64, budget=60)
    with ThreadPoolExecutor(2) as pool:
        waiting = pool.submit(batching.run, ["logits"], pictures(1)[0])
        while not batching._waiting:
            assert not waiting.done()
        batching.close()
        assert waiting.result(60)[0].shape[0] == 1
    with pytest.raises(RuntimeError, match="closed"):
        batching.run(["logits"], pictures(1)[0])
