"""Frames kept in memory: the pipeline's own answer, and never more memory than allowed."""

import numpy as np

from tests.synthetic import SyntheticImage, ultrasound
from worker.interactive import FrameCache, ReadFrame, read_frame
from worker.pipeline import Frame, Network, PipelineSettings, segment


def test_the_logits_are_those_that_the_pipeline_thresholds(network: Network) -> None:
    frame = Frame(ultrasound(300, 400, seed=5).pixels)
    settings = PipelineSettings.for_card(network.card)
    assert settings.crf.engine == "none"
    probability = segment(frame, network, settings).probability
    logits = read_frame(frame, network).logits
    inside = probability > 0
    # Between the network's own pixels, one interpolates logits; the other may interpolate
    # probabilities.
    assert ((logits >= 0) != (probability >= 0.5)).mean() < 0.01
    assert np.abs(1 / (1 + np.exp(-logits[inside])) - probability[inside]).mean() < 0.02
    assert logits.shape == (300, 400)
    assert (logits[~inside] < -3).all()


def test_the_frames_used_last_stay_and_the_bound_holds(
    scene: SyntheticImage, network: Network
) -> None:
    seen = read_frame(Frame(scene.pixels), network)
    cache = FrameCache(most_bytes=3 * seen.nbytes)
    reads: list[str] = []

    def ask(name: str) -> ReadFrame:
        def read() -> ReadFrame:
            reads.append(name)
            return seen

        return cache.get((name,), read)

    for name in "abcadae":
        ask(name)
    assert "".join(reads) == "abcde"
    assert cache.nbytes == 3 * seen.nbytes
    ask("a")
    assert "".join(reads) == "abcde", "the frame that is drawn on must not be read again"


def test_one_frame_above_the_bound_is_kept(scene: SyntheticImage, network: Network) -> None:
    cache = FrameCache(most_bytes=1)
    seen = read_frame(Frame(scene.pixels), network)
    cache.get(("a",), lambda: seen)
    other = read_frame(Frame(scene.pixels), network)
    assert cache.get(("a",), lambda: other) is seen


def test_frames_of_before_a_redaction_are_forgotten(
    scene: SyntheticImage, network: Network
) -> None:
    cache = FrameCache()
    seen = read_frame(Frame(scene.pixels), network)
    for key in (("a", None), ("a", "new"), ("b", None)):
        cache.get(key, lambda: seen)
    cache.forget(lambda key: key[0] == "a" and key[1] != "new")
    assert cache.nbytes == 2 * seen.nbytes
    other = read_frame(Frame(scene.pixels), network)
    assert cache.get(("a", None), lambda: other) is other
