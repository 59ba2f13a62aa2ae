"""Whether a model of a site may serve: what its graph is made of, and one run in a process apart.

A graph is a program. One with a loop can run for ever, one with data outside its file can read any
file of the machine, one that is merely too large takes the memory of all. So a graph that is not
shipped is looked at before ONNX Runtime sees it, then run once at two sizes by
`python -m worker.model_check` under limits of time and memory. What has passed is
remembered by its digest, in `.verified/` beside the models.
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
"""Operators of networks for pictures; none that loops, calls, or is random."""
VERIFIED = ".verified"
_ROUND = 2
"""Counted up where a check is added: what passed the older ones is looked at again."""
CPU_SECONDS = 30
_CLOCK_SECONDS = 100
MOST_BYTES = 6 * 1024**3
REFUSED = "refused: "


def vet(folder: Path, card: ModelCard) -> None:
    """Refuse a site's model that must not serve; quick for one that has passed before.

    Args:
        folder: `<root>/<name>/<version>` with the files that the card describes.
        card: its card. That the file is the card's is for `Network.load` to check.

    Raises:
        ModelError: as said; the message says what to do.
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
    """Look at a graph, then run it in a process of its own under limits of time and memory.

    Returns:
        What was measured, as `worker.pipeline.verification.Verification` names it.

    Raises:
        ModelError: it must not serve; the message says why.
    """
    check_graph(folder / MODEL_FILE)
    return _try(folder)


def check_graph(path: Path) -> None:
    """Refuse a graph by what is written in it, without running any of it.

    Raises:
        ModelError: an operator that is not in `OPERATORS`, a graph inside the graph, functions of
            its own, data outside the file, or no ONNX at all.
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


# Numbers of the fields that matter, of onnx.proto.
_MODEL_GRAPH, _MODEL_FUNCTIONS = 7, 25
_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_SPARSE = 1, 5, 15
_NODE_OPERATOR, _NODE_ATTRIBUTE, _NODE_DOMAIN = 4, 5, 7
_ATTRIBUTE_TENSOR, _ATTRIBUTE_GRAPH, _ATTRIBUTE_TENSORS, _ATTRIBUTE_GRAPHS = 5, 6, 10, 11
_ATTRIBUTE_SPARSE = (22, 23)
_TENSOR_EXTERNAL, _TENSOR_LOCATION = 13, 14
_OWN_DOMAINS = (b"", b"ai.onnx")
_LENGTH_DELIMITED, _VARINT, _FIXED_64, _FIXED_32 = 2, 0, 1, 5


def _inside(model: memoryview) -> Iterator[str]:
    """Forbidden contents of a serialised ModelProto."""
    graphs = 0
    for number, content in _fields(model):
        if number == _MODEL_FUNCTIONS:
            yield "functions of its own"
        elif number == _MODEL_GRAPH:
            graphs += 1
            yield from _inside_graph(_bytes(content))
    if graphs != 1:
        raise ValueError("a model has one graph")


def _inside_graph(graph: memoryview) -> Iterator[str]:
    for number, content in _fields(graph):
        if number == _GRAPH_INITIALIZER:
            yield from _inside_tensor(_bytes(content))
        elif number == _GRAPH_NODE:
            yield from _inside_node(_bytes(content))
        elif number == _GRAPH_SPARSE:
            yield "sparse weights"


def _inside_node(node: memoryview) -> Iterator[str]:
    operator, domain = b"", b""
    for number, content in _fields(node):
        if number == _NODE_OPERATOR:
            operator = bytes(_bytes(content))
        elif number == _NODE_DOMAIN:
            domain = bytes(_bytes(content))
        elif number == _NODE_ATTRIBUTE:
            for kind, value in _fields(_bytes(content)):
                if kind in (_ATTRIBUTE_GRAPH, _ATTRIBUTE_GRAPHS):
                    yield "a graph inside the graph"
                elif kind in _ATTRIBUTE_SPARSE:
                    yield "sparse weights"
                elif kind in (_ATTRIBUTE_TENSOR, _ATTRIBUTE_TENSORS):
                    yield from _inside_tensor(_bytes(value))
    name = operator.decode("ascii", "replace")[:60]
    if domain not in _OWN_DOMAINS or name not in OPERATORS:
        yield f"the operator {name!r}"


def _inside_tensor(tensor: memoryview) -> Iterator[str]:
    for number, content in _fields(tensor):
        if number == _TENSOR_EXTERNAL or (number == _TENSOR_LOCATION and content != 0):
            yield "data outside its file"


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview | int]]:
    """Fields of a message in the wire format of protocol buffers, by number."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        wire, content = key & 7, memoryview(b"")
        if wire == _VARINT:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        if wire == _LENGTH_DELIMITED:
            length, at = _varint(message, at)
        elif wire in (_FIXED_64, _FIXED_32):
            length = 8 if wire == _FIXED_64 else 4
        else:
            raise ValueError("a wire type that is not used any more")
        content = message[at : at + length]
        if len(content) != length:
            raise ValueError("a field that ends behind its message")
        at += length
        yield key >> 3, content


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("a number of more than 64 bits")


def _bytes(content: memoryview | int) -> memoryview:
    if isinstance(content, int):
        raise ValueError("a number where bytes belong")
    return content
