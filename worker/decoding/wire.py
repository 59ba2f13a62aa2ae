"""Messages between a worker and its decoding process: JSON, then raw bytes.

Never pickle: an attacker whose file runs code in a decoder must not be able to run code in the
worker too.
"""

from __future__ import annotations

import json
import socket
import struct
from dataclasses import dataclass
from typing import Any

READY = struct.Struct("<q")
"""A process's id, sent by a keeper when it starts and by the process that decodes when it has
received a request; the file's time starts there."""
STATUS = struct.Struct("<qiq")
"""A process's id, its status from `waitpid`, and its largest resident size in bytes."""
NEXT = b"n"
"""Sent by the worker when it is ready for the next frame of a cine."""
LONGEST_HEADER = 1024 * 1024

_LENGTH = struct.Struct("<I")


@dataclass(frozen=True, slots=True)
class Allowance:
    """Limits on one file.

    Processor time counts, so that no file fails because the machine is busy; the wall clock only
    catches processes that wait forever.
    """

    cpu_seconds: float = 2.0
    """Processor time for any file."""
    cpu_seconds_per_megapixel: float = 0.25
    """Processor time for each million pixels stated in its header."""
    clock_factor: float = 4.0
    """Wall-clock seconds per second of processor time."""
    memory_bytes: int = 1536 * 1024 * 1024
    """Address space in addition to that of an idle process."""

    def seconds(self, pixels: int) -> float:
        """Return the processor time for an image with this many pixels."""
        return self.cpu_seconds + self.cpu_seconds_per_megapixel * pixels / 1e6


class ClosedError(Exception):
    """The other side is gone, or sent something invalid."""


def send(channel: socket.socket, header: dict[str, Any], payload: memoryview | bytes) -> None:
    """Send a header and the bytes that it describes.

    Raises:
        OSError: the other side is gone.
    """
    text = json.dumps(header, separators=(",", ":")).encode()
    channel.sendall(_LENGTH.pack(len(text)) + text)
    if payload:
        channel.sendall(payload)


def receive_header(channel: socket.socket) -> dict[str, Any]:
    """Receive the next header.

    Raises:
        ClosedError: the other side is gone, or sent something else.
    """
    (length,) = _LENGTH.unpack(receive(channel, _LENGTH.size))
    if length > LONGEST_HEADER:
        raise ClosedError("a header of more than a mebibyte")
    try:
        header = json.loads(receive(channel, length))
    except (ValueError, RecursionError) as error:
        raise ClosedError("a header that is no JSON") from error
    if not isinstance(header, dict):
        raise ClosedError("a header that is no object")
    return header


def receive(channel: socket.socket, size: int) -> bytearray:
    """Receive exactly this many bytes.

    Raises:
        ClosedError: the other side is gone.
    """
    data = bytearray(size)
    receive_into(channel, memoryview(data))
    return data


def receive_into(channel: socket.socket, view: memoryview) -> None:
    """Fill a buffer of bytes.

    Raises:
        ClosedError: the other side is gone.
    """
    while view.nbytes:
        try:
            count = channel.recv_into(view)
        except TimeoutError:
            raise
        except OSError:
            count = 0
        if not count:
            raise ClosedError("the other side is gone")
        view = view[count:]
