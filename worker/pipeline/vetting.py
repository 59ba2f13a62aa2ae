"""Whether a site's model may serve: a check of its graph, and one run in a separate process.

A graph is a program. One with a loop can run forever, one with data outside its file can read any
file on the machine, and one that is too large can use up all memory. So a graph that was not
shipped is checked before ONNX Runtime loads it, then run once at two sizes by `python -m
worker.model_check` under limits of time and memory. Models that pass are remembered by digest, in
`.verified/` beside the models.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from worker.pipeline import onnx_wire
from worker.pipeline.card import MODEL_FILE, ModelCard, ModelError

logger = logging.getLogger(__name__)

_OPERATORS = """
Abs Add And AveragePool BatchNormalization Cast Ceil Clip Concat Constant ConstantOfShape Conv
ConvTranspose DepthToSpace DequantizeLinear Div Elu Equal Erf Exp Expand Flatten Floor Gather Gelu
Gemm GlobalAveragePool GlobalMaxPool Greater GreaterOrEqual GroupNormalization HardSigmoid
HardSwish Identity InstanceNormalization LayerNormalization LeakyRelu Less LessOrEqual Log MatMul
Max MaxPool Min Mish Mul Neg Not Or PRelu Pad Pow QuantizeLinear Range Reciprocal ReduceMax
ReduceMean ReduceMin ReduceSum Relu Reshape Resize Round Selu Shape Sigmoid Sign Slice Softmax
Softplus SpaceToDepth Split Sqrt Squeeze Sub Tanh Tile Transpose Unsqueeze Upsample Where
"""
OPERATORS = frozenset(_OPERATORS.split())
"""Operators of image networks; none of them loops, calls a function, or is random."""
VERIFIED = ".verified"
_ROUND = 2
"""Increased when a check is added: models that passed the older checks are checked again."""
CPU_SECONDS = 30
_CLOCK_SECONDS = 100
MOST_BYTES = 6 * 1024**3
REFUSED = "refused: "


def vet(folder: Path, card: ModelCard) -> None:
    """Refuse a site's model that must not serve; quick for a model that passed before.

    Args:
        folder: `<root>/<name>/<version>` with the files that the card describes.
        card: its card. `Network.load` checks that the file matches it.

    Raises:
        ModelError: it must not serve; the message says what to do.
    """
    mark = folder.parents[1] / VERIFIED / f"{card.sha256}-{_ROUND}"
    if mark.exists():
        return
    verify(folder)
    try:
        mark.parent.mkdir(exist_ok=True)
        mark.touch()
    except OSError:
        logger.info("%s cannot be written; its models are tried at every start", mark.parent)


def verify(folder: Path) -> dict[str, Any]:
    """Check a graph, then run it in a separate process under limits of time and memory.

    Returns:
        The measurements, as in `worker.pipeline.verification.Verification`.

    Raises:
        ModelError: it must not serve; the message says why.
    """
    check_graph(folder / MODEL_FILE)
    return _try(folder)


def check_graph(path: Path) -> None:
    """Refuse a graph by its contents, without running any of it.

    Raises:
        ModelError: it has an operator that is not in `OPERATORS`, a nested graph, its own functions
            or data outside the file, or is not ONNX at all.
    """
    try:
        found = set(_inside(memoryview(path.read_bytes())))
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, IndexError) as error:
        raise ModelError(f"{path} is no intact ONNX file; export it again.") from error
    if found:
        raise ModelError(
            f"{path} holds {', '.join(sorted(found))}, which no model may that serves here; export "
            "it as one file of plain layers."
        )


def _try(folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-s", "-m", "worker.model_check", "run", str(folder.absolute())]
    environment = {"PATH": os.defpath, "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(  # noqa: S603 (a fixed command)
            command,
            cwd=Path(__file__).parents[2],
            env=environment,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_CLOCK_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ModelError(_too_much(folder)) from None
    for line in done.stdout.splitlines():
        if line.startswith(REFUSED):
            raise ModelError(line.removeprefix(REFUSED))
    if done.returncode:
        raise ModelError(_too_much(folder))
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _too_much(folder: Path) -> str:
    return (
        f"{MODEL_FILE} was tried and did not come to an end with {CPU_SECONDS} s and "
        f"{MOST_BYTES // 1024**3} GiB; export a smaller network or a smaller input area."
    )


_OWN_DOMAINS = (b"", b"ai.onnx")


def _inside(model: memoryview) -> Iterator[str]:
    """Forbidden contents of a serialised ModelProto."""
    graphs = 0
    for number, content in onnx_wire.fields(model):
        if number == onnx_wire.MODEL_FUNCTIONS:
            yield "functions of its own"
        elif number == onnx_wire.MODEL_GRAPH:
            graphs += 1
            yield from _inside_graph(onnx_wire.nested(content))
    if graphs != 1:
        raise ValueError("a model has one graph")


def _inside_graph(graph: memoryview) -> Iterator[str]:
    for number, content in onnx_wire.fields(graph):
        if number == onnx_wire.GRAPH_INITIALIZER:
            yield from _inside_tensor(onnx_wire.nested(content))
        elif number == onnx_wire.GRAPH_NODE:
            yield from _inside_node(onnx_wire.nested(content))
        elif number == onnx_wire.GRAPH_SPARSE:
            yield "sparse weights"


def _inside_node(node: memoryview) -> Iterator[str]:
    operator, domain = b"", b""
    for number, content in onnx_wire.fields(node):
        if number == onnx_wire.NODE_OPERATOR:
            operator = bytes(onnx_wire.nested(content))
        elif number == onnx_wire.NODE_DOMAIN:
            domain = bytes(onnx_wire.nested(content))
        elif number == onnx_wire.NODE_ATTRIBUTE:
            for kind, value in onnx_wire.fields(onnx_wire.nested(content)):
                if kind in (onnx_wire.ATTRIBUTE_GRAPH, onnx_wire.ATTRIBUTE_GRAPHS):
                    yield "a graph inside the graph"
                elif kind in onnx_wire.ATTRIBUTE_SPARSE:
                    yield "sparse weights"
                elif kind in (onnx_wire.ATTRIBUTE_TENSOR, onnx_wire.ATTRIBUTE_TENSORS):
                    yield from _inside_tensor(onnx_wire.nested(value))
    name = operator.decode("ascii", "replace")[:60]
    if domain not in _OWN_DOMAINS or name not in OPERATORS:
        yield f"the operator {name!r}"


def _inside_tensor(tensor: memoryview) -> Iterator[str]:
    for number, content in onnx_wire.fields(tensor):
        if number == onnx_wire.TENSOR_EXTERNAL or (
            number == onnx_wire.TENSOR_LOCATION and content != 0
        ):
            yield "data outside its file"
