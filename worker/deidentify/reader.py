"""The networks that distinguish writing from tissue: PP-OCRv6, from RapidOCR's wheel.

PaddleOCR (Apache-2.0): a detector after Liao et al. 2020, "Real-time scene text detection with
differentiable binarization", and a recogniser with CTC. Nothing is downloaded, and RapidOCR itself
is not imported. Of a text that was read, only the number of characters leaves this module.
"""

from __future__ import annotations

import importlib.util
import re
import threading
from functools import lru_cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, cast

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from worker.pipeline.onnx_wire import flush_subnormals

_DETECTOR, _RECOGNISER = "PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx"
_MULTIPLE = 32
_LINE_HEIGHT = 48
_LINE_WIDTHS = (48, 640)
"""px; least and most width of lines that are read."""
_MARKS = frozenset("xX×+*✕✖✚tTYyfFKkIil|1-_—–.·:・丨一十又乂X")
"""Characters that the recogniser reads in place of a measurement's crosses, ticks and dots."""

SURE_OF_NUMBER = 0.8
"""Least mean confidence of the recogniser in a number's characters, 0 to 1."""
_NUMBER = re.compile(r"(?:depth:?)?([0-9]{1,3}(?:\.[0-9]{1,2})?)(cm|mm)?", re.IGNORECASE)

_lock = threading.Lock()


class ReaderMissingError(RuntimeError):
    """The networks are not installed."""


def text_map(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Probability that each pixel lies in the middle of a line of text: float32 [H,W], 0 to 1.

    Args:
        rgb: uint8 [H,W,3]; letters should be 8 to 60 px high.
    """
    height, width = rgb.shape[:2]
    padded = cv2.copyMakeBorder(
        rgb, 0, -height % _MULTIPLE, 0, -width % _MULTIPLE, cv2.BORDER_REPLICATE
    )
    found = _session(_DETECTOR).run(None, {"x": _as_input(padded)})[0]
    return cast(NDArray[np.float32], found[0, 0, :height, :width])


def characters(line: NDArray[np.uint8]) -> tuple[int, float, bool]:
    """Count the characters of a line of text, without returning them.

    Args:
        line: uint8 [H,W,3] RGB, cut close around the line.

    Returns:
        The number of letters and figures, the recogniser's mean confidence in them (0 to 1), and
        whether the whole text may be a measurement's mark instead.
    """
    known, scores = _read(line)
    sure = [float(score) for text, score in zip(known, scores, strict=True) if text.isalnum()]
    marks = _may_be_marks([text for text in known if not text.isspace()])
    return len(sure), float(np.mean(sure)) if sure else 0.0, marks


def printed_number(line: NDArray[np.uint8]) -> tuple[float, str | None] | None:
    """Read a line that is a number, alone or as a depth, and its unit ("cm", "mm" or None).

    None for every other line: no word leaves this module.

    Args:
        line: uint8 [H,W,3] RGB, cut close around the line.
    """
    known, scores = _read(line)
    if not known or float(np.mean(scores)) < SURE_OF_NUMBER:
        return None
    found = _NUMBER.fullmatch("".join(known).replace(" ", "").replace(",", "."))
    if found is None:
        return None
    unit = found[2]
    return float(found[1]), unit.lower() if unit else None


def _read(line: NDArray[np.uint8]) -> tuple[list[str], list[float]]:
    """Return the characters of a line and the recogniser's confidence in each."""
    height, width = line.shape[:2]
    wanted = min(max(round(width * _LINE_HEIGHT / height), _LINE_WIDTHS[0]), _LINE_WIDTHS[1])
    resized = cv2.resize(line, (wanted, _LINE_HEIGHT), interpolation=cv2.INTER_LINEAR)
    scores = _session(_RECOGNISER).run(None, {"x": _as_input(resized)})[0][0]
    best = scores.argmax(axis=1)
    # CTC: one character is repeated over several steps, and 0 is the blank.
    said = (best > 0) & (best != np.concatenate([[-1], best[:-1]]))
    alphabet = _alphabet()
    known = [alphabet[index - 1] if index <= len(alphabet) else " " for index in best[said]]
    return known, [float(score) for score in scores.max(axis=1)[said]]


def _may_be_marks(known: list[str]) -> bool:
    """Whether only marks were read, or a single figure beside one: a cross and its number."""
    others = [text for text in known if text not in _MARKS]
    return not others or (len(others) == 1 < len(known) and others[0].isdigit())


def _as_input(rgb: NDArray[Any]) -> NDArray[np.float32]:
    """Convert to float32 [1,3,H,W] from -1 to 1, blue first as in PaddleOCR's training."""
    scaled = rgb[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32)
    scaled *= np.float32(1 / 127.5)
    scaled -= np.float32(1)
    return np.ascontiguousarray(scaled)


@lru_cache(maxsize=1)
def _alphabet() -> tuple[str, ...]:
    text = _session(_RECOGNISER).get_modelmeta().custom_metadata_map["character"]
    return tuple(text.splitlines())


def _session(name: str) -> onnxruntime.InferenceSession:
    with _lock:
        return _loaded(name)


@lru_cache(maxsize=2)
def _loaded(name: str) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # One thread: the pieces are small, other cores have other images, and the same picture gives
    # the same pixels whatever the number of cores.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # pieces differ in size, and an arena keeps the largest
    path = _folder() / name
    if not path.is_file():
        raise ReaderMissingError(f"{name} is missing; install rapidocr as constraints.txt says.")
    # A quarter of the detector's last weights are subnormal; with them it takes four times as long.
    graph = flush_subnormals(path.read_bytes())
    with NamedTemporaryFile(prefix="sonoloop-", suffix=".onnx") as file:
        # A session made from bytes also keeps those: 30 MiB for both networks.
        file.write(graph)
        file.flush()
        return onnxruntime.InferenceSession(file.name, options, providers=["CPUExecutionProvider"])


def _folder() -> Path:
    # Importing the package would load its configuration, an HTTP client and more.
    spec = importlib.util.find_spec("rapidocr")
    if spec is None or not spec.submodule_search_locations:
        raise ReaderMissingError("rapidocr is not installed; it is a dependency of the worker.")
    return Path(spec.submodule_search_locations[0]) / "models"
