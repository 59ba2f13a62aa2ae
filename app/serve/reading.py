"""Checks whether the other side of a connection reads what is sent to it."""

import asyncio
import fcntl
import math
import struct
import termios
from dataclasses import dataclass


@dataclass(slots=True)
class ReadProgress:
    """Progress in reading the answers of a connection; times are those of the loop.

    Attributes:
        read_at: when something was last read, or nothing was waiting.
        written: bytes so far.
    """

    read_at: float
    written: int = 0
    _read: int = 0
    _since: float = math.inf
    _read_before: int = 0

    def look(self, unread: int, sending: int, now: float) -> None:
        """Record how many bytes still wait.

        Args:
            unread: bytes in this process's buffer.
            sending: bytes in the system's buffer, which may be megabytes.
        """
        read = self.written - unread - sending
        if unread == 0:
            self._since, self._read_before = now, read
        if unread == 0 or read != self._read:
            self.read_at, self._read = now, read

    def is_late(self, now: float, seconds: float, bytes_per_second: int) -> bool:
        """Whether nothing was read for ``seconds``, or too little since anything waited."""
        granted = seconds + (self._read - self._read_before) / bytes_per_second
        return now - self.read_at > seconds or now - self._since > granted


def in_system_buffer(transport: asyncio.Transport) -> int:
    """Return the bytes in the system's buffer that the other side has not got; 0 if unknown."""
    known = transport.get_extra_info("socket")
    if known is None:
        return 0
    try:
        told = fcntl.ioctl(known.fileno(), termios.TIOCOUTQ, struct.pack("i", 0))
    except (OSError, ValueError):  # it was closed meanwhile
        return 0
    return int(struct.unpack("i", told)[0])
