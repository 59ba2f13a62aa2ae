"""Sources of live pictures: a capture device, a network address, or a video file."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

Kind = Literal["file", "device", "url"]

_PROTOCOLS = {
    "rtsp": "rtsp,rtp,udp,tcp",
    "rtsps": "rtsps,rtsp,rtp,srtp,udp,tcp,tls",
    "http": "http,tcp",
    "https": "https,http,tcp,tls",
    "tcp": "tcp",
    "udp": "udp",
}
"""Protocols that FFmpeg may use for an address of each scheme; never `file`, as a stream could
reference one.
"""
FORMATS = "rtsp,sdp,rtp,mpegts,mpjpeg,mjpeg,mov,matroska,flv,h264,hevc,mpeg,mpegvideo"
"""Formats accepted over the network; no playlists, which reference further addresses."""
_DEVICE = re.compile(r"/dev/video\d{1,3}")
_SIZE = re.compile(r"[1-9]\d{1,4}x[1-9]\d{1,4}")

WHY = {
    "not-found": "There is nothing at this address. Check the address of the stream.",
    "unauthorized": "The source asks for a name and a password: rtsp://name:password@host/path.",
    "unreachable": "The source does not answer. Check the cable, the address and the network.",
    "busy": "Another program is using the capture device, or this account is not allowed to. "
    "Close that program, or add the account to the group “video”.",
    "unplugged": "The capture device is not there any more. Plug it in; `ls /dev/video*` lists "
    "those that exist.",
    "not-a-camera": "This device records no picture. A capture card often has several; try the "
    "next /dev/video.",
    "not-offered": "The capture device does not offer this size or rate. Start again with other "
    "--size and --rate, or without them.",
    "not-a-video": "The source sends something that Sonoloop does not recognise as video.",
    "unsupported": "The video format is not supported. Choose H.264, HEVC or MJPEG.",
    "no-pictures": "The source sends no pictures, only sound or nothing.",
    "too-large": "The pictures are too large. Choose a smaller size on the source.",
    "damaged": "The stream is damaged and cannot be decoded.",
    "silent": "The source is connected but sends no pictures.",
    "decoder-stopped": "The stream stopped the decoder, so it is damaged or very unusual.",
    "model": "The model cannot answer. The terminal says why; start again with another model.",
}
"""Why there are no pictures, by the code that the page translates."""


class SourceError(ValueError):
    """The source is invalid; the message has the reason."""


@dataclass(frozen=True, slots=True)
class Source:
    """A source as it was typed.

    Attributes:
        address: path of a file or device, or URL.
        size: for a capture device, `WIDTHxHEIGHT`; None leaves it to the device.
        rate: for a capture device, frames per second; None likewise.
    """

    kind: Kind
    address: str
    size: str | None = None
    rate: int | None = None

    @property
    def label(self) -> str:
        """A name for people and logs, without user, password and query of a URL."""
        if self.kind == "file":
            return Path(self.address).name
        if self.kind == "device":
            return self.address
        parts = urlsplit(self.address)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"

    @property
    def protocols(self) -> str:
        """Protocols that FFmpeg may use, separated by commas."""
        return _PROTOCOLS[urlsplit(self.address).scheme.lower()]

    def to_json(self) -> dict[str, Any]:
        """Return plain values, from which `Source(**…)` restores it."""
        return asdict(self)


def parse(text: str, size: str | None = None, rate: int | None = None) -> Source:
    """Parse a source that somebody typed.

    Raises:
        SourceError: it is not a valid source, or does not exist.
    """
    if size is not None and not _SIZE.fullmatch(size):
        raise SourceError("Write the size as WIDTHxHEIGHT, for example 1920x1080.")
    if "://" in text:
        return _url(text)
    path = Path(text)
    if _DEVICE.fullmatch(text):
        if not path.exists():
            raise SourceError(
                f"There is no capture device {text}. `ls /dev/video*` lists those that exist."
            )
        return Source("device", text, size, rate)
    if not path.is_file():
        raise SourceError(
            f"There is no file {text}. A source is a video file, a capture device such as "
            "/dev/video0, or an address such as rtsp://host/path."
        )
    return Source("file", str(path.absolute()))


def _url(text: str) -> Source:
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise SourceError("The address of the source is not whole.") from error
    if parts.scheme.lower() not in _PROTOCOLS:
        known = ", ".join(f"{name}://" for name in _PROTOCOLS)
        raise SourceError(f"{parts.scheme}:// is not taken; addresses begin with {known}.")
    if not host or not text.isprintable():
        raise SourceError("The address of the source names no host.")
    return Source("url", text)
