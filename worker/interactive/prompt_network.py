"""The prompt network, which answers a box, a click or a scribble, in ONNX."""

from __future__ import annotations

import threading
from functools import lru_cache
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from worker.interactive.prompts import Prompt, view
from worker.pipeline.frame import Region
from worker.pipeline.zoo import model_roots

NAME, VERSION = "sonoloop-prompts", "1.0.0"
GRAPH_FILE = "prompts.onnx"


class PromptNetwork:
    """Runs the prompt network; safe to call from several threads.

    Args:
        graph: the ONNX file.
        threads: CPU threads of one run.
    """

    def __init__(self, graph: Path, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        providers = ["CPUExecutionProvider"]
        self._session = onnxruntime.InferenceSession(str(graph), options, providers=providers)

    def logits(
        self, pixels: NDArray[np.uint8], prompt: Prompt, window: Region
    ) -> NDArray[np.float32]:
        """Log-odds of the lesion that a prompt marks, in a window of a frame.

        Args:
            pixels: uint8 [H,W] or [H,W,3], the frame.
            prompt: in px of the frame.
            window: inside the frame.

        Returns:
            float32 [h,w] of the window.
        """
        seen = view(pixels, prompt, window)
        shown = {"image": seen.image[None], "planes": seen.planes[None]}
        said = self._session.run(None, shown)[0][0][: seen.height, : seen.width]
        size = (window.width, window.height)
        return cast(NDArray[np.float32], cv2.resize(said, size, interpolation=cv2.INTER_LINEAR))


_lock = threading.Lock()


def prompt_network() -> PromptNetwork:
    """Return the shipped network, loaded once per process."""
    with _lock:
        return _loaded()


@lru_cache(maxsize=1)
def _loaded() -> PromptNetwork:
    return PromptNetwork(model_roots()[-1] / NAME / VERSION / GRAPH_FILE)
