"""The wire format of ONNX files: protocol buffers, read without a library.

Field numbers are from onnx.proto.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

MODEL_GRAPH, MODEL_FUNCTIONS = 7, 25
GRAPH_NODE, GRAPH_INITIALIZER, GRAPH_SPARSE = 1, 5, 15
NODE_OPERATOR, NODE_ATTRIBUTE, NODE_DOMAIN = 4, 5, 7
ATTRIBUTE_TENSOR, ATTRIBUTE_GRAPH, ATTRIBUTE_TENSORS, ATTRIBUTE_GRAPHS = 5, 6, 10, 11
ATTRIBUTE_SPARSE = (22, 23)
TENSOR_TYPE, TENSOR_RAW, TENSOR_EXTERNAL, TENSOR_LOCATION = 2, 9, 13, 14
_FLOAT32 = 1
_LENGTH_DELIMITED, _VARINT, _FIXED_64, _FIXED_32 = 2, 0, 1, 5


def flush_subnormals(model: bytes) -> bytes:
    """Replace subnormal float32 weights, which are closer to 0 than 1.2e-38, with zeros.

    Processors take a hundred times as long to compute with them, and they affect no answer.

    Raises:
        ValueError, IndexError: the bytes are not an intact ONNX file.
    """
    flushed = bytearray(model)
    for graph in _nested_in(memoryview(flushed), MODEL_GRAPH):
        for tensor in _nested_in(graph, GRAPH_INITIALIZER):
            values = dict(fields(tensor))
            if values.get(TENSOR_TYPE) == _FLOAT32 and TENSOR_RAW in values:
                weights = np.frombuffer(nested(values[TENSOR_RAW]), np.dtype("<f4"))
                weights[np.abs(weights) < np.finfo(np.float32).tiny] = 0
    return bytes(flushed)


def _nested_in(message: memoryview, wanted: int) -> Iterator[memoryview]:
    return (nested(content) for number, content in fields(message) if number == wanted)


def fields(message: memoryview) -> Iterator[tuple[int, memoryview | int]]:
    """Return the fields of a protocol buffers message by number.

    Raises:
        ValueError, IndexError: the message is truncated or damaged.
    """
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


def nested(content: memoryview | int) -> memoryview:
    """The content of a field that is a message or bytes.

    Raises:
        ValueError: the field is a number.
    """
    if isinstance(content, int):
        raise ValueError("a number where bytes belong")
    return content
