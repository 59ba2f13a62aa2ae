"""From untrusted bytes to a frame: sniffing, limits, decoding."""

from worker.ingest.decode import Decoded, decode
from worker.ingest.errors import DecodeError, DecodeLimits
from worker.pipeline.frame import Frame, Region

__all__ = [
    "DecodeError",
    "DecodeLimits",
    "Decoded",
    "Frame",
    "Region",
    "decode",
]
